"""Opening videos and projects."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QWidget

from app.session import project_opening
from app.shortcuts.action import Action
from core.video.folder import VIDEO_ENDINGS

if TYPE_CHECKING:
    from app.session.project_opening import Target

VIDEO_FILES = f"Videos ({' '.join(f'*{ending}' for ending in VIDEO_ENDINGS)});;All files (*)"
FOLDER = "folder"  # among the settings: where something was opened last


class Opening:
    """open: what receives the chosen paths; show: what receives a target."""

    def __init__(
        self,
        settings: QSettings,
        open: Callable[..., None],
        show: Callable[["Target"], None],
        parent: QWidget,
    ) -> None:
        self._settings, self._open, self._show, self._parent = settings, open, show, parent

    def open_video(self) -> None:
        self._open(*ask_for_videos("Open a video, or several in one project", self._settings, self._parent))

    def open_folder(self, title: str) -> None:
        if path := ask_for_folder(title, self._settings, self._parent):
            self._open(path)

    def open_demo(self) -> None:
        self._show(project_opening.demo())


def ask_for_videos(title: str, settings: QSettings, parent: QWidget) -> list[Path]:
    names, _ = QFileDialog.getOpenFileNames(parent, title, _last_folder(settings), VIDEO_FILES)
    return [Path(name) for name in names]


def ask_for_folder(title: str, settings: QSettings, parent: QWidget) -> Path | None:
    name = QFileDialog.getExistingDirectory(parent, title, _last_folder(settings))
    return Path(name) if name else None


def _last_folder(settings: QSettings) -> str:
    return str(settings.value(FOLDER, str(Path.home())))


PROJECT_FOLDER = "Open a project's folder"
IMAGES_FOLDER = "Open a folder of images"
ACTIONS: tuple[Action[Opening], ...] = (
    Action("open_video", "Open video…", ("Ctrl+O",), "File",
           "Open a video to adapt to", Opening.open_video, icon="movie-open-outline"),
    Action("open_project", "Open project…", ("Ctrl+Shift+O",), "File",
           PROJECT_FOLDER, lambda opening: opening.open_folder(PROJECT_FOLDER), icon="folder-open-outline"),
    Action("open_images", "Open a folder of images…", (), "File",
           "Images that follow one another as the frames of a video do",
           lambda opening: opening.open_folder(IMAGES_FOLDER)),
    Action("open_demo", "Open the demo clip", (), "File",
           "Try everything on a short clip that comes with PoseTailor", Opening.open_demo,
           icon="play-box-outline"),
)  # fmt: skip
