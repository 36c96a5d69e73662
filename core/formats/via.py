"""VGG Image Annotator's files (https://www.robots.ox.ac.uk/~vgg/software/via), version 2: a project, or its
annotations as JSON or CSV.

Regions are points; of their attributes the one whose values are joints names the joint, another whose name
says so (person, id, track …) whose it is.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from core.domain import Skeleton, UserError
from core.formats.coco import CocoDataset, CocoImage
from core.formats.image_names import frame_in_name
from core.formats.named_people import NamedPerson, dataset_of, grouped
from core.formats.records import Record, parse_any

PROJECT = "_via_img_metadata"
COLUMNS = ("filename", "region_shape_attributes", "region_attributes")
WHOSE = ("person", "person_id", "id", "track", "track_id", "group", "group_id", "individual", "instance")
HIDDEN = ("occluded", "hidden")


def looks_like(root: dict) -> bool:
    first = next(iter(root.values()), None)
    return PROJECT in root or (isinstance(first, dict) and {"filename", "regions"} <= first.keys())


def is_table(lines: list[list[str]]) -> bool:
    return bool(lines) and {cell.lstrip("#") for cell in lines[0]} >= set(COLUMNS)


def read(root: Record, skeleton: Skeleton) -> CocoDataset:
    """Raises UserError for the first record that breaks a rule."""
    files = root.record(PROJECT).fields if root.has(PROJECT) else root.fields
    found: list[tuple[str, list[Record]]] = []
    for key, fields in files.items():
        image = Record(fields if isinstance(fields, dict) else {}, f"{key[:60]} in {root.file}", root.file)
        regions = image.fields.get("regions")
        if isinstance(regions, dict):  # of version 1, by number
            image = Record(image.fields | {"regions": list(regions.values())}, image.where, image.file)
        found.append((image.text("filename"), image.records("regions", "region")))
    return _dataset(found, skeleton, root)


def read_table(lines: list[list[str]], name: str, skeleton: Skeleton) -> CocoDataset:
    """lines: the cells; name: the file's. Raises UserError for the first row that is wrong."""
    header = [cell.lstrip("#") for cell in lines[0]]
    found: dict[str, list[Record]] = {}
    for number, line in enumerate(lines[1:], 2):
        where = f"line {number} of {name}"
        if not line:
            continue
        if len(line) != len(header):
            raise UserError(f"{where}: it has {len(line)} columns, the first line has {len(header)}.")
        cells = dict(zip(header, line, strict=True))
        shape, attributes = (parse_any(cells[column], where) for column in COLUMNS[1:])
        regions = found.setdefault(cells["filename"], [])
        if shape:
            regions.append(Record({"shape_attributes": shape, "region_attributes": attributes}, where, name))
    return _dataset(found.items(), skeleton, Record({}, name, name))


def _dataset(files: Iterable[tuple[str, Sequence[Record]]], skeleton: Skeleton, root: Record) -> CocoDataset:
    files = list(files)
    attributes = [_attributes(region) for _, regions in files for region in regions]
    joint_key = _key_of_joints(attributes, skeleton)
    images: dict[int, CocoImage] = {}
    people: list[NamedPerson] = []
    passed: Counter[str] = Counter()
    for file_name, regions in files:
        number, record = len(images) + 1, Record({}, f"{file_name[:60]} in {root.file}", root.file)
        images[number] = CocoImage(number, file_name, frame_in_name(file_name, record), labelled=True)
        points = []
        for region in regions:
            shape, told = region.record("shape_attributes"), _attributes(region)
            if shape.fields.get("name") != "point" or not told.get(joint_key):
                passed["shapes that are no points"] += 1
                continue
            whose = next((told[key] for key in WHOSE if told.get(key) and key != joint_key), None)
            v = 1 if any(told.get(key, "").casefold() in ("1", "true", "yes") for key in HIDDEN) else 2
            points.append((whose, told[joint_key], shape.number("cx"), shape.number("cy"), v))
        people += grouped(points, number, record)
    return dataset_of(people, images, skeleton, root, passed)


def _attributes(region: Record) -> dict[str, str]:
    """Texts by name in lower case; of what is ticked in a list, the one that is."""
    told: dict[str, str] = {}
    for key, value in region.record("region_attributes").fields.items():
        ticked = [one for one, yes in value.items() if yes] if isinstance(value, dict) else [value]
        told[key.casefold()] = str(ticked[0]).strip() if ticked and ticked[0] is not None else ""
    return told


def _key_of_joints(attributes: Sequence[dict[str, str]], skeleton: Skeleton) -> str:
    """The attribute most of whose values are joints, '' for none."""
    counts: Counter[str] = Counter()
    known: dict[str, bool] = {}
    for told in attributes:
        for key, value in told.items():
            if value and value not in known:
                known[value] = bool(skeleton.places_of([value])[0] >= 0)
            counts[key] += known.get(value, False)
    best = max(counts, key=lambda key: counts[key], default="")
    return best if counts[best] else next(iter(counts), "")
