"""What is no pose of a human is passed over and counted."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.domain import COCO17, UserError
from core.formats.coco import CocoDataset
from core.formats.labels import read_labels

POINTS = [float(value) for joint in range(17) for value in (20 + joint, 30 + joint, 2)]
ROW = "0 0.5 0.5 0.4 0.4 " + " ".join("0.5 0.5 2" for _ in range(17))


def read_coco(tmp_path: Path, *annotations: dict, categories: tuple[dict, ...] = ()) -> CocoDataset:
    path = tmp_path / "labels.json"
    person = {"id": 1, "name": "person", "keypoints": list(COCO17.joints)}
    records = [{"id": n, "image_id": 1, "category_id": 1} | one for n, one in enumerate(annotations, 1)]
    path.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "walk_000003.png"}],
                "annotations": records,
                "categories": [person, *categories],
            }
        )
    )
    return read_labels(path, COCO17, lambda image: (100, 100))


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"bbox": [1, 2, 3, 4]}, "annotations without keypoints"),
        ({"keypoints": []}, "annotations without keypoints"),
        ({"keypoints": None}, "annotations without keypoints"),
        ({"keypoints": [1, 1, 2], "category_id": 2}, "annotations of another class"),
        ({"keypoints": POINTS, "score": 0.9}, "predictions of a model"),
        ({"keypoints": POINTS, "iscrowd": 1}, "crowds"),
    ],
)
def test_coco(tmp_path: Path, other: dict, what: str) -> None:
    ball = {"id": 2, "name": "ball", "keypoints": ["middle"]}
    dataset = read_coco(tmp_path, {"keypoints": POINTS}, other, categories=(ball,))
    assert len(dataset.people) == 1
    assert dataset.passed == {what: 1}


@pytest.mark.parametrize("gap", [None, float("nan")])
def test_a_joint_without_a_place_is_not_placed(tmp_path: Path, gap: float | None) -> None:
    (person,) = read_coco(tmp_path, {"keypoints": [gap, gap, 0, gap, gap, 2, *POINTS[6:]]}).people
    assert person.visibility.tolist() == [0, 0, *[2] * 15]
    assert np.isfinite(person.points).all()
    with pytest.raises(UserError, match="keypoints holds"):
        read_coco(tmp_path, {"keypoints": [gap, 5, 2, *POINTS[3:]]})


def yolo(
    tmp_path: Path, rows: list[str], names: str = "{0: person}", file: str = "labels/train/walk_000003.txt"
) -> CocoDataset:
    (tmp_path / "data.yaml").write_text(f"kpt_shape: [17, 3]\nnames: {names}\n")
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows))
    (path.parent / "classes.txt").write_text("person\n")
    return read_labels(tmp_path, COCO17, lambda image: (100, 100))


@pytest.mark.parametrize(
    ("row", "what"),
    [("1" + ROW[1:], "rows of another class"), ("0 0.5 0.5 0.1 0.1", "boxes without keypoints")],
)
def test_yolo(tmp_path: Path, row: str, what: str) -> None:
    dataset = yolo(tmp_path, [ROW, row], "{0: person, 1: dog}")
    assert (len(dataset.people), dataset.passed) == (1, {what: 1})


def test_the_joints_of_yolo_are_those_of_the_person_class(tmp_path: Path) -> None:
    names = "{0: dog, 1: person}\nkpt_names:\n"
    for number, joints in enumerate((reversed(COCO17.joints), COCO17.joints)):
        names += f"  {number}: [{', '.join(joints)}]\n"
    nose_first = f"1 0.5 0.5 0.5 0.5 0.1 0.2 2 {'0.5 0.5 2 ' * 16}"
    dataset = yolo(tmp_path, [ROW, nose_first], names)
    assert [person.points[0].tolist() for person in dataset.people] == [[9.5, 19.5]]
    assert dataset.passed == {"rows of another class": 1}


@pytest.mark.parametrize(
    "file",
    ["train/labels/walk_000003.txt", f"train/labels/walk_000003_png.rf.{'0123456789abcdef' * 2}.txt"],
)
def test_the_layout_and_names_of_roboflow(tmp_path: Path, file: str) -> None:
    dataset = yolo(tmp_path, [ROW], file=file)
    assert [(image.frame, image.clip) for image in dataset.images.values()] == [(3, "walk")]


def test_shares_a_little_beyond_the_image(tmp_path: Path) -> None:
    (person,) = yolo(tmp_path, [ROW.replace("0.5 0.5 2", "1.004 -0.004 2", 1)]).people
    np.testing.assert_allclose(person.points[0], (99.9, -0.9))
    with pytest.raises(UserError, match="not a share between 0 and 1"):
        yolo(tmp_path, [ROW.replace("0.5 0.5 2", "51.0 20.0 2", 1)])


@pytest.mark.parametrize("header", ["frame, joint, x, y", "frame ,joint ,x ,y"])
def test_spaces_in_the_header_of_a_table(tmp_path: Path, header: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"{header}\n3,nose,20,30\n3,left_eye,NaN,nan\n")
    (person,) = read_labels(path, COCO17, lambda image: (100, 100)).people
    assert person.visibility.tolist() == [2, *[0] * 16]
    assert person.points[0].tolist() == [20, 30]
