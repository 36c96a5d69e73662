"""Which of the project's videos is on screen, and how far each of them is."""

from collections import Counter

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from app.session import Change, Session
from app.shortcuts import Shortcuts
from core.project.rounds.coverage import percent


class VideoChooser(QWidget):
    """A drop-down; not there where the project has one video."""

    def __init__(self, session: Session, shortcuts: Shortcuts, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._shortcuts = session, shortcuts
        self.list = QComboBox()
        self.list.setAccessibleName("Video")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.list.activated.connect(lambda place: session.show_video(session.videos[place]))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 0)
        row.addWidget(self.list)
        session.changed.connect(self._refresh)
        session.labels_changed.connect(lambda _: self._refresh(Change.QUEUE))
        shortcuts.changed.connect(self._show_keys)
        self._show_keys()
        self._refresh(Change.TRACKS)

    def _show_keys(self) -> None:
        before, after = self._shortcuts.first("previous_video"), self._shortcuts.first("next_video")
        self.list.setToolTip(f"The video on screen: the one before{before}, the next{after}")

    def _refresh(self, change: Change) -> None:
        if not change & (Change.TRACKS | Change.PREDICTIONS | Change.QUEUE):
            return
        videos = self._session.videos
        self.setVisible(len(videos) > 1)
        states = self._states()
        texts = [" · ".join(filter(None, (video.path.name, states[video.id]))) for video in videos]
        with QSignalBlocker(self.list):
            if texts != [self.list.itemText(place) for place in range(self.list.count())]:
                self.list.clear()
                self.list.addItems(texts)
            self.list.setCurrentIndex([video.id for video in videos].index(self._session.video.id))

    def _states(self) -> dict[int, str]:
        """By video: what is still to be done with it, '' where nothing is."""
        session = self._session
        shares = {one.video.id: one.share for one in session.coverage}
        waiting = Counter(session.video_of[item.sample.track].id for item in session.pending)
        states = {}
        for video in session.videos:
            share = shares.get(video.id)
            estimated = "not estimated" if share is None else "" if share == 1 else f"{percent(share)} estimated"
            correct = f"{waiting[video.id]} to correct" if waiting[video.id] else ""
            states[video.id] = ", ".join(filter(None, (estimated, correct)))
        return states
