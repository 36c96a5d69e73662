"""Label Studio's JSON, whole ("JSON") or brief ("JSON-MIN"): https://labelstud.io/guide/export.

A task is an image, or a frame of a video where sleap-io wrote it; its keypoints are named by their label and
lie at percents of it. Whose they are is told by the rectangle that they are a child of (parentID), are
related to, or lie in. Label Studio's own converter from COCO calls all of them as the class, a rectangle and
its joints after one another.
"""

from collections import Counter
from dataclasses import replace
from urllib.parse import unquote, urlparse

from core.domain import Box, Skeleton
from core.formats.coco import PREDICTIONS, CocoDataset, CocoImage
from core.formats.image_names import frame_in_name
from core.formats.named_people import NamedPerson, dataset_of
from core.formats.records import LARGEST_FRAME, Record

Point = tuple[object, str, float, float, int]  # parent, joint, x, y, COCO's v


def looks_like(tasks: list[dict]) -> bool:
    first = tasks[0] if tasks else {}
    whole = isinstance(first.get("data"), dict) and ("annotations" in first or "completions" in first)
    return whole or any(_brief(value) for value in first.values())


def read(tasks: list[dict], name: str, skeleton: Skeleton) -> CocoDataset:
    """name: the file's. Raises UserError."""
    images: dict[int, CocoImage] = {}
    people: list[NamedPerson] = []
    passed: Counter[str] = Counter()
    for number, task in enumerate(tasks, 1):
        record = Record(task, f"task {task.get('id', number)} in {name}", name)
        results = _results(record, passed)
        sizes = [(one.fields.get("original_width"), one.fields.get("original_height")) for one in results]
        known = [size for size in sizes if all(isinstance(side, int) and side > 0 for side in size)]
        width, height = known[0] if known else (None, None)
        images[number] = replace(_image(record, number), width=width, height=height)
        if results and not known:
            record.fail("its results have no original_width and original_height, so percents are not pixels")
        people += _people(results, number, (width, height), record, passed, skeleton)
    return dataset_of(people, images, skeleton, Record({}, name, name), passed)


def _brief(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) and "keypointlabels" in one for one in value)


def _results(task: Record, passed: Counter[str]) -> list[Record]:
    """Of the last annotation that was not cancelled."""
    if not isinstance(task.fields.get("data"), dict):
        values = [one for value in task.fields.values() if isinstance(value, list) for one in value]
        results = [{"value": one} | one for one in values if isinstance(one, dict)]
        return [Record(one, f"a label of {task.where}", task.file) for one in results]
    passed[PREDICTIONS] += len(task.records("predictions", "prediction")) if task.has("predictions") else 0
    key = "annotations" if task.has("annotations") else "completions"
    done = [one for one in task.records(key, "annotation") if one.fields.get("was_cancelled") is not True]
    passed["earlier annotations of a task"] += max(0, len(done) - 1)
    return done[-1].records("result", "result") if done else []


def _image(task: Record, number: int) -> CocoImage:
    meta = task.fields.get("meta")
    if isinstance(meta, dict) and isinstance(meta.get("video"), dict):
        frame = task.record("meta").record("video")
        video, place = frame.text("filename"), frame.integer("frame_idx", 0, LARGEST_FRAME)
        return CocoImage(number, f"frame {place}", place, video, labelled=True, numbered=True)
    file_name = _file_name(task)
    return CocoImage(number, file_name, frame_in_name(file_name, task), labelled=True)


def _file_name(task: Record) -> str:
    data = task.fields.get("data")
    known = data if isinstance(data, dict) else task.fields
    texts = [value for value in known.values() if isinstance(value, str)]
    pictures = [known[key] for key in ("image", "img", "file") if isinstance(known.get(key), str)] or texts
    if not pictures:
        task.fail("it names no image")
    url = urlparse(pictures[0])
    path = unquote(url.query.partition("d=")[2] or url.path)  # /data/local-files/?d=frames/clip_0001.png
    folder, _, file = path.rpartition("/")
    unique, dash, rest = file.partition("-")  # of an upload: 8 hex digits and a dash
    is_upload = dash and len(unique) == 8 and all(digit in "0123456789abcdef" for digit in unique)
    return rest if is_upload else f"{folder}/{file}" if folder else file


def _people(
    results: list[Record],
    image: int,
    size: tuple[int | None, int | None],
    task: Record,
    passed: Counter[str],
    skeleton: Skeleton,
) -> list[NamedPerson]:
    width, height = size
    boxes: dict[object, Box] = {}
    points: list[Point] = []
    related = {
        one.identity("from_id"): one.identity("to_id")
        for one in results
        if one.fields.get("type") == "relation"
    }
    for result in results:
        if result.fields.get("type") == "relation":
            continue
        value = result.record("value")
        label = value.fields.get("keypointlabels") or value.fields.get("keypoint")
        if {"x", "y"} - value.fields.keys() or value.has("points"):
            passed["results that are no keypoints"] += 1
            continue
        x, y = value.number("x") * (width or 0) / 100, value.number("y") * (height or 0) / 100
        if label:
            joint = str(label[0] if isinstance(label, list) else label)
            v = 2 if value.fields.get("hidden") is not True else 1 if x or y else 0
            whose = result.identity("parentID") or related.get(result.identity("id"))
            points.append((whose, joint, x, y, v))
        elif value.has("height"):
            w, h = value.number("width") * (width or 0) / 100, value.number("height") * (height or 0) / 100
            boxes[result.identity("id") or len(boxes)] = Box(x, y, x + w, y + h)
    if (
        len(points) > 1
        and len({joint for _, joint, *_ in points}) == 1
        and len(points) == len(boxes) * len(skeleton)
    ):
        return _in_order(points, list(boxes.values()), image, task, skeleton)
    return _grouped(points, boxes, image, task, passed)


def _in_order(
    points: list[Point], boxes: list[Box], image: int, task: Record, skeleton: Skeleton
) -> list[NamedPerson]:
    """Of boxes with the joints of the skeleton one after the other, which have no names of their own."""
    people = [NamedPerson(image, box=box) for box in boxes]
    for place, (_, _, x, y, v) in enumerate(points):
        person, joint = divmod(place, len(skeleton))
        people[person].place(skeleton.joints[joint], x, y, v, task)
    return people


def _grouped(
    points: list[Point], boxes: dict[object, Box], image: int, task: Record, passed: Counter[str]
) -> list[NamedPerson]:
    people: dict[object, NamedPerson] = {}
    for parent, joint, x, y, v in points:
        inside = [key for key, box in boxes.items() if box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1]
        whose = parent if parent in boxes else min(inside, key=lambda key: boxes[key].area, default=None)
        person = people.setdefault(whose, NamedPerson(image, box=boxes.get(whose)))
        if joint in person.joints:
            task.fail(
                f"two points are called {joint[:60]}, and no rectangle says whose they are; draw one "
                "around each person, or make the points its children"
            )
        person.place(joint, x, y, v, task)
    passed["boxes without keypoints"] += len(boxes.keys() - people.keys())
    return list(people.values())
