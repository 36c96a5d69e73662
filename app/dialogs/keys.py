"""Every key on one page, made from the table of actions and the keys in use."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.shortcuts.shortcuts import Shortcuts

MOUSE = (
    ("Select a person, or place the selected joint", "Click"),
    ("Move a joint", "Drag it"),
    ("Move the limb beyond a joint", "Alt+drag it"),
    ("Pick joints to drag together", "Shift+drag around them"),
    ("Move the person", "Drag the box"),
    ("Scale the person", "Drag a corner of the box"),
    ("Stretch the person", "Drag a side of the box"),
    ("What can be done with a person", "Right click"),
    ("Move the picture", "Drag it"),
    ("Zoom at the cursor", "Wheel"),
    ("Propose only in some frames", "Shift+drag the timeline"),
    ("Clear these frames, or deselect the joint", "Esc"),
)
COLUMNS = (("Go", "Go to person", "Help"), ("Edit", "People", "Nudge"), ("File", "Batch", "View", "Curves"))

SHARE = 0.9  # of a low screen, which has a title bar to show too


class KeysDialog(QDialog):
    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        room = self.screen().availableSize()
        self.resize(min(1200, room.width()), min(750, int(SHARE * room.height())))
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
                rows = [
                    (entry.text, "  ".join(words), entry.tooltip)
                    for entry in shortcuts.actions.values()
                    if entry.menu == menu and (words := shortcuts.words(entry.id))
                ]
                if rows:
                    column.addLayout(_group(menu, rows))
            column.addStretch(1)
            row.addLayout(column, 1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)


def _group(title: str, rows: list[tuple[str, str, str]]) -> QGridLayout:
    """rows: what it does, its keys, and more about it."""
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
