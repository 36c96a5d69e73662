"""Poses as JSON: of OpenPose and those that write like it, AlphaPose, MMPose, rtmlib, and COCO's results.

A file per frame in a folder, or one for all frames; see persons_in for how people are written, and the
functions below it for how frames are.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core.domain import UserError
from core.formats.coco import CocoImage, frame_in_name, read_images
from core.formats.found_poses import FoundPoses, PoseList
from core.formats.given import Given
from core.formats.records import Record, parse_any, read_text

KEYS = ("pose_keypoints_2d", "keypoints", "joints", "pose_keypoints")
SCORES = ("keypoint_scores", "keypoints_scores", "scores")
IDS = ("person_id", "track_id", "instance_id", "idx", "id")
EXTRA = ("_keypoints", "_pose", "_openpose")  # after the frame's number in a file's name
INFO = ("image_info.json", "annotations.json")  # images of COCO's results, beside them


class Person(NamedTuple):
    """values: (K, 3) x, y, confidence; name: '' where it has none."""

    values: np.ndarray
    name: str


def persons_in(content: Any, where: str) -> list[Person]:
    """OpenPose: {"people": [{"person_id", "pose_keypoints_2d": [x, y, c, ...]}]}, AlphaPose: {"bodies":
    [{"joints"}]}, MMPose: [{"keypoints": [[x, y], ...], "keypoint_scores": [...]}], rtmlib: {"keypoints":
    [[[x, y], ...]], "scores"}.

    Raises UserError.
    """
    if isinstance(content, dict):
        for key in ("people", "bodies", "instances", "predictions"):
            if key in content:
                return persons_in(content[key], where)
        if _depth(content.get("keypoints")) == 3:
            scores = next((content[key] for key in SCORES if key in content), None)
            both = zip(content["keypoints"], scores or [None] * len(content["keypoints"]), strict=False)
            return [Person(_values({"keypoints": points, "scores": own}, where), "") for points, own in both]
        content = [content]
    if not isinstance(content, list):
        raise UserError(f"{where}: there are no people in it.")
    if content and all(isinstance(one, list) for one in content):
        content = [one for some in content for one in some]  # MMPose writes one list per picture of a batch
    return [_person(one, where) for one in content]


def _person(entry: Any, where: str) -> Person:
    if not isinstance(entry, dict):
        raise UserError(f"{where}: a person is {str(entry)[:40]!r}, an object is needed.")
    name = next((entry[key] for key in IDS if entry.get(key) is not None), "")
    while isinstance(name, list):
        name = name[0] if name else ""
    unknown = isinstance(name, int | float) and name < 0
    return Person(_values(entry, where), "" if unknown else _plain(name))


def _plain(name: object) -> str:
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)


def _values(entry: dict, where: str) -> np.ndarray:
    points = next((entry[key] for key in KEYS if key in entry), None)
    scores = next((entry[key] for key in SCORES if entry.get(key) is not None), None)
    try:
        table = np.array(points, np.float64)
        if table.ndim == 1:
            table = table.reshape(-1, 3) if scores is None else table.reshape(len(scores), -1)
        while table.ndim > 2 and len(table) == 1:
            table = table[0]
        if scores is not None:
            table = np.column_stack([table[:, :2], np.ravel(np.array(scores, np.float64))])
        elif table.ndim == 2 and table.shape[1] == 2:
            table = np.column_stack([table, np.ones(len(table))])
        if table.ndim != 2 or table.shape[1] < 3 or not len(table):
            raise ValueError("keypoints must be x, y, confidence of each joint")
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise UserError(
            f"{where}: its keypoints are not numbers as they should be ({str(error)[:80]})."
        ) from error
    return table[:, [0, 1, -1]] if table.shape[1] > 3 else table


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list) and value:
        value, depth = value[0], depth + 1
    return depth


# a file per frame


def is_frame(content: Any) -> bool:
    if isinstance(content, dict):
        return bool({"people", "bodies"} & content.keys()) or _depth(content.get("keypoints")) == 3
    return (
        isinstance(content, list)
        and bool(content)
        and _depth(content) <= 2
        and "keypoints" in _first(content)
    )


def _first(content: list) -> dict:
    while isinstance(content, list) and content:
        content = content[0]
    return content if isinstance(content, dict) else {}


def read_folder(given: Given, files: list[Path]) -> FoundPoses:
    """Raises UserError for the first that is wrong."""
    poses, numbers = PoseList(), set()
    for path in files:
        stem = path.stem
        for extra in EXTRA:
            stem = stem.removesuffix(extra)
        number = frame_in_name(f"{stem}.json", Record({}, path.name, path.name))
        numbers.add(number)
        for person in persons_in(parse_any(read_text(path), path.name), path.name):
            poses.add(person.values, path.name, number=number, image=f"{stem}.png", person=person.name)
    return poses.done(given.name, first=0 if 0 in numbers else None)


# all frames in one file


def looks_like(content: Any) -> bool:
    if isinstance(content, dict):
        return "instance_info" in content or (
            bool(content) and all(is_frame(one) for one in list(content.values())[:3])
        )
    if not isinstance(content, list) or not content or not isinstance(content[0], dict):
        return False
    return (
        "instances" in content[0]
        or ("keypoints" in content[0] and "image_id" in content[0])
        or is_frame(content[0])
    )


def read(given: Given) -> FoundPoses:
    """Raises UserError for the first record that is wrong."""
    content, joints, first = given.json, None, 0
    if isinstance(content, list) and "image_id" in content[0]:
        return _results(given, content)
    if isinstance(content, dict) and "instance_info" in content:  # of MMPose's demos, which count from 1
        root = Record(content, given.name, given.name)
        frames = root.records("instance_info", "frame")
        joints, content = _joint_names(content.get("meta_info")), [frame.fields for frame in frames]
        first = 0 if frames and frames[0].fields.get("frame_id") == 0 else 1
    poses = PoseList()
    for number, image, entry in _frames(content):
        where = f"frame {image or number} in {given.name}"
        number = frame_in_name(image, Record({}, where, given.name)) if image else number
        for person in persons_in(entry, where):
            poses.add(person.values, where, number=number, image=image, person=person.name)
    return poses.done(given.name, joints, first)


def _frames(content: Any) -> Iterator[tuple[int, str, Any]]:
    """Number, name of the image and people of each."""
    if isinstance(content, dict):
        yield from ((-1, name, entry) for name, entry in content.items())
        return
    for place, entry in enumerate(content):
        told = entry.get("frame_id", entry.get("frame")) if isinstance(entry, dict) else None
        yield told if isinstance(told, int) else place, "", entry


def _joint_names(meta: Any) -> list[str] | None:
    """Of MMPose's description of the data set."""
    names = meta.get("keypoint_id2name") if isinstance(meta, dict) else None
    if isinstance(names, dict) and all(str(key).isdecimal() for key in names):
        return [str(names[key]) for key in sorted(names, key=int)]
    return None


def _results(given: Given, content: list) -> FoundPoses:
    """COCO's results, and AlphaPose's, whose images are names. Images of numbers are looked up beside the
    file.
    """
    poses, images = PoseList(), _images_beside(given)
    for place, entry in enumerate(content, 1):
        where = f"result number {place} in {given.name}"
        image = entry.get("image_id") if isinstance(entry, dict) else None
        if not isinstance(image, int | str) or isinstance(image, bool):
            raise UserError(f"{where}: it has no image_id.")
        person = _person(entry, where)
        known = images.get(image) if isinstance(image, int) else None
        if known is not None:
            number, name = known.frame, known.file_name
        else:
            name = image if isinstance(image, str) else ""
            number = frame_in_name(name, Record({}, where, given.name)) if name else int(image)
        if isinstance(entry.get("id"), int) and "idx" not in entry and "track_id" not in entry:
            person = person._replace(name="")  # the number of the result
        poses.add(person.values, where, number=number, image=name, person=person.name)
    counted = bool(images) or isinstance(content[0]["image_id"], str)
    return poses.done(given.name, None, 0 if counted and images else None)


def _images_beside(given: Given) -> dict[int, CocoImage]:
    for name in INFO:
        path = given.path.parent / name
        if path.is_file() and path != given.path:
            root = Given(path).object
            if isinstance(root.get("images"), list):
                return read_images(Record(root, name, name))
    return {}
