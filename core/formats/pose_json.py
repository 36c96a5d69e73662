"""Poses as JSON: of OpenPose and those that write like it, AlphaPose, MMPose, rtmlib, MediaPipe, tfjs,
ultralytics, DeepLabCut's SuperAnimals, and COCO's results.

A file per frame in a folder, or one for all frames; see persons_in for how people are written, and the
functions below it for how frames are.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core.domain import UserError
from core.formats.coco import CocoImage, read_images
from core.formats.found_poses import FoundPoses, PoseList
from core.formats.given import Given
from core.formats.image_names import frame_in_name, frame_number, name_and_number
from core.formats.records import Record, parse_any, read_text

KEYS = (
    "pose_keypoints_2d",
    "keypoints",
    "joints",
    "pose_keypoints",
    "landmarks",
    "pose_landmarks",
    "poseLandmarks",
    "bodyparts",
)
SURE = ("score", "visibility", "confidence", "visible", "presence")
FRAME = ("frame_id", "frame", "frame_idx", "frame_index", "frame_number")
SCORES = ("keypoint_scores", "keypoints_scores", "scores")
IDS = ("person_id", "track_id", "instance_id", "idx", "id")
EXTRA = ("_keypoints", "_pose", "_openpose")  # after the frame's number in a file's name
INFO = ("image_info.json", "annotations.json")  # images of COCO's results, beside them


class Person(NamedTuple):
    """values: (K, 3) x, y, confidence; name: '' where it has none; joints: their names, () without."""

    values: np.ndarray
    name: str
    joints: tuple[str, ...] = ()


def persons_in(content: Any, where: str) -> list[Person]:
    """OpenPose: {"people": [{"person_id", "pose_keypoints_2d": [x, y, c, ...]}]}, AlphaPose: {"bodies":
    [{"joints"}]}, MMPose: [{"keypoints": [[x, y], ...], "keypoint_scores": [...]}], rtmlib: {"keypoints":
    [[[x, y], ...]], "scores"}, MediaPipe: {"pose_landmarks": [[{"x", "y", "visibility"}, ...]]}, tfjs:
    [{"keypoints": [{"x", "y", "score", "name"}, ...]}], ultralytics: [{"keypoints": {"x": [...], "y",
    "visible"}}].

    Raises UserError.
    """
    if isinstance(content, dict):
        for key in ("people", "bodies", "instances", "predictions", "poses"):
            if key in content:
                return persons_in(content[key], where)
        points = next((content[key] for key in KEYS if key in content), None)
        if isinstance(points, list) and (not points or _is_of_several(points)):
            scores = next((content[key] for key in SCORES if key in content), None)
            both = zip(points, scores or [None] * len(points), strict=False)
            return [_person({"keypoints": one, "scores": own}, where) for one, own in both if one]
        content = [content]
    if _is_place(_first(content)):  # landmarks without anything around them
        content = content if _depth(content) > 1 else [content]
        return [_person({"keypoints": one}, where) for one in content if one]
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
    entry, joints = _as_numbers(entry, where)
    return Person(_values(entry, where), "" if unknown else _plain(name), joints)


def _as_numbers(entry: dict, where: str) -> tuple[dict, tuple[str, ...]]:
    """The same with rows of numbers as keypoints, and the names of the joints where each point has one."""
    key = next((key for key in KEYS if key in entry), "")
    points = entry.get(key)
    joints: tuple[str, ...] = ()
    if isinstance(points, dict) and isinstance(points.get("x"), list):  # ultralytics, from the image's corner
        columns = [points.get("x"), points.get("y"), points.get("visible")]
        columns = [column for column in columns if isinstance(column, list)]
        points = [
            [x - 0.5, y - 0.5, *sure] for x, y, *sure in zip(*columns, strict=False) if _are_numbers(x, y)
        ]
    elif isinstance(points, dict):  # by name
        joints, points = tuple(map(str, points)), list(points.values())
    if isinstance(points, list) and points and all(isinstance(one, dict) for one in points):
        names = [one.get("name", one.get("part")) for one in points]
        joints = joints or (tuple(map(str, names)) if None not in names else ())
        places = [one["position"] if isinstance(one.get("position"), dict) else one for one in points]
        sure = [next((one[word] for word in SURE if one.get(word) is not None), None) for one in points]
        if not all(map(_is_place, places)):
            raise UserError(f"{where}: its keypoints are not x and y of each joint.")
        known = None not in sure
        points = [
            [place["x"], place["y"], *([own] if known else [])]
            for place, own in zip(places, sure, strict=True)
        ]
    return entry | {key: points} if key else entry, joints


def _is_place(value: Any) -> bool:
    return isinstance(value, dict) and _are_numbers(value.get("x"), value.get("y"))


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _is_of_several(points: list) -> bool:
    """Whether these are the points of several people, one after the other."""
    depth = _depth(points)
    return depth == 3 or (depth == 2 and _is_place(_first(points)))


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
        value, depth = next((one for one in value if one != []), value[0]), depth + 1
    return depth


# a file per frame


def is_frame(content: Any) -> bool:
    if isinstance(content, dict):
        return bool({"people", "bodies"} & content.keys()) or any(
            _is_of_several(points)
            or _is_place(_first(points))
            or (isinstance(points, dict) and bool(points) and all(map(_is_place, points.values())))
            for points in (content[key] for key in KEYS if key in content)
        )
    if not isinstance(content, list) or not content or _depth(content) > 2:
        return False
    first = _first(content)
    return any(key in first for key in KEYS) or _is_place(first)


def _first(content: list) -> dict:
    while isinstance(content, list) and content:
        content = next((one for one in content if one != []), content[0])
    return content if isinstance(content, dict) else {}


def read_folder(given: Given, files: list[Path]) -> FoundPoses:
    """Raises UserError for the first that is wrong."""
    poses, numbers, joints = PoseList(), set(), None
    for path in files:
        stem = path.stem
        for extra in EXTRA:
            stem = stem.removesuffix(extra)
        content = parse_any(read_text(path), path.name)
        if not name_and_number(stem)[1] and not is_frame(content):  # what somebody wrote beside them
            poses.pass_over("files without people")
            continue
        number = frame_in_name(f"{stem}.json", Record({}, path.name, path.name))
        numbers.add(number)
        for person in persons_in(content, path.name):
            poses.add(person.values, path.name, number=number, image=f"{stem}.png", person=person.name)
            joints = joints or person.joints or None
    return poses.done(given.name, joints, 0 if 0 in numbers else None)


# all frames in one file


def looks_like(content: Any) -> bool:
    if isinstance(content, dict):
        return "instance_info" in content or (
            bool(content) and all(is_frame(one) for one in list(content.values())[:3])
        )
    if not isinstance(content, list) or not content:
        return False
    if not isinstance(content[0], dict):  # a list for each frame
        return _depth(content) <= 3 and is_frame(next((one for one in content if one), None))
    return (
        "instances" in content[0]
        or ("keypoints" in content[0] and "image_id" in content[0])
        or is_frame(content[0])
    )


def read(given: Given) -> FoundPoses:
    """Raises UserError for the first record that is wrong."""
    content, joints, first = given.json, None, 0
    if isinstance(content, list) and isinstance(content[0], dict) and "image_id" in content[0]:
        return _results(given, content)
    if isinstance(content, dict) and "instance_info" in content:  # of MMPose's demos, which count from 1
        root = Record(content, given.name, given.name)
        frames = root.records("instance_info", "frame")
        joints, content = _joint_names(content.get("meta_info")), [frame.fields for frame in frames]
        first = 0 if frames and frames[0].fields.get("frame_id") == 0 else 1
    poses = PoseList()
    for number, image, entry in _frames(content, given.name):
        where = f"frame {image or number} in {given.name}"
        number = frame_in_name(image, Record({}, where, given.name)) if image else number
        for person in persons_in(entry, where):
            poses.add(person.values, where, number=number, image=image, person=person.name)
            joints = joints or list(person.joints) or None
    return poses.done(given.name, joints, first)


def _frames(content: Any, name: str) -> Iterator[tuple[int, str, Any]]:
    """Number, name of the image and people of each."""
    if isinstance(content, dict):
        yield from ((-1, name, entry) for name, entry in content.items())
        return
    for place, entry in enumerate(content):
        told = next((entry[key] for key in FRAME if key in entry), None) if isinstance(entry, dict) else None
        yield place if told is None else frame_of(told, f"frame number {place + 1} in {name}"), "", entry


def frame_of(told: Any, where: str) -> int:
    """As a number or its digits. Raises UserError for what is neither."""
    number = frame_number(str(told), Record({}, where, where))
    if number is None or isinstance(told, bool):
        raise UserError(f"{where}: its frame is {str(told)[:40]!r}, a whole number is needed.")
    return number


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
        if isinstance(image, float):
            image = frame_of(image, where)
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
