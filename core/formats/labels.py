"""Labels in any of the formats that are read: which one it is, is seen from the file."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.domain import Skeleton, UserError
from core.formats import coco, deeplabcut, interchange, jrdb, posetrack, tables, yolo
from core.formats.coco import CocoDataset, CocoImage
from core.formats.joint_order import order_doubts
from core.formats.joints import joint_places
from core.formats.records import Record, parse, read_text

KNOWN = (
    "COCO keypoints, PoseTrack21 or JRDB-Pose JSON, a YOLO-pose folder with data.yaml, a CSV of DeepLabCut or a long one "
    "with frame, joint, x and y, or a SLEAP file"
)


def read_labels(path: Path, skeleton: Skeleton, size_of: Callable[[CocoImage], tuple[int, int] | None]) -> CocoDataset:
    """What a human placed, according to a file or folder, with the joints of the skeleton found by their names.

    size_of: width and height of an image in pixels, None for one that is of no interest. Raises UserError for the first
    record that breaks a rule.
    """
    dataset = _read(Path(path), skeleton, size_of)
    if dataset.ours or not dataset.people:
        return dataset
    visibility = np.array([person.visibility for person in dataset.people])
    points = np.array([person.points for person in dataset.people], np.float64)
    points[visibility == 0] = np.nan
    return replace(dataset, doubts=tuple(order_doubts(points, visibility == 2, skeleton)))


def _read(path: Path, skeleton: Skeleton, size_of: Callable) -> CocoDataset:
    if path.name == yolo.DATA:
        path = path.parent
    if path.is_dir():
        return _read_folder(path, skeleton, size_of)
    if path.suffix.lower() == ".slp":
        if not path.is_file():
            raise UserError(f"There is no file {path}; check the path.")
        return interchange.read_slp(path, skeleton)
    text = read_text(path)
    if path.suffix.lower() != ".csv":
        return _read_json(text, path.name, skeleton)
    try:
        if deeplabcut.looks_like(text):
            return _read_deeplabcut(text, path.name, skeleton)
        if tables.looks_like(text):
            return tables.read_long(text, path.name, skeleton)
    except csv.Error as error:
        raise UserError(f"{path.name} is no table: {error}.") from error
    raise UserError(f"{path.name} is no table of poses that is known. Give {KNOWN}.")


def _read_folder(path: Path, skeleton: Skeleton, size_of: Callable) -> CocoDataset:
    if yolo.is_folder(path):
        return yolo.read(path, skeleton, size_of)
    found = sorted(path.rglob("CollectedData_*.csv"))
    if not found:
        raise UserError(f"{path} is a folder without data.yaml or tables of DeepLabCut; choose a file in it.")
    return _merged([_read_deeplabcut(read_text(one), one.name, skeleton) for one in found], skeleton)


def _read_deeplabcut(text: str, name: str, skeleton: Skeleton) -> CocoDataset:
    deeplabcut.refuse_predictions(text, name)
    return deeplabcut.read(text, name, skeleton)


def _read_json(text: str, name: str, skeleton: Skeleton) -> CocoDataset:
    root = parse(text, name)
    if posetrack.looks_like(root):
        return _fitted(posetrack.read(text, name), skeleton, name)
    if jrdb.looks_like(root):
        return _fitted(jrdb.read(text, name), skeleton, name)
    return coco.read(text, name, skeleton)


def _fitted(dataset: CocoDataset, skeleton: Skeleton, name: str) -> CocoDataset:
    """With the joints of another skeleton, by name."""
    if dataset.skeleton == skeleton:
        return dataset
    places, ignored = joint_places(list(dataset.skeleton.joints), skeleton, Record({}, name, name))
    known = places >= 0
    people = []
    for person in dataset.people:
        points, visibility = np.zeros((len(skeleton), 2)), np.zeros(len(skeleton), np.int8)
        points[places[known]], visibility[places[known]] = person.points[known], person.visibility[known]
        people.append(replace(person, points=points, visibility=visibility, box=person.extent))
    return replace(dataset, skeleton=skeleton, people=people, ignored=ignored)


def _merged(datasets: Iterable[CocoDataset], skeleton: Skeleton) -> CocoDataset:
    result, ours = CocoDataset(skeleton), True
    ignored: dict[str, None] = {}
    passed: Counter[str] = Counter()
    for dataset in datasets:
        passed.update(dataset.passed)
        ours = ours and dataset.ours
        start = len(result.images)
        for image in dataset.images.values():
            result.images[start + image.id] = replace(image, id=start + image.id)
        for person in dataset.people:
            result.people.append(replace(person, id=len(result.people) + 1, image=start + person.image))
        ignored |= dict.fromkeys(dataset.ignored)
    return replace(result, ignored=tuple(ignored), passed=passed, ours=ours)
