"""The files of the open project: more videos, labels of other tools, its estimator and settings, the
export.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QWidget

from app.actions.opening import ask_for_folder, ask_for_videos
from app.shortcuts.action import Action
from app.undo.settings import ChangeSettings

if TYPE_CHECKING:
    from app.background.work import ProjectWork
    from app.session.session import Session

LABEL_FILES = "Labels (*.json *.csv *.tsv *.h5 *.xml *.slp *.yaml)"


class ProjectFiles:
    """add: what receives the paths of more videos; leave: closes the project; parent: of the dialogs."""

    def __init__(
        self,
        session: "Session",
        work: "ProjectWork",
        settings: QSettings,
        add: Callable[..., None],
        leave: Callable[[], None],
        parent: QWidget,
    ) -> None:
        self._session, self._work, self._settings = session, work, settings
        self._add, self.close_project, self._parent = add, leave, parent

    def add_video(self) -> None:
        self._add(*ask_for_videos("Add videos", self._settings, self._parent))

    def add_images(self) -> None:
        if path := ask_for_folder("Add a folder of images", self._settings, self._parent):
            self._add(path)

    def show_estimators(self) -> None:
        from app.dialogs.estimators import EstimatorsDialog

        dialog = EstimatorsDialog(self._session, self._work.why_estimator_is_fixed(), self._parent)
        if dialog.exec() and dialog.chosen:
            self._session.choose_estimator(dialog.chosen)

    def export(self) -> None:
        """A job; what it did is said in the banner."""
        if not self._work.may("export"):
            return
        from app.dialogs.export import ExportDialog  # with all that writes files

        dialog = ExportDialog(self._session, self._parent)
        if dialog.exec():
            self._work.export(dialog.format, dialog.out, dialog.options, dialog.complete)

    def import_labels(self) -> None:
        """A job; what it did is said in the banner."""
        if not self._work.may("import_labels"):
            return
        folder = str(self._session.project.folder.parent)
        path, _ = QFileDialog.getOpenFileName(self._parent, "Import labels", folder, LABEL_FILES)
        if path:
            self._work.import_labels(Path(path), self._ask_which_video)

    def import_poses(self) -> None:
        """A job; what was taken is said in the banner."""
        if not self._work.may("import_poses"):
            return
        from app.dialogs.poses import PosesDialog

        dialog = PosesDialog(self._session, self._parent)
        if dialog.exec():
            self._work.take_poses(dialog.video, dialog.path, dialog.first)

    def _ask_which_video(self, source: Path) -> str:
        from app.dialogs.which_video import ask_which_video

        return ask_which_video(self._session, source, self._parent)

    def show_settings(self) -> None:
        from app.dialogs.settings import SettingsDialog

        dialog = SettingsDialog(self._session, self._work.why_estimator_is_fixed(), self._parent)
        if not dialog.exec():
            return
        if dialog.estimator != self._session.estimator:
            self._session.choose_estimator(dialog.estimator)
        if changes := dialog.changes():
            self._session.undo.push(ChangeSettings(self._session, changes))


ACTIONS: tuple[Action[ProjectFiles], ...] = (
    Action("add_video", "Add videos…", (), "File",
           "Add videos to this project; one estimator learns from all of them", ProjectFiles.add_video,
           icon="movie-plus-outline",
           separator=True),
    Action("add_images", "Add a folder of images…", (), "File",
           "Add a folder of images as one more video", ProjectFiles.add_images),
    Action("estimators", "Estimators…", ("Ctrl+Shift+E",), "File",
           "Choose, import and compare estimators", ProjectFiles.show_estimators, icon="brain",
           separator=True),
    Action("export", "Export…", ("Ctrl+E",), "File",
           "Write the poses to a file other tools read", ProjectFiles.export, icon="export-variant",
           separator=True),
    Action("import_labels", "Import labels…", ("Ctrl+I",), "File",
           "Take labels that were made with another tool", ProjectFiles.import_labels, icon="import"),
    Action("import_poses", "Import poses…", ("Ctrl+Alt+I",), "File",
           "Begin with what another program has estimated, and correct that", ProjectFiles.import_poses),
    Action("settings", "Settings…", ("Ctrl+,",), "File",
           "How this project estimates, proposes and fine-tunes", ProjectFiles.show_settings,
           icon="cog-outline"),
    Action("close_project", "Close the project", ("Ctrl+W",), "File",
           "Back to the welcome page; everything is saved", lambda files: files.close_project()),
)  # fmt: skip
