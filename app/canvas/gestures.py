"""What the mouse does on the canvas: each gesture is one generator that yields while the mouse moves.

A gesture is started with the press; it returns without yielding when the press is not its own. It then receives every
move and last the release; closing it early takes everything back.
"""

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

if TYPE_CHECKING:
    from app.canvas.canvas import Canvas

START_DISTANCE = 3  # pixels the hand may tremble during a click


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


Gesture = Generator[None, Pointer, None]


def far(start: Pointer, now: Pointer) -> bool:
    return (now.position - start.position).manhattanLength() > START_DISTANCE


def drag_joint(canvas: "Canvas", press: Pointer) -> Gesture:
    """Selects the joint under the cursor, and moves it when dragged; one undoable step."""
    hit = canvas.joint_under(press.position) if press.button == Qt.MouseButton.LeftButton else None
    if hit is None:
        return
    sample, joint = hit
    canvas.session.select(sample.track, joint)
    grip = canvas.place_of(sample, joint) - press.position  # the joint does not jump to the cursor
    moved = False
    try:
        pointer = yield
        while pointer.kind is Kind.MOVE:
            moved = moved or far(press, pointer)
            if moved:
                canvas.preview(sample, joint, pointer.position + grip)
            pointer = yield
        if moved:
            canvas.move_joint(sample, joint, pointer.position + grip)
    finally:
        canvas.end_preview()


def pan_or_select(canvas: "Canvas", press: Pointer) -> Gesture:
    """Drags the picture; a click without dragging selects the person there."""
    if press.button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
        return
    last, moved = press, False
    pointer = yield
    while pointer.kind is Kind.MOVE:
        moved = moved or far(press, pointer)
        if moved:
            canvas.pan(pointer.position - last.position)
            last = pointer
        pointer = yield
    if not moved and press.button == Qt.MouseButton.LeftButton:
        canvas.select_person_at(press.position)


GESTURES = (drag_joint, pan_or_select)
