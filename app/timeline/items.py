"""What is drawn in a lane: curves, ticks and runs, at one pixel's width and the detail the screen can
show.
"""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.timeline.pyramid import Pyramid

EMPHASIS_ALPHA, PLAIN_ALPHA = 255, 130


class Curve(pg.GraphicsObject):
    """One person's values over the video; its line is kept while the part in view stays the same."""

    def __init__(self, pyramid: Pyramid, colour: QColor) -> None:
        super().__init__()
        self.pyramid = pyramid
        # first and last frame in view, over so many pixels
        self._part: tuple[float, float, int] | None = None
        self._path = QPainterPath()
        self._points: list[QPointF] = []
        self._colour = QColor(colour)
        self.emphasise(False)

    def show_values(self, pyramid: Pyramid) -> None:
        """Other values of the same person."""
        self.prepareGeometryChange()
        self.pyramid, self._part = pyramid, None
        self.update()

    def set_colour(self, colour: QColor) -> None:
        self._colour = QColor(colour)

    def emphasise(self, strong: bool) -> None:
        self._colour.setAlpha(EMPHASIS_ALPHA if strong else PLAIN_ALPHA)
        self.setZValue(1 if strong else 0)
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self.pyramid.start, -0.02, max(1, len(self.pyramid)), 1.04)

    def viewRangeChanged(self) -> None:
        self.update()

    def paint(self, painter: QPainter, *_: object) -> None:
        view = self.getViewBox()
        part = (*view.viewRange()[0], int(view.width()))
        if part != self._part:
            x, y = self.pyramid.line(*part)
            alone = _without_neighbours(y)
            self._part, self._path = part, pg.functions.arrayToQPath(x, y, connect="finite")
            self._points = [QPointF(*point) for point in zip(x[alone], y[alone], strict=True)]
        pen = QPen(self._colour, 1)
        pen.setCosmetic(True)  # one pixel at every zoom: wider pens are many times slower
        painter.setPen(pen)
        painter.drawPath(self._path)
        if self._points:
            painter.drawPoints(self._points)


class Ticks(pg.GraphicsObject):
    """Marks at single frames over the height of a lane."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length
        self.frames: dict[str, list[int]] = {}  # by colour name
        self._paths: dict[str, QPainterPath] = {}

    def set_length(self, length: int) -> None:
        self.prepareGeometryChange()
        self._length = length

    def set_ticks(self, frames: dict[str, list[int]]) -> None:
        self.frames = frames
        self._paths = {
            colour: pg.functions.arrayToQPath(
                np.repeat(places, 2).astype(float), np.tile((0.1, 0.9), len(places)), connect="pairs"
            )
            for colour, places in frames.items()
        }
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(-1, 0, self._length + 2, 1)

    def paint(self, painter: QPainter, *_: object) -> None:
        for colour, path in self._paths.items():
            pen = QPen(QColor(colour), 2)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawPath(path)


class Runs(pg.GraphicsObject):
    """A bar over every stretch of frames that have something, however many there are; kept while the part in
    view stays the same.
    """

    def __init__(self, has: np.ndarray, bottom: float = 0.3, height: float = 0.4) -> None:
        """has: (n,) bool, per frame; bottom, height: of the bars, as shares of the lane's height."""
        super().__init__()
        self.colour = QColor()
        self._bottom, self._height = bottom, height
        self.set_frames(has)

    def set_frames(self, has: np.ndarray) -> None:
        self.prepareGeometryChange()
        steps = np.diff(np.concatenate([[False], has, [False]]).astype(np.int8))
        self._starts, self._stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
        self._length = len(has)
        self._part: tuple[float, float, int] | None = None
        self._bars: list[QRectF] = []
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(-1, 0, self._length + 2, 1)

    def viewRangeChanged(self) -> None:
        self.update()

    def paint(self, painter: QPainter, *_: object) -> None:
        view = self.getViewBox()
        part = (*view.viewRange()[0], max(1, int(view.width())))
        if part != self._part:
            first, last, width = self._part = part
            scale = (last - first) / width  # frames a pixel
            covered = _covered(self._starts, self._stops, first, scale, width).tolist()
            self._bars = [
                QRectF(first + start * scale, self._bottom, (stop - start) * scale, self._height)
                for start, stop in covered
            ]
        for bar in self._bars:
            painter.fillRect(bar, self.colour)


def _covered(starts: np.ndarray, stops: np.ndarray, first: float, scale: float, width: int) -> np.ndarray:
    """(m, 2) stretches of pixel columns that hold a part of a run from starts to stops, frame n reaching half
    a frame to both sides.
    """
    seen = slice(np.searchsorted(stops, first), np.searchsorted(starts, first + scale * width, "right") + 1)
    columns = np.zeros(width + 1, np.int64)
    from_column = np.floor((starts[seen] - 0.5 - first) / scale).astype(int).clip(0, width)
    to_column = np.ceil((stops[seen] - 0.5 - first) / scale).astype(int).clip(0, width)
    np.add.at(columns, from_column, 1)
    np.add.at(columns, to_column, -1)
    filled = np.concatenate([[False], np.cumsum(columns[:-1]) > 0, [False]]).astype(np.int8)
    return np.flatnonzero(np.diff(filled)).reshape(-1, 2)


def _without_neighbours(y: np.ndarray) -> np.ndarray:
    """(n,) bool: finite values between two gaps, which a line would not show."""
    known = np.isfinite(y)
    beside = np.zeros(len(y), bool)
    beside[1:] |= known[:-1]
    beside[:-1] |= known[1:]
    return known & ~beside
