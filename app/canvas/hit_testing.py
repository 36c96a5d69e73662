"""What lies under the cursor."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QMarginsF, QPointF, QRectF

from app.canvas.view import View
from core.domain import SampleId

if TYPE_CHECKING:
    from app.session.session import Person

REACH, HANDLE_REACH, BORDER_REACH = 11, 8, 4  # pixels on the screen
NEAR = 0.25  # of a person's height: a joint is placed as far away as this whoever else is there


def joint_under(
    people: "Iterable[Person]", view: View, position: QPointF, points_of: "Callable[[Person], np.ndarray]"
) -> tuple[SampleId, int] | None:
    """The nearest joint within reach of the first person, front to back, who has one there."""
    for person in people:
        points = points_of(person)
        if len(points):
            distance = np.hypot(*(view.to_screen(points) - (position.x(), position.y())).T)
            joint = int(distance.argmin())
            if distance[joint] <= REACH:
                return person.sample, joint
    return None


def corner_under(rect: QRectF, position: QPointF) -> tuple[int, int] | None:
    """The corner of a box within reach: 0 or 1 for left or right, 0 or 1 for top or bottom."""
    for x, left in enumerate((rect.left(), rect.right())):
        for y, top in enumerate((rect.top(), rect.bottom())):
            if max(abs(position.x() - left), abs(position.y() - top)) <= HANDLE_REACH:
                return x, y
    return None


def side_under(rect: QRectF, position: QPointF) -> tuple[int, int] | None:
    """The side of a box whose middle is within reach: 0 or 1 for x or y, and 0 or 1 for the lesser or
    greater one.
    """
    middle = rect.center()
    for side, place in enumerate((rect.left(), rect.right())):
        if max(abs(position.x() - place), abs(position.y() - middle.y())) <= HANDLE_REACH:
            return 0, side
    for side, place in enumerate((rect.top(), rect.bottom())):
        if max(abs(position.x() - middle.x()), abs(position.y() - place)) <= HANDLE_REACH:
            return 1, side
    return None


def to_body(points: np.ndarray, edges: "Iterable[tuple[int, int]]", position: QPointF) -> float:
    """Distance in pixels of a place from the bones of somebody whose joints are at (K, 2) pixels; infinite
    without any.
    """
    bones = np.array(list(edges), int).reshape(-1, 2)
    if not len(points) or not len(bones):
        return float("inf")
    start, way = points[bones[:, 0]], points[bones[:, 1]] - points[bones[:, 0]]
    at = np.array([position.x(), position.y()]) - start
    length = np.maximum((way**2).sum(1), 1e-9)
    share = ((at * way).sum(1) / length).clip(0, 1)
    return float(np.hypot(*(at - share[:, None] * way).T).min())


def other_is_meant(
    person: "Person",
    other: "Person",
    edges: "Iterable[tuple[int, int]]",
    joint: int | None,
    view: View,
    position: QPointF,
) -> bool:
    """Whether a click means another person instead of a place for the selected one's joint: outside of the
    selected one's box, or on the other one's body and far from where the joint is.
    """
    rect = view.rect(person.box)
    if other.sample == person.sample or joint is None or not rect.contains(position):
        return not rect.contains(position)
    own, its = (
        view.to_screen(one.points) if one.points is not None else np.empty((0, 2)) for one in (person, other)
    )
    far = np.hypot(*(own[joint] - (position.x(), position.y()))) > NEAR * rect.height()
    distance = to_body(its, edges, position)
    return bool(far and distance <= REACH and distance < to_body(own, edges, position))


def on_border(rect: QRectF, position: QPointF) -> bool:
    reach = QMarginsF(BORDER_REACH, BORDER_REACH, BORDER_REACH, BORDER_REACH)
    return rect.marginsAdded(reach).contains(position) and not rect.marginsRemoved(reach).contains(position)


def person_at(people: "Iterable[Person]", view: View, position: QPointF) -> "Person | None":
    """The person whose box holds the place; the smallest box where several do."""
    holding = [person for person in people if view.rect(person.box).contains(position)]
    return min(holding, key=lambda person: person.box.area, default=None)
