"""Every key on one page, made from the table of actions."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.actions import ACTIONS, Action

COLUMNS = (("Go", "Go to person"), ("Edit", "Nudge"), ("Batch", "View", "File", "Help"))


class KeysDialog(QDialog):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.resize(1200, 640)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(24, 16, 24, 24)
        row.setSpacing(32)
        for menus in COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(0)
            for menu in menus:
                column.addLayout(_group(menu, [a for a in ACTIONS if a.menu == menu and a.keys]))
            column.addStretch(1)
            row.addLayout(column, 1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)


def _group(title: str, actions: list[Action]) -> QGridLayout:
    grid = QGridLayout()
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    heading = QLabel(title.upper())
    heading.setObjectName("heading")
    heading.setContentsMargins(0, 12, 0, 4)
    grid.addWidget(heading, 0, 0, 1, 2)
    for row, action in enumerate(actions, 1):
        text = QLabel(action.text)
        text.setToolTip(action.tooltip)
        keys = QLabel(
            "  ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in action.keys)
        )
        keys.setObjectName("key")
        grid.addWidget(text, row, 0)
        grid.addWidget(keys, row, 1, Qt.AlignmentFlag.AlignRight)
    return grid
