"""Lines that make do with the room there is."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel

NAME = 240  # pixels, the most that a name takes within a sentence


class ElidedLabel(QLabel):
    """Shortened in its middle where it has no room, with the whole text as its tooltip."""

    @property
    def shown(self) -> str:
        return self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideMiddle, self.contentsRect().width()
        )

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), self.alignment(), self.shown)


def short(name: str, metrics: QFontMetrics) -> str:
    """A name of a person's own choosing, such as a file's, for a sentence."""
    return metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, NAME)
