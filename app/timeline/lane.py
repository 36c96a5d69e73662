"""A lane and its name. The wheel zooms in time, dragging scrubs, dragging with Shift selects a span."""

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter

WHEEL_STEP = 1.0018
NAME_WIDTH = 92


class Lane(pg.ViewBox):
    """A strip of the timeline; x is the frame, y runs from 0 to 1, or to less, see fit."""

    scrubbed = Signal(float, bool)  # frame, still dragging
    clicked = Signal(float)  # frame
    spanned = Signal(float, float)  # from frame, to frame

    def __init__(self, frames: int) -> None:
        super().__init__(enableMenu=False, defaultPadding=0)
        self.setMouseEnabled(x=True, y=False)
        self.set_length(frames)

    def set_length(self, frames: int) -> None:
        self.setLimits(xMin=-1, xMax=max(frames, 2), minXRange=8, yMin=-0.05, yMax=1.05)
        self.setRange(xRange=(-0.5, max(frames - 0.5, 8)), yRange=(-0.04, 1.04), padding=0)

    def fit(self, greatest: float) -> None:
        """Curves up to this value fill the lane: one video may vary far less than another of the project."""
        self.setYRange(-0.04 * greatest, 1.04 * greatest, padding=0)

    def wheelEvent(self, event, axis=None) -> None:
        factor = WHEEL_STEP ** -event.delta()
        self.scaleBy((factor, 1), center=self.mapToView(event.pos()))
        event.accept()

    def mouseDragEvent(self, event, axis=None) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mouseDragEvent(event, axis=0)
            return
        event.accept()
        here = self.mapToView(event.pos()).x()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.spanned.emit(self.mapToView(event.buttonDownPos()).x(), here)
        else:
            self.scrubbed.emit(here, not event.isFinish())

    def mouseClickEvent(self, event) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.clicked.emit(self.mapToView(event.pos()).x())


class LaneName(pg.GraphicsWidget):
    """Beside the middle of the lane, however low that is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self._colour = text, QColor()
        self.setFixedWidth(NAME_WIDTH)

    def set_text(self, text: str) -> None:
        self.text = text
        self.update()

    def set_colour(self, colour: str) -> None:
        self._colour = QColor(colour)
        self.update()

    def paint(self, painter: QPainter, *_: object) -> None:
        font = QFont(painter.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(self._colour)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
        painter.drawText(self.rect(), flags, self.text)
