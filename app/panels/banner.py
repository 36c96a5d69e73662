"""A sentence across the window that stays until the user has read it."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app import theme
from app.panels.close_button import CloseButton

ICONS = {"bad": "alert-circle-outline", "good": "check-circle-outline"}


class Banner(QFrame):
    """tone: bad or good."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        self._icon = QLabel()
        self._text = QLabel(wordWrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._close = CloseButton("Dismiss", self.hide)
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(self._icon)
        self.way_out = QPushButton()
        self.way_out.clicked.connect(self._take_way_out)
        self._way: Callable[[], object] | None = None
        row.addWidget(self._text, 1)
        row.addWidget(self.way_out)
        row.addWidget(self._close)
        self.hide()

    @property
    def sentence(self) -> str:
        return self._text.text()

    def say(self, sentence: str, tone: str = "bad", offer: str = "", way: Callable[[], object] | None = None) -> None:
        """offer: in a word or two what a button does that takes the way out."""
        self.setProperty("tone", tone)
        self.style().unpolish(self)
        self.style().polish(self)
        colour = getattr(theme.current(), tone)
        self._icon.setPixmap(theme.icon(ICONS[tone], colour).pixmap(QSize(20, 20)))
        self._close.show_icon()
        self._text.setText(sentence)
        self._way = way
        self.way_out.setText(offer)
        self.way_out.setVisible(bool(offer))
        self.show()

    def _take_way_out(self) -> None:
        way, self._way = self._way, None
        self.hide()
        if way is not None:
            way()
