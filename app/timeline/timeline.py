"""The whole video at a glance: how uncertain each person is when, what is labelled, queued and predicted."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGraphicsLineItem,
    QGraphicsRectItem,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.session.session import CHOSEN, Change, Session
from app.style import theme
from app.style.choices import curve_name
from app.timeline.coverage_strip import explained, frames_covered, in_words
from app.timeline.curves import (
    GAP,
    MOST_CURVES,
    Envelope,
    drawn_of,
    legend,
    show_curves,
    values_in_words,
)
from app.timeline.heading import Heading
from app.timeline.hover_preview import HoverPreview
from app.timeline.items import Curve, Runs, Ticks
from app.timeline.lane import NAME_WIDTH, WHEEL_STEP, Lane, LaneName
from app.timeline.overview import Overview
from app.timeline.pyramid import Pyramid
from app.timeline.reading import CurveReader
from app.timeline.series import Series, Wanted
from app.timeline.ticks import labelled, queued
from core.domain import Span
from core.uncertainty.criteria import CRITERIA

MARKS = {"labels": "Human", "queue": "Queued", "predicted": "Predicted"}
TITLES = MARKS | {"overview": "Overview"}
MARK_HEIGHT, OVERVIEW_HEIGHT, AXIS_HEIGHT = 12, 22, 20
PLAYHEAD_DELAY = 30  # milliseconds: the picture goes first


class Timeline(QFrame):
    """Curves per criterion and person over the frames, with the playhead; dragging on it scrubs.

    times: (n,) float64, seconds of each frame. names: criteria that have a lane, CHOSEN among them. lanes: by
    name of the criterion or mark. heading: the legend and the values under the cursor.
    """

    scrubbed = Signal(int, bool)  # frame, still dragging

    def __init__(
        self,
        session: Session,
        times: np.ndarray,
        names: list[str],
        hover_preview: HoverPreview,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self._session = session
        self._times = times
        self._filling = False
        self._hover_preview = hover_preview
        self._curves: dict[str, dict[int, Curve]] = {}
        self._envelopes: dict[str, Envelope] = {}
        self._series = Series()  # what is drawn
        self._reader = CurveReader(session, self)
        self._reader.read.connect(self._show_series)
        self.lanes: dict[str, Lane] = {}
        self._lay_out()
        self._playhead, self._band = QGraphicsLineItem(), QGraphicsRectItem()
        for item, height in ((self._band, 50), (self._playhead, 100)):
            item.setZValue(height)
            self.plots.scene().addItem(item)
        self.plots.scene().sigMouseMoved.connect(self._hover)
        self.plots.viewport().installEventFilter(self)
        session.changed.connect(self._refresh)
        session.labels_changed.connect(self._show_ticks)
        session.frame_changed.connect(self._follow)
        session.span_changed.connect(self._show_span)
        session.person_changed.connect(self._choose_person)
        session.shown_changed.connect(self._emphasise)
        self._later = QTimer(self, singleShot=True, interval=PLAYHEAD_DELAY)
        self._later.timeout.connect(self._place_marks)
        self.show_lanes(names)

    def _lay_out(self) -> None:
        self.title = "Timeline"
        self.heading = Heading()
        self.plots = pg.GraphicsLayoutWidget()
        self.plots.setFrameShape(QFrame.Shape.NoFrame)
        self.plots.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.plots, 1)
        self._empty = QLabel("The curves appear once the poses are estimated.", self.plots)
        self._empty.setObjectName("empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def stop(self) -> None:
        """Waits for what is read, and reads nothing more."""
        self._reader.stop()

    @property
    def up_to_date(self) -> bool:
        """Whether the curves are those of what is estimated now; a long video's are read meanwhile."""
        return not self._reader.busy

    # lanes

    def set_times(self, times: np.ndarray) -> None:
        """The whole of another video in view."""
        self._times = times
        frames = len(times)
        for lane in self.lanes.values():
            lane.set_length(frames)
        for ticks in self._ticks.values():
            ticks.set_length(frames)
        self._overview.set_length(frames)
        self._place_marks()

    def show_lanes(self, names: list[str]) -> None:
        """The part of the video in view stays."""
        shown = self._first.viewRange()[0] if self.lanes else None
        self.plots.ci.clear()
        self._build_lanes(names)
        nothing = np.zeros(self._session.video.frame_count, bool)
        self._unwanted = [Runs(nothing, -0.05, 1.1) for _ in (*self.lanes, "overview")]
        plots: list[Any] = [*self.lanes.values(), self._overview]
        for lane, runs in zip(plots, self._unwanted, strict=True):
            runs.setZValue(5)  # over the curves, below the playhead
            lane.addItem(runs, ignoreBounds=True)
        self.plots.ci.setGeometry(self.plots.range)  # it had shrunk while it was empty
        if shown is not None:
            self._first.setXRange(*shown, padding=0)
        self.show_theme()
        self._refresh(Change.PREDICTIONS)

    @property
    def _first(self) -> Lane:
        return next(iter(self.lanes.values()))

    def _build_lanes(self, names: list[str]) -> None:
        grid = self.plots.ci.layout
        grid.setContentsMargins(8, 2, 12, 4)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(3)
        frames = self._session.video.frame_count
        self.lanes, self._ticks = {}, {}
        self._names: dict[str, Any] = {}
        self._curves, self._envelopes, self._series = {name: {} for name in names}, {}, Series()
        for row, name in enumerate((*names, *MARKS)):
            lane = Lane(frames)
            lane.scrubbed.connect(self._scrub)
            lane.clicked.connect(self._click)
            lane.spanned.connect(self._select)
            if self.lanes:
                lane.setXLink(self._first)
            self._add_row(row, name, lane, MARK_HEIGHT if name in MARKS else None)
            self.lanes[name] = lane
        for name in ("labels", "queue"):
            self._ticks[name] = Ticks(frames)
            self.lanes[name].addItem(self._ticks[name], ignoreBounds=True)
        self._runs = Runs(np.zeros(frames, bool))
        self.lanes["predicted"].addItem(self._runs, ignoreBounds=True)
        self._axis = pg.AxisItem("bottom", maxTickLength=-4)
        self._axis.linkToView(self._first)
        self._axis.setHeight(AXIS_HEIGHT)
        self.plots.ci.addItem(self._axis, len(self.lanes), 1)
        self._overview = Overview(frames)
        self._overview.moved.connect(lambda first, last: self._first.setXRange(first, last, padding=0))
        self._overview.wheeled.connect(self._zoom)
        self._add_row(len(self.lanes) + 1, "overview", self._overview, OVERVIEW_HEIGHT)
        self._first.sigXRangeChanged.connect(self._place_marks)
        self._first.sigResized.connect(self._place_marks)

    def _add_row(self, row: int, name: str, lane: pg.ViewBox, height: int | None) -> None:
        title = LaneName(self._title(name))
        title.setToolTip(CRITERIA[name].title if name in CRITERIA else "")
        if height is not None:
            for item in (lane, title):
                item.setMaximumHeight(height)
                item.setMinimumHeight(height)
        self.plots.ci.addItem(title, row, 0)
        self.plots.ci.addItem(lane, row, 1)
        self._names[name] = title

    def _title(self, name: str) -> str:
        if name in TITLES:
            return TITLES[name]
        alone = name == CHOSEN and "+" not in self._session.criterion
        return curve_name(self._session.criterion if alone else name)

    # content

    def _refresh(self, change: Change) -> None:
        if change & (Change.PREDICTIONS | Change.ROUNDS | Change.TRACKS | Change.SETTINGS):
            self._read_curves()
            self._show_wanted()
        self._show_ticks()
        self._place_marks()

    def _read_curves(self) -> None:
        """Curves whose values are as they were stay as they are."""
        session = self._session
        self._empty.setVisible(session.predictions is None)
        if CHOSEN in self.lanes:
            self._names[CHOSEN].set_text(self._title(CHOSEN))
        for name, curves in self._curves.items():  # of people who are no more
            for track in curves.keys() - session.tracks.keys():
                self.lanes[name].removeItem(curves.pop(track))
        self._reader.ask(self._wanted, self._series)

    @property
    def _wanted(self) -> Wanted:
        session = self._session
        tracks = session.of_interest if session.predictions is not None else {}
        drawn, many = drawn_of(tracks, session.person), len(tracks) > MOST_CURVES
        return Wanted(tuple(self._curves), frozenset(tracks), drawn, many, session.video.frame_count)

    def _show_series(self, series: Series) -> None:
        places, before, self._series = self._session.places, self._series, series
        for name, shown in self._curves.items():
            curves = {n: curve for n, curve in series.curves.get(name, {}).items() if n in places}
            show_curves(self.lanes[name], shown, curves, places)
            self.lanes[name].fit(series.greatest(name))
            self._show_range(name, series.ranges.get(name))
        if series.worst is not before.worst:
            self._overview.show_curve(series.worst, series.greatest(CHOSEN))
        if series.predicted is not before.predicted:
            self._runs.set_frames(series.predicted)
        self._emphasise()

    def _show_range(self, name: str, ends: tuple[Pyramid, Pyramid] | None) -> None:
        """The range of all under the curve of one, where everyone's would hide one another."""
        old = self._envelopes.get(name)
        if ends is not None and old is not None and (old.low, old.high) == ends:
            return
        if old is not None:
            self.lanes[name].removeItem(self._envelopes.pop(name))
        if ends is not None:
            self._envelopes[name] = Envelope(*ends)
            self.lanes[name].addItem(self._envelopes[name], ignoreBounds=True)

    def _choose_person(self) -> None:
        """Of many the selected one's curve alone is drawn."""
        if self._series.wanted is not None and self._series.wanted.ranges:
            self._reader.ask(self._wanted, self._series)
        self._emphasise()

    def show_filling(self, on: bool) -> None:
        """Whether what is missing is being estimated meanwhile."""
        self._filling = on
        self._show_coverage()

    def _show_coverage(self) -> None:
        session, coverage = self._session, None
        if session.predictions is not None:
            coverage = session.project.coverage(session.video.id)
            self._overview.show_coverage(*frames_covered(coverage))
        self.heading.covered.setText(in_words(coverage, self._filling) if coverage else "")
        self.heading.covered.setToolTip(explained(coverage) if coverage else "")

    def _show_wanted(self) -> None:
        """Shades the frames that do not matter to anybody."""
        session = self._session
        unwanted = np.ones(session.video.frame_count, bool)
        for start, stop in session.project.spans(session.video.id):
            unwanted[start:stop] = False
        for runs in self._unwanted:
            runs.set_frames(unwanted)
        self._show_coverage()

    def _show_ticks(self, _: object = None) -> None:
        self._ticks["queue"].set_ticks(queued(self._session))
        self._ticks["labels"].set_ticks(labelled(self._session))

    def _emphasise(self) -> None:
        for curves in self._curves.values():
            for track, curve in curves.items():
                curve.setVisible(track not in self._session.hidden)
                curve.emphasise(track == self._session.person)
        shown = [
            track for track in self._session.of_interest.values() if track.id not in self._session.hidden
        ]
        self.heading.legend.show_ways(*legend(shown, self._session.person, self._session.places))

    # playhead and span

    def _follow(self, *_: object) -> None:
        if not self._later.isActive():
            self._later.start()

    def _place_marks(self, *_: object) -> None:
        """The playhead and the selected span over the lanes, and where they and the part in view are in
        the overview.
        """
        area = self._first.sceneBoundingRect() | self.lanes["predicted"].sceneBoundingRect()
        x = self._scene_x(self._session.frame)
        self._playhead.setVisible(area.left() <= x <= area.right())
        self._playhead.setLine(x, area.top(), x, area.bottom())
        span = self._session.span
        edges = None if span is None else (span.first - 0.5, span.last + 0.5)
        self._band.setVisible(edges is not None)
        if edges is not None:
            left, right = (min(max(self._scene_x(edge), area.left()), area.right()) for edge in edges)
            self._band.setRect(QRectF(left, area.top(), right - left, area.height()))
        self._overview.window.show_part(*self._first.viewRange()[0])
        self._overview.window.show_marks(self._session.frame, edges)

    def _scene_x(self, frame: float) -> float:
        return self._first.mapViewToScene(QPointF(frame, 0)).x()

    def _show_span(self) -> None:
        span = self._session.span
        self.heading.span.setText(
            "" if span is None else f"Propose only in frames {span.first}–{span.last} · Esc clears"
        )
        self._place_marks()

    # mouse

    def _scrub(self, frame: float, dragging: bool) -> None:
        self.scrubbed.emit(self._nearest(frame), dragging)

    def _click(self, frame: float) -> None:
        self._session.select_span(None)
        self._scrub(frame, False)

    def _select(self, start: float, end: float) -> None:
        first, last = sorted((self._nearest(start), self._nearest(end)))
        self._session.select_span(Span(self._session.video.id, first, last))

    def _zoom(self, frame: float, wheel: int) -> None:
        self._first.scaleBy((WHEEL_STEP**-wheel, 1), center=QPointF(frame, 0.5))

    def _nearest(self, frame: float) -> int:
        return min(max(round(frame), 0), self._session.video.frame_count - 1)

    def _hover(self, position: QPointF) -> None:
        lanes = self.lanes | {"overview": self._overview}
        name = next(
            (name for name, lane in lanes.items() if lane.sceneBoundingRect().contains(position)), None
        )
        frame = -1 if name is None else round(lanes[name].mapSceneToView(position).x())
        if not 0 <= frame < len(self._times) or QApplication.mouseButtons():
            self._end_hover()
            return
        self.heading.read_out(*self._values_at(name, frame))
        above = self.mapTo(
            self._hover_preview.parentWidget(), self.plots.mapFromScene(position) + self.plots.pos()
        )
        above.setY(self.heading.mapTo(self._hover_preview.parentWidget(), QPoint()).y())
        self._hover_preview.show_frame(self._session.video_file, frame, self._when(frame), above)

    def _end_hover(self) -> None:
        self.heading.read_out("")
        self._hover_preview.hide()

    def _when(self, frame: int) -> str:
        return f"frame {frame} · {self._times[frame]:.2f} s"

    def _values_at(self, name: str, frame: int) -> tuple[str, ...]:
        """In words, and in fewer."""
        when = self._when(frame)
        if name not in self._curves:
            return (when,)
        places, envelope, person = self._session.places, self._envelopes.get(name), self._session.person
        every, own = values_in_words(self._curves[name], envelope, frame, places, person)
        missing = "not computed for these estimates" if not self._curves[name] else ""
        all_of, of_own = (GAP.join([self._title(name), *(values or [missing])]) for values in (every, own))
        return f"{when} · {all_of}", all_of, of_own

    @property
    def reading(self) -> str:
        """The values under the cursor, as rich text."""
        return self.heading.reading

    def scene_place(self, name: str, frame: float) -> QPointF:
        """Where a frame lies in a lane or the overview, in pixels of the plots' viewport."""
        lane = (self.lanes | {"overview": self._overview})[name]
        return QPointF(lane.mapViewToScene(QPointF(frame, 0.5)).x(), lane.sceneBoundingRect().center().y())

    # the theme

    def show_theme(self) -> None:
        colours = theme.current()
        self.plots.setBackground(colours.panel)
        plots: list[Any] = [*self.lanes.values(), self._overview]
        for lane in plots:
            lane.setBackgroundColor(colours.field)
        for name in self._names.values():
            name.set_colour(colours.muted)
        self._axis.setPen(colours.border)
        self._axis.setTextPen(colours.muted)
        self._playhead.setPen(QPen(QColor(colours.accent), 1.5))
        band = QColor(colours.accent)
        band.setAlpha(40)
        self._band.setBrush(band)
        self._band.setPen(QPen(QColor(colours.accent), 1))
        self._runs.colour = QColor(colours.muted)
        shade = QColor(colours.panel)
        shade.setAlpha(190)
        for runs in self._unwanted:
            runs.colour = shade
        self._overview.set_colour(QColor(colours.muted))
        self._show_ticks()
        for curves in self._curves.values():
            for track, curve in curves.items():
                curve.set_colour(theme.curve_colour(self._session.places[track]))
        self._emphasise()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        below = len(MARKS) * (MARK_HEIGHT + 3) + AXIS_HEIGHT + OVERVIEW_HEIGHT
        self._empty.setGeometry(self.plots.rect().adjusted(NAME_WIDTH, 0, 0, -below))
        self._place_marks()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._end_hover()
        return super().eventFilter(watched, event)
