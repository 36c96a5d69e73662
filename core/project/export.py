"""What a project made, in the formats of other programs."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from core.domain import Monitor, UserError
from core.project.export_coco import export_coco
from core.project.export_estimator import EXAMPLE, SKELETON, export_estimator
from core.project.models import ESTIMATOR, WEIGHTS
from core.project.project import Project

# Each writes into an empty folder and says in a sentence or two what it wrote.
FORMATS: dict[str, Callable[[Project, Path, Monitor], str]] = {"coco": export_coco, "estimator": export_estimator}

README = "README.txt"
MARK = "Exported by PoseTailor"
OURS = {
    "annotations.json",
    "predictions.json",
    "image_info.json",
    "images",
    README,
    ESTIMATOR,
    WEIGHTS,
    SKELETON,
    EXAMPLE,
}


def export(project: Project, format: str, out: Path, monitor: Monitor) -> str:
    """Writes the folder `out`, whole or not at all, in place of an earlier export; says what was written.

    format: a name in FORMATS. Raises UserError, Cancelled.
    """
    if format not in FORMATS:
        raise UserError(f"There is no export format {format!r}; choose one of {', '.join(FORMATS)}.")
    out = Path(out).expanduser().resolve()
    _check_replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as aside:
            folder = Path(aside) / "export"
            folder.mkdir()
            sentence = FORMATS[format](project, folder, monitor)
            _move_into_place(folder, out, Path(aside) / "previous")
    except OSError as error:
        raise UserError(
            f"The export could not be written to {out} ({error.strerror or error}). "
            "Free disk space or choose a folder that is writable."
        ) from error
    return f"{sentence} It is in {out}."


def _check_replaceable(out: Path) -> None:
    """Raises UserError when there is anything in the folder that an earlier export did not put there."""
    if not out.exists():
        return
    if not out.is_dir():
        raise UserError(f"{out} is a file; choose a folder that is new or empty.")
    try:
        names = {path.name for path in out.iterdir()}
        if names and not (names <= OURS and _is_marked(out / README) and _holds_images(out / "images")):
            raise UserError(f"{out} holds other files, which an export would replace; choose a new or empty folder.")
    except OSError as error:
        raise UserError(f"{out} cannot be looked into ({error.strerror}); choose another folder.") from error


def _is_marked(readme: Path) -> bool:
    return readme.is_file() and readme.read_bytes()[: len(MARK)] == MARK.encode()


def _holds_images(folder: Path) -> bool:
    return not folder.exists() or all(path.suffix == ".png" and path.is_file() for path in folder.iterdir())


def _move_into_place(folder: Path, out: Path, previous: Path) -> None:
    """previous: where an earlier export waits until the new one has its place."""
    if not out.exists():
        os.rename(folder, out)
        return
    os.rename(out, previous)
    try:
        os.rename(folder, out)
    except OSError:
        os.rename(previous, out)
        raise
