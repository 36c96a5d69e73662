"""Taking everything to other programs, and labels from them."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

if TYPE_CHECKING:
    from app.window.window import Window

LABEL_FILES = "Labels (*.json *.csv *.slp data.yaml)"


class ExchangeHandlers:
    """Both run as jobs; what they did is said in the banner."""

    def __init__(self, window: "Window") -> None:
        self._window = window

    def export(self) -> None:
        if not self._may("export"):
            return
        from app.dialogs.export import ExportDialog  # with all that writes files

        dialog = ExportDialog(self._window.workspace.session, self._window)
        if dialog.exec():
            self._window.workspace.work.export(dialog.format, dialog.out, dialog.options, dialog.complete)

    def import_labels(self) -> None:
        if not self._may("import_labels"):
            return
        folder = str(self._window.workspace.session.project.folder.parent)
        path, _ = QFileDialog.getOpenFileName(self._window, "Import labels", folder, LABEL_FILES)
        if path:
            self._window.workspace.work.import_labels(Path(path))

    def _may(self, action: str) -> bool:
        workspace = self._window.workspace
        why = workspace.why_not(action)
        if why:
            workspace.session.hint.emit(why)
        return not why
