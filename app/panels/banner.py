"""A sentence over the picture that stays until the user has read it, and moves nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.panels.close_button import CloseButton
from app.style import theme

WIDEST = 900  # pixels
ICONS = {
    "bad": "alert-circle-outline",
    "warn": "information-outline",
    "good": "check-circle-outline",
}


@dataclass(frozen=True)
class Notice:
    """tone: bad, warn of what is for the user to decide, or good; offer: in a word or two what a button does
    that takes the way out; instead: further ways, by what their button says. passing: of something that was
    done or failed, and of no interest once something else is done; else it stands until it is dismissed.
    """

    sentence: str
    tone: str = "bad"
    offer: str = ""
    way: Callable[[], object] | None = None
    passing: bool = False
    instead: Mapping[str, Callable[[], object]] = field(default_factory=dict)


class Banner(QFrame):
    """One notice at a time, at the top of what it lies over: the page, or the picture; or at its bottom where
    that leaves the selected person to be seen.
    """

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        self._page = self._below = page
        page.installEventFilter(self)
        self.setObjectName("banner")
        self.setAutoFillBackground(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        self._icon = QLabel()
        self._text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)  # names of files are in it
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._close = CloseButton("Dismiss", self.dismiss)
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(self._icon)
        self.way_out = QPushButton()
        self.way_out.clicked.connect(self._take_way_out)
        self._further = QHBoxLayout()
        self._shown: Notice | None = None
        self._waiting: list[Notice] = []
        self._person: Callable[[], QRect | None] | None = None
        self._low = False
        row.addWidget(self._text, 1)
        row.addWidget(self.way_out)
        row.addLayout(self._further)
        row.addWidget(self._close)
        self.hide()

    def lie_over(self, widget: QWidget | None, person: Callable[[], QRect | None] | None = None) -> None:
        """None for the whole page. person: where the selected one is in the widget."""
        self._person, self._low = person, False
        if self._below is not self._page:
            self._below.removeEventFilter(self)
        self._below = widget or self._page
        if widget is not None:
            widget.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show):
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        if not self.isVisible():
            return
        width = min(self._below.width(), WIDEST)
        place = self._below.mapTo(self._page, QPoint(0, 0)) if self._below is not self._page else QPoint(0, 0)
        height = max(self.layout().heightForWidth(width), self.minimumSizeHint().height())
        place += QPoint((self._below.width() - width) // 2, self._below.height() - height if self._low else 0)
        self.setGeometry(place.x(), place.y(), width, height)
        self.raise_()

    def _choose_side(self) -> None:
        """Once for each notice: one that followed the person would be in the way of everything."""
        self._low = False
        self._place()
        if (person := self._person() if self._person else None) is not None:
            above = self.height() - person.top()
            below = person.bottom() - (self._below.height() - self.height())
            self._low = above > max(below, 0)
            self._place()

    @property
    def sentence(self) -> str:
        return self._text.text()

    def say(self, notice: Notice) -> None:
        """In the place of what is said now, which comes back afterwards unless it was passing."""
        if self._shown is not None and self._shown.sentence == notice.sentence:
            return
        if self._shown is not None and not self._shown.passing:
            self._waiting.insert(0, self._shown)
        self._show(notice)

    def say_after(self, notice: Notice) -> None:
        """As soon as the user has done with what is said now, unless that is passing and offers the same."""

        def outdated(other: Notice) -> bool:
            return other.passing and bool(other.offer) and other.offer == notice.offer

        if any(
            other.sentence == notice.sentence for other in (*self._waiting, self._shown) if other is not None
        ):
            return
        self._waiting = [other for other in self._waiting if not outdated(other)]
        if self._shown is None or outdated(self._shown):
            self._show(notice)
        else:
            self._waiting.append(notice)

    def dismiss(self) -> None:
        if self._waiting:
            self._show(self._waiting.pop(0))
        else:
            self.clear()

    def withdraw(self, *tones: str) -> None:
        """What is of no interest any more: passing notices of these tones, also those that wait."""
        self._waiting = [notice for notice in self._waiting if not (notice.passing and notice.tone in tones)]
        if self._shown is not None and self._shown.passing and self._shown.tone in tones:
            self.dismiss()

    def take_back(self, notice: Notice) -> None:
        """This one is of no interest any more, whether it is said or waits."""
        self._waiting = [other for other in self._waiting if other is not notice]
        if self._shown is notice:
            self.dismiss()

    def clear(self) -> None:
        """Says nothing any more."""
        self._shown, self._waiting = None, []
        self.hide()

    def _show(self, notice: Notice) -> None:
        self._shown = notice
        theme.mark(self, "tone", notice.tone)
        colour = getattr(theme.current(), notice.tone)
        self._icon.setPixmap(theme.icon(ICONS[notice.tone], colour).pixmap(QSize(20, 20)))
        self._close.show_icon()
        self._text.setText(notice.sentence)
        self.way_out.setText(notice.offer)
        self.way_out.setVisible(bool(notice.offer))
        while self._further.count():
            self._further.takeAt(0).widget().deleteLater()
        for words, way in notice.instead.items():
            button = QPushButton(words)
            button.clicked.connect(partial(self._take, way))
            self._further.addWidget(button)
        self.show()
        self._choose_side()

    def _take_way_out(self) -> None:
        self._take(self._shown.way if self._shown else None)

    def _take(self, way: Callable[[], object] | None, *_: object) -> None:
        self.dismiss()
        if way is not None:
            way()
