"""A frame that a file speaks of more than once, as merged and corrected files do."""

from collections import Counter
from dataclasses import replace

import numpy as np

from core.domain import UserError
from core.formats.coco import CocoDataset, CocoImage, CocoPerson

TWICE = "people that are there twice"


def once_each(dataset: CocoDataset, name: str) -> CocoDataset:
    """With all people of a frame in one image, those that are there twice, joint by joint, once.

    name: the file's. Raises UserError where images of one name lie in several folders, which number them on
    their own.
    """
    first: dict[tuple, CocoImage] = {}
    folders: dict[str, CocoImage] = {}
    of: dict[int, int] = {}
    for image in dataset.images.values():
        other = folders.setdefault(image.base_name, image)
        if (
            other.file_name != image.file_name
            and other.frame == image.frame
            and other.clip == image.clip == ""
        ):
            raise UserError(
                f"{name} has {other.file_name[:60]} and {image.file_name[:60]}, images of the same name "
                "that only their folders tell apart, so which frames they are is not known. Export them "
                "with the frame in their names."
            )
        of[image.id] = first.setdefault((image.video, image.file_name, image.frame), image).id
    if len(first) == len(dataset.images):
        return dataset
    seen: set[tuple[int, bytes]] = set()
    people: list[CocoPerson] = []
    for person in dataset.people:
        key = (of[person.image], np.ascontiguousarray(person.points).tobytes() + person.visibility.tobytes())
        if key not in seen:
            seen.add(key)
            people.append(replace(person, image=of[person.image]))
    passed = Counter(dataset.passed)
    if again := len(dataset.people) - len(people):
        passed[TWICE] += again
    images = {image.id: image for image in first.values()}
    return replace(dataset, images=images, people=people, passed=passed)
