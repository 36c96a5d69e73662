"""The frame with the people over it."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app import theme
from app.canvas import hits, painting
from app.canvas.gestures import GESTURES, Gesture, Kind, Pointer
from app.canvas.painting import LOW_CONFIDENCE, Figure
from app.canvas.view import View
from app.commands.labels import change_label
from app.editing import home, label_of, moved
from core.domain import Box, SampleId, Visibility

if TYPE_CHECKING:
    from app.session import Person, Session

WHEEL_STEP = 1.0015  # zoom per eighth of a degree
PERSON_MARGIN = 0.2


class Canvas(QWidget):
    """shown: number of the frame in the picture, which may lag behind the session's; skeletons follow the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 180)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.session: Session | None = None
        self.shown: int | None = None
        self.people: list[Person] = []
        self.view = View()
        self._bare = False
        self._pixels: np.ndarray | None = None
        self._image = QImage()
        self._scaled: tuple[tuple, QImage] | None = None
        self._gesture: Gesture | None = None
        self._preview: tuple[SampleId, int, QPointF] | None = None
        self._hovered: tuple[SampleId, int] | None = None
        self._wanted: Box | None = None  # to be shown with the first picture

    # what is shown

    def set_session(self, session: "Session") -> None:
        self.session = session
        for signal in (session.shown_changed, session.labels_changed, session.changed):
            signal.connect(self.read_people)
        for signal in (session.person_changed, session.joint_changed):
            signal.connect(self.update)
        self.read_people()

    def show_frame(self, number: int, pixels: np.ndarray | None) -> None:
        """pixels: (h, w, 4) uint8 BGRA, None for a frame that cannot be decoded."""
        if number != self.shown:
            self._drop_gesture()
        first = self._image.isNull()
        self.shown = number
        self._pixels = pixels  # the image borrows this memory
        if pixels is not None:
            height, width = pixels.shape[:2]
            self._image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
        self._scaled = None
        if first:
            self.fit()
            if self._wanted is not None:
                self.show_box(self._wanted)
        self.read_people()

    def clear(self) -> None:
        """Until the first picture of another video."""
        self._drop_gesture()
        self.shown, self._pixels, self._image, self._scaled, self._wanted = None, None, QImage(), None, None
        self.people = []
        self.update()

    def read_people(self) -> None:
        if self.session is not None and self.shown is not None and self._gesture is None:
            self.people = self.session.people_at(self.shown)
            self._hovered = None
        self.update()

    def set_bare(self, bare: bool) -> None:
        """Without people, to see what they cover."""
        self._bare = bare
        self.update()

    @property
    def editable(self) -> bool:
        """False while the picture is not that of the frame the user is at."""
        return self.session is not None and self.shown == self.session.frame and self._pixels is not None

    # view

    def fit(self) -> None:
        if not self._image.isNull():
            self.view.show(self._frame_box(), QSizeF(self.size()), 0)
            self.view.fitted = True
            self.update()

    def show_box(self, box: Box) -> None:
        if self._image.isNull():
            self._wanted = box
            return
        self.view.show(box, QSizeF(self.size()), PERSON_MARGIN)
        self.view.fill(self._frame_box(), QSizeF(self.size()))
        self.update()

    def _frame_box(self) -> Box:
        """The frame's border: half a pixel beyond the centres of the outermost pixels."""
        return Box(-0.5, -0.5, self._image.width() - 0.5, self._image.height() - 0.5)

    def zoom(self, factor: float, at: QPointF) -> None:
        if not self._image.isNull():
            least = 0.2 * min(self.width() / self._image.width(), self.height() / self._image.height())
            self.view.zoom(factor, at, least)
            self.update()

    def pan(self, by: QPointF) -> None:
        self.view.pan(by)
        self.update()

    # joints

    def joint_under(self, position: QPointF) -> tuple[SampleId, int] | None:
        if not self.editable or self._bare:
            return None
        return hits.joint_under(self._in_front(), self.view, position, self._points)

    @property
    def hovered(self) -> tuple[SampleId, int] | None:
        return self._hovered

    def place_of(self, sample: SampleId, joint: int) -> QPointF:
        """A joint on the screen."""
        person = next(p for p in self.people if p.sample == sample)
        return QPointF(*self.view.to_screen(self._points(person)[joint]))

    def preview(self, sample: SampleId, joint: int, position: QPointF) -> None:
        """Shows a joint elsewhere; changes no label."""
        self._preview = sample, joint, self._inside(position)
        self.setCursor(Qt.CursorShape.BlankCursor)
        self.update()

    def end_preview(self) -> None:
        self._preview = None
        self.unsetCursor()
        self.update()

    def move_joint(self, sample: SampleId, joint: int, position: QPointF) -> None:
        place = self._inside(position)
        person = next(p for p in self.people if p.sample == sample)
        label = label_of(person, len(self.session.skeleton), self.session.round)
        name = self.session.skeleton.joints[joint].replace("_", " ")
        change_label(self.session, f"Move {name}", moved(label, joint, place.x(), place.y()))

    def select_person_at(self, position: QPointF) -> None:
        if self.session is not None:
            found = hits.person_at(self._in_front(), self.view, position)
            if found is not None:
                self.session.select(found.sample.track, None)
            else:
                self.session.select_joint(None)

    def _inside(self, position: QPointF) -> QPointF:
        """A place on the screen as image pixels, no further out than the border pixels."""
        x, y = self.view.to_image(position)
        return QPointF(min(max(x, 0), self._image.width() - 1), min(max(y, 0), self._image.height() - 1))

    def _in_front(self) -> "list[Person]":
        """People from the front to the back: the selected one first."""
        selected = self.session.person if self.session else None
        return sorted(self.people, key=lambda person: person.sample.track != selected)

    def _points(self, person: "Person") -> np.ndarray:
        """(K, 2) image pixels as drawn: a missing joint stands where it would come back."""
        points = person.points
        if person.label is None or points is None:
            return points if points is not None else np.empty((0, 2))
        points = points.copy()
        for joint in np.flatnonzero(person.label.pose.visibility == Visibility.MISSING):
            points[joint] = home(person.label, joint)
        return points

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Shadow))
        if self._image.isNull():
            return
        self._paint_frame(painter)
        if self._pixels is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, f"Frame {self.shown} is damaged and cannot be shown"
            )
        elif self.session is not None and not self._bare:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for person in reversed(self._in_front()):
                self._paint_person(painter, person)

    def _paint_frame(self, painter: QPainter) -> None:
        target = self.view.rect(self._frame_box())
        if self._pixels is None:
            painter.fillRect(target, self.palette().color(QPalette.ColorRole.Window))
        elif self.view.scale < 0.7:
            painter.drawImage(target.topLeft(), self._small(target.size()))
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.view.scale < 3)
            painter.drawImage(target, self._image)

    def _small(self, size: QSizeF) -> QImage:
        """The frame scaled down with every pixel counted, kept while neither frame nor zoom change."""
        ratio = self.devicePixelRatio()
        key = (round(size.width() * ratio), round(size.height() * ratio))
        if self._scaled is None or self._scaled[0] != key:
            smooth = Qt.TransformationMode.SmoothTransformation
            image = self._image.scaled(*key, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            image.setDevicePixelRatio(ratio)
            self._scaled = key, image
        return self._scaled[1]

    def _paint_person(self, painter: QPainter, person: "Person") -> None:
        selected = person.sample.track == self.session.person
        colour = theme.person_colour(person.sample.track)
        rect, within = self.view.rect(person.box), QRectF(self.rect())
        if selected or person.points is None:
            painting.draw_box(painter, rect, colour, selected)
        if person.points is not None:
            painting.draw(painter, self._figure(person, selected), self.session.skeleton, self.view)
        name = self.session.tracks[person.sample.track].name
        mark = "" if person.label is None else "  ✓" if person.label.accepted else " · editing"
        painting.draw_tag(painter, rect.topLeft(), name + mark, colour, within, selected)
        self._paint_joint_name(painter, person, within)

    def _figure(self, person: "Person", selected: bool) -> Figure:
        points, label = self._points(person), person.label
        joint, hovered, moving = -1, -1, False
        if selected and self.session.joint is not None:
            joint = self.session.joint
        if self._hovered and self._hovered[0] == person.sample:
            hovered = self._hovered[1]
        doubtful = np.zeros(len(points), bool)
        if label is None:
            doubtful = person.prediction.confidence < LOW_CONFIDENCE
        visibility = label.pose.visibility if label else np.full(len(points), Visibility.VISIBLE)
        if self._preview and self._preview[0] == person.sample:
            points, moving = points.copy(), True
            points[self._preview[1]] = self._preview[2].toTuple()
        return Figure(
            person.sample.track, points, visibility, doubtful, label is not None, selected, joint, hovered, moving
        )

    def _paint_joint_name(self, painter: QPainter, person: "Person", within: QRectF) -> None:
        if self._preview is not None:
            return
        chosen = (self.session.sample, self.session.joint) if self.session.joint is not None else None
        sample, joint = self._hovered or chosen or (None, None)
        if sample != person.sample or person.points is None:
            return
        text = self.session.skeleton.joints[joint].replace("_", " ")
        if person.label is not None:
            text += f" · {Visibility(int(person.label.pose.visibility[joint])).name.lower()}"
        elif person.prediction is not None:
            text += f" · {person.prediction.confidence[joint]:.2f}"
        place = self.place_of(sample, joint) + QPointF(14, -10)
        painting.draw_tag(painter, place, text, theme.side_colour(self.session.skeleton.side(joint)), within)

    # events

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.view.fitted:
            self.fit()
        else:
            change = event.size() - event.oldSize()
            self.view.offset += QPointF(change.width(), change.height()) / 2

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(WHEEL_STEP ** event.angleDelta().y(), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None or self.session is None:
            return
        press = self._pointer(Kind.PRESS, event)
        for begin in GESTURES:
            gesture = begin(self, press)
            if self._advance(gesture, None):
                self._gesture = gesture
                return

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None:
            self._advance(self._gesture, self._pointer(Kind.MOVE, event))
            return
        hovered = self.joint_under(event.position())
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            self._advance(gesture, self._pointer(Kind.RELEASE, event))
            self.read_people()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._gesture is not None:
            self._drop_gesture()
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.update()

    def _drop_gesture(self) -> None:
        """Takes back what the hand is doing."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.close()

    @staticmethod
    def _advance(gesture: Gesture, pointer: Pointer | None) -> bool:
        """False once the gesture is over."""
        try:
            gesture.send(pointer)
        except StopIteration:
            return False
        return True

    @staticmethod
    def _pointer(kind: Kind, event: QMouseEvent) -> Pointer:
        return Pointer(kind, event.position(), event.button(), event.modifiers())
