"""What lies under the cursor."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF

from app.canvas.view import View
from core.domain import SampleId

if TYPE_CHECKING:
    from app.session import Person

REACH = 11  # pixels on the screen


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


def person_at(people: "Iterable[Person]", view: View, position: QPointF) -> "Person | None":
    """The person whose box holds the place; the smallest box where several do."""
    holding = [person for person in people if view.rect(person.box).contains(position)]
    return min(holding, key=lambda person: person.box.area, default=None)
