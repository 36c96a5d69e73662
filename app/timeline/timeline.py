"""The whole video at a glance: how doubtful each person is when, what is queued, what is labelled."""

from collections import defaultdict

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QGraphicsLineItem, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.session import CRITERIA, Change, Session
from app.timeline.items import Curve, Ticks
from app.timeline.lane import Lane
from app.timeline.pyramid import Pyramid

TITLES = {"thc": "THC", "wpu": "WPU", "chosen": "Combined"}
MEANINGS = {
    "thc": "Temporal heatmap continuity: how much the estimator's heatmaps change between neighbouring frames",
    "wpu": "Whole-body pose unnaturalness: how odd the pose is as a human pose",
    "chosen": "What poses are proposed by, as chosen in the settings",
}
MARKS = {"queue": "Queue", "labels": "Labels"}
MARK_HEIGHT = 13
NAME_WIDTH = 64


class Timeline(QFrame):
    """Curves per criterion and person over the frames, with the playhead; dragging on it scrubs.

    times: (n,) float64, seconds of each frame.
    """

    scrubbed = Signal(int, bool)  # frame, still dragging

    def __init__(self, session: Session, times: np.ndarray, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self._session = session
        self._times = times
        self._curves: dict[str, dict[int, Curve]] = {criterion: {} for criterion in CRITERIA}
        self._legend, self._reading = QLabel(), QLabel()
        self._legend.setObjectName("muted")
        self._reading.setObjectName("muted")
        header = QHBoxLayout()
        header.setContentsMargins(12, 6, 12, 0)
        header.addWidget(self._legend)
        header.addStretch(1)
        header.addWidget(self._reading)
        self.plots = pg.GraphicsLayoutWidget()
        self.plots.setFrameShape(QFrame.Shape.NoFrame)
        self.plots.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(header)
        column.addWidget(self.plots, 1)
        self._empty = QLabel("The curves appear once the poses are estimated.", self.plots)
        self._empty.setObjectName("empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._build_lanes()
        self.plots.scene().sigMouseMoved.connect(self._hover)
        self.lanes["thc"].sigXRangeChanged.connect(self._place_playhead)
        self.lanes["thc"].sigResized.connect(self._place_playhead)
        session.changed.connect(self._refresh)
        session.labels_changed.connect(self._show_ticks)
        session.frame_changed.connect(self._place_playhead)
        session.person_changed.connect(self._emphasise)
        session.shown_changed.connect(self._emphasise)
        self.show_theme()
        self._refresh(Change.PREDICTIONS)

    def set_times(self, times: np.ndarray) -> None:
        """The whole of another video in view."""
        self._times = times
        for lane in self.lanes.values():
            lane.set_length(len(times))
        for ticks in self._ticks.values():
            ticks.set_length(len(times))

    def _build_lanes(self) -> None:
        grid = self.plots.ci.layout
        grid.setContentsMargins(8, 2, 12, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(3)
        frames = self._session.video.frame_count
        self.lanes: dict[str, Lane] = {}
        self._names: dict[str, pg.LabelItem] = {}
        self._ticks: dict[str, Ticks] = {}
        for row, (key, title) in enumerate((TITLES | MARKS).items()):
            name = pg.LabelItem(title, justify="left", size="8pt")
            name.setToolTip(MEANINGS.get(key, ""))
            name.setFixedWidth(NAME_WIDTH)
            lane = Lane(frames)
            lane.scrubbed.connect(self._scrub)
            if self.lanes:
                lane.setXLink(self.lanes["thc"])
            if key in MARKS:
                for item in (lane, name):
                    item.setMaximumHeight(MARK_HEIGHT)
                    item.setMinimumHeight(MARK_HEIGHT)
                self._ticks[key] = Ticks(frames)
                lane.addItem(self._ticks[key], ignoreBounds=True)
            self.plots.ci.addItem(name, row, 0)
            self.plots.ci.addItem(lane, row, 1)
            self.lanes[key], self._names[key] = lane, name
        self._axis = pg.AxisItem("bottom", maxTickLength=-4)
        self._axis.linkToView(self.lanes["labels"])
        self._axis.setHeight(20)
        self.plots.ci.addItem(self._axis, len(self.lanes), 1)
        self._playhead = QGraphicsLineItem()
        self._playhead.setZValue(100)
        self.plots.scene().addItem(self._playhead)

    # content

    def _refresh(self, change: Change) -> None:
        if change & (Change.PREDICTIONS | Change.ROUNDS | Change.TRACKS | Change.SETTINGS):
            self._read_curves()
        self._show_ticks()
        self._place_playhead()

    def _read_curves(self) -> None:
        predictions = self._session.predictions
        self._empty.setVisible(predictions is None)
        criterion = self._session.criterion
        self._names["chosen"].setText("Combined" if "+" in criterion else criterion.upper())
        for criterion in CRITERIA:
            lane, curves = self.lanes[criterion], self._curves[criterion]
            for curve in curves.values():
                lane.removeItem(curve)
            curves.clear()
            values = self._session.scores(criterion)
            if values is None:
                continue
            for track in self._session.tracks:
                rows = predictions.rows_of_track(track)
                over_time = np.full(self._session.video.frame_count, np.nan, np.float32)
                over_time[predictions.frame[rows]] = values[rows]
                curves[track] = Curve(Pyramid(over_time), theme.curve_colour(track))
                lane.addItem(curves[track], ignoreBounds=True)
        self._emphasise()

    def _show_ticks(self, _: object = None) -> None:
        session, colours = self._session, theme.current()
        queue, labels = defaultdict(list), defaultdict(list)
        for item in session.queue:
            if item.sample.track in session.tracks:
                done = session.is_accepted(item.sample)
                colour = colours.good if done else colours.muted if item.skipped else colours.warn
                queue[colour].append(item.sample.frame)
        for sample, label in session.labels.items():
            if sample.track in session.tracks and label.accepted:
                labels[theme.curve_colour(sample.track).name()].append(sample.frame)
        self._ticks["queue"].set_ticks(queue)
        self._ticks["labels"].set_ticks(labels)

    def _emphasise(self) -> None:
        for curves in self._curves.values():
            for track, curve in curves.items():
                curve.setVisible(track not in self._session.hidden)
                curve.emphasise(track == self._session.person)
        shown = [track for track in self._session.tracks.values() if track.id not in self._session.hidden]
        self._legend.setText(
            "&nbsp;&nbsp;&nbsp;".join(f"{_dot(track.id)} {track.name}" for track in shown[:8])
            + (f"&nbsp;&nbsp;&nbsp;and {len(shown) - 8} more" if len(shown) > 8 else "")
        )

    # playhead and mouse

    def _place_playhead(self, *_: object) -> None:
        top, bottom = self.lanes["thc"], self.lanes["labels"]
        x = top.mapViewToScene(QPointF(self._session.frame, 0)).x()
        area = top.sceneBoundingRect() | bottom.sceneBoundingRect()
        self._playhead.setVisible(area.left() <= x <= area.right())
        self._playhead.setLine(x, area.top(), x, area.bottom())

    def _scrub(self, frame: float, dragging: bool) -> None:
        self.scrubbed.emit(min(max(round(frame), 0), self._session.video.frame_count - 1), dragging)

    def _hover(self, position: QPointF) -> None:
        for key, lane in self.lanes.items():
            if lane.sceneBoundingRect().contains(position):
                frame = round(lane.mapSceneToView(position).x())
                if 0 <= frame < self._session.video.frame_count:
                    self._reading.setText(self._values_at(key, frame))
                    return
        self._reading.clear()

    def _values_at(self, key: str, frame: int) -> str:
        text = f"frame {frame} · {self._times[frame]:.2f} s"
        if key in self._curves:
            values = [
                f"{_dot(track)} {value:.2f}"
                for track, curve in self._curves[key].items()
                if curve.isVisible() and not np.isnan(value := curve.pyramid.value(frame))
            ]
            text += f" · {TITLES[key]}&nbsp;&nbsp;" + "&nbsp;&nbsp;".join(values)
        return text

    @property
    def reading(self) -> str:
        """The values under the cursor, as rich text."""
        return self._reading.text()

    def scene_place(self, key: str, frame: float) -> QPointF:
        """Where a frame lies in a lane, in pixels of the plots' viewport."""
        lane: QRectF = self.lanes[key].sceneBoundingRect()
        return QPointF(self.lanes[key].mapViewToScene(QPointF(frame, 0.5)).x(), lane.center().y())

    # looks

    def show_theme(self) -> None:
        colours = theme.current()
        self.plots.setBackground(colours.panel)
        for key, lane in self.lanes.items():
            lane.setBackgroundColor(colours.field)
            self._names[key].setText(self._names[key].text, color=colours.muted)
        self._axis.setPen(colours.border)
        self._axis.setTextPen(colours.muted)
        self._playhead.setPen(QPen(QColor(colours.accent), 1.5))
        self._show_ticks()
        for curves in self._curves.values():
            for track, curve in curves.items():
                curve.set_colour(theme.curve_colour(track))
        self._emphasise()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._empty.setGeometry(self.plots.rect().adjusted(NAME_WIDTH, 0, 0, -48))
        self._place_playhead()


def _dot(track: int) -> str:
    return f'<span style="color:{theme.curve_colour(track).name()}">●</span>'
