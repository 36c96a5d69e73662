"""What the mouse does on the canvas: each gesture is one generator that yields while the mouse moves.

A gesture is started with the press; it returns without yielding when the press is not its own. It then
receives every move and last the release; closing it early takes everything back.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt

from app.canvas.draft import Draft
from app.canvas.surface import Surface
from core.domain import Box

START_DISTANCE = 3  # pixels the hand may tremble during a click
LEAST_FACTOR = 0.1


class Kind(Enum):
    PRESS = auto()
    MOVE = auto()
    RELEASE = auto()


@dataclass(frozen=True)
class Pointer:
    kind: Kind
    position: QPointF
    button: Qt.MouseButton
    modifiers: Qt.KeyboardModifier

    @property
    def left(self) -> bool:
        return self.button == Qt.MouseButton.LeftButton


Gesture = Generator[None, Pointer, Any]


def far(start: Pointer, now: Pointer) -> bool:
    return (now.position - start.position).manhattanLength() > START_DISTANCE


def draw_box(canvas: Surface, press: Pointer) -> Gesture:
    """After N: the box of a person; with Shift of somebody new, whoever is selected."""
    if not canvas.drawing or not press.left:
        return
    release, band = yield from _span_band(canvas, press)
    if far(press, release):
        canvas.end_drawing(band, bool(release.modifiers & Qt.KeyboardModifier.ShiftModifier))


def drag_joint(canvas: Surface, press: Pointer) -> Gesture:
    """Selects the joint under the cursor, and moves it when dragged: alone, with those picked, or with Alt
    its limb.
    """
    hit = canvas.joint_under(press.position) if press.left else None
    if hit is None:
        return
    sample, joint = hit
    canvas.session.select(sample.track, joint)
    if press.modifiers & Qt.KeyboardModifier.AltModifier:
        joints = canvas.limb_of(joint)
    else:
        joints = canvas.picked if joint in canvas.picked else frozenset({joint})
    points = canvas.points_of(sample)

    def shifted(by: np.ndarray) -> Draft:
        there = points.copy()
        there[list(joints)] += by
        if len(joints) == 1:
            there[joint] = canvas.snapped(joint, there[joint])
        return Draft(sample, there, joints)

    name = canvas.session.skeleton.joints[joint].replace("_", " ")
    text = f"Move {name}" if len(joints) == 1 else f"Move {len(joints)} joints"
    yield from _drag(canvas, press, shifted, text)


def drag_person(canvas: Surface, press: Pointer) -> Gesture:
    """Moves the whole selected person by the border of the box."""
    sample = canvas.border_under(press.position) if press.left else None
    if sample is None:
        return
    points, box = canvas.points_of(sample), canvas.box_of(sample)
    everything = frozenset(range(len(points)))

    def shifted(by: np.ndarray) -> Draft:
        return Draft(sample, points + by, everything, Box(*(np.array(box) + np.tile(by, 2)).tolist()))

    if not (yield from _drag(canvas, press, shifted, "Move the person")):
        canvas.click(press.position)


def scale_person(canvas: Surface, press: Pointer) -> Gesture:
    """Scales the selected person by a corner of the box; the corner opposite stays where it is."""
    hit = canvas.corner_under(press.position) if press.left else None
    if hit is None:
        return
    sample, corner, opposite = hit
    points, box = canvas.points_of(sample), canvas.box_of(sample)
    everything = frozenset(range(len(points)))
    diagonal = corner - opposite

    def scaled(by: np.ndarray) -> Draft:
        factor = max(LEAST_FACTOR, float((diagonal + by) @ diagonal / (diagonal @ diagonal)))
        corners = opposite + (np.array(box).reshape(2, 2) - opposite) * factor
        return Draft(
            sample, opposite + (points - opposite) * factor, everything, Box(*corners.ravel().tolist())
        )

    yield from _drag(canvas, press, scaled, "Scale the person")


def stretch_person(canvas: Surface, press: Pointer) -> Gesture:
    """Stretches the selected person in one direction by the middle of a side; the side opposite stays
    where it is.
    """
    hit = canvas.side_under(press.position) if press.left else None
    if hit is None:
        return
    sample, axis, side = hit
    points, corners = canvas.points_of(sample), np.array(canvas.box_of(sample)).reshape(2, 2)
    everything = frozenset(range(len(points)))
    fixed, length = corners[1 - side, axis], corners[side, axis] - corners[1 - side, axis]

    def stretched(by: np.ndarray) -> Draft:
        factor = max(LEAST_FACTOR, float((length + by[axis]) / length))
        there, box = points.copy(), corners.copy()
        for places in (there, box):
            places[:, axis] = fixed + (places[:, axis] - fixed) * factor
        return Draft(sample, there, everything, Box(*box.ravel().tolist()))

    yield from _drag(canvas, press, stretched, "Stretch the person")


def pick_joints(canvas: Surface, press: Pointer) -> Gesture:
    """With Shift a rubber band: the joints of the selected person inside are picked, to be dragged
    together.
    """
    if not press.left or not press.modifiers & Qt.KeyboardModifier.ShiftModifier:
        return
    _, band = yield from _span_band(canvas, press)
    canvas.pick(band)


def pan_or_click(canvas: Surface, press: Pointer) -> Gesture:
    """Drags the picture; a click without dragging places the selected joint or selects the person there."""
    if not press.left and press.button != Qt.MouseButton.MiddleButton:
        return
    last, moved = press, False
    pointer = yield
    while pointer.kind is Kind.MOVE:
        moved = moved or far(press, pointer)
        if moved:
            canvas.pan(pointer.position - last.position)
            last = pointer
        pointer = yield
    if not moved and press.left:
        canvas.click(press.position)


def _span_band(canvas: Surface, press: Pointer) -> Generator[None, Pointer, tuple[Pointer, QRectF]]:
    """Shows a rectangle from the press to the cursor; gives the release and the rectangle, on the screen."""
    try:
        pointer = yield
        while pointer.kind is Kind.MOVE:
            canvas.show_band(QRectF(press.position, pointer.position).normalized())
            pointer = yield
    finally:
        canvas.show_band(None)
    return pointer, QRectF(press.position, pointer.position).normalized()


def _drag(
    canvas: Surface, press: Pointer, draft_of: Callable[[np.ndarray], Draft], text: str
) -> Generator[None, Pointer, bool]:
    """Previews the drafts of the way gone so far, in image pixels, and makes the last one the label in one
    undoable step; False when the hand did not move.
    """
    moved = False
    try:
        pointer = yield
        while pointer.kind is Kind.MOVE:
            moved = moved or far(press, pointer)
            if moved:
                canvas.preview(draft_of(canvas.way(press.position, pointer.position)), pointer.position)
            pointer = yield
        if moved:
            canvas.keep(draft_of(canvas.way(press.position, pointer.position)), text)
    finally:
        canvas.end_preview()
    return moved


GESTURES = (draw_box, drag_joint, scale_person, stretch_person, drag_person, pick_joints, pan_or_click)


def cursor_at(canvas: Surface, position: QPointF) -> Qt.CursorShape:
    """Tells what a press would do there."""
    if canvas.drawing:
        return Qt.CursorShape.CrossCursor
    if canvas.hovered is not None:
        return Qt.CursorShape.ArrowCursor
    if corner := canvas.corner_under(position):
        falling = (corner[1] - corner[2]).prod() > 0
        return Qt.CursorShape.SizeFDiagCursor if falling else Qt.CursorShape.SizeBDiagCursor
    if side := canvas.side_under(position):
        return (Qt.CursorShape.SizeHorCursor, Qt.CursorShape.SizeVerCursor)[side[1]]
    if canvas.border_under(position):
        return Qt.CursorShape.SizeAllCursor
    places = canvas.selected() and canvas.session.joint is not None
    return Qt.CursorShape.CrossCursor if places else Qt.CursorShape.ArrowCursor
