"""COCO keypoint files: https://cocodataset.org/#format-data, with the frame and track of each person.

Coordinates are pixel indices, centre of the first pixel (0, 0), and keep every bit on the way out and in.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from core.domain import COCO17, Box, Skeleton, UserError
from core.formats.image_names import (
    OF_A_FRAME,
    OF_A_VIDEO,
    ROBOFLOW,
    frame_in_name,
    name_and_number,
    stem_of,
)
from core.formats.joints import joint_places
from core.formats.records import LARGEST_FRAME, Record, parse, read_text

CATEGORY = 1
IDS = {
    "images": {"id": "image"},
    "annotations": {"id": "annotation", "image_id": "image", "category_id": "category"},
    "categories": {"id": "category"},
}  # by list: fields, and of what they are the id
TEXT_IDS = 1 << 52  # from here on the numbers that stand for ids which are texts
OURS = "Labelled with PoseTailor"
PREDICTIONS = "predictions of a model"  # what does not become a label
MARGIN = 0.1  # around placed joints, where a person has no box: share of the joints' extent on each side


@dataclass(frozen=True)
class CocoImage:
    """A frame.

    frame: from 0; video: what the file calls it; seconds: from the first frame; labelled: by a human;
    numbered: the file counts its frames as the video does, so that the image's name says nothing more.
    """

    id: int
    file_name: str
    frame: int
    video: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    labelled: bool = False
    numbered: bool = field(default=False, compare=False)

    def frame_among(self, frames: Mapping[str, int]) -> int:
        """frames: of the images that are the video, by their names; none for a video file."""
        return self.frame if self.numbered else frames.get(self.base_name, self.frame)

    @property
    def clip(self) -> str:
        """The video's name, else what stands before the frame number in the image's."""
        return self.video or name_and_number(stem_of(self.file_name))[0]

    @property
    def base_name(self) -> str:
        """Of the file, without its folder."""
        name = PurePosixPath(self.file_name.replace("\\", "/")).name
        renamed = ROBOFLOW.match(name)
        return f"{renamed[1]}.{renamed[2]}" if renamed else name

    @property
    def names(self) -> tuple[str, ...]:
        """What it may call its video, without folder and ending; none where it does not say."""
        if self.video:
            return self.video, PurePosixPath(self.video.replace("\\", "/")).name, stem_of(self.video)
        whole = OF_A_FRAME.sub("", self.clip)
        if whole:
            return self.clip, whole, OF_A_VIDEO.sub("", whole)
        folder = PurePosixPath(self.file_name.replace("\\", "/")).parent.name
        return tuple(name for name in (self.clip, folder) if name)

    @property
    def names_a_video(self) -> bool:
        """Whether it says more than that it is a frame of some video."""
        return self.video is not None or any(not OF_A_FRAME.fullmatch(name) for name in self.names)

    def is_of(self, clip: str) -> bool:
        """Whether it belongs to the video with this name without folder and ending."""
        return clip in self.names


@dataclass(frozen=True)
class CocoPerson:
    """A person in an image.

    image: the image's id; points: (K, 2) float64 image pixels, (0, 0) where missing; visibility: (K,) int8,
    COCO's v; box: None when the file has none or an empty one; track: the person's number through the video,
    and name: what the file calls them, if known.
    """

    id: int
    image: int
    points: np.ndarray
    visibility: np.ndarray
    box: Box | None = None
    track: int | None = None
    name: str = ""

    @property
    def extent(self) -> Box | None:
        """The box, else that of the placed joints with a margin; None for a person without either."""
        placed = self.points[self.visibility > 0]
        if self.box or not len(placed):
            return self.box
        low, high = placed.min(0), placed.max(0)
        margin = MARGIN * (high - low)
        return Box(*map(float, (*(low - margin), *(high + margin))))


@dataclass(frozen=True)
class CocoDataset:
    """People in images, their joints in the order of the skeleton.

    ignored: names of joints that it lacks; passed: how many records are no labels, by what they are; ours:
    PoseTailor wrote the file, so its names of videos are those of an export; warnings: sentences on what
    speaks against the order of joints.
    """

    skeleton: Skeleton
    images: dict[int, CocoImage] = field(default_factory=dict)
    people: list[CocoPerson] = field(default_factory=list)
    ignored: tuple[str, ...] = ()
    passed: Mapping[str, int] = field(default_factory=dict)
    ours: bool = False
    warnings: tuple[str, ...] = ()


# reading


def looks_like(root: dict) -> bool:
    return isinstance(root.get("images"), list) and ("annotations" in root or "categories" in root)


def read_file(path: Path, skeleton: Skeleton = COCO17) -> CocoDataset:
    return read(read_text(path), path.name, skeleton)


def read(text: str, name: str, skeleton: Skeleton = COCO17) -> CocoDataset:
    """What a file holds, its joints put in the order of the skeleton by their names; crowds and predictions
    are left out.

    name: the file's, for messages. Raises UserError for the first record that breaks a rule.
    """
    root = with_numbers(parse(text, name))
    images = read_images(root)
    categories = {record.integer("id"): record for record in root.records("categories", "category")}
    joints: dict[int, np.ndarray] = {}
    ignored: dict[str, None] = {}
    passed: Counter[str] = Counter()
    people = []
    others: dict[int, UserError] = {}  # categories without joints of the skeleton
    for record in annotations(root, images):
        category = record.integer("category_id")
        if category not in categories:
            record.fail(f"category_id {category} is not among the categories")
        if not record.fields.get("keypoints"):
            passed["annotations without keypoints"] += 1
            continue
        if category not in joints and category not in others:
            try:
                joints[category], unknown = _joints(categories[category], skeleton)
                ignored |= dict.fromkeys(unknown)
            except UserError as error:
                others[category] = error
        if category in others:
            passed["annotations of another class"] += 1
        elif record.fields.get("iscrowd") == 1:
            passed["crowds"] += 1
        elif record.has("score"):
            passed[PREDICTIONS] += 1
        else:
            people.append(_person(record, joints[category], len(skeleton)))
    if others and not joints:
        raise next(iter(others.values()))
    info = root.fields.get("info")
    ours = isinstance(info, dict) and info.get("description") == OURS
    return CocoDataset(skeleton, images, people, tuple(ignored), passed, ours)


def with_numbers(root: Record) -> Record:
    """The file with whole numbers for the ids that are texts in it."""
    numbers: dict[tuple[str, str], int] = {}

    def number(text: str, kind: str) -> int:
        if text.isdecimal() and len(text) < 16:
            return int(text)
        return numbers.setdefault((kind, text), TEXT_IDS + len(numbers))

    def changed(record: object, fields: Mapping[str, str]) -> object:
        if not isinstance(record, dict):
            return record
        told = {
            field: number(value, kind)
            for field, kind in fields.items()
            if isinstance(value := record.get(field), str)
        }
        return record | told if told else record

    lists = {
        key: [changed(record, fields) for record in root.fields[key]]
        for key, fields in IDS.items()
        if isinstance(root.fields.get(key), list)
    }
    return Record(root.fields | lists, root.where, root.file)


def read_images(root: Record) -> dict[int, CocoImage]:
    """The images of a file by their id."""
    images: dict[int, CocoImage] = {}
    for record in root.records("images", "image"):
        number = record.integer("id")
        if number in images:
            record.fail("an earlier image has the same id")
        images[number] = CocoImage(
            number,
            file_name := record.text("file_name"),
            _frame(record, file_name),
            record.text("video") if record.has("video") else None,
            record.integer("width", 1) if record.has("width") else None,
            record.integer("height", 1) if record.has("height") else None,
            record.number("pts_s") if record.has("pts_s") else None,
            record.fields.get("is_labeled") is True,
            record.has("frame_id") and record.has("video"),
        )
    return images


def annotations(root: Record, images: dict[int, CocoImage]) -> list[Record]:
    """The annotations of a file, each with an image that exists and an id that no other of the image has:
    datumaro counts them anew in every image.
    """
    seen: set[tuple[int, int]] = set()
    records = root.records("annotations", "annotation")
    for record in records:
        number = (record.integer("image_id"), record.integer("id"))
        if number in seen:
            record.fail("an earlier annotation of the image has the same id")
        seen.add(number)
        if record.integer("image_id") not in images:
            record.fail(f"image_id {record.integer('image_id')} is not among the images")
    return records


def has_joints(root: Record, joints: Iterable[str]) -> bool:
    """Whether a category of a file, however wrong the file is, names all of these joints."""
    categories = root.fields.get("categories")
    named = (
        [c.get("keypoints") for c in categories if isinstance(c, dict)]
        if isinstance(categories, list)
        else []
    )
    return any(isinstance(names, list) and all(joint in names for joint in joints) for names in named)


def read_box(record: Record) -> Box:
    """bbox as corners; its size may be zero, not negative."""
    values = record.numbers("bbox")
    if len(values) != 4:
        record.fail(f"bbox has {len(values)} numbers, 4 are needed")
    x, y, width, height = values
    if width < 0 or height < 0:
        record.fail(f"bbox is {width:g} wide and {height:g} high, sizes cannot be negative")
    return Box(x, y, x + width, y + height)


def read_track(record: Record) -> int | None:
    """track_id, also from the attributes, where CVAT has it."""
    record = _with_track(record)
    told = record.fields.get("track_id")
    if isinstance(told, str) and told.isdecimal() and len(told) < 16:
        return int(told)
    return record.integer("track_id") if record.has("track_id") else None


def _with_track(record: Record) -> Record:
    has_own = record.has("track_id") or not record.has("attributes")
    return record if has_own else record.record("attributes")


def _person(record: Record, joints: np.ndarray, count: int) -> CocoPerson:
    """joints: for each joint in the file its place among the count joints of the skeleton, -1 for none."""
    given = record.fields["keypoints"]
    values = record.numbers("keypoints") if not _has_gaps(given) else _without_gaps(record)
    if len(values) != 3 * len(joints):
        record.fail(
            f"keypoints has {len(values)} numbers, {3 * len(joints)} are needed for {len(joints)} joints"
        )
    table = np.array(values, np.float64).reshape(-1, 3)
    odd = table[~np.isin(table[:, 2], (0, 1, 2)), 2]
    if len(odd):
        record.fail(f"keypoints has a visibility of {odd[0]:g}, it must be 0, 1 or 2")
    table[table[:, 2] == 0] = 0
    points, visibility = np.zeros((count, 2)), np.zeros(count, np.int8)
    known = joints >= 0
    points[joints[known]], visibility[joints[known]] = table[known, :2], table[known, 2]
    box = read_box(record) if record.has("bbox") else None
    track = _with_track(record).identity("track_id")
    is_name = isinstance(track, str) and not track.isdecimal()
    return CocoPerson(
        record.integer("id"),
        record.integer("image_id"),
        points,
        visibility,
        box if box and box.area > 0 else None,
        None if is_name else read_track(record),
        str(track) if is_name else "",
    )


def _has_gaps(keypoints: object) -> bool:
    """Whether null or NaN stands for what is not placed."""
    return isinstance(keypoints, list) and any(value is None or value != value for value in keypoints)


def _without_gaps(record: Record) -> list[float]:
    """The keypoints, with 0, 0, 0 for a joint that has no place."""
    given = list(record.fields["keypoints"])
    for at in range(0, len(given) - len(given) % 3, 3):
        if all(value is None or value != value for value in given[at : at + 2]):
            given[at : at + 3] = 0, 0, 0
    return Record({"keypoints": given}, record.where, record.file).numbers("keypoints")


def _joints(category: Record, skeleton: Skeleton) -> tuple[np.ndarray, tuple[str, ...]]:
    """(joints of the file,) int64: the place of each in the skeleton, -1 for none, and the names of those."""
    names = category.texts("keypoints") if category.has("keypoints") else []
    return joint_places(names or list(COCO17.joints), skeleton, category)


def _frame(record: Record, file_name: str) -> int:
    if record.has("frame_id"):
        return record.integer("frame_id", 0, LARGEST_FRAME)
    return frame_in_name(file_name, record)


# writing


def write(dataset: CocoDataset, description: str = "") -> str:
    return _dump(
        {
            "info": {"description": description},
            "licenses": [],
            "images": [_image_json(image) for image in dataset.images.values()],
            "annotations": [_person_json(person) for person in dataset.people],
            "categories": [_category_json(dataset.skeleton)],
        }
    )


def write_image_info(skeleton: Skeleton, images: Iterable[CocoImage]) -> str:
    """Images and categories without annotations, as COCO publishes its test sets."""
    return _dump(
        {"images": [_image_json(image) for image in images], "categories": [_category_json(skeleton)]}
    )


def write_results(images: np.ndarray, points: np.ndarray, confidence: np.ndarray) -> str:
    """Predictions. images: (N,) ids; points: (N, K, 2) image pixels, each a real estimate; confidence: (N,
    K).
    """
    keypoints = np.concatenate([points, confidence[..., None]], axis=2, dtype=np.float64)
    return _dump(
        [
            {"image_id": int(image), "category_id": CATEGORY, "keypoints": row, "score": float(score)}
            for image, row, score in zip(
                images,
                keypoints.reshape(len(keypoints), 3 * keypoints.shape[1]).tolist(),
                confidence.mean(1, dtype=np.float64),
                strict=True,
            )
        ]
    )


def _image_json(image: CocoImage) -> dict:
    fields = {
        "id": image.id,
        "file_name": image.file_name,
        "width": image.width,
        "height": image.height,
        "frame_id": image.frame,
        "video": image.video,
        "pts_s": image.seconds,
        "is_labeled": image.labelled,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _person_json(person: CocoPerson) -> dict:
    box = person.extent or Box(0.0, 0.0, 0.0, 0.0)
    placed = person.visibility > 0
    rows = zip(
        np.where(placed[:, None], person.points, 0.0).tolist(), person.visibility.tolist(), strict=True
    )
    fields = {
        "id": person.id,
        "image_id": person.image,
        "category_id": CATEGORY,
        "keypoints": [value for (x, y), v in rows for value in (x, y, v)],
        "num_keypoints": int(placed.sum()),
        "bbox": [box.x0, box.y0, box.width, box.height],
        "area": box.area,
        "iscrowd": 0,
        "segmentation": [],
    }
    if person.track is not None:
        fields |= {
            "track_id": person.track,
            "attributes": {"track_id": person.track, "object_id": person.track},
        }
    return fields


def _category_json(skeleton: Skeleton) -> dict:
    return {
        "id": CATEGORY,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(skeleton.joints),
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.edges],
    }


def _dump(content: dict | list) -> str:
    return json.dumps(content, allow_nan=False, separators=(",", ":"))
