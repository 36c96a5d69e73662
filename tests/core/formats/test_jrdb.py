import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import COCO17, Box, UserError
from core.formats import coco, posetrack
from core.formats.jrdb import looks_like, read, read_file
from core.formats.records import parse
from tests.core.formats.damage import changed, garbage, read_or_refused, torn

JOINTS = (
    *("head", "right eye", "left eye", "right shoulder", "center shoulder", "left shoulder", "right elbow"),
    *("left elbow", "center hip", "right wrist", "right hip", "left hip", "left wrist"),
    *("right knee", "left knee", "right foot", "left foot"),
)
STITCHED, CAMERA = "image_stitched/meyer-green-2019-03-16_0", "image_0/meyer-green-2019-03-16_0"


def a_file(folder: str = STITCHED) -> dict:
    """A person in frames 0 and 1; joint k is at (3700 + k, 20 + 2 k)."""
    joints = [value for k in range(17) for value in (3700.0 + k, 20.0 + 2 * k, 2)]
    person = {"track_id": 2, "category_id": 1, "is_crowd": 0, "num_keypoints": 17}
    return {
        "licenses": [{"name": "", "id": 0, "url": ""}],
        "info": {"description": "JRDB-Pose", "version": "1.0", "year": "2022"},
        "categories": [{"id": 1, "name": "person", "keypoints": list(JOINTS), "skeleton": [[1, 2]]}],
        "images": [
            {"id": n + 1, "width": 752, "height": 480, "file_name": f"{folder}/{n:06d}.jpg", "license": 0}
            for n in range(3)
        ],
        "annotations": [person | {"id": 1912 + n, "image_id": n, "keypoints": [*joints]} for n in (1, 2)],
    }


def read_back(content: object) -> coco.CocoDataset:
    return read(json.dumps(content), "labels.json")


def test_joints_go_to_their_place_in_coco() -> None:
    person = read_back(a_file()).people[0]
    for place, joint in enumerate(COCO17.joints):
        name = joint.replace("_", " ").replace("ankle", "foot")
        k = JOINTS.index(name) if name in JOINTS else None
        expected = [0, 0, 0] if k is None else [3700 + k, 20 + 2 * k, 2]
        assert [*person.points[place], person.visibility[place]] == expected
    assert np.count_nonzero(person.visibility) == 14
    assert person.points.dtype == np.float64
    assert person.visibility.dtype == np.int8


def test_the_three_visibilities() -> None:
    content = a_file()
    content["annotations"][0]["keypoints"][3:9] = [5, 6, 0, 3701, 8, 1]
    person = read_back(content).people[0]
    assert person.points[[1, 2]].tolist() == [[3701, 8], [0, 0]]
    assert person.visibility[[1, 2]].tolist() == [1, 0]


def test_reads_frames_tracks_and_boxes() -> None:
    dataset = read_back(a_file())
    assert dataset.skeleton is COCO17
    assert [image.frame for image in dataset.images.values()] == [0, 1, 2]
    assert {image.clip for image in dataset.images.values()} == {"meyer-green-2019-03-16_0"}
    assert [(person.id, person.image, person.track) for person in dataset.people] == [
        (1913, 1, 2),
        (1914, 2, 2),
    ]
    assert dataset.people[0].box == pytest.approx(Box(3698.4, 16.8, 3717.6, 55.2))


def test_a_box_in_the_file_is_taken() -> None:
    content = a_file()
    content["annotations"][0]["bbox"] = [3690, 10, 40, 60]
    assert read_back(content).people[0].box == Box(3690, 10, 3730, 70)


@pytest.mark.parametrize(("folder", "size"), [(STITCHED, (3760, 480)), (CAMERA, (752, 480))])
def test_the_size_of_a_panorama_is_not_that_of_one_camera(folder: str, size: tuple[int, int]) -> None:
    images = read_back(a_file(folder)).images.values()
    assert {(image.width, image.height) for image in images} == {size}
    assert {image.video for image in images} == {"meyer-green-2019-03-16_0"}


def test_who_lies_across_the_seam_of_the_panorama_is_left_out() -> None:
    for folder, people in ((STITCHED, [1914]), (CAMERA, [1913, 1914])):
        content = a_file(folder)
        content["annotations"][0]["keypoints"][:3] = [4, 20, 2]
        assert [person.id for person in read_back(content).people] == people


@pytest.mark.parametrize("placed", [[], ["head", "center hip"]])
def test_who_has_no_joint_of_coco_is_left_out(placed: list[str]) -> None:
    content = a_file()
    content["annotations"][0]["keypoints"] = [
        value for joint in JOINTS for value in (5, 6, 2 * (joint in placed))
    ]
    assert [person.id for person in read_back(content).people] == [1914]


def test_a_person_with_one_joint_has_no_box() -> None:
    content = a_file()
    content["annotations"][0]["keypoints"] = [
        value for joint in JOINTS for value in (5, 6, 2 * (joint == "left foot"))
    ]
    person = read_back(content).people[0]
    assert person.box is None
    assert person.points[COCO17.joints.index("left_ankle")].tolist() == [5, 6]


def test_tells_its_files_apart() -> None:
    other = json.loads(coco.write(coco.CocoDataset(COCO17)))
    for content, own in ((a_file(), True), (a_file(CAMERA), True), (other, False), ({}, False)):
        root = parse(json.dumps(content), "labels.json")
        assert looks_like(root) is own
        assert posetrack.looks_like(root) is False


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
    "labels.json: none of its categories has JRDB's joints center shoulder and center hip.": (
        lambda f, a, i, c: c.update(keypoints=list(COCO17.joints))
    ),
    "annotation 1913 in labels.json: keypoints has 50 numbers, "
    "51 are needed for 17 joints.": lambda f, a, i, c: a["keypoints"].pop(),
    "annotation 1913 in labels.json: keypoints has a visibility of 3, "
    "it must be 0, 1 or 2.": lambda f, a, i, c: a["keypoints"].__setitem__(2, 3),
    "annotation 1913 in labels.json: image_id 9 is not among the images.": lambda f, a, i, c: a.update(
        image_id=9
    ),
    "image 2 in labels.json: an earlier image has the same id.": lambda f, a, i, c: i.update(id=2),
    "labels.json: annotations is missing.": lambda f, a, i, c: f.pop("annotations"),
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
    path = tmp_path / "meyer-green-2019-03-16_0.json"
    with pytest.raises(UserError, match="no file"):
        read_file(path)
    path.write_text(json.dumps(a_file()), "utf-8")
    assert len(read_file(path).people) == 2
