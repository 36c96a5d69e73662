"""What is said above the lanes."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy


class Heading(QFrame):
    """legend: who has which colour; span: where is proposed only; covered: how far it is estimated."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("timeline")
        self.legend, self.span, self.covered, self._reading = QLabel(), QLabel(), QLabel(), QLabel()
        for label in (self.legend, self.covered, self._reading):
            label.setObjectName("muted")
        self.span.setObjectName("span")
        # cut where there is no room, instead of making the window wider
        for label in (self.legend, self._reading):
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

    def read_out(self, text: str) -> None:
        """It takes room from the legend only while it says something."""
        self._reading.setText(text)
        self._row.setStretchFactor(self._reading, 2 if text else 0)
