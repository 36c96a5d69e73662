"""What a lane shows of people: a curve each, or of many the selected one's over the range of all."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPolygonF

from app.style import theme
from app.timeline.items import Curve
from app.timeline.pyramid import Pyramid
from core.domain import Track

MOST_CURVES = 8  # from more on nobody can tell them apart
BAND_ALPHA, EDGE_ALPHA = 50, 150


class Envelope(pg.GraphicsObject):
    """From the least to the greatest value of everyone in each frame; the greatest, the worst, as a line."""

    def __init__(self, low: Pyramid, high: Pyramid) -> None:
        super().__init__()
        self.low, self.high = low, high
        self._part: tuple[float, float, int] | None = None
        self._band, self._edge = QPainterPath(), QPainterPath()
        self.setZValue(-1)

    def boundingRect(self) -> QRectF:
        return QRectF(0, -0.02, max(1, len(self.high)), 1.04)

    def viewRangeChanged(self) -> None:
        self.update()

    def paint(self, painter: QPainter, *_: object) -> None:
        view = self.getViewBox()
        part: Any = (*view.viewRange()[0], int(view.width()))
        if part != self._part:
            self._part = part
            (x, low), high = self.low.extent(*part)[:2], self.high.extent(*part)[2]
            self._band, self._edge = _band(x, low, high), pg.functions.arrayToQPath(x, high, connect="finite")
        colour = QColor(theme.current().muted)
        colour.setAlpha(BAND_ALPHA)
        painter.fillPath(self._band, colour)
        colour.setAlpha(EDGE_ALPHA)
        pen = pg.mkPen(colour, width=1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._edge)


def _band(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> QPainterPath:
    """One polygon for each stretch without a gap."""
    path = QPainterPath()
    known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    for rows in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        there, back = zip(x[rows], high[rows], strict=True), zip(x[rows[::-1]], low[rows[::-1]], strict=True)
        if len(rows):
            path.addPolygon(QPolygonF([QPointF(*place) for place in (*there, *back)]))
    return path


def drawn_of(tracks: Mapping[int, Track], selected: int | None) -> tuple[int, ...]:
    """Whose curves are drawn."""
    return tuple(tracks if len(tracks) <= MOST_CURVES else {selected} & tracks.keys())


def show_curves(
    lane: pg.ViewBox, shown: dict[int, Curve], curves: Mapping[int, Pyramid], places: Mapping[int, int]
) -> None:
    """Brings the curves of a lane up to date. shown: by person, those it has; curves: those it is to have;
    places: of the people, see Session.
    """
    for track in shown.keys() - curves.keys():
        lane.removeItem(shown.pop(track))
    for track, curve in curves.items():
        if track not in shown:
            shown[track] = Curve(curve, theme.curve_colour(places[track]))
            lane.addItem(shown[track], ignoreBounds=True)
        elif shown[track].pyramid is not curve:
            shown[track].show_values(curve)


def legend(tracks: Collection[Track], selected: int | None, places: Mapping[int, int]) -> str:
    """Rich text: who has which colour, or of many the selected one."""
    names = [f"{dot(places[track.id])} {track.name}" for track in tracks]
    if len(tracks) <= MOST_CURVES:
        return "&nbsp;&nbsp;&nbsp;".join(names)
    own = [name for name, track in zip(names, tracks, strict=True) if track.id == selected]
    band = f'<span style="color:{theme.current().muted}">▒</span> least to greatest of {len(tracks)} people'
    return "&nbsp;&nbsp;&nbsp;".join([*own, band])


def dot(place: int) -> str:
    return f'<span style="color:{theme.curve_colour(place).name()}">●</span>'


def values_in_words(
    curves: Mapping[int, Curve], envelope: Envelope | None, frame: int, places: Mapping[int, int]
) -> list[str]:
    """Rich text: the value of each curve that is shown, and the worst of all."""
    values = [
        f"{dot(places[track])} {value:.2f}"
        for track, curve in curves.items()
        if curve.isVisible() and not np.isnan(value := curve.pyramid.value(frame))
    ]
    if envelope is not None and not np.isnan(worst := envelope.high.value(frame)):
        values.append(f"worst {worst:.2f}")
    return values
