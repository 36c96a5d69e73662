"""The whole video in a strip, and which part of it the lanes show."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QTransform

from app.style import theme
from app.timeline.items import Curve, Runs
from app.timeline.pyramid import Pyramid

EDGE = 5  # pixels within which an edge is gripped
LEAST = 8  # frames
COVERED = 0.16  # of the height: the bars that say what is estimated


class Overview(pg.ViewBox):
    """Dragging inside of the window moves it, at an edge resizes it, elsewhere brings it there."""

    moved = Signal(float, float)  # first and last frame to show
    wheeled = Signal(float, int)  # frame under the cursor, by how much

    def __init__(self, frames: int) -> None:
        super().__init__(enableMenu=False, defaultPadding=0)
        self.setMouseEnabled(x=False, y=False)
        self._grip = ("move", 0.0)
        self._curve: Curve | None = None
        self._colour = QColor()
        nothing = np.zeros(frames, bool)
        self._present, self._older = (Runs(nothing, 0.0, COVERED) for _ in range(2))
        for runs in (self._older, self._present):
            self.addItem(runs, ignoreBounds=True)
        self.window = _Window()
        self.addItem(self.window, ignoreBounds=True)
        self.set_length(frames)

    def set_length(self, frames: int) -> None:
        self._last = max(frames - 0.5, float(LEAST))
        self.setRange(xRange=(-0.5, self._last), yRange=(-0.04, 1.04), padding=0)
        self.window.set_length(frames)

    def show_curve(self, values: Pyramid | None, greatest: float) -> None:
        """greatest: the value that fills the height."""
        if self._curve is not None:
            self.removeItem(self._curve)
            self._curve = None
        if values is not None:
            self._curve = Curve(values, self._colour)
            self._curve.setTransform(QTransform.fromScale(1, 1 / greatest))
            self.addItem(self._curve, ignoreBounds=True)

    def show_coverage(self, present: np.ndarray, older: np.ndarray) -> None:
        """(n,) bool each: the frames that the present round has estimated, and those that only an earlier
        one has.
        """
        self._present.set_frames(present)
        self._older.set_frames(older)

    def set_colour(self, colour: QColor) -> None:
        self._colour = colour
        self._present.colour, self._older.colour = QColor(theme.current().accent), colour
        self._present.update()
        self._older.update()
        if self._curve is not None:
            self._curve.set_colour(colour)
            self._curve.emphasise(False)

    def wheelEvent(self, event, axis=None) -> None:
        event.accept()
        self.wheeled.emit(self.mapToView(event.pos()).x(), event.delta())

    def mouseDragEvent(self, event, axis=None) -> None:
        event.accept()
        if event.isStart():
            self._grip = self._grip_at(self.mapToView(event.buttonDownPos()).x())
        here = self.mapToView(event.pos()).x()
        first, last = self.window.shown
        kind, offset = self._grip
        if kind == "first":
            self.moved.emit(min(here, last - LEAST), last)
        elif kind == "last":
            self.moved.emit(first, max(here, first + LEAST))
        else:
            self._move_to(here - offset, last - first)

    def mouseClickEvent(self, event) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            first, last = self.window.shown
            self._move_to(self.mapToView(event.pos()).x() - (last - first) / 2, last - first)

    def _grip_at(self, place: float) -> tuple[str, float]:
        """What is taken hold of, and how far from the window's first frame."""
        first, last = self.window.shown
        reach = EDGE * self.viewPixelSize()[0]
        if abs(place - first) <= reach:
            return "first", 0.0
        if abs(place - last) <= reach:
            return "last", 0.0
        return "move", place - first if first < place < last else (last - first) / 2

    def _move_to(self, first: float, width: float) -> None:
        first = min(max(first, -0.5), self._last - width)
        self.moved.emit(first, first + width)


class _Window(pg.GraphicsObject):
    """Shade over what the lanes do not show, a frame around what they do, the playhead and the selected
    span.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(10)
        self.shown = (-0.5, 0.5)
        self._length, self._playhead = 1, 0
        self._span: tuple[float, float] | None = None

    def set_length(self, frames: int) -> None:
        self.prepareGeometryChange()
        self._length = frames

    def show_part(self, first: float, last: float) -> None:
        shown = (max(first, -0.5), min(last, max(self._length - 0.5, LEAST)))
        if shown != self.shown:
            self.shown = shown
            self.update()

    def show_marks(self, playhead: int, span: tuple[float, float] | None) -> None:
        """A step repaints no more than where the playhead was and is."""
        if span != self._span:
            self.update()
        around, whole = 2 * (self.pixelWidth() or 1), self.boundingRect()
        for frame in (self._playhead, playhead):
            self.update(QRectF(frame - around, whole.top(), 2 * around, whole.height()))
        self._playhead, self._span = playhead, span

    def boundingRect(self) -> QRectF:
        return QRectF(-1, -0.05, max(self._length, LEAST) + 2, 1.1)

    def paint(self, painter: QPainter, *_: object) -> None:
        whole, (first, last), colours = self.boundingRect(), self.shown, theme.current()
        shade = QColor(colours.panel)
        shade.setAlpha(170)
        painter.fillRect(QRectF(whole.left(), whole.top(), first - whole.left(), whole.height()), shade)
        painter.fillRect(QRectF(last, whole.top(), whole.right() - last, whole.height()), shade)
        if self._span is not None:
            band = QColor(colours.accent)
            band.setAlpha(70)
            painter.fillRect(
                QRectF(self._span[0], whole.top(), self._span[1] - self._span[0], whole.height()), band
            )
        painter.setPen(_pen(colours.muted, 1))
        painter.drawRect(QRectF(first, 0, last - first, 1))
        painter.setPen(_pen(colours.accent, 1.5))
        painter.drawLine(QLineF(self._playhead, whole.top(), self._playhead, whole.bottom()))


def _pen(colour: str, width: float) -> QPen:
    pen = QPen(QColor(colour), width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen
