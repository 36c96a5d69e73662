"""Taking everything to other programs, and labels from them."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from app.actions.reach import Reach

LABEL_FILES = "Labels (*.json *.csv *.slp data.yaml)"


class ExchangeHandlers(Reach):
    """Both run as jobs; what they did is said in the banner."""

    def export(self) -> None:
        if not self._may("export"):
            return
        from app.dialogs.export import ExportDialog  # with all that writes files

        dialog = ExportDialog(self._session, self._window)
        if dialog.exec():
            self._workspace.work.export(dialog.format, dialog.out, dialog.options, dialog.complete)

    def import_labels(self) -> None:
        if not self._may("import_labels"):
            return
        folder = str(self._session.project.folder.parent)
        path, _ = QFileDialog.getOpenFileName(self._window, "Import labels", folder, LABEL_FILES)
        if path:
            self._workspace.work.import_labels(Path(path))
