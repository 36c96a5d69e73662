"""labelme's JSON, also of X-AnyLabeling and AnyLabeling: a file per image,
https://github.com/wkentaro/labelme.

shapes: a list of {"label": joint, "shape_type": "point", "points": [[x, y]], "group_id": person}; the box of
a person is a "rectangle" of the same group, with two or four corners.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from core.domain import Box, Skeleton
from core.formats.coco import CocoDataset, CocoImage
from core.formats.image_names import frame_in_name
from core.formats.named_people import NamedPerson, dataset_of, grouped
from core.formats.records import Record, parse, read_text

HIDDEN = ("occluded", "hidden", "difficult")  # flags of a point


def looks_like(root: dict) -> bool:
    return isinstance(root.get("shapes"), list) and "imagePath" in root


def read(files: Iterable[Path], name: str, skeleton: Skeleton) -> CocoDataset:
    """files: of one image each; name: of the file or folder that was given. Raises UserError."""
    images: dict[int, CocoImage] = {}
    people: list[NamedPerson] = []
    passed: Counter[str] = Counter()
    for path in files:
        root = parse(read_text(path), path.name)
        if looks_like(root.fields):
            image = _image(root, len(images) + 1)
            images[image.id] = image
            people += _people(root, image.id, passed)
    return dataset_of(people, images, skeleton, Record({}, name, name), passed)


def _image(root: Record, number: int) -> CocoImage:
    file_name = root.text("imagePath")
    width, height = (root.integer(key, 1) if root.has(key) else None for key in ("imageWidth", "imageHeight"))
    return CocoImage(number, file_name, frame_in_name(file_name, root), None, width, height, labelled=True)


def _people(root: Record, image: int, passed: Counter[str]) -> list[NamedPerson]:
    points, boxes = [], {}
    for shape in root.records("shapes", "shape"):
        kind, group, label = shape.fields.get("shape_type"), shape.identity("group_id"), shape.text("label")
        if kind not in ("point", "rectangle"):
            passed["shapes that are no points"] += 1
            continue
        xy = _corners(shape)
        if kind == "rectangle":
            boxes[group] = Box(*map(float, (*xy.min(0), *xy.max(0))))
        elif len(xy) != 1:
            shape.fail(f"it is a point with {len(xy)} places")
        else:
            points.append((group, label, *xy[0].tolist(), 1 if _is_hidden(shape) else 2))
    people = grouped(points, image, root)
    groups = list(dict.fromkeys(group for group, *_ in points))
    for group, person in zip(groups, people, strict=True):
        person.box = boxes.pop(group, None)
    passed["boxes without keypoints"] += len(boxes)
    return people


def _corners(shape: Record) -> np.ndarray:
    """(n, 2) float64 image pixels."""
    pairs = shape.fields.get("points")
    if (
        not isinstance(pairs, list)
        or not pairs
        or not all(isinstance(p, list) and len(p) == 2 for p in pairs)
    ):
        shape.fail("points must be a list of places with x and y")
    flat = Record({"points": [value for pair in pairs for value in pair]}, shape.where, shape.file)
    return np.array(flat.numbers("points")).reshape(-1, 2)


def _is_hidden(shape: Record) -> bool:
    flags = shape.fields.get("flags")
    told = flags if isinstance(flags, dict) else {}
    return any(told.get(name) is True or shape.fields.get(name) is True for name in HIDDEN)
