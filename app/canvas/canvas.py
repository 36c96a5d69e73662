"""The frame with the people over it."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.canvas import hit_testing, people
from app.canvas.backdrop import Backdrop
from app.canvas.draft import Draft
from app.canvas.gestures import GESTURES, Gesture, Kind, Pointer, cursor_at
from app.canvas.picture import Picture
from app.canvas.view import View
from app.session.editing import home, label_of, limb, moved, redrawn
from app.undo.labels import change_label
from core.domain import Box, SampleId, Visibility

if TYPE_CHECKING:
    from app.canvas.heatmap import Heatmap
    from app.session.refined_poses import RefinedPoses
    from app.session.session import Person, Session

WHEEL_STEP = 1.0015  # zoom per eighth of a degree
PERSON_MARGIN = 0.2


class Canvas(QWidget):
    """shown: number of the frame in the picture, which may lag behind the session's; skeletons follow the
    picture.

    drawing: the next drag draws a box. shows_refined: the refined pose of the selected person is drawn too.
    """

    box_drawn = Signal(object, bool)  # Box, whether it is of somebody new whoever is selected
    box_moved = Signal(object, object)  # SampleId of somebody without a pose, Box
    menu_wanted = Signal(QPoint)  # place on the screen, for the selected person

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
        self.bare = False
        self.picture = Picture()
        self._gesture: Gesture | None = None
        self._held: Person | None = None  # selected when it began
        self.draft: Draft | None = None
        self.hand = QPointF()
        self.band: QRectF | None = None
        self.hovered: tuple[SampleId, int] | None = None
        self.picked: frozenset[int] = frozenset()
        self.ghosts: str | None = None
        self.refined: RefinedPoses | None = None
        self.shows_refined = True
        self.drawing = False
        self.heatmap: Heatmap | None = None
        self._backdrop = Backdrop()
        self._wanted: Box | None = None  # to be shown with the first picture

    # what is shown

    def set_session(self, session: "Session", refined: "RefinedPoses") -> None:
        self.session, self.refined = session, refined
        for signal in (session.frame_changed, session.person_changed):
            signal.connect(lambda *_: self._pick(frozenset()))
        for signal in (session.shown_changed, session.labels_changed, session.changed):
            signal.connect(self.read_people)
        for signal in (session.person_changed, session.joint_changed):
            signal.connect(self.update)
        self.read_people()

    def show_frame(self, number: int, pixels: np.ndarray | None) -> None:
        """pixels: (h, w, 4) uint8 BGRA, None for a frame that cannot be decoded."""
        if number != self.shown:
            self._drop_gesture()
        first = self.picture.empty
        self.shown = number
        self.picture.show(pixels)
        if first:
            self.fit()
            if self._wanted is not None:
                self.show_box(self._wanted)
        self.read_people()

    def clear(self) -> None:
        """Until the first picture of another video."""
        self._drop_gesture()
        self.shown, self.picture, self._wanted = None, Picture(), None
        self.people = []
        self.update()

    def read_people(self) -> None:
        """Calls off what the hand does with somebody who is another one now, undone or deleted meanwhile."""
        if self._gesture is not None and self._held is not None:
            now = {person.sample: person for person in self.session.people_at(self.shown)}
            if not self._held.is_as(now.get(self._held.sample)):
                self._drop_gesture()
        if self.session is not None and self.shown is not None and self._gesture is None:
            self.people = self.session.people_at(self.shown)
            self.hovered = None
        self.update()

    def show_ghosts(self, whose: str | None) -> None:
        """The poses of the 'neighbours', the frames before and after, or of the round 'before' this one."""
        self.ghosts = whose
        self.update()

    def show_refined(self, on: bool) -> None:
        """The refined pose of the selected person, where it is not the predicted one."""
        self.shows_refined = on
        self.update()

    def set_bare(self, bare: bool) -> None:
        """Without people, to see what they cover."""
        self.bare = bare
        self.update()

    @property
    def editable(self) -> bool:
        """False while the picture is not that of the frame the user is at."""
        return (
            self.session is not None and self.shown == self.session.frame and self.picture.pixels is not None
        )

    # view

    def fit(self) -> None:
        if not self.picture.empty:
            self.view.show(self.picture.border, QSizeF(self.size()), 0)
            self.view.fitted = True
            self.update()

    def show_box(self, box: Box) -> None:
        if self.picture.empty:
            self._wanted = box
            return
        self.view.show(box, QSizeF(self.size()), PERSON_MARGIN)
        self.view.fill(self.picture.border, QSizeF(self.size()))
        self.update()

    def zoom(self, factor: float, at: QPointF) -> None:
        if not self.picture.empty:
            least = 0.2 * min(
                self.width() / self.picture.image.width(), self.height() / self.picture.image.height()
            )
            self.view.zoom(factor, at, least)
            self.update()

    def pan(self, by: QPointF) -> None:
        self.view.pan(by)
        self.update()

    # what is under the hand

    def joint_under(self, position: QPointF) -> tuple[SampleId, int] | None:
        if not self.editable or self.bare:
            return None
        return hit_testing.joint_under(
            self.in_front(), self.view, position, lambda person: self.points_of(person.sample)
        )

    def corner_under(self, position: QPointF) -> tuple[SampleId, np.ndarray, np.ndarray] | None:
        """The selected person whose box has a corner there, that corner and the opposite one in image
        pixels.
        """
        person = self.boxed()
        corner = person and hit_testing.corner_under(self.view.rect(person.box), position)
        if not corner:
            return None
        x, y = corner
        corners = np.array(person.box).reshape(2, 2)
        return person.sample, corners[[x, y], [0, 1]], corners[[1 - x, 1 - y], [0, 1]]

    def side_under(self, position: QPointF) -> tuple[SampleId, int, int] | None:
        """The selected person whose box has the middle of a side there, and which one, as of
        hit_testing.side_under.
        """
        person = self.boxed()
        side = person and hit_testing.side_under(self.view.rect(person.box), position)
        return (person.sample, *side) if side else None

    def border_under(self, position: QPointF) -> SampleId | None:
        person = self.boxed()
        return (
            person.sample if person and hit_testing.on_border(self.view.rect(person.box), position) else None
        )

    def boxed(self) -> "Person | None":
        """The selected person, where the box can be moved."""
        return self._person(self.session.sample) if self.editable and not self.bare else None

    def place_of_selected(self) -> QRect | None:
        """The selected person's box on the screen."""
        person = self.boxed() if self.session else None
        return self.view.rect(self.box_of(person.sample)).toRect() if person else None

    def selected(self) -> "Person | None":
        """The selected person, where there is a pose to be edited."""
        person = self.boxed()
        return person if person and person.points is not None else None

    def _person(self, sample: SampleId | None) -> "Person | None":
        return next((person for person in self.people if person.sample == sample), None)

    def in_front(self) -> "list[Person]":
        """People from the front to the back: the selected one first."""
        selected = self.session.person if self.session else None
        return sorted(self.people, key=lambda person: person.sample.track != selected)

    def place_of(self, sample: SampleId, joint: int) -> QPointF:
        """A joint on the screen."""
        return QPointF(*self.view.to_screen(self.points_of(sample)[joint]))

    def points_of(self, sample: SampleId) -> np.ndarray:
        """(K, 2) image pixels as drawn: a missing joint stands where it would come back. Empty without a
        pose.
        """
        person = self._person(sample)
        if person.points is None:
            return np.empty((0, 2))
        points = person.points.copy()
        if person.label is not None:
            for joint in np.flatnonzero(person.label.pose.visibility == Visibility.MISSING):
                points[joint] = home(person.label, int(joint))
        return points

    def box_of(self, sample: SampleId) -> Box:
        in_hand = self.draft is not None and self.draft.sample == sample and self.draft.box
        return in_hand or self._person(sample).box

    def limb_of(self, joint: int) -> frozenset[int]:
        return limb(self.session.skeleton, joint)

    def snapped(self, joint: int, place: np.ndarray) -> np.ndarray:
        return place if self.heatmap is None else self.heatmap.snapped(joint, place, self.view)

    def way(self, start: QPointF, end: QPointF) -> np.ndarray:
        """(2,) image pixels from one place on the screen to another."""
        return np.array(((end - start) / self.view.scale).toTuple())

    # what the hand does

    def preview(self, draft: Draft, hand: QPointF) -> None:
        """Shows a pose elsewhere; changes no label."""
        self.draft, self.hand = self._clipped(draft), hand
        self.setCursor(
            Qt.CursorShape.BlankCursor if len(draft.joints) == 1 else Qt.CursorShape.ClosedHandCursor
        )
        self.update()

    def end_preview(self) -> None:
        self.draft = None
        self.unsetCursor()
        self.update()

    def keep(self, draft: Draft, text: str) -> None:
        """Makes a draft the label, or says where the box of somebody without a pose is now."""
        draft = self._clipped(draft)
        if not len(draft.points):
            corners = np.clip(np.array(draft.box).reshape(2, 2), 0, self.picture.last)
            self.box_moved.emit(draft.sample, Box(*corners.ravel().tolist()))
            return
        label = label_of(self._person(draft.sample), len(self.session.skeleton), self.session.round)
        if len(draft.joints) == 1:
            (joint,) = draft.joints
            label = moved(label, joint, *map(float, draft.points[joint]))
        else:
            label = redrawn(label, draft.points, draft.joints, draft.box)
        change_label(self.session, text, label)

    def _clipped(self, draft: Draft) -> Draft:
        """No further out than the border pixels."""
        return replace(draft, points=draft.points.clip(0, self.picture.last))

    def click(self, position: QPointF) -> None:
        """Places the selected joint and goes to the next; selects the person there without one, or where
        another one is.
        """
        if self.session is None:
            return
        self._pick(frozenset())
        person, joint = self.selected(), self.session.joint
        found = hit_testing.person_at(self.in_front(), self.view, position)
        edges = self.session.skeleton.edges
        other = (
            person and found and hit_testing.other_is_meant(person, found, edges, joint, self.view, position)
        )
        if person is not None and joint is not None and not other:
            points = self.points_of(person.sample)
            points[joint] = self.snapped(joint, np.array(self.view.to_image(position)))
            name = self.session.skeleton.joints[joint].replace("_", " ")
            self.keep(Draft(person.sample, points, frozenset({joint})), f"Place {name}")
            self.session.select_joint(joint + 1 if joint + 1 < len(points) else None)
        else:
            self.session.select(found.sample.track if found else self.session.person, None)

    def begin_drawing(self) -> None:
        self.drawing = True
        self.setFocus()
        self.setCursor(Qt.CursorShape.CrossCursor)

    def end_drawing(self, rect: QRectF | None = None, somebody_new: bool = False) -> None:
        """rect: what was drawn on the screen; None where it was called off."""
        self.drawing = False
        self.unsetCursor()
        if rect is not None:
            corners = [self.view.to_image(corner) for corner in (rect.topLeft(), rect.bottomRight())]
            self.box_drawn.emit(Box(*np.clip(corners, 0, self.picture.last).ravel().tolist()), somebody_new)

    def show_band(self, band: QRectF | None) -> None:
        self.band = band
        self.update()

    def pick(self, band: QRectF) -> None:
        """The joints of the selected person inside."""
        person = self.selected()
        points = self.view.to_screen(self.points_of(person.sample)) if person else np.empty((0, 2))
        self._pick(frozenset(n for n, place in enumerate(points) if band.contains(QPointF(*place))))

    def _pick(self, joints: frozenset[int]) -> None:
        if joints != self.picked:
            self.picked = joints
            self.update()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.draft is None:
            self._backdrop.drop()
            people.paint_picture(self, painter)
        else:
            seen = self.heatmap and id(self.heatmap.seen)
            key = (
                self.draft.sample,
                self.picture.image.cacheKey(),
                *self.view.key,
                self.ghosts,
                self.bare,
                seen,
            )
            self._backdrop.paint(painter, self, key, lambda painter: people.paint_picture(self, painter))
        if self.session is not None and not self.bare:
            people.paint_held(self, painter)

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
                self._gesture, self._held = gesture, self._person(self.session.sample)
                return

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None:
            self._advance(self._gesture, self._pointer(Kind.MOVE, event))
            return
        hovered = self.joint_under(event.position())
        if hovered != self.hovered:
            self.hovered = hovered
            self.update()
        shape = cursor_at(self, event.position())
        if shape != self.cursor().shape():
            self.setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            self._advance(gesture, self._pointer(Kind.RELEASE, event))
            self.read_people()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and (self._gesture is not None or self.drawing):
            self._drop_gesture()
            self.end_drawing()
        elif event.key() == Qt.Key.Key_Escape and self.session is not None and self.session.span is not None:
            self.session.select_span(None)
        elif event.key() == Qt.Key.Key_Escape and self.session is not None:
            self._pick(frozenset())
            self.session.select_joint(None)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.session is None or self._gesture is not None:
            return
        hit = self.joint_under(QPointF(event.pos()))
        found = (
            self._person(hit[0])
            if hit
            else hit_testing.person_at(self.in_front(), self.view, QPointF(event.pos()))
        )
        if found is not None:
            if found.sample.track != self.session.person:
                self.session.select(found.sample.track)
            self.menu_wanted.emit(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered = None
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
