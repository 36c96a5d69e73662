"""A sentence across the window that stays until the user has read it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app import theme
from app.panels.close_button import CloseButton

ICONS = {"bad": "alert-circle-outline", "good": "check-circle-outline"}


@dataclass(frozen=True)
class Notice:
    """tone: bad or good; offer: in a word or two what a button does that takes the way out. passing: of something that was
    done or failed, and of no interest once something else is done; else it stands until it is dismissed.
    """

    sentence: str
    tone: str = "bad"
    offer: str = ""
    way: Callable[[], object] | None = None
    passing: bool = False


class Banner(QFrame):
    """One notice at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        self._icon = QLabel()
        self._text = QLabel(wordWrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._close = CloseButton("Dismiss", self.dismiss)
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(self._icon)
        self.way_out = QPushButton()
        self.way_out.clicked.connect(self._take_way_out)
        self._shown: Notice | None = None
        self._waiting: list[Notice] = []
        row.addWidget(self._text, 1)
        row.addWidget(self.way_out)
        row.addWidget(self._close)
        self.hide()

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

        if any(other.sentence == notice.sentence for other in (*self._waiting, self._shown) if other is not None):
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

    def clear(self) -> None:
        """Says nothing any more, and gives its room back at once."""
        self._shown, self._waiting = None, []
        self.hide()
        if self.parentWidget() is not None:
            self.parentWidget().layout().activate()

    def _show(self, notice: Notice) -> None:
        self._shown = notice
        theme.mark(self, "tone", notice.tone)
        colour = getattr(theme.current(), notice.tone)
        self._icon.setPixmap(theme.icon(ICONS[notice.tone], colour).pixmap(QSize(20, 20)))
        self._close.show_icon()
        self._text.setText(notice.sentence)
        self.way_out.setText(notice.offer)
        self.way_out.setVisible(bool(notice.offer))
        self.show()

    def _take_way_out(self) -> None:
        way = self._shown.way if self._shown else None
        self.dismiss()
        if way is not None:
            way()
