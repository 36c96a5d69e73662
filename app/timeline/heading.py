"""What is said above the lanes."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy


class Shortened(QLabel):
    """Said in the longest way that there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._ways: tuple[str, ...] = ("",)

    def show_ways(self, *ways: str) -> None:
        """The longest first."""
        self._ways = ways
        self._choose()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choose()

    def _choose(self) -> None:
        for way in self._ways:
            self.setText(way)
            if self.sizeHint().width() <= self.width():
                break


class Heading(QFrame):
    """legend: who has which colour; span: where is proposed only; covered: how far it is estimated."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("timeline")
        self.legend, self.span, self.covered, self._reading = Shortened(), QLabel(), QLabel(), Shortened()
        for label in (self.legend, self.covered, self._reading):
            label.setObjectName("muted")
        self.span.setObjectName("span")
        # cut where there is no room, instead of making the window wider
        for label in (self.legend, self._reading):
            label.setTextFormat(Qt.TextFormat.RichText)  # Qt takes what has entities, but no tag, for plain
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 12, 0)
        self._row.setSpacing(16)
        self._row.addWidget(self.legend, 3)
        self._row.addWidget(self.span)
        self._row.addWidget(self._reading)
        self._row.addWidget(self.covered)

    @property
    def reading(self) -> str:
        """The values under the cursor, as rich text."""
        return self._reading.text()

    def read_out(self, *ways: str) -> None:
        """The longest first. It takes room from the legend only while it says something."""
        self._row.setStretchFactor(self._reading, 4 if any(ways) else 0)
        self._reading.show_ways(*ways)
