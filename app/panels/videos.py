"""Which of the project's videos is on screen, and how far each of them is."""

from collections import Counter

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStyleOptionViewItem,
    QStylePainter,
    QWidget,
)

from app.session.session import Change, Session
from app.shortcuts.shortcuts import Shortcuts
from core.project.video_names import shown_names
from core.queries.coverage import percent

MARGIN = 40  # pixels around the text of a row
WIDEST = 640  # pixels of the list that drops down
STATE = Qt.ItemDataRole.UserRole


class _WithState(QStyledItemDelegate):
    """Beside the name of each video in the list that drops down, what is left to do with it."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        option.text = self.text(index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle

    @staticmethod
    def text(index: QModelIndex) -> str:
        return "   ".join(filter(None, (index.data(), index.data(STATE))))


class _Names(QComboBox):
    """A name that has no room is shortened in its middle, and not cut off."""

    @property
    def shown(self) -> str:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self)
        return self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideMiddle, room.width() - MARGIN // 8
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class VideoChooser(QWidget):
    """A drop-down; not there where the project has one video."""

    def __init__(self, session: Session, shortcuts: Shortcuts, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._shortcuts = session, shortcuts
        self.list = _Names()
        self.list.setAccessibleName("Video")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.list.setItemDelegate(_WithState(self.list))
        self.list.activated.connect(lambda place: session.show_video(session.videos[place]))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 6)
        row.addWidget(self.list)
        session.changed.connect(self._refresh)
        session.labels_changed.connect(lambda _: self._refresh(Change.QUEUE))
        shortcuts.changed.connect(self._show_keys)
        self._show_keys()
        self._refresh(Change.TRACKS)

    def _show_keys(self) -> None:
        before, after = self._shortcuts.first("previous_video"), self._shortcuts.first("next_video")
        state = self.list.currentData(STATE)
        text = f"The video on screen{f', {state}' if state else ''}. The one before{before}, the next{after}"
        self.list.setToolTip(text)

    def _refresh(self, change: Change) -> None:
        if not change & (Change.TRACKS | Change.PREDICTIONS | Change.QUEUE):
            return
        videos = self._session.videos
        self.setVisible(len(videos) > 1)
        states = self._states()
        names = list(shown_names(videos).values())
        with QSignalBlocker(self.list):
            if names != [self.list.itemText(place) for place in range(self.list.count())]:
                self.list.clear()
                self.list.addItems(names)
            for place, video in enumerate(videos):
                self.list.setItemData(place, states[video.id], STATE)
                self.list.setItemData(place, str(video.path), Qt.ItemDataRole.ToolTipRole)
            self.list.setCurrentIndex([video.id for video in videos].index(self._session.video.id))
        metrics, view = self.list.fontMetrics(), self.list.view()
        texts = [_WithState.text(self.list.model().index(place, 0)) for place in range(len(videos))]
        view.setMinimumWidth(min(WIDEST, MARGIN + max(map(metrics.horizontalAdvance, texts))))
        self._show_keys()

    def _states(self) -> dict[int, str]:
        """By video: what is still to be done with it, '' where nothing is."""
        session = self._session
        shares = {one.video.id: one.share for one in session.coverage}
        waiting = Counter(session.video_of[item.sample.track].id for item in session.pending)
        states = {}
        for video in session.videos:
            share = shares.get(video.id)
            estimated = "not estimated" if not share else "" if share == 1 else f"{percent(share)} estimated"
            correct = f"{waiting[video.id]} to correct" if waiting[video.id] else ""
            states[video.id] = ", ".join(filter(None, (estimated, correct)))
        return states
