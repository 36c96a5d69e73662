"""Data sets by name and by file."""

import json

import numpy as np
import pytest

from core.benchmark.references import Part, find_reference, parse_name, read_annotations
from core.benchmark.stretches import GROUPS, covered
from core.domain import UserError
from core.video.imaging import cv2
from core.video.source import open_video
from tests.clips import make_clip


def test_a_name_is_parts_with_a_change_each():
    assert parse_name("a:dark + b.mp4:upside-down@0.2+c") == [
        Part("a", "dark"),
        Part("b.mp4", "upside-down", 0.2),
        Part("c"),
    ]
    assert parse_name("C:/clips/x.mp4=C:/clips/y.json:dark") == [
        Part("C:/clips/x.mp4=C:/clips/y.json", "dark")
    ]


@pytest.mark.parametrize(
    ("name", "word"),
    [("a:foggy", "foggy"), ("a:dark@0", "share"), ("a:dark@1.5", "share"), ("a:dark@1.2.3", "share")],
)
def test_what_cannot_be_meant_is_refused(name, word):
    with pytest.raises(UserError, match=word):
        parse_name(name)


def coco_text(frames: int, people: int = 1, tracks: bool = True, file_name: str = "clip_{:06d}.png") -> str:
    images = [{"id": i + 1, "file_name": file_name.format(i), "frame_id": i} for i in range(frames)]
    annotations = [
        {
            "id": 1 + frame * people + person,
            "image_id": frame + 1,
            "category_id": 1,
            "keypoints": [10.0 + person, 20.0, 2] * 17,
            "bbox": [5, 5, 30, 40],
            **({"track_id": person + 1} if tracks else {}),
        }
        for frame in range(frames)
        for person in range(people)
    ]
    return json.dumps(
        {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}
    )


@pytest.fixture
def clip(tmp_path):
    return make_clip(tmp_path / "clip.mp4", 4)


def test_a_video_has_its_reference_beside_it(clip):
    clip.with_suffix(".json").write_text(coco_text(4, people=2))
    reference = find_reference(str(clip), None)
    assert reference.frame.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert reference.track.tolist() == [1, 2] * 4
    assert [number for number, _, _ in reference.frames()] == [0, 1, 2, 3]


def test_both_files_can_be_named(clip, tmp_path):
    (tmp_path / "elsewhere.json").write_text(coco_text(3))
    assert len(find_reference(f"{clip}={tmp_path / 'elsewhere.json'}", None).frame) == 3


def test_one_person_without_a_track_is_one_track(clip):
    clip.with_suffix(".json").write_text(coco_text(4, tracks=False))
    assert set(find_reference(str(clip), None).track) == {0}


def test_arrays_of_one_file_per_person_are_found_by_name(clip, tmp_path):
    (tmp_path / "clips").mkdir()
    (tmp_path / "reference").mkdir()
    clip.rename(tmp_path / "clips" / "walk.mp4")
    joints = np.ones((4, 17, 3), np.float32)
    joints[1, :, 2] = 0  # nobody to be seen
    for person in ("a", "b"):
        np.savez(
            tmp_path / "reference" / f"walk_{person}.npz", kpts=joints, box=np.tile([0.0, 0, 9, 9], (4, 1))
        )
    reference = find_reference("walk", tmp_path)
    assert reference.frame.tolist() == [0, 0, 2, 2, 3, 3]
    assert reference.track.tolist() == [0, 1] * 3


def test_annotations_of_images_find_them_in_a_folder_above(tmp_path):
    (tmp_path / "images" / "seq").mkdir(parents=True)
    (tmp_path / "labels").mkdir()
    for i in range(2):
        picture = np.full((20, 30, 3), 40 * i, np.uint8)
        cv2.imwrite(str(tmp_path / "images" / "seq" / f"{i:06d}.png"), picture)
    (tmp_path / "labels" / "seq.json").write_text(coco_text(2, file_name="images/seq/{:06d}.png"))
    shown = [
        frame[0, 0, 0] for _, _, frame in find_reference(str(tmp_path / "labels" / "seq.json"), None).frames()
    ]
    assert shown == [0, 40]


@pytest.mark.parametrize("source", ["nobody", "missing.mp4", "missing.json", "a.mp4=b.json"])
def test_what_is_not_there_is_one_sentence(source, tmp_path):
    with pytest.raises(UserError):
        next(find_reference(source, tmp_path).frames())


def test_a_reference_without_its_video_is_said(tmp_path):
    (tmp_path / "walk.json").write_text(coco_text(2))
    with pytest.raises(UserError, match=r"There is no video .*walk\.mp4"):
        find_reference(str(tmp_path / "walk.mp4"), None)


def test_a_reference_of_a_longer_video_is_refused(clip):
    clip.with_suffix(".json").write_text(coco_text(9))
    with pytest.raises(UserError, match="frame 8"):
        next(find_reference(str(clip), None).frames())


def test_arrays_that_are_something_else_are_refused(clip):
    np.savez(clip.with_suffix(".npz"), kpts=np.ones((4, 5)), box=np.ones((4, 4)))
    with pytest.raises(UserError, match="kpts"):
        find_reference(str(clip), None)


def test_annotations_are_told_apart_by_their_joints(tmp_path):
    (tmp_path / "coco.json").write_text(coco_text(1))
    assert len(read_annotations(tmp_path / "coco.json")[0].people) == 1


def with_changes(text: str, change) -> str:
    content = json.loads(text)
    for i, annotation in enumerate(content["annotations"]):
        change(i, annotation)
    return json.dumps(content)


def test_an_area_of_its_own_counts_before_the_box(clip):
    def area(i, annotation):
        if i:
            annotation["area"] = 500.0

    clip.with_suffix(".json").write_text(with_changes(coco_text(3), area))
    assert find_reference(str(clip), None).areas.tolist() == [30 * 40, 500, 500]


def test_samples_that_are_hardly_in_sight_do_not_count(clip):
    def hide(i, annotation):
        annotation["keypoints"][2::3] = [2] * (17, 9, 5, 4)[i] + [1] * (0, 8, 12, 13)[i]

    clip.with_suffix(".json").write_text(with_changes(coco_text(4), hide))
    reference = find_reference(str(clip), None)
    assert reference.frame.tolist() == [0, 1, 2]
    assert reference.in_sight == pytest.approx([1, 9 / 17, 5 / 17])
    assert reference.groups[:, GROUPS.index("in sight")].tolist() == [True, False, False]
    assert reference.groups[:, GROUPS.index("hidden by more than a third")].tolist() == [False, True, True]


def test_where_sight_is_not_told_everybody_counts(clip):
    def few(i, annotation):
        annotation["keypoints"][2::3] = [2] * 3 + [0] * 14

    clip.with_suffix(".json").write_text(with_changes(coco_text(2), few))
    reference = find_reference(str(clip), None)
    assert len(reference.frame) == 2
    assert np.isnan(reference.in_sight).all()
    assert not reference.groups.any()


def test_stretches_beside_a_video_make_groups(clip):
    clip.with_suffix(".json").write_text(coco_text(4))
    frames = [
        {"camera": "pan", "light": "", "people": {"1": "walk"}},
        {"camera": "pan", "light": "dark", "people": {"1": "rare:crawl"}},
        {"camera": "low", "light": "cloud", "people": {"1": "walk"}},
        {"camera": "pan", "light": "lens", "people": {"1": "walk"}},
    ]
    clip.with_suffix(".stretches.json").write_text(json.dumps({"fps": 30, "frames": frames}))
    groups = find_reference(str(clip), None).groups
    found = [[name for name, there in zip(GROUPS, row, strict=True) if there] for row in groups]
    assert found == [["easy"], ["rare motion"], ["odd camera"], ["dark, blur or lens"]]


def test_stretches_of_a_shorter_video_are_refused(clip):
    clip.with_suffix(".json").write_text(coco_text(4))
    clip.with_suffix(".stretches.json").write_text(
        json.dumps({"frames": [{"camera": "", "light": "", "people": {}}]})
    )
    with pytest.raises(UserError, match="1 frames"):
        find_reference(str(clip), None)


def test_people_cross_where_a_box_is_covered_by_another():
    boxes = np.array([[0.0, 0, 10, 10], [6, 0, 26, 10], [0, 0, 10, 10]])
    assert covered(np.array([0, 0, 1]), boxes).tolist() == pytest.approx([0.4, 0.2, 0])


def test_the_minutes_are_those_of_the_whole_video(clip):
    clip.with_suffix(".json").write_text(coco_text(2))
    with open_video(clip) as source:
        assert find_reference(str(clip), None).minutes() == pytest.approx(4 / source.fps / 60)
