"""Where to write the poses, and as what."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

TITLES = {"coco": "COCO keypoints", "estimator": "Adapted estimator"}


def ask_where(parent: QWidget, folder: Path) -> tuple[str, Path] | None:
    """The format's name and the new folder to write, or None when the user thinks better of it."""
    from core.project.export import FORMATS

    names = {TITLES.get(name, name): name for name in FORMATS}
    proposal = str(folder / f"poses-{next(iter(FORMATS))}")
    chosen, title = QFileDialog.getSaveFileName(parent, "Export into a new folder", proposal, ";;".join(names))
    return (names.get(title, next(iter(FORMATS))), Path(chosen)) if chosen else None
