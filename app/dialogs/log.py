"""The log, to read or to copy into a report."""

from PySide6.QtWidgets import QDialog, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.log import log_file

SHOWN = 200_000  # characters from the end


class LogDialog(QDialog):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Log")
        self.resize(900, 560)
        path = log_file()
        text = path.read_text(encoding="utf-8", errors="replace")[-SHOWN:] if path.is_file() else ""
        where = QLabel(str(path))
        where.setObjectName("muted")
        view = QPlainTextEdit(text or "Nothing has gone wrong so far.", readOnly=True)
        view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        view.moveCursor(view.textCursor().MoveOperation.End)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.addWidget(where)
        column.addWidget(view, 1)
