"""What a round changed, and which labels it does not agree with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.domain import COCO17, LabelledPose, SampleId, UserError
from core.project.project import Project
from core.queries.review import review, swapped_pairs
from core.queries.scores import before_and_after
from tests.clips import make_clip
from tests.core.labels import exchange_ankles, label
from tests.projects import STANDING, add_round, make_project

FRAMES = 12
WRISTS = (9, 10)


def elbow_away(points: np.ndarray) -> None:
    points[7] += (25, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_project(tmp_path / "p", make_clip(tmp_path / "clip.mp4", FRAMES), people=2, queued=3)


def rows(columns: dict, track: int, frame: int) -> np.ndarray:
    return np.flatnonzero((columns["track"] == track) & (columns["frame"] == frame))


def test_there_is_nothing_to_review_before_the_first_estimation(tmp_path: Path):
    with (
        Project(tmp_path / "new", create=True) as project,
        pytest.raises(UserError, match="no round to review"),
    ):
        review(project)


def test_the_first_round_has_nothing_before_it(folder: Path):
    with Project(folder) as project:
        found = review(project)
    assert (found.round, found.before, found.moved, found.moves) == (0, None, None, ())
    assert found.joints[0].confidence_before is None
    assert found.joints[9].confidence == pytest.approx(0.05)


def test_the_pose_that_moved_most_comes_first(folder: Path):
    def change(columns: dict) -> None:
        columns["points"][rows(columns, 1, 1)] += (0, 8)
        columns["points"][rows(columns, 1, 6)] += (0, 20)
        columns["points"][rows(columns, 1, 7)] += (0, 30)

    add_round(folder, change)
    with Project(folder) as project:
        found = review(project)
        height = project.predictions(1).box(0).height
    assert [move.sample for move in found.moves[:2]] == [
        SampleId(1, 7),
        SampleId(1, 1),
    ]  # frame 6 shows what frame 7 shows
    assert found.moves[0].distance == pytest.approx(30 / height, rel=1e-4)
    assert found.moves[2].distance == 0
    assert found.moved == pytest.approx(3 / (FRAMES + FRAMES // 2))
    assert found.before == 0


def test_a_label_with_left_and_right_exchanged_is_called_so(folder: Path):
    with Project(folder) as project:
        label(project, (1, 2))
        label(project, (1, 5), change=exchange_ankles)
    add_round(folder, lambda columns: None)
    with Project(folder) as project:
        (found,) = review(project).contradictions
    assert found.sample == SampleId(1, 5)
    assert found.swapped == ("ankle",)
    assert found.sentence(COCO17) == "Left and right ankle look swapped"


def test_a_label_far_from_the_estimate_names_its_worst_joint(folder: Path):
    with Project(folder) as project:
        label(project, (1, 3), off=20, change=elbow_away)
    add_round(folder, lambda columns: None)
    with Project(folder) as project:
        (found,) = review(project).contradictions
    assert found.joint == 7
    assert "left elbow is" in found.sentence(COCO17)


def test_a_wrong_label_that_was_learned_by_heart_is_named_all_the_same(folder: Path):
    with Project(folder) as project:
        label(project, (1, 5), change=exchange_ankles)

    def learn(columns: dict) -> None:
        row = rows(columns, 1, 5)
        columns["points"][row] = columns["points"][row][:, exchanged]

    exchanged = [*range(15), 16, 15]
    add_round(folder, learn)
    with Project(folder) as project:
        (found,) = review(project).contradictions
        assert found.sample == SampleId(1, 5)
        assert found.oks == pytest.approx(1)
        assert found.sentence(COCO17) == "Left and right ankle were exchanged by hand: make sure"
        label(project, (1, 8), off=20, change=elbow_away)
    add_round(folder, lambda columns: None)
    with Project(folder) as project:
        assert [one.sample for one in review(project).contradictions] == [SampleId(1, 8)]


def test_left_and_right_that_the_estimator_mostly_had_wrong_are_no_slip_of_the_hand(folder: Path):
    corrected = [SampleId(1, frame) for frame in range(6)]
    with Project(folder) as project:
        label(project, *corrected, change=exchange_ankles)
        label(project, SampleId(2, 0), SampleId(2, 4))

    def learned(columns: dict) -> None:
        for sample in corrected:
            columns["points"][rows(columns, *sample)] = columns["points"][rows(columns, *sample)][
                :, [*range(15), 16, 15]
            ]

    add_round(folder, learned)
    with Project(folder) as project:
        assert review(project).contradictions == ()


def test_a_correction_that_was_not_learned_yet_is_no_contradiction(folder: Path):
    with Project(folder) as project:
        label(project, (1, 3), off=20, change=elbow_away)
        assert review(project).contradictions == ()


def test_a_label_that_was_put_right_since_the_training_is_not_doubted(folder: Path):
    with Project(folder) as project:
        label(project, (1, 3), change=exchange_ankles)
        learned = [one.fingerprint for one in project.store.labels().values()]
    add_round(folder, lambda columns: None)
    with Project(folder) as project:
        project.store.update_round(1, {"learned": learned})
        assert len(review(project).contradictions) == 1
        fixed = replace(project.store.labels()[SampleId(1, 3)], pose=_put_right(project))
        project.store.set_labels([fixed])
        assert review(project).contradictions == ()


def _put_right(project: Project) -> LabelledPose:
    pose = project.store.labels()[SampleId(1, 3)].pose
    points = pose.points.copy()
    exchange_ankles(points)
    return replace(pose, points=points)


def test_labels_that_agree_are_not_doubted(folder: Path):
    add_round(folder, lambda columns: None)
    with Project(folder) as project:
        label(project, (1, 3), (1, 9))
        found = review(project)
    assert found.contradictions == ()
    assert found.joints[0].labelled == 2
    assert found.joints[0].error == pytest.approx(0)


def test_the_next_batch_is_forecast_once_two_rounds_have_labels(folder: Path):
    with Project(folder) as project:
        label(project, (1, 0), (1, 3), off=12)
        assert review(project).forecast is None
    add_round(folder, lambda columns: None)
    with Project(folder) as project:
        label(project, (1, 6), (1, 9), off=2)
        found = review(project)
    assert found.forecast.then > found.forecast.now
    assert "more labels may bring the estimates nearer" in found.sentence


def test_a_pair_is_swapped_only_where_the_joints_are_apart():
    truth = STANDING * 100
    labelled = np.ones(17, bool)
    crossed = truth.copy()
    crossed[list(WRISTS)] = crossed[list(reversed(WRISTS))]
    assert swapped_pairs(crossed, truth, labelled, 100, COCO17) == ("wrist",)
    assert swapped_pairs(truth, truth, labelled, 100, COCO17) == ()
    labelled[9] = False
    assert swapped_pairs(crossed, truth, labelled, 100, COCO17) == ()


def test_criteria_before_and_after_share_one_scale(folder: Path):
    with Project(folder) as project, pytest.raises(UserError, match="no round before"):
        before_and_after(project, 1, "thc")
    add_round(folder, lambda columns: None)
    with Project(folder) as project:
        before, values_before, after, values_after = before_and_after(project, 1, "thc+wpu")
    assert len(values_before) == len(before)
    assert len(values_after) == len(after)
    assert 0 <= np.nanmin(values_after) < np.nanmax(values_before) == pytest.approx(1)
    assert np.nanmean(values_after) < np.nanmean(values_before)
