import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.domain import COCO17, Box, Skeleton, UserError
from core.formats import records
from core.formats.coco import (
    CocoDataset,
    CocoImage,
    CocoPerson,
    read,
    read_file,
    write,
    write_image_info,
    write_results,
)
from core.formats.coco_check import count_results, self_evaluation
from tests.core.formats.damage import changed, read_or_refused, torn

THREE = Skeleton("Three", ("left_hip", "nose", "tail"), ((0, 1),), (), (0.1, 0.03, 0.1))

coordinates = st.floats(-4e5, 4e5)


@st.composite
def people(draw: st.DrawFn, number: int = 1, image: int = 1) -> CocoPerson:
    visibility = draw(arrays(np.int8, 17, elements=st.integers(0, 2)))
    points = draw(arrays(np.float64, (17, 2), elements=coordinates))
    points[visibility == 0] = 0
    x, y = draw(coordinates), draw(coordinates)
    size = st.floats(1, 1e4)
    box = draw(st.none() | st.builds(lambda w, h: Box(x, y, x + w, y + h), size, size))
    return CocoPerson(number, image, points, visibility, box, draw(st.none() | st.integers(0, 1000)))


@st.composite
def datasets(draw: st.DrawFn) -> CocoDataset:
    frames = draw(st.lists(st.integers(0, 10**9), min_size=1, max_size=3, unique=True))
    images = {}
    for number, frame in enumerate(frames, 1):
        seconds = draw(st.none() | st.floats(0, 1e6))
        images[number] = CocoImage(
            number, f"walk_{frame:06d}.png", frame, "walk", 640, 480, seconds, draw(st.booleans())
        )
    count = draw(st.integers(0, 3))
    return CocoDataset(
        COCO17, images, [draw(people(i, draw(st.sampled_from(sorted(images))))) for i in range(1, count + 1)]
    )


def a_file() -> dict:
    """Two people in two frames."""
    joints = [value for k in range(17) for value in (10.0 + k, 20.0 + k, 2)]
    return {
        "images": [
            {"id": 1, "file_name": "walk_000003.png", "width": 64, "height": 48},
            {"id": 2, "file_name": "any.png", "frame_id": 7, "video": "walk"},
        ],
        "annotations": [
            {
                "id": 17,
                "image_id": 1,
                "category_id": 1,
                "keypoints": joints,
                "bbox": [1, 2, 30, 40],
                "track_id": 4,
            },
            {"id": 18, "image_id": 2, "category_id": 1, "keypoints": joints, "attributes": {"track_id": 5}},
        ],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO17.joints)}],
    }


def read_back(content: object, skeleton: Skeleton = COCO17) -> CocoDataset:
    return read(json.dumps(content), "labels.json", skeleton)


@given(datasets())
def test_every_bit_survives_writing_and_reading(dataset: CocoDataset) -> None:
    again = read(write(dataset), "again.json")
    assert again.images == dataset.images
    for before, after in zip(dataset.people, again.people, strict=True):
        assert after.points.tobytes() == before.points.tobytes()
        assert after.visibility.tobytes() == before.visibility.tobytes()
        assert (after.id, after.image, after.track) == (before.id, before.image, before.track)
        if before.box:
            assert after.box == pytest.approx(before.box, abs=1e-6)


@given(changed(a_file()))
def test_a_changed_file_is_read_or_refused(text: str) -> None:
    read_or_refused(read, text)


@given(torn(a_file()))
def test_a_torn_file_is_read_or_refused(texts: list[str]) -> None:
    for text in texts:
        read_or_refused(read, text)


def test_reads_frames_tracks_and_boxes() -> None:
    dataset = read_back(a_file())
    assert [image.frame for image in dataset.images.values()] == [3, 7]
    assert [person.track for person in dataset.people] == [4, 5]
    assert dataset.people[0].box == Box(1, 2, 31, 42)
    assert dataset.people[1].box is None
    assert dataset.people[1].extent == pytest.approx(Box(8.4, 18.4, 27.6, 37.6))


@pytest.mark.parametrize(
    ("file_name", "frame"),
    [
        ("frame_000012.PNG", 12),
        ("walk_000000.png", 0),
        ("day 2/walk7_000300.jpg", 300),
        ("folder\\img0042.png", 42),
        ("000000000139.jpg", 139),
    ],
)
def test_frame_from_the_name_of_an_image(file_name: str, frame: int) -> None:
    content = a_file()
    content["images"][0]["file_name"] = file_name
    assert read_back(content).images[1].frame == frame


def test_joints_go_by_their_names() -> None:
    content = a_file()
    content["categories"][0]["keypoints"] = ["Nose", "hat", "Left Hip"]
    for annotation in content["annotations"]:
        annotation["keypoints"] = [1, 2, 1, 3, 4, 2, 5.5, 6, 2]
    person = read_back(content, THREE).people[0]
    assert person.points.tolist() == [[5.5, 6], [1, 2], [0, 0]]
    assert person.visibility.tolist() == [2, 1, 0]


def test_without_names_the_order_is_that_of_coco() -> None:
    content = a_file()
    del content["categories"][0]["keypoints"]
    assert read_back(content).people[0].points[COCO17.joints.index("left_hip")].tolist() == [21, 31]


def test_a_joint_that_is_not_labelled_lies_nowhere() -> None:
    content = a_file()
    content["annotations"][0]["keypoints"][:3] = [99, 98, 0]
    assert read_back(content).people[0].points[0].tolist() == [0, 0]


def test_crowds_are_left_out() -> None:
    content = a_file()
    content["annotations"][0] |= {"iscrowd": 1, "keypoints": []}
    assert [person.id for person in read_back(content).people] == [18]


def broken(change) -> dict:
    content = a_file()
    change(content, content["annotations"][0], content["images"][0], content["categories"][0])
    return content


ERRORS = {
    "annotation 17 in labels.json: keypoints has 50 numbers, "
    "51 are needed for 17 joints.": lambda f, a, i, c: a["keypoints"].pop(),
    "annotation 17 in labels.json: keypoints is 3, a list is needed.": lambda f, a, i, c: a.update(
        keypoints=3
    ),
    "annotation number 1 in labels.json: id is missing.": lambda f, a, i, c: a.pop("id"),
    "annotation 18 in labels.json: an earlier annotation of the image has the same id.": lambda f, a, i, c: (
        a.update(id=18, image_id=2)
    ),
    "annotation 17 in labels.json: image_id 9 is not among the images.": lambda f, a, i, c: a.update(
        image_id=9
    ),
    "annotation 17 in labels.json: category_id 2 is not among the categories.": lambda f, a, i, c: a.update(
        category_id=2
    ),
    "annotation 17 in labels.json: keypoints holds nan, numbers "
    "up to 1000000 are allowed.": lambda f, a, i, c: a["keypoints"].__setitem__(0, math.nan),
    "annotation 17 in labels.json: keypoints holds 'a' where a number is needed.": lambda f, a, i, c: a[
        "keypoints"
    ].__setitem__(0, "a"),
    "annotation 17 in labels.json: keypoints has a visibility of 3, "
    "it must be 0, 1 or 2.": lambda f, a, i, c: a["keypoints"].__setitem__(2, 3),
    "annotation 17 in labels.json: bbox has 3 numbers, 4 are needed.": lambda f, a, i, c: a.update(
        bbox=[1, 2, 3]
    ),
    "annotation 17 in labels.json: bbox is -1 wide and "
    "5 high, sizes cannot be negative.": lambda f, a, i, c: a.update(bbox=[0, 0, -1, 5]),
    "annotation number 2 in labels.json: it is 5, an object is needed.": lambda f, a, i, c: f[
        "annotations"
    ].__setitem__(1, 5),
    "image 2 in labels.json: an earlier image has the same id.": lambda f, a, i, c: i.update(id=2),
    "image 1 in labels.json: frame_id is -1, at least 0 is needed.": lambda f, a, i, c: i.update(frame_id=-1),
    "image 1 in labels.json: frame_id is 1.5, a whole number is needed.": lambda f, a, i, c: i.update(
        frame_id=1.5
    ),
    "image 1 in labels.json: it has no frame_id, and its file_name 'a.png' does not end in a frame number.": (
        lambda f, a, i, c: i.update(file_name="a.png")
    ),
    "category 1 in labels.json: none of its 1 keypoints is "
    "a joint of COCO-17, e.g. nose.": lambda f, a, i, c: c.update(keypoints=["wing"]),
    "category 1 in labels.json: two of its keypoints have the same name.": lambda f, a, i, c: c.update(
        keypoints=["nose", "Nose"]
    ),
    "labels.json: images is missing.": lambda f, a, i, c: f.pop("images"),
}


@pytest.mark.parametrize("sentence", ERRORS)
def test_a_bad_record_is_named(sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        read_back(broken(ERRORS[sentence]))
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "holds a JSON list"),
        ("null", "holds a JSON null"),
        ("[" * 200_000, "nested too deeply"),
        ("9" * 5000, "too long"),
    ],
)
def test_what_is_no_annotation_file_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        read(text, "labels.json")


def test_files_that_cannot_be_read_are_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "labels.json"
    with pytest.raises(UserError, match="no file"):
        read_file(path)
    with pytest.raises(UserError, match="folder"):
        read_file(tmp_path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        read_file(path)
    path.write_text(json.dumps(a_file()), "utf-8-sig")
    assert len(read_file(path).people) == 2
    monkeypatch.setattr(records, "LARGEST_FILE", 100)
    with pytest.raises(UserError, match="GiB"):
        read_file(path)


@given(datasets())
def test_consumers_accept_what_is_written(dataset: CocoDataset) -> None:
    content = json.loads(write(dataset))
    names = content["categories"][0]["keypoints"]
    assert [a["id"] for a in content["annotations"]] == list(range(1, len(dataset.people) + 1))
    assert all(1 <= joint <= 17 for edge in content["categories"][0]["skeleton"] for joint in edge)
    for annotation in content["annotations"]:
        assert {"area", "bbox", "iscrowd", "segmentation", "num_keypoints"} <= annotation.keys()
        assert len(annotation["keypoints"]) == 3 * len(names)
        table = np.array(annotation["keypoints"]).reshape(-1, 3)
        assert annotation["num_keypoints"] == (table[:, 2] > 0).sum()
        assert (table[table[:, 2] == 0] == 0).all()


def test_pycocotools_finds_the_annotations_perfect(tmp_path) -> None:
    random = np.random.default_rng(0)
    images = {n: CocoImage(n, f"walk_{n - 1:06d}.png", n - 1, "walk", 640, 480) for n in range(1, 4)}
    persons = []
    for n in range(90):  # more in an image than the 20 that pycocotools looks at by itself
        visibility = random.integers(0, 3, 17).astype(np.int8)
        visibility[n % 17] = 2
        points = random.uniform(0, 480, (17, 2)) * (visibility > 0)[:, None]
        persons.append(CocoPerson(n + 1, n % 3 + 1, points, visibility, Box(0, 0, 480, 470)))
    path = tmp_path / "annotations.json"
    path.write_text(write(CocoDataset(COCO17, images, persons)))
    assert self_evaluation(path, COCO17.sigmas) == pytest.approx(1, abs=1e-9)
    path.write_text(write(CocoDataset(COCO17, images)))
    assert self_evaluation(path, COCO17.sigmas) is None


def test_other_skeletons_are_evaluated_with_their_own_sigmas(tmp_path) -> None:
    person = CocoPerson(
        1, 1, np.array([[1.0, 2], [3, 4], [0, 0]]), np.array([2, 1, 0], np.int8), Box(0, 0, 9, 9)
    )
    path = tmp_path / "annotations.json"
    path.write_text(write(CocoDataset(THREE, {1: CocoImage(1, "a_0.png", 0)}, [person])))
    assert self_evaluation(path, THREE.sigmas) == pytest.approx(1, abs=1e-9)


def test_pycocotools_reads_the_results(tmp_path) -> None:
    images = [CocoImage(n, f"walk_{n - 1:06d}.png", n - 1) for n in (1, 2)]
    (tmp_path / "image_info.json").write_text(write_image_info(COCO17, images))
    points, confidence = np.ones((3, 17, 2), np.float32), np.full((3, 17), 0.1, np.float32)
    (tmp_path / "predictions.json").write_text(write_results(np.array([1, 2, 2]), points, confidence))
    assert count_results(tmp_path / "image_info.json", tmp_path / "predictions.json") == 3
    results = json.loads((tmp_path / "predictions.json").read_text())
    assert results[0]["keypoints"][2] == float(np.float32(0.1))
