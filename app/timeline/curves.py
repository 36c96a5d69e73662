"""What a lane shows of people: a curve each, or of many the selected one's over the range of all."""

from collections.abc import Collection, Mapping
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPolygonF

from app.style import theme
from app.timeline.items import Curve
from app.timeline.pyramid import Pyramid
from core.domain import Track

GAP = "&nbsp;&nbsp;&nbsp;"
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


def legend(tracks: Collection[Track], selected: int | None, places: Mapping[int, int]) -> tuple[str, ...]:
    """Rich text: who has which colour, or of many the selected one; then the same in ever less room."""
    own = [f"{dot(places[track.id])} {escape(track.name)}" for track in tracks if track.id == selected]
    if len(tracks) > MOST_CURVES:
        band = f'<span style="color:{theme.current().muted}">▒</span>'
        return (GAP.join([*own, f"{band} least to greatest of {len(tracks)} people"]),)
    names = [track.name for track in tracks]
    named = (
        GAP.join(f"{dot(places[track.id])} {escape(name)}" for track, name in zip(tracks, known, strict=True))
        for known in (names, _without_what_all_begin_with(names))
    )
    others = " ".join(dot(places[track.id]) for track in tracks if track.id != selected)
    return (*named, GAP.join([*own, others]))


def _without_what_all_begin_with(names: list[str]) -> list[str]:
    """'Person 1', 'Person 2' are '1', '2'."""
    words = [name.split() for name in names]
    while len(words) > 1 and all(len(one) > 1 and one[0] == words[0][0] for one in words):
        words = [one[1:] for one in words]
    return [" ".join(one) for one in words]


def dot(place: int) -> str:
    return f'<span style="color:{theme.curve_colour(place).name()}">●</span>'


def values_in_words(
    curves: Mapping[int, Curve],
    envelope: Envelope | None,
    frame: int,
    places: Mapping[int, int],
    selected: int | None,
) -> tuple[list[str], list[str]]:
    """Rich text: the value of each curve that is shown and the worst of all; and the selected one's and the
    worst, for where there is less room.
    """
    known = {
        track: value
        for track, curve in curves.items()
        if curve.isVisible() and not np.isnan(value := curve.pyramid.value(frame))
    }
    values = {track: f"{dot(places[track])} {value:.2f}" for track, value in known.items()}
    worst = envelope.high.value(frame) if envelope is not None else max(known.values(), default=np.nan)
    last = [] if np.isnan(worst) else [f"worst {worst:.2f}"]
    own = [values[selected]] if selected in values else []
    return [*values.values(), *(last if envelope is not None else [])], [*own, *last]
