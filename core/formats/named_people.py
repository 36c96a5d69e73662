"""People whose joints a file names one by one, put together as a dataset."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from core.domain import Box, Skeleton
from core.formats.coco import CocoDataset, CocoImage, CocoPerson
from core.formats.joints import joint_places
from core.formats.records import LARGEST_NUMBER, Record

Joint = tuple[float, float, int]  # x, y in image pixels, COCO's v


@dataclass
class NamedPerson:
    """image: the image's id; joints: by their names in the file; track, name: if known."""

    image: int
    joints: dict[str, Joint] = field(default_factory=dict)
    box: Box | None = None
    track: int | None = None
    name: str = ""

    def place(self, joint: str, x: float, y: float, v: int, record: Record) -> None:
        """Raises UserError where it is placed already, or nowhere near a picture."""
        if joint in self.joints:
            record.fail(f"two points of one person are called {joint[:60]}")
        if not (abs(x) <= LARGEST_NUMBER and abs(y) <= LARGEST_NUMBER):
            record.fail(f"{joint[:60]} lies at {x:g}, {y:g}, numbers up to {LARGEST_NUMBER} are allowed")
        self.joints[joint] = (x, y, v)


def grouped(
    points: Iterable[tuple[object, str, float, float, int]], image: int, record: Record
) -> list[NamedPerson]:
    """One for each group of points of an image.

    points: group, name of the joint, x, y, v. Those that belong to no group are one person's. Raises
    UserError.
    """
    people: dict[object, NamedPerson] = {}
    for group, joint, x, y, v in points:
        person = people.setdefault(group, NamedPerson(image))
        if group is None and joint in person.joints:
            record.fail(
                f"two points are called {joint[:60]}, and no group says whose they are; group those of a "
                "person"
            )
        person.place(joint, x, y, v, record)
    return list(people.values())


def dataset_of(
    people: Iterable[NamedPerson],
    images: dict[int, CocoImage],
    skeleton: Skeleton,
    record: Record,
    passed: dict[str, int],
) -> CocoDataset:
    """record: the file, for messages. Raises UserError where hardly any name is one of the skeleton's."""
    people = [person for person in people if person.joints]
    names = list(dict.fromkeys(joint for person in people for joint in person.joints))
    dataset = CocoDataset(skeleton, images, passed={what: n for what, n in passed.items() if n})
    if not people:
        return dataset
    places, ignored = joint_places(names, skeleton, record)
    place = {name: int(at) for name, at in zip(names, places, strict=True) if at >= 0}
    for person in people:
        points, visibility = np.zeros((len(skeleton), 2)), np.zeros(len(skeleton), np.int8)
        for joint, (x, y, v) in person.joints.items():
            if joint in place and v:
                points[place[joint]], visibility[place[joint]] = (x, y), v
        number = len(dataset.people) + 1
        dataset.people.append(
            CocoPerson(number, person.image, points, visibility, person.box, person.track, person.name)
        )
    return CocoDataset(skeleton, images, dataset.people, ignored, dataset.passed)
