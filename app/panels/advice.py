"""What is to be said about a round, never cut off however narrow the column is."""

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel

from app.style import theme


class Advice(QLabel):
    def __init__(self) -> None:
        super().__init__(wordWrap=True)
        self.setObjectName("advice")
        self._claimed: tuple | None = None  # width and text that the height was claimed for

    def say(self, text: str, stop: bool = False) -> None:
        """stop: nothing more needs to be done."""
        self.setText(text)
        theme.mark(self, "stop", stop)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Claims height, or the layout takes it away from a label that wraps; only what is in front has
        its true width.
        """
        super().paintEvent(event)
        wanted = (self.width(), self.text(), self.property("stop"))
        if wanted != self._claimed:
            self._claimed = wanted
            self.setMinimumHeight(0)  # else Qt asks for no less than was claimed before
            self.setMinimumHeight(self.heightForWidth(self.width()))
