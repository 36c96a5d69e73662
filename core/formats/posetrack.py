"""PoseTrack21 and PoseTrack18, a sequence per file: posetrack_data/{train,val}/*.json.

https://github.com/anDoer/PoseTrack21/blob/main/doc/dataset_structure.md
"""

import json
import re
from pathlib import Path, PurePosixPath

import numpy as np

from core.domain import COCO17, Box, Visibility
from core.formats.coco import CocoDataset, CocoImage, CocoPerson, annotations, has_joints, read_box
from core.formats.records import Record, parse, read_text

ITS_OWN = ("head_bottom", "head_top")  # joints that COCO does not have
PLACEHOLDERS = ("left_ear", "right_ear")  # named to fill COCO's number of joints, never labelled
PLACES = {joint: place for place, joint in enumerate(COCO17.joints) if joint not in PLACEHOLDERS}
FRAME = re.compile(r"(?:.*[^0-9])?0*([0-9]{1,9})", re.DOTALL)  # the number at the end of an image's name


def looks_like(root: Record) -> bool:
    """Whether a category has the joints that are PoseTrack's own."""
    return has_joints(root, ITS_OWN)


def read_file(path: Path) -> CocoDataset:
    return read(read_text(path), path.name)


def read(text: str, name: str) -> CocoDataset:
    """The people of a sequence with their COCO-17 joints, of which PoseTrack has the nose and those below the
    neck.

    Its images are all there, also those without people. Crowds, and people without a box or a labelled joint,
    are left out. name: the file's, for messages. Raises UserError for the first record that breaks a rule.
    """
    root = parse(text, name)
    if not looks_like(root):
        root.fail(f"none of its categories has PoseTrack's joints {' and '.join(ITS_OWN)}")
    images = _images(root)
    joints = {record.integer("id"): _joints(record) for record in root.records("categories", "category")}
    people = []
    for record in annotations(root, images):
        category = record.integer("category_id")
        if category not in joints:
            record.fail(f"category_id {category} is not among the categories")
        person = _person(record, joints[category])
        if person:
            people.append(person)
    return CocoDataset(COCO17, images, people)


def _images(root: Record) -> dict[int, CocoImage]:
    """The frame is the number in the file's name: frame_id names the image among all sequences."""
    images: dict[int, CocoImage] = {}
    for record in root.records("images", "image"):
        number, file_name = record.integer("id"), record.text("file_name")
        if number in images:
            record.fail("an earlier image has the same id")
        path = PurePosixPath(file_name.replace("\\", "/"))
        frame = FRAME.fullmatch(path.stem)
        if not frame:
            record.fail(f"its file_name {file_name[:80]!r} does not end in a frame number")
        images[number] = CocoImage(
            number,
            file_name,
            int(frame[1]),
            path.parent.name or None,
            record.integer("width", 1) if record.has("width") else None,
            record.integer("height", 1) if record.has("height") else None,
            labelled=record.fields.get("is_labeled") is True,
        )
    return images


def _joints(category: Record) -> np.ndarray:
    """(joints of the file,) int64: the place of each among COCO's, -1 for none."""
    names = category.texts("keypoints")
    if len(set(names)) < len(names):
        category.fail("two of its keypoints have the same name")
    return np.array([PLACES.get(name, -1) for name in names], np.int64)


def _person(record: Record, joints: np.ndarray) -> CocoPerson | None:
    """None for crowds, and for people without a box or a labelled joint."""
    values = record.numbers("keypoints") if record.has("keypoints") else []
    if values and len(values) != 3 * len(joints):
        record.fail(
            f"keypoints has {len(values)} numbers, {3 * len(joints)} are needed for {len(joints)} joints"
        )
    table = np.array(values, np.float64).reshape(-1, 3)
    odd = table[~np.isin(table[:, 2], (0, 1)), 2]
    if len(odd):
        record.fail(f"keypoints has a visibility of {odd[0]:g}, it must be 0 or 1")
    box = read_box(record) if record.has("bbox") and record.numbers("bbox") else None
    if not (values and box and box.area > 0) or record.fields.get("iscrowd") == 1:
        return None
    labelled = (joints >= 0) & (table[:, 2] == 1)
    points, visibility = np.zeros((len(COCO17), 2)), np.zeros(len(COCO17), np.int8)
    points[joints[labelled]], visibility[joints[labelled]] = table[labelled, :2], Visibility.VISIBLE
    if not labelled.any():
        return None
    return CocoPerson(
        record.integer("id"), record.integer("image_id"), points, visibility, box, record.integer("track_id")
    )


# writing

JOINTS = (COCO17.joints[0], *ITS_OWN, *COCO17.joints[3:])  # PoseTrack's order; its ears are placeholders


def write(dataset: CocoDataset) -> str:
    """The way back, for joints named as COCO's: what PoseTrack names and the dataset lacks is unlabelled.

    A joint is labelled (1) or not (0), so an occluded one that was placed is labelled.
    """
    places = dataset.skeleton.places_of(JOINTS)
    places[[JOINTS.index(joint) for joint in PLACEHOLDERS]] = -1
    images = [
        {
            "id": image.id,
            "file_name": image.file_name,
            "vid_id": image.video,
            "frame_id": image.id,
            "is_labeled": True,
            "has_labeled_person": True,
            "width": image.width,
            "height": image.height,
        }
        for image in dataset.images.values()
    ]
    category = {
        "supercategory": "person",
        "id": 1,
        "name": "person",
        "keypoints": list(JOINTS),
        "skeleton": [],
    }
    people = [_person_json(person, places) for person in dataset.people]
    return json.dumps({"images": images, "annotations": people, "categories": [category]}, allow_nan=False)


def _person_json(person: CocoPerson, places: np.ndarray) -> dict:
    points = np.vstack([person.points, np.zeros(2)])[places].tolist()
    labelled = (np.append(person.visibility, np.int8(0))[places] > 0).tolist()
    box = person.extent or Box(0, 0, 0, 0)
    return {
        "id": person.id,
        "image_id": person.image,
        "category_id": 1,
        "person_id": person.track,
        "track_id": person.track,
        "bbox": [box.x0, box.y0, box.width, box.height],
        "bbox_head": [],
        "scores": [],
        "keypoints": [
            v for (x, y), on in zip(points, labelled, strict=True) for v in ((x, y, 1) if on else (0, 0, 0))
        ],
    }
