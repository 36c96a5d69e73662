"""What lies under the cursor."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QMarginsF, QPointF, QRectF

from app.canvas.view import View
from core.domain import SampleId

if TYPE_CHECKING:
    from app.session import Person

REACH, HANDLE_REACH, BORDER_REACH = 11, 8, 4  # pixels on the screen


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


def on_border(rect: QRectF, position: QPointF) -> bool:
    reach = QMarginsF(BORDER_REACH, BORDER_REACH, BORDER_REACH, BORDER_REACH)
    return rect.marginsAdded(reach).contains(position) and not rect.marginsRemoved(reach).contains(position)


def person_at(people: "Iterable[Person]", view: View, position: QPointF) -> "Person | None":
    """The person whose box holds the place; the smallest box where several do."""
    holding = [person for person in people if view.rect(person.box).contains(position)]
    return min(holding, key=lambda person: person.box.area, default=None)
