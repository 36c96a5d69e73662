"""Where the estimator thinks the selected joint may be: the heatmap over the frame, and its peaks to snap
to.
"""

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.canvas.view import View
from app.frames.heatmaps import HeatmapReader, Request
from app.session.session import Session
from core.domain import Box
from core.workflow.single_pose import BoxMaps

REACH = 8  # pixels on the screen within which a peak draws the joint
DIAMOND = 5.0
# dark violet to light yellow (after matplotlib's inferno): lightness alone tells high from low
RAMP = np.array([(40, 11, 84), (101, 21, 110), (187, 55, 84), (249, 142, 9), (252, 255, 164)])
OPAQUE = 190


class Heatmap(QObject):
    """Asks for the heatmaps of the selected person while it is on, and holds the newest."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.on = False
        self._session = session
        self._seen: BoxMaps | None = None
        self._image: tuple[tuple, QImage] | None = None
        self._wanted: Request | None = None
        self._reader = HeatmapReader(session.project.folder, self)
        self._reader.ready.connect(self._receive)
        self._reader.failed.connect(session.failed)
        self._reader.failed.connect(self._forget)
        for signal in (
            session.frame_changed,
            session.person_changed,
            session.labels_changed,
            session.changed,
        ):
            signal.connect(self._ask)

    def show(self, on: bool) -> None:
        self.on = on
        self._ask()
        self.changed.emit()

    def stop(self) -> None:
        self._reader.stop()

    def _ask(self, *_: object) -> None:
        session = self._session
        if not self.on or session.sample is None or session.round is None:
            return
        box = session.person_at(session.sample).box
        wanted = Request(session.video.id, session.round, session.sample, box)
        if wanted != self._wanted:
            self._wanted = wanted
            self._reader.ask(wanted)

    def _forget(self, _: str) -> None:
        """What failed is asked for again as soon as anything changes."""
        self._wanted = None

    def _receive(self, seen: BoxMaps) -> None:
        self._seen = seen
        self.changed.emit()

    @property
    def seen(self) -> BoxMaps | None:
        """Those of the selected person, where they are here already and a joint is selected."""
        session, seen = self._session, self._seen
        if not self.on or seen is None or session.joint is None or seen.sample != session.sample:
            return None
        here = (seen.round, seen.box) == (session.round, session.person_at(seen.sample).box)
        return seen if here else None

    def snapped(self, joint: int, place: np.ndarray, view: View) -> np.ndarray:
        """The nearest peak of the joint within reach of a place, (2,) image pixels; else the place."""
        if self.seen is None or not len(peaks := self.seen.peaks(joint)):
            return place
        distance = np.hypot(*(peaks - place).T) * view.scale
        return peaks[distance.argmin()] if distance.min() <= REACH else place

    def paint(self, painter: QPainter, view: View, border: Box) -> None:
        """border: of the picture; nothing is painted beside it."""
        seen = self.seen
        if seen is None:
            return
        joint = self._session.joint
        left, top, width, height = seen.extent.tolist()
        corner = QPointF(*view.to_screen(np.array([left - 0.5, top - 0.5])))
        painter.save()
        painter.setClipRect(view.rect(border))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(corner, QSizeF(width, height) * view.scale), self._image_of(seen, joint))
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place in view.to_screen(seen.peaks(joint)):
            for colour, width in ((QColor(0, 0, 0, 180), 3.5), (QColor(255, 255, 255), 1.5)):
                painter.setPen(QPen(colour, width))
                painter.drawPolygon([QPointF(*place) + QPointF(dx, dy) * DIAMOND for dx, dy in _CORNERS])

    def _image_of(self, seen: BoxMaps, joint: int) -> QImage:
        if self._image is None or self._image[0] != (seen, joint):
            self._image = (seen, joint), coloured(seen.picture(joint))
        return self._image[1]


_CORNERS = ((0, -1), (1, 0), (0, 1), (-1, 0))


def coloured(heatmap: np.ndarray) -> QImage:
    """Nothing where the map is low, the ramp where it is high. heatmap: (h, w) float32."""
    share = (heatmap / max(float(heatmap.max()), 1e-6)).clip(0, 1)
    steps = np.linspace(0, 1, len(RAMP))
    red, green, blue = (np.interp(share, steps, RAMP[:, channel]) for channel in range(3))
    pixels = np.stack([blue, green, red, np.sqrt(share) * OPAQUE], -1).astype(np.uint8)
    height, width = heatmap.shape
    return QImage(
        np.ascontiguousarray(pixels).data, width, height, width * 4, QImage.Format.Format_ARGB32
    ).copy()
