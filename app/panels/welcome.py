"""What the window shows before a project is open."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.session.recent_projects import Recent
from app.shortcuts.action import Action
from app.style import theme
from app.style.elided import short

OFFERS = ("open_video", "open_project", "open_demo")
DETAILS = {
    "open_video": "A project is kept beside it",
    "open_project": "Go on where you left off",
    "open_demo": "A therapist and a patient, 100 frames",
}


class Welcome(QScrollArea):
    """Emits the id of the action or the recent project the user chose. Scrolls: a window that had to be as
    high as the list of projects would not fit every screen.
    """

    chosen = Signal(str)
    opened = Signal(Path)  # a project's folder

    def __init__(self, actions: Mapping[str, Action], parent: QWidget | None = None) -> None:
        super().__init__(parent, widgetResizable=True)
        self._actions = actions
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        card = QFrame()
        card.setObjectName("card")
        card.setFixedWidth(440)
        column = QVBoxLayout(card)
        column.setContentsMargins(40, 40, 40, 32)
        column.setSpacing(8)
        title = QLabel("PoseTailor")
        title.setObjectName("title")
        tagline = QLabel(
            "Tailor a pose estimator to your video with as few corrected poses as possible.", wordWrap=True
        )
        tagline.setObjectName("muted")
        column.addWidget(title)
        column.addWidget(tagline)
        column.addSpacing(16)
        self._buttons: dict[str, QPushButton] = {}
        for id in OFFERS:
            button = QPushButton(f"{actions[id].text.rstrip('…')}\n{DETAILS[id]}")
            button.setObjectName("primaryOffer" if id == OFFERS[0] else "offer")
            button.setIconSize(QSize(28, 28))
            button.setAutoDefault(True)  # Return presses it, as in a dialog
            button.clicked.connect(lambda _=False, id=id: self.chosen.emit(id))
            self._buttons[id] = button
            column.addWidget(button)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        column.addLayout(self._recent)
        column.addSpacing(8)
        hint = QLabel("or drop videos, a folder of images or a project here")
        hint.setObjectName("muted")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(hint)
        page = QWidget()
        QVBoxLayout(page).addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        self.setWidget(page)

    def show_recent(self, projects: list[Recent]) -> None:
        while self._recent.count():
            row = self._recent.takeAt(0).widget()
            row.hide()
            row.deleteLater()
        if projects:
            heading = QLabel("RECENT")
            heading.setObjectName("heading")
            heading.setContentsMargins(0, 12, 0, 4)
            self._recent.addWidget(heading)
        for project in projects:
            place, fonts = Path(project.folder).parent.name, self.fontMetrics()
            words = f"{short(project.name, fonts)}\n{project.state} · in {short(place, fonts)}"
            row = QPushButton(words, toolTip=project.folder)
            row.setObjectName("recent")
            row.setAutoDefault(True)
            row.clicked.connect(lambda _=False, folder=project.folder: self.opened.emit(Path(folder)))
            self._recent.addWidget(row)

    def show_icons(self) -> None:
        for id, button in self._buttons.items():
            button.setIcon(theme.icon(self._actions[id].icon, theme.current().accent))
