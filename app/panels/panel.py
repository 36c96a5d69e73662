"""A titled part of the side columns, which says what to do while it is empty."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

NARROWEST = 38  # letters that a panel has room for, however small the window


class Panel(QFrame):
    """content is shown unless show_empty() was given a sentence. title: in words; heading: shows it, with
    a counter.
    """

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.title = title
        self.heading = QFrame()
        self.heading.setObjectName("panel")
        name = QLabel(title.upper())
        name.setObjectName("heading")
        self._counter = QLabel()
        self._counter.setObjectName("counter")
        row = QHBoxLayout(self.heading)
        row.setContentsMargins(12, 10, 12, 6)
        row.addWidget(name)
        row.addStretch(1)
        row.addWidget(self._counter)
        self._empty = QLabel(wordWrap=True)
        self._empty.setObjectName("empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMinimumHeight(3 * self._empty.fontMetrics().lineSpacing() + 24)  # three lines
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self._pages = QStackedLayout()
        self.column.addLayout(self._pages, 1)
        # only now that the layout has a parent: a widget shown without one would be a window for a moment
        self._pages.addWidget(content)
        self._pages.addWidget(self._empty)
        self.setMinimumWidth(NARROWEST * self.fontMetrics().averageCharWidth())

    def show_counter(self, text: str) -> None:
        self._counter.setText(text)

    def show_empty(self, sentence: str) -> None:
        """An empty sentence brings the content back."""
        self._empty.setText(sentence)
        self._pages.setCurrentIndex(1 if sentence else 0)
