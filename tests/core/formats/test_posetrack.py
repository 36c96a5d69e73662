import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import COCO17, Box, UserError
from core.formats import coco, jrdb
from core.formats.posetrack import looks_like, read, read_file
from core.formats.records import parse
from tests.core.formats import test_jrdb
from tests.core.formats.damage import changed, garbage, read_or_refused, torn

JOINTS = (
    *("nose", "head_bottom", "head_top", "left_ear", "right_ear", "left_shoulder", "right_shoulder"),
    *("left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip"),
    *("left_knee", "right_knee", "left_ankle", "right_ankle"),
)
FOLDER = "images/train/000001_bonn_train"


def a_file() -> dict:
    """A person labelled in frame 12 and boxed in frame 13, and a frame without anybody; joint k is at (10
    + k, 20 + k).
    """
    joints = [
        value
        for k in range(17)
        for value in ((0, 0, 0) if JOINTS[k].endswith("ear") else (10.0 + k, 20 + k, 1))
    ]
    base = {"vid_id": "000001", "nframes": 76, "ignore_regions_x": [[1, 2]], "ignore_regions_y": [[3, 4]]}
    person = {"bbox_head": [1, 2, 3, 4], "category_id": 1, "person_id": 1024}
    return {
        "images": [
            base
            | {
                "id": n,
                "frame_id": n,
                "is_labeled": n == 10000010012,
                "file_name": f"{FOLDER}/{n % 100:06d}.jpg",
            }
            for n in (10000010012, 10000010013, 10000010000)
        ],
        "annotations": [
            person
            | {
                "id": 1000001001200,
                "image_id": 10000010012,
                "track_id": 4,
                "bbox": [1, 2, 30, 40],
                "keypoints": joints,
            },
            person | {"id": 1000001001300, "image_id": 10000010013, "track_id": 4, "bbox": [1, 2, 30, 40]},
        ],
        "categories": [{"id": 1, "name": "person", "supercategory": "person", "keypoints": list(JOINTS)}],
    }


def read_back(content: object) -> coco.CocoDataset:
    return read(json.dumps(content), "labels.json")


def test_joints_go_to_their_place_in_coco() -> None:
    (person,) = read_back(a_file()).people
    for place, joint in enumerate(COCO17.joints):
        labelled = joint in JOINTS and not joint.endswith("ear")
        expected = [10 + JOINTS.index(joint), 20 + JOINTS.index(joint), 2] if labelled else [0, 0, 0]
        assert [*person.points[place], person.visibility[place]] == expected
    assert person.points.dtype == np.float64
    assert person.visibility.dtype == np.int8


def test_reads_frames_tracks_and_boxes() -> None:
    dataset = read_back(a_file())
    assert [(i.frame, i.labelled) for i in dataset.images.values()] == [(12, True), (13, False), (0, False)]
    assert {image.clip for image in dataset.images.values()} == {"000001_bonn_train"}
    (person,) = dataset.people
    assert dataset.skeleton is COCO17
    assert dataset.images[person.image].frame == 12
    assert (person.id, person.track, person.box) == (1000001001200, 4, Box(1, 2, 31, 42))


def test_a_joint_that_is_not_labelled_lies_nowhere() -> None:
    content = a_file()
    content["annotations"][0]["keypoints"][:3] = [99, 98, 0]
    (person,) = read_back(content).people
    assert person.points[0].tolist() == [0, 0]
    assert person.visibility[0] == 0


def test_ears_are_never_labelled() -> None:
    content = a_file()
    content["annotations"][0]["keypoints"][9:15] = [1, 2, 1, 3, 4, 1]
    (person,) = read_back(content).people
    assert not person.visibility[[3, 4]].any()


def test_joints_go_by_their_names() -> None:
    content = a_file()
    content["categories"][0]["keypoints"] = ["head_top", "right_knee", "head_bottom", "left_knee"]
    content["annotations"][0]["keypoints"] = [1, 2, 1, 3, 4, 1, 5, 6, 1, 7, 8, 1]
    (person,) = read_back(content).people
    assert person.points[[13, 14]].tolist() == [[7, 8], [3, 4]]
    assert person.visibility.sum() == 4


@pytest.mark.parametrize(
    "change",
    [
        {"keypoints": [0, 0, 0] * 17},
        {"keypoints": [0, 0, 0, 5, 6, 1, 7, 8, 1] + [0, 0, 0] * 14},
        {"keypoints": []},
        {"keypoints": None},
        {"bbox": []},
        {"bbox": None},
        {"bbox": [1, 2, 0, 0]},
        {"iscrowd": 1},
    ],
)
def test_who_is_not_labelled_is_left_out(change: dict) -> None:
    content = a_file()
    content["annotations"][0] |= change
    assert read_back(content).people == []


@pytest.mark.parametrize(
    ("file_name", "frame", "video"),
    [
        ("images/val/000342_mpii_test/000000.jpg", 0, "000342_mpii_test"),
        ("images\\val\\000342_mpii_test\\000300.jpg", 300, "000342_mpii_test"),
        ("00000012.jpg", 12, None),
    ],
)
def test_frame_and_video_from_the_name_of_an_image(file_name: str, frame: int, video: str | None) -> None:
    content = a_file()
    content["images"][0]["file_name"] = file_name
    image = read_back(content).images[10000010012]
    assert (image.frame, image.video) == (frame, video)


def test_tells_its_files_apart() -> None:
    for content, own in ((a_file(), True), (test_jrdb.a_file(), False), (write_coco(), False), ({}, False)):
        root = parse(json.dumps(content), "labels.json")
        assert looks_like(root) is own
    assert jrdb.looks_like(parse(json.dumps(a_file()), "labels.json")) is False


def write_coco() -> dict:
    return json.loads(coco.write(coco.CocoDataset(COCO17)))


@given(garbage, st.sampled_from([("categories",), ("categories", 0), ("categories", 0, "keypoints")]))
def test_tells_anything_apart(value: object, place: tuple) -> None:
    content = a_file()
    parent = content
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = value
    assert looks_like(parse(json.dumps(content), "labels.json")) is False


def broken(change) -> dict:
    content = a_file()
    change(content, content["annotations"][0], content["images"][0], content["categories"][0])
    return content


ERRORS = {
    "labels.json: none of its categories has PoseTrack's "
    "joints head_bottom and head_top.": lambda f, a, i, c: c.update(keypoints=list(COCO17.joints)),
    "annotation 1000001001200 in labels.json: keypoints has 50 numbers, 51 are needed for 17 joints.": (
        lambda f, a, i, c: a["keypoints"].pop()
    ),
    "annotation 1000001001200 in labels.json: keypoints has a visibility of 2, it must be 0 or 1.": (
        lambda f, a, i, c: a["keypoints"].__setitem__(2, 2)
    ),
    "annotation 1000001001200 in labels.json: track_id is missing.": lambda f, a, i, c: a.pop("track_id"),
    "annotation 1000001001200 in labels.json: image_id 9 is not among the images.": lambda f, a, i, c: (
        a.update(image_id=9)
    ),
    "annotation 1000001001200 in labels.json: category_id 2 is not among the categories.": (
        lambda f, a, i, c: a.update(category_id=2)
    ),
    "annotation 1000001001200 in labels.json: bbox has 3 numbers, 4 are needed.": lambda f, a, i, c: a.update(
        bbox=[1, 2, 3]
    ),
    "image 10000010013 in labels.json: an earlier image has the same id.": lambda f, a, i, c: i.update(
        id=10000010013
    ),
    "image 10000010012 in labels.json: its file_name 'a/x.jpg' does not end in a frame number.": (
        lambda f, a, i, c: i.update(file_name="a/x.jpg")
    ),
    "image 10000010012 in labels.json: its file_name '12345678901.jpg' does not end in a frame number.": (
        lambda f, a, i, c: i.update(file_name="12345678901.jpg")
    ),
    "category 1 in labels.json: two of its keypoints have the same name.": lambda f, a, i, c: c[
        "keypoints"
    ].append("nose"),
    "labels.json: images is missing.": lambda f, a, i, c: f.pop("images"),
}


@pytest.mark.parametrize("sentence", ERRORS)
def test_a_bad_record_is_named(sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        read_back(broken(ERRORS[sentence]))
    assert str(caught.value) == sentence


@given(changed(a_file()))
def test_a_changed_file_is_read_or_refused(text: str) -> None:
    assert all(person.visibility.any() for person in read_or_refused(read, text))


@given(torn(a_file()))
def test_a_torn_file_is_read_or_refused(texts: list[str]) -> None:
    for text in texts:
        assert all(person.visibility.any() for person in read_or_refused(read, text))


def test_reads_a_file(tmp_path) -> None:
    path = tmp_path / "000001_bonn_train.json"
    with pytest.raises(UserError, match="no file"):
        read_file(path)
    path.write_text(json.dumps(a_file()), "utf-8")
    assert len(read_file(path).people) == 1
