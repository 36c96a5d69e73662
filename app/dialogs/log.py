"""The log, to read, and a report to send."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.diagnostics.log import log_file
from app.diagnostics.report import log_text, report


class LogDialog(QDialog):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Log")
        self.resize(900, 560)
        where = QLabel(str(log_file()))
        where.setObjectName("muted")
        view = QPlainTextEdit(log_text() or "Nothing has gone wrong so far.", readOnly=True)
        view.setAccessibleName("The log")
        view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        view.moveCursor(view.textCursor().MoveOperation.End)
        self._said = QLabel()
        self._said.setObjectName("muted")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = buttons.addButton("Copy a report", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setToolTip("Versions and the log, without folders and names, to be pasted into a question")
        self.copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.addWidget(where)
        column.addWidget(view, 1)
        column.addWidget(self._said)
        column.addWidget(buttons)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(report())
        self._said.setText("The report is in the clipboard. It holds no folder and no name of yours.")
