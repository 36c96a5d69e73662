import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import UserError
from core.formats.boxes import read, read_file


def mot(*rows: str) -> list:
    return read("\n".join(rows), "boxes.txt", frame_count=100, max_gap=10)


def coco(boxes: list[dict], frames: range = range(100), **more: object) -> dict:
    """boxes: frame, bbox and what else an annotation has."""
    images = [{"id": n + 1, "file_name": f"walk_{n:06d}.png"} for n in frames]
    annotations = [{"id": i, "image_id": box.pop("frame") + 1, **box} for i, box in enumerate(boxes, 1)]
    return {"images": images, "annotations": annotations, **more}


def read_coco(content: dict, clip: str = "") -> list:
    return read(json.dumps(content), "boxes.json", frame_count=100, max_gap=10, clip=clip)


def test_mot_rows_become_people() -> None:
    ann, bob = mot(
        "frame,id,x,y,w,h,conf", "2,2,50,60,10,20,1", "1,1,10,20,30,40,1,-1,-1,-1", "2,1,11,20,30,40,1", ""
    )
    assert (ann.name, bob.name) == ("Person 1", "Person 2")
    assert ann.frames.tolist() == [0, 1]
    assert ann.frames.dtype == np.int64
    assert ann.boxes.tolist() == [[10, 20, 40, 60], [11, 20, 41, 60]]
    assert ann.boxes.dtype == np.float32
    assert bob.frames.tolist() == [1]


def test_short_gaps_are_filled_on_a_straight_line() -> None:
    (person,) = mot("1,1,0,0,10,10", "11,1,10,20,10,10", "22,1,50,50,10,10")
    assert person.frames.tolist() == [*range(11), 21]
    assert person.boxes[5].tolist() == [5, 10, 15, 20]


def test_ignored_rows_are_left_out() -> None:
    (person,) = mot("1,1,0,0,10,10,1", "2,1,0,0,10,10,0")
    assert person.frames.tolist() == [0]


@pytest.mark.parametrize("track", [{"track_id": 3}, {"attributes": {"track_id": 3, "occluded": False}}])
def test_coco_boxes_with_numbers(track: dict) -> None:
    (person,) = read_coco(coco([{"frame": n, "bbox": [n, 5, 10, 20], **track} for n in (4, 5)]))
    assert person.name == "Person 3"
    assert person.frames.tolist() == [4, 5]
    assert person.boxes.tolist() == [[4, 5, 14, 25], [5, 5, 15, 25]]


def test_coco_boxes_without_numbers_are_associated() -> None:
    boxes = []
    for n in range(6):  # two people walk towards each other, listed in turns
        both = [{"frame": n, "bbox": [3 * n, 0, 20, 40]}, {"frame": n, "bbox": [60 - 3 * n, 10, 20, 40]}]
        boxes += both[:: 1 if n % 2 else -1]
    people = read_coco(coco(boxes))
    assert len(people) == 2
    assert all(person.frames.tolist() == list(range(6)) for person in people)
    assert sorted(person.boxes[:, 0].tolist() for person in people) == [
        [0, 3, 6, 9, 12, 15],
        [60, 57, 54, 51, 48, 45],
    ]


def test_mot_detections_without_numbers_are_associated() -> None:
    people = mot("1,-1,0,0,10,10,0.9", "1,-1,50,0,10,10,0.8", "2,-1,51,0,10,10,0.9", "60,-1,0,0,10,10,0.9")
    assert [person.frames.tolist() for person in people] == [[0], [0, 1], [59]]


def test_only_people_of_this_video_count() -> None:
    content = coco(
        [
            {"frame": 0, "bbox": [0, 0, 5, 5], "track_id": 1, "category_id": 1},
            {"frame": 0, "bbox": [0, 0, 5, 5], "track_id": 2, "category_id": 2},
            {"frame": 1, "bbox": [0, 0, 5, 5], "track_id": 3, "category_id": 1},
            {"frame": 2, "bbox": [0, 0, 5, 5], "track_id": 4, "category_id": 1, "iscrowd": 1},
        ],
        categories=[{"id": 1, "name": "Person"}, {"id": 2, "name": "chair"}],
    )
    content["images"][1] |= {"video": "run.mp4", "frame_id": 1}
    assert [person.name for person in read_coco(content, clip="walk")] == ["Person 1"]
    assert [person.name for person in read_coco(content, clip="run")] == ["Person 3"]
    with pytest.raises(UserError, match="no boxes of people in swim"):
        read_coco(content, clip="swim")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            "1,1,0,0,10",
            "line 2 in boxes.txt: it has 5 columns, at least 6 are needed: frame, id, x, y, width, height.",
        ),
        ("1,1,0,0,ten,10", "line 2 in boxes.txt: 'ten' is not a number."),
        ("1,1,0,0,nan,10", "line 2 in boxes.txt: nan is not a number up to 1000000000."),
        ("1,1,0,0,-3,10", "line 2 in boxes.txt: its box has no size, width and height must be positive."),
        ("1,1,0,0,0,10", "line 2 in boxes.txt: its box has no size, width and height must be positive."),
        ("0,1,0,0,9,9", "line 2 in boxes.txt: its frame is 0, frames count from 1."),
        ("1.5,1,0,0,9,9", "line 2 in boxes.txt: frame and id must be whole numbers."),
        ("2,1,0,0,9,9", "line 2 in boxes.txt: track 1 has another box in frame 1 (from 0)."),
        ("3,-1,0,0,9,9", "line 2 in boxes.txt: it has no track number, although others have one."),
        (
            "101,1,0,0,9,9",
            "line 2 in boxes.txt: its frame 100 (from 0) is outside of the video, which has 100 frames.",
        ),
    ],
)
def test_a_bad_row_is_named(row: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        mot("2,1,0,0,10,10", row)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("box", "sentence"),
    [
        ({"bbox": [0, 0, 5]}, "annotation 1 in boxes.json: bbox has 3 numbers, 4 are needed."),
        ({}, "annotation 1 in boxes.json: bbox is missing."),
        (
            {"bbox": [0, 0, 5, 0]},
            "annotation 1 in boxes.json: its box has no size, width and height must be positive.",
        ),
        (
            {"bbox": [0, 0, 1, 1], "track_id": "a"},
            "annotation 1 in boxes.json: track_id is 'a', a whole number is needed.",
        ),
    ],
)
def test_a_bad_annotation_is_named(box: dict, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        read_coco(coco([{"frame": 0, **box}]))
    assert str(caught.value) == sentence


@pytest.mark.parametrize("text", ["", "\n\n", "frame,id,x,y,w,h"])
def test_a_file_without_boxes_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no boxes"):
        mot(text)


def test_reads_files(tmp_path) -> None:
    path = tmp_path / "gt.CSV"
    path.write_text("1,1,10,20,30,40\r\n2,1,10,20,30,40\r\n")
    assert read_file(path, frame_count=2, max_gap=1)[0].frames.tolist() == [0, 1]


cell = st.sampled_from(["1", "2", "-1", "0", "3.5", "nan", "1e309", "", "x", "-0"]) | st.text(max_size=3)


@given(st.lists(st.lists(cell, max_size=8).map(",".join), max_size=5))
def test_any_text_is_read_or_refused(rows: list[str]) -> None:
    try:
        people = mot(*rows)
    except UserError:
        return
    for person in people:
        assert (np.diff(person.frames) > 0).all()
        assert (person.boxes[:, 2:] > person.boxes[:, :2]).all()
