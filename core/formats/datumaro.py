"""Datumaro's JSON: https://open-edge-platform.github.io/datumaro, "Datumaro format".

Items are images with annotations; "points" hold x, y of all joints of their class one after the other, as
"skeleton" does in its elements. Their names stand in the categories of points, else in those of labels.
"""

from collections import Counter

from core.domain import Box, Skeleton
from core.formats.coco import CocoDataset, CocoImage, read_box
from core.formats.image_names import frame_in_name
from core.formats.named_people import NamedPerson, dataset_of
from core.formats.records import LARGEST_FRAME, Record


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
        found: list[tuple[str | int, NamedPerson]] = []
        boxes: dict[str | int, Box] = {}
        for annotation in item.records("annotations", "annotation"):
            kind, group = annotation.fields.get("type"), annotation.identity("group") or 0
            if kind in ("points", "skeleton"):
                parts = annotation.records("elements", "element") if kind == "skeleton" else [annotation]
                found.append((group, _person(parts, names, image.id, skeleton)))
            elif kind == "bbox" and group:
                boxes[group] = read_box(annotation)
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
    height, width = (int(side) if side >= 1 else None for side in size) if len(size) == 2 else (None, None)
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
        label, xy = part.integer("label_id", 0) if part.has("label_id") else -2, part.pairs("points")
        seen = part.numbers("visibility") if part.has("visibility") else [2.0] * len(xy)
        joints = names.get(label, [])
        if len(parts) > 1 and len(xy) == 1:  # an element of a skeleton is a class of its own
            joints = names.get(-1, [])[label : label + 1] if label >= 0 else []
        if not joints and len(xy) == len(skeleton):
            joints = list(skeleton.joints)
        if len(joints) != len(xy) or len(seen) != len(xy):
            part.fail(f"it has {len(xy)} points, and its class names {len(joints)} joints")
        for joint, (x, y), v in zip(joints, xy, seen, strict=True):
            if v not in (0, 1, 2):
                part.fail(f"it has a visibility of {v:g}, it must be 0, 1 or 2")
            if v:
                person.place(joint, x, y, int(v), part)
    return person
