import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.domain import COCO17, Box, SampleId, UserError
from core.formats.coco import CocoDataset, CocoImage, CocoPerson, write
from core.project.project import Project
from core.queries.stray_poses import doubtful_labels
from core.workflow.annotate import annotate
from tests.clips import make_clip
from tests.core.conftest import FRAMES, HEIGHT, WIDTH, enqueue, fill, standing

LEFT, RIGHT = Box(10, 10, 60, 90), Box(90, 12, 150, 92)


def pose(box: Box, seed: int = 0) -> np.ndarray:
    """(17, 2) float64 points that reach to the border of the box."""
    points = np.random.default_rng(seed).uniform((box.x0, box.y0), (box.x1, box.y1), (17, 2))
    points[:2] = (box.x0, box.y0), (box.x1, box.y1)
    return points


def person(number: int, frame: int, box: Box, with_box: bool = True, visible: int = 2) -> CocoPerson:
    points = pose(box, number) * (visible > 0)
    return CocoPerson(number, frame + 1, points, np.full(17, visible, np.int8), box if with_box else None)


def save(path: Path, people: list[CocoPerson], video: str | None = "walk", **image: object) -> Path:
    frames = sorted({p.image - 1 for p in people})
    fields = {"width": WIDTH, "height": HEIGHT} | image
    images = {n + 1: CocoImage(n + 1, f"frame_{n:06d}.png", n, video, **fields) for n in frames}
    path.write_text(write(CocoDataset(COCO17, images, people)))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "labels.json"


@pytest.mark.parametrize("with_box", [True, False])
def test_labels_the_proposed_samples(project: Project, file: Path, with_box: bool) -> None:
    enqueue(project, (1, 3), (2, 5))
    people = [person(1, 3, RIGHT, with_box), person(2, 3, LEFT, with_box), person(3, 5, RIGHT, with_box)]
    result = annotate(project, save(file, people))
    assert (result.labelled, result.unmatched, result.replaced) == (2, 0, 0)
    assert result.sentence == "2 poses were labelled from labels.json."
    labels = project.store.labels()
    assert set(labels) == {(1, 3), (2, 5)}
    label = labels[(1, 3)]
    predictions = project.predictions(1)
    row = predictions.row(label.sample)
    assert label.accepted
    assert label.pose.points.tobytes() == people[1].points.tobytes()
    assert (label.pose.visibility == 2).all()
    assert label.pose.box == predictions.box(row)
    assert label.pose.round == 0
    assert label.pose.prediction.points.tobytes() == predictions.points[row].tobytes()
    assert project.queued() == []


def test_any_sample_takes_all_that_match(project: Project, file: Path) -> None:
    enqueue(project, (1, 0))
    annotate(project, save(file, [person(1, 0, LEFT)]))
    everyone = [person(2 * n + i, n, box) for n in range(FRAMES) for i, box in ((1, LEFT), (2, RIGHT))]
    result = annotate(project, save(file, everyone), any_sample=True)
    assert (result.labelled, result.replaced) == (2 * FRAMES, 1)
    assert "1 of them had a label before" in result.sentence


def test_joints_in_no_order_are_labelled_and_doubted(project: Project, file: Path) -> None:
    people = [person(2 * n + i, n, box) for n in range(FRAMES) for i, box in ((1, LEFT), (2, RIGHT))]
    result = annotate(project, save(file, people), any_sample=True)
    assert result.labelled == 2 * FRAMES
    assert result.sentence.endswith(
        "The limbs are too long for a body: the joints are hardly in the order of COCO-17; check it."
    )


def test_a_neighbour_keeps_their_annotation(new_project: Callable, file: Path) -> None:
    project = new_project({"Ann": standing(10, 10, 60, 90), "Bob": standing(30, 10, 80, 90)})
    enqueue(project, (2, 4), (1, 5))
    result = annotate(
        project, save(file, [person(1, 4, Box(11, 10, 61, 90)), person(2, 5, Box(11, 10, 61, 90))])
    )
    assert (result.labelled, result.unmatched) == (1, 1)
    assert result.sentence == "1 pose was labelled from labels.json; 1 proposed one has no person there."
    assert set(project.store.labels()) == {(1, 5)}


@pytest.mark.parametrize("order", [1, -1])
def test_people_who_overlap_are_not_swapped(new_project: Callable, file: Path, order: int) -> None:
    project = new_project({"Ann": standing(40, 10, 100, 90), "Bob": standing(55, 12, 115, 92)})
    enqueue(project, (1, 2), (2, 2))
    ann, bob = (
        person(1, 2, Box(46, 11, 106, 91)),
        person(2, 2, Box(60, 12, 120, 92)),
    )  # ann's is nearer to bob than to ann
    annotate(project, save(file, [ann, bob][::order]))
    labels = {label.sample.track: label for label in project.store.labels().values()}
    assert labels[1].pose.points.tobytes() == ann.points.tobytes()
    assert labels[2].pose.points.tobytes() == bob.points.tobytes()


def test_the_best_for_both_beats_the_best_for_one(new_project: Callable, file: Path) -> None:
    """Ann's annotation overlaps Bob more than Bob's own does, yet both get theirs."""
    project = new_project({"Ann": standing(10, 10, 50, 90), "Bob": standing(30, 10, 70, 90)})
    enqueue(project, (1, 0), (2, 0))
    people = [person(1, 0, Box(24, 10, 64, 90)), person(2, 0, Box(45, 10, 85, 90))]
    annotate(project, save(file, people))
    points = {label.sample.track: label.pose.points.tobytes() for label in project.store.labels().values()}
    assert points == {1: people[0].points.tobytes(), 2: people[1].points.tobytes()}


def test_a_person_without_joints_labels_nobody(project: Project, file: Path) -> None:
    enqueue(project, (1, 3), (2, 3))
    result = annotate(project, save(file, [person(1, 3, LEFT, visible=0), person(2, 3, RIGHT, visible=1)]))
    assert (result.labelled, result.unmatched) == (1, 1)
    assert (project.store.labels()[(2, 3)].pose.visibility == 1).all()


def test_labels_belong_to_the_latest_round(project: Project, clip: Path, file: Path) -> None:
    people = {"Ann": standing(*LEFT), "Bob": standing(*RIGHT)}
    fill(project, clip, people, number=1)
    enqueue(project, (1, 3))
    annotate(project, save(file, [person(1, 3, LEFT)]))
    pose_made = project.store.labels()[(1, 3)].pose
    assert (pose_made.round, pose_made.prediction.round) == (1, 1)
    row = project.predictions(1, 1).row(SampleId(1, 3))
    assert (pose_made.prediction.points == project.predictions(1, 1).points[row]).all()


@pytest.mark.parametrize("video", [None, "walk", "walk.mp4", "clips/walk.mp4"])
def test_images_of_the_video_by_any_name(project: Project, file: Path, video: str | None) -> None:
    enqueue(project, (1, 3))
    assert annotate(project, save(file, [person(1, 3, LEFT)], video)).labelled == 1


def test_each_video_gets_its_own(project: Project, tmp_path: Path, file: Path) -> None:
    (run_track,) = fill(
        project, make_clip(tmp_path / "run.mp4", 20, width=WIDTH, height=HEIGHT), {"Cy": standing(*LEFT)}
    )
    enqueue(project, (1, 3), (run_track, 3))
    people = [person(1, 3, LEFT)]
    images = {4: CocoImage(4, "run_000003.png", 3, "run"), 9: CocoImage(9, "swim_000099.png", 99, "swim")}
    file.write_text(write(CocoDataset(COCO17, images, people)))
    result = annotate(project, file)
    assert set(project.store.labels()) == {(run_track, 3)}
    assert result.sentence.endswith(
        "1 proposed one has no person there; 1 of its images is not of this project."
    )


def test_nothing_is_half_imported(project: Project, file: Path) -> None:
    enqueue(project, (1, 3), (1, 4))
    save(file, [person(1, 3, LEFT), person(2, 4, LEFT)])
    content = json.loads(file.read_text())
    content["annotations"][1]["keypoints"].pop()
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"annotation 2 in labels.json: keypoints has 50 numbers"):
        annotate(project, file)
    assert project.store.labels(accepted_only=False) == {}


def test_errors(project: Project, tmp_path: Path, file: Path) -> None:
    left = save(file, [person(1, 3, LEFT)])
    with pytest.raises(UserError, match="No pose waits"):
        annotate(project, left)
    enqueue(project, (1, 3))
    with pytest.raises(UserError, match="no file"):
        annotate(project, tmp_path / "none.json")
    with pytest.raises(
        UserError, match=r"image 13 \('frame_000012.png'\) in labels.json: .* do not exist, .* 12 frames"
    ):
        annotate(project, save(file, [person(1, 3, LEFT), person(2, FRAMES, LEFT)]))
    with pytest.raises(UserError, match=r"No image in labels.json belongs to a video of this project"):
        annotate(project, save(file, [person(1, 3, LEFT)], "swim"))
    with pytest.raises(UserError, match=r"320 x 96 pixels, walk.mp4 is 160 x 96"):
        annotate(project, save(file, [person(1, 3, LEFT)], width=320))
    with pytest.raises(UserError, match="lies on a proposed person"):
        annotate(project, save(file, [person(1, 3, Box(0, 0, 5, 5))]))
    content = json.loads(save(file, [person(1, 3, LEFT)]).read_text())
    content["images"].append(content["images"][0] | {"id": 99, "file_name": "other_000003.png"})
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"image 99 in labels.json: image 4 is of frame 3 as well"):
        annotate(project, file)
    assert project.store.labels(accepted_only=False) == {}


def test_nothing_estimated_yet(tmp_path: Path, clip: Path, file: Path) -> None:
    with Project(tmp_path / "new", create=True) as project:
        project.add_video(clip)
        with pytest.raises(UserError, match="Nothing is estimated yet"):
            annotate(project, save(file, [person(1, 3, LEFT)]), any_sample=True)


def test_labels_that_lie_on_somebody_else_are_said_and_not_learned_from_unless_sure(
    crowded: Callable[..., Project], file: Path
) -> None:
    project = crowded(on_bob=range(3, 7))
    predictions = project.predictions(1)
    rows = [predictions.row(SampleId(track, 4)) for track in (1, 2)]
    people = [
        CocoPerson(n, 5, predictions.points[row].astype(float), np.full(17, 2, np.int8), predictions.box(row))
        for n, row in enumerate(rows, 1)
    ]
    save(file, people)
    result = annotate(project, file, any_sample=True)
    assert result.labelled == 2
    assert (
        "1 of them lies on somebody else or on nobody: correct them in the file, or say --sure"
        in result.sentence
    )
    assert doubtful_labels(project, result.labels) == {SampleId(1, 4)}
    again = annotate(project, file, any_sample=True, sure=True)
    assert "lies on" not in again.sentence
    assert doubtful_labels(project, again.labels) == set()


def test_shares_of_the_picture_make_no_labels(project: Project, file: Path) -> None:
    shares = replace(person(1, 3, LEFT), points=pose(LEFT) / (WIDTH, HEIGHT))
    with pytest.raises(UserError, match=r"All joints in labels\.json lie between 0 and 1"):
        annotate(project, save(file, [shares]), any_sample=True)


def test_images_of_other_videos_are_left_out(project: Project, file: Path) -> None:
    """Where some images name the project's video, others that name another one are not of it."""
    save(file, [person(1, 3, RIGHT), person(2, 3, LEFT)], None)
    content = json.loads(file.read_text())
    for number, name in enumerate(("walk_frame_000003.png", "run_frame_000003.png")):
        if number:
            content["images"].append(content["images"][0] | {"id": 90})
            content["annotations"].append(content["annotations"][0] | {"id": 91, "image_id": 90})
        content["images"][-1] |= {"file_name": name}
    file.write_text(json.dumps(content))
    assert annotate(project, file, any_sample=True).sentence == (
        "2 poses were labelled from labels.json; 1 of its images is not of this project."
    )


def test_a_box_that_is_the_whole_picture_does_not_say_who_it_is(project: Project, file: Path) -> None:
    save(file, [person(1, 3, RIGHT), person(2, 3, LEFT)])
    content = json.loads(file.read_text())
    for annotation in content["annotations"]:
        annotation["bbox"] = [0, 0, 10 * WIDTH, 10 * HEIGHT]
    file.write_text(json.dumps(content))
    assert annotate(project, file, any_sample=True).labelled == 2
