"""What is to be said about a round, never cut off however narrow the column is."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel


class Advice(QLabel):
    def __init__(self) -> None:
        super().__init__(wordWrap=True)
        self.setObjectName("advice")

    def say(self, text: str, stop: bool = False) -> None:
        """stop: nothing more needs to be done."""
        self.setText(text)
        self.setProperty("stop", stop)
        self.style().unpolish(self)
        self.style().polish(self)
        self._claim_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._claim_height()

    def _claim_height(self) -> None:
        """A layout takes height from a label that wraps unless it is the least."""
        self.setMinimumHeight(0)  # else Qt asks for no less than was claimed before
        self.setMinimumHeight(max(0, self.heightForWidth(self.width())))
