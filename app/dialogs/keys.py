"""Every key on one page, made from the table of actions."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.actions import ACTIONS, Action

MOUSE = (
    ("Select a person, or place the selected joint", "Click"),
    ("Move a joint", "Drag it"),
    ("Move the limb beyond a joint", "Alt+drag it"),
    ("Pick joints to drag together", "Shift+drag around them"),
    ("Move the person", "Drag the box"),
    ("Scale the person", "Drag a corner of the box"),
    ("What can be done with a person", "Right click"),
    ("Move the picture", "Drag it"),
    ("Zoom at the cursor", "Wheel"),
    ("Let go of the joint", "Esc"),
)
COLUMNS = (("Go", "Go to person", "Help"), ("Edit", "People", "Nudge"), ("Batch", "View", "File"))


class KeysDialog(QDialog):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.resize(1200, 720)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(24, 16, 24, 24)
        row.setSpacing(32)
        for menus in COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(0)
            if menus == COLUMNS[-1]:
                column.addLayout(_group("Mouse", [(text, keys, "") for text, keys in MOUSE]))
            for menu in menus:
                column.addLayout(_group(menu, [_row(a) for a in ACTIONS if a.menu == menu and a.keys]))
            column.addStretch(1)
            row.addLayout(column, 1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)


def _row(action: Action) -> tuple[str, str, str]:
    """What it does, its keys, and more about it."""
    native = QKeySequence.SequenceFormat.NativeText
    return action.text, "  ".join(QKeySequence(key).toString(native) for key in action.keys), action.tooltip


def _group(title: str, rows: list[tuple[str, str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    heading = QLabel(title.upper())
    heading.setObjectName("heading")
    heading.setContentsMargins(0, 12, 0, 4)
    grid.addWidget(heading, 0, 0, 1, 2)
    for row, (text, keys, tooltip) in enumerate(rows, 1):
        what, how = QLabel(text, toolTip=tooltip), QLabel(keys)
        how.setObjectName("key")
        grid.addWidget(what, row, 0)
        grid.addWidget(how, row, 1, Qt.AlignmentFlag.AlignRight)
    return grid
