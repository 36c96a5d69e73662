"""Datumaro's JSON: https://open-edge-platform.github.io/datumaro, "Datumaro format".

Items are images with annotations; "points" hold x, y of all joints of their class one after the other, as "skeleton"
does in its elements. Their names stand in the categories of points, else in those of labels.
"""

from collections import Counter

import numpy as np

from core.domain import Box, Skeleton
from core.formats.coco import CocoDataset, CocoImage, frame_in_name
from core.formats.named_people import NamedPerson, dataset_of
from core.formats.records import LARGEST_FRAME, Record

SEEN = {0: 0, 1: 1, 2: 2}  # absent, hidden, visible


def looks_like(root: dict) -> bool:
    return isinstance(root.get("items"), list) and isinstance(root.get("categories"), dict)


def read(root: Record, skeleton: Skeleton) -> CocoDataset:
    """Raises UserError for the first record that breaks a rule."""
    names = _names(root)
    images: dict[int, CocoImage] = {}
    people: list[NamedPerson] = []
    passed: Counter[str] = Counter()
    for item in root.records("items", "item"):
        image = images[len(images) + 1] = _image(item, len(images) + 1)
        found: list[tuple[int, NamedPerson]] = []
        boxes: dict[int, Box] = {}
        for annotation in item.records("annotations", "annotation"):
            kind, group = annotation.fields.get("type"), annotation.fields.get("group") or 0
            if kind in ("points", "skeleton"):
                parts = annotation.records("elements", "element") if kind == "skeleton" else [annotation]
                found.append((group, _person(parts, names, image.id, skeleton)))
            elif kind == "bbox" and group:
                x, y, w, h = annotation.numbers("bbox")
                boxes[group] = Box(x, y, x + w, y + h)
            else:
                passed["boxes without keypoints" if kind == "bbox" else "shapes that are no points"] += 1
        for group, person in found:
            person.box = boxes.pop(group, None)
        passed["boxes without keypoints"] += len(boxes)
        people += [person for _, person in found]
    return dataset_of(people, images, skeleton, Record({}, root.where, root.file), passed)


def _image(item: Record, number: int) -> CocoImage:
    """By the frame in its attributes, else by the number its name ends in."""
    media = item.record("image") if item.has("image") else Record({}, item.where, item.file)
    size = media.numbers("size") if media.has("size") else []
    height, width = (int(side) for side in size) if len(size) == 2 else (None, None)
    file_name = item.text("id")
    told = item.record("attr") if item.has("attr") else Record({}, item.where, item.file)
    frame = told.integer("frame", 0, LARGEST_FRAME) if told.has("frame") else frame_in_name(file_name, item)
    path = media.fields.get("path") or file_name
    return CocoImage(number, str(path), frame, None, width, height, labelled=True)


def _names(root: Record) -> dict[int, list[str]]:
    """Of the joints of each class by its number, under -1 those of all classes."""
    categories = root.record("categories")
    names: dict[int, list[str]] = {}
    if categories.has("label"):
        labels = categories.record("label").records("labels", "label")
        names[-1] = [str(label.fields.get("name")) for label in labels]
    if categories.has("points"):
        for one in categories.record("points").records("items", "points of a class"):
            names[one.integer("label_id")] = one.texts("labels")
    return names


def _person(parts: list[Record], names: dict[int, list[str]], image: int, skeleton: Skeleton) -> NamedPerson:
    person = NamedPerson(image)
    for part in parts:
        label = part.fields.get("label_id")
        xy = np.array(part.numbers("points")).reshape(-1, 2)
        seen = part.fields.get("visibility") or [2] * len(xy)
        joints = names.get(label if isinstance(label, int) else -2, [])
        if len(parts) > 1 and len(xy) == 1:  # an element of a skeleton is a class of its own
            joints = [names.get(-1, [])[label]] if isinstance(label, int) and label < len(names.get(-1, [])) else []
        if not joints and len(xy) == len(skeleton):
            joints = list(skeleton.joints)
        if len(joints) != len(xy) or len(seen) != len(xy):
            part.fail(f"it has {len(xy)} points, and its class names {len(joints)} joints")
        for joint, (x, y), v in zip(joints, xy.tolist(), seen, strict=True):
            if SEEN.get(v, 2):
                person.place(joint, x, y, SEEN.get(v, 2), part)
    return person
