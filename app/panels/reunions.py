"""A line that asks whether two people are one, with a picture of each."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.background.track_checks import TrackChecks
from app.frames.thumbnails import Thumbnails, where_largest
from app.session.session import Session
from app.shortcuts.shortcuts import Shortcuts
from core.domain import SampleId

PICTURE = 40  # pixels of a side


class ReunionStrip(QFrame):
    """Of the selected person, else of whoever comes first; not there where nobody is asked about."""

    chosen = Signal(str)  # id of an action

    def __init__(
        self,
        session: Session,
        shortcuts: Shortcuts,
        track_checks: TrackChecks,
        thumbnails: Thumbnails,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session, self._shortcuts, self._track_checks = session, shortcuts, track_checks
        self._thumbnails = thumbnails
        self._shown: list[SampleId] = []  # of whom pictures are shown
        self.pictures = (self._picture(), self._picture())
        self.sentence = QLabel(textFormat=Qt.TextFormat.PlainText)
        # cut where it is long
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.same, self.other = (self._button(id) for id in ("same_person", "other_person"))
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.same, 1)
        row.addWidget(self.other, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 4, 8, 6)
        column.setSpacing(4)
        question = QHBoxLayout()
        question.setSpacing(8)
        question.addWidget(self.pictures[0])
        question.addWidget(self.sentence, 1)
        question.addWidget(self.pictures[1])
        column.addLayout(question)
        column.addLayout(row)
        thumbnails.ready.connect(self._receive)
        track_checks.changed.connect(self.show_question)
        session.person_changed.connect(self.show_question)
        session.changed.connect(lambda _: self.show_question())
        shortcuts.changed.connect(self.show_question)
        self.show_question()

    def _button(self, id: str) -> QPushButton:
        button = QPushButton()
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: self.chosen.emit(id))
        return button

    def _picture(self) -> QLabel:
        label = QLabel()
        label.setFixedSize(PICTURE, PICTURE)
        label.setScaledContents(True)
        return label

    def show_question(self) -> None:
        listed, session = self._track_checks.reunions, self._session
        one = self._track_checks.reunion
        self.setVisible(one is not None)
        if one is None:
            return
        here = session.person in (one.track, one.other)
        more = f" ({len(listed) - 1} more)" if len(listed) > 1 else ""
        self.sentence.setText(f"{one.name} is\n{session.names[one.other]}?")
        self._ask_for_pictures([one.track, one.other])
        self.sentence.setToolTip(one.sentence)
        self.same.setText("Same" if here else f"Look{more}")
        self.other.setText("Two people")
        self.other.setVisible(here)
        for button, id in ((self.same, "same_person"), (self.other, "other_person")):
            button.setToolTip(self._shortcuts.tooltip(id))

    def _ask_for_pictures(self, tracks: list[int | None]) -> None:
        """Of each where the box is largest."""
        session = self._session
        boxes = dict(where_largest(session.tracks[number]) for number in tracks if number in session.tracks)
        if list(boxes) == self._shown:
            return
        self._shown = list(boxes)
        for picture, number in zip(self.pictures, tracks, strict=True):
            picture.clear()
            picture.setVisible(len(boxes) == len(tracks) and not session.missing)
            picture.setToolTip(session.names.get(number, ""))
        if boxes and not session.missing:
            self._thumbnails.ask({session.video_file: boxes})

    def _receive(self, sample: SampleId, image: QImage) -> None:
        if sample in self._shown:
            self.pictures[self._shown.index(sample)].setPixmap(QPixmap.fromImage(image))
