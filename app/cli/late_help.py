"""Help that a table has whose module takes long to import: it is imported where the help is asked for."""

from collections.abc import Callable

from typer import Context
from typer.core import TyperCommand, TyperOption


def late_help(**texts: Callable[[], str]) -> type[TyperCommand]:
    """A class of commands. texts: of its parameters, by name, what gives their help."""

    class Command(TyperCommand):
        def get_help(self, ctx: Context) -> str:
            for parameter in self.params:
                if isinstance(parameter, TyperOption) and parameter.name in texts:
                    parameter.help = f"{texts[parameter.name]()}."
            return super().get_help(ctx)

    return Command


def export_formats() -> str:
    from core.export.formats import FORMATS

    return ", ".join(FORMATS)


def label_files() -> str:
    from core.formats.labels import known_in_words

    return known_in_words()


def pose_files() -> str:
    from core.formats.pose_files import known_in_words

    return (
        f"Poses of another program to begin with: {known_in_words()}; or an ONNX network that gives people "
        "with their joints (YOLOv8-pose or later, RTMO, …), for the first poses alone: what is adapted is "
        "--estimator"
    )
