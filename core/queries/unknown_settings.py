"""What a project's settings name that this program does not have, because a newer one wrote them."""

from collections.abc import Callable

from core.domain import UserError
from core.estimation.device import CHOICES
from core.project.project import Project
from core.project.store.settings import SETTINGS
from core.selection.registry import sampler
from core.uncertainty.criteria import parse


def unknown_settings(project: Project) -> str:
    """In a sentence for each, with the remedy; '' where all of them are known."""
    checks: dict[str, Callable[[str], object]] = {
        "criterion": lambda name: parse(name, SETTINGS["variant"].default),
        "variant": lambda name: parse("lc", name),
        "sampler": sampler,
        "device": _check_device,
    }
    sentences = []
    for key, check in checks.items():
        name = project.setting(key)
        try:
            check(name)
        except UserError:
            sentences.append(
                f"This project's {key} is {name!r}, which this PoseTailor does not have. Choose another "
                "under Settings, or update PoseTailor."
            )
    return " ".join(sentences)


def _check_device(name: str) -> None:
    if name not in CHOICES:
        raise UserError(f"There is no device {name!r}. Choose of {', '.join(CHOICES)}.")
