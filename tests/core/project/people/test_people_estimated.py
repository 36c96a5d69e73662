"""Edited people through estimations with a real estimator: each round sees them as they are said to be."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.domain import Box, SampleId, Silent, UserError
from core.project.people.edits import delete_in, delete_people, draw_person, swap_people
from core.project.project import Project
from core.tracking.settings import FindSettings
from core.uncertainty.peaks import LOWEST_PEAK
from core.workflow.estimate import estimate
from core.workflow.single_pose import SingleEstimator, drawn_without_pose, estimate_single
from tests.clips import make_clip

FRAMES = 8
ANN, BOB = 1, 2
LEFT, RIGHT, DRAWN = (10, 10, 60, 90), (90, 12, 150, 92), (60, 20, 100, 80)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    clip = make_clip(tmp_path / "walk.mp4", FRAMES, width=160, height=96)
    boxes = tmp_path / "boxes.txt"
    rows = [
        f"{frame + 1},{person},{x0},{y0},{x1 - x0},{y1 - y0},1,-1,-1,-1"
        for frame in range(FRAMES)
        for person, (x0, y0, x1, y1) in ((1, LEFT), (2, RIGHT))
    ]
    boxes.write_text("\n".join(rows) + "\n")
    with Project(tmp_path / "project", create=True) as opened:
        video = opened.add_video(clip)
        estimate(opened, video.id, Silent(), device="cpu", estimator="lightning", boxes=boxes)
        yield opened


def again(project: Project) -> None:
    estimate(project, 1, Silent(), device="cpu")


def where(project: Project) -> dict[tuple[int, int], tuple]:
    predictions = project.predictions(1)
    return {predictions.sample(row): predictions.box(row) for row in range(len(predictions))}


def test_people_stay_who_they_are_said_to_be(project: Project) -> None:
    video, before = project.videos()[0], where(project)
    changes = [swap_people(project, video, ANN, BOB, 3)]
    project.store.exchange(changes[-1])
    changes.append(delete_in(project, video, BOB, 5, 6))
    project.store.exchange(changes[-1])
    changes.append(draw_person(project, video, 1, Box(*DRAWN))[0])
    project.store.exchange(changes[-1])
    changes.append(draw_person(project, video, 4, Box(*DRAWN), 3)[0])
    project.store.exchange(changes[-1])
    assert [sample for sample, _ in drawn_without_pose(project, video)] == [(3, 1), (3, 4)]
    edited = where(project)
    assert edited[ANN, 3] == RIGHT
    assert (BOB, 5) not in edited

    again(project)
    estimated = where(project)
    assert estimated == edited | {(3, frame): DRAWN for frame in range(1, 5)}
    assert drawn_without_pose(project, video) == []
    predictions = project.predictions(1)
    assert np.isfinite(predictions.criteria["lc"]).all()
    assert np.isfinite(project.embeddings(1, 0)).all()

    for change in reversed(changes):
        project.store.exchange(change.back)
    assert where(project) == before


def test_a_single_pose_is_that_of_an_estimation(project: Project) -> None:
    video = project.videos()[0]
    rows, new = draw_person(project, video, 2, Box(*DRAWN))
    project.store.exchange(rows)
    alone = estimate_single(project, SampleId(new, 2), Box(*DRAWN), Silent())
    again(project)
    predictions = project.predictions(1)
    row = predictions.row(SampleId(new, 2))
    np.testing.assert_allclose(alone.pose.points, predictions.points[row], atol=1e-3)
    np.testing.assert_allclose(alone.pose.confidence, predictions.confidence[row], atol=1e-5)


def test_changed_people_are_not_found_again(project: Project) -> None:
    before = where(project)
    change = delete_people(project, project.videos()[0], [ANN])
    project.store.exchange(change)
    with pytest.raises(UserError, match="changed people already"):
        estimate(project, 1, Silent(), device="cpu", settings=FindSettings(score=0.2))
    again(project)
    assert {sample.track for sample in where(project)} == {BOB}
    project.store.exchange(change.back)
    assert where(project) == before


def test_the_highest_peak_of_a_heatmap_is_the_joint(project: Project) -> None:
    with SingleEstimator(project, project.videos()[0]) as estimator:
        seen = estimator.maps(SampleId(ANN, 2), Box(*LEFT))
    predictions = project.predictions(1)
    row = predictions.row(SampleId(ANN, 2))
    for joint, (point, confidence) in enumerate(
        zip(predictions.points[row], predictions.confidence[row], strict=True)
    ):
        peaks = seen.peaks(joint)
        assert (len(peaks) > 0) == (confidence > LOWEST_PEAK)
        assert len(peaks) == 0 or peaks[0] == pytest.approx(point, abs=1e-2)
