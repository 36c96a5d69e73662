"""CVAT's XML, "CVAT for images 1.1" and "CVAT for video 1.1":
https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat.

A person is a skeleton of points with the names of its joints; of a track, only the frames that a human set
(keyframes) are labels, what CVAT drew between them is not. Points that are not part of a skeleton are a
person where there are several, in the order of the skeleton, and a joint of the one person in the image where
it is one.
"""

from collections import Counter
from xml.etree.ElementTree import Element

import numpy as np

from core.domain import Skeleton
from core.formats.coco import CocoDataset, CocoImage
from core.formats.image_names import frame_in_name
from core.formats.named_people import NamedPerson, dataset_of
from core.formats.records import LARGEST_FRAME, Record

INTERPOLATED = "poses interpolated by CVAT"


def looks_like(root: Element) -> bool:
    return root.tag == "annotations" and any(root.find(tag) is not None for tag in ("meta", "image", "track"))


def read(root: Element, name: str, skeleton: Skeleton) -> CocoDataset:
    """name: the file's. Raises UserError for the first record that breaks a rule."""
    images: dict[int, CocoImage] = {}
    people: list[NamedPerson] = []
    passed: Counter[str] = Counter()
    videos, only = _videos(root), _source(root.find(".//meta/task"))
    for element in root.findall("image"):
        record = Record(dict(element.attrib), f"image {element.get('id')} in {name}", name)
        video = videos.get(element.get("task_id", ""), only)
        images[len(images) + 1] = _image(record, len(images) + 1, video)
        people += _in_image(element, len(images), record, skeleton, passed)
    width, height = (_whole(root.findtext(f".//original_size/{side}")) for side in ("width", "height"))
    by_frame: dict[tuple[str | None, int], int] = {}
    for number, track in enumerate(root.findall("track"), 1):
        record = Record(dict(track.attrib), f"track {track.get('id')} in {name}", name)
        video = videos.get(track.get("task_id", ""), only)
        for frame, person in _of_track(track, number, record, skeleton, passed):
            image = by_frame.setdefault((video, frame), len(images) + 1)
            if image not in images:
                images[image] = CocoImage(
                    image, f"frame_{frame:06d}", frame, video, width, height, labelled=True
                )
            person.image = image
            people.append(person)
    return dataset_of(people, images, skeleton, Record({}, name, name), passed)


def _image(record: Record, number: int, video: str | None) -> CocoImage:
    file_name = record.text("name")
    width, height = (_whole(record.fields.get(key)) for key in ("width", "height"))
    frame = frame_in_name(file_name, record, _whole(record.fields.get("id")))
    return CocoImage(number, file_name, frame, video, width, height, labelled=True)


def _in_image(
    image: Element, number: int, record: Record, skeleton: Skeleton, passed: Counter[str]
) -> list[NamedPerson]:
    people, loose = [], NamedPerson(number)
    for shape in image:
        if shape.tag == "skeleton":
            people.append(_skeleton(shape, number, record, passed))
        elif shape.tag == "points":
            xy = _places(shape, record)
            if len(xy) == len(skeleton):
                people.append(_ordered(shape, xy, number, skeleton, record))
            elif len(xy) == 1:
                _place(loose, shape, xy, record)
            else:
                passed["groups of points that are no skeleton"] += 1
        elif shape.tag != "tag":
            passed["shapes that are no points"] += 1
    return [*people, loose]


def _of_track(
    track: Element, number: int, record: Record, skeleton: Skeleton, passed: Counter[str]
) -> list[tuple[int, NamedPerson]]:
    """Frames and who is in them."""
    found = []
    for shape in track:
        frame = _whole(shape.get("frame"))
        if frame is None or frame > LARGEST_FRAME:
            record.fail(f"its frame is {str(shape.get('frame'))[:20]}, a whole number is needed")
        points = shape.findall("points") if shape.tag == "skeleton" else [shape]
        if shape.tag not in ("skeleton", "points"):
            passed["shapes that are no points"] += 1
        elif shape.get("outside") == "1":
            continue
        elif not any(one.get("keyframe") == "1" for one in (shape, *points)):
            passed[INTERPOLATED] += 1
        elif shape.tag == "skeleton":
            found.append((frame, _skeleton(shape, 0, record, passed)))
        elif len(xy := _places(shape, record)) == len(skeleton):
            found.append((frame, _ordered(shape, xy, 0, skeleton, record)))
        else:
            passed["groups of points that are no skeleton"] += 1
    for _, person in found:
        person.track, person.name = number, f"{track.get('label', '')} {track.get('id', '')}".strip()
    return found


def _skeleton(shape: Element, image: int, record: Record, passed: Counter[str]) -> NamedPerson:
    person = NamedPerson(image)
    for points in shape.findall("points"):
        if points.get("outside") != "1":
            _place(person, points, _places(points, record), record)
    if not person.joints:
        passed["skeletons without points"] += 1
    return person


def _place(person: NamedPerson, points: Element, xy: np.ndarray, record: Record) -> None:
    if len(xy) != 1:
        record.fail(f"point {points.get('label')} has {len(xy)} places")
    x, y = xy[0].tolist()
    person.place(points.get("label") or "", x, y, 1 if points.get("occluded") == "1" else 2, record)


def _ordered(shape: Element, xy: np.ndarray, image: int, skeleton: Skeleton, record: Record) -> NamedPerson:
    person, v = NamedPerson(image), 1 if shape.get("occluded") == "1" else 2
    for joint, (x, y) in zip(skeleton.joints, xy.tolist(), strict=True):
        if x or y:  # the corner is where Datumaro puts what is not placed
            person.place(joint, x, y, v, record)
    return person


def _places(points: Element, record: Record) -> np.ndarray:
    """(n, 2) float64 image pixels of '1.5,2.0;3.0,4.5'."""
    try:
        pairs = [pair.split(",") for pair in points.get("points", "").split(";") if pair]
        xy = np.array([[float(value) for value in pair] for pair in pairs]).reshape(-1, 2)
    except ValueError:
        record.fail(f"points are {points.get('points', '')[:40]!r}, x,y;x,y is needed")
    return xy


def _videos(root: Element) -> dict[str, str | None]:
    """By task, where the labels of a project of several tasks were exported, the video."""
    return {task.findtext("id") or "": _source(task) for task in root.findall(".//meta/project/tasks/task")}


def _source(task: Element | None) -> str | None:
    """The file of a task that is of a video."""
    return None if task is None else task.findtext("source") or None


def _whole(text: object) -> int | None:
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) < 11 else None
