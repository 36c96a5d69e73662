"""Refined poses of a project."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.domain import Cancelled, SampleId, Silent
from core.project.project import Project
from core.queries.refined import refined_predictions
from tests.core.labels import label


def refined(project: Project) -> np.ndarray:
    return refined_predictions(project, project.videos()[0], Silent()).points


def points_of(project: Project, points: np.ndarray, track: int, frame: int) -> np.ndarray:
    return points[project.predictions(1).row(SampleId(track, frame))]


def test_nothing_is_refined_before_something_is_estimated(tmp_path: Path, clip: Path) -> None:
    with Project(tmp_path / "new", create=True) as project:
        assert refined_predictions(project, project.add_video(clip), Silent()) is None


def test_a_label_moves_the_frames_around_it_of_that_person_alone(crowded: Callable[..., Project]) -> None:
    project = crowded()
    before = refined(project)
    label(project, (1, 4), off=12)
    moved = refined(project) - before
    assert points_of(project, moved, 1, 3)[:, 0].mean() > 1
    assert np.abs(points_of(project, moved, 2, 3)).max() == 0


def test_a_sample_with_a_label_keeps_its_prediction(crowded: Callable[..., Project]) -> None:
    project = crowded()
    label(project, (1, 4), off=12)
    predicted = project.predictions(1).points
    assert np.array_equal(points_of(project, refined(project), 1, 4), points_of(project, predicted, 1, 4))


def test_a_label_that_is_not_accepted_moves_nothing(crowded: Callable[..., Project]) -> None:
    project = crowded()
    before = refined(project)
    label(project, (1, 4), off=12, accepted=False)
    assert np.array_equal(refined(project), before)


def test_nothing_is_stored(crowded: Callable[..., Project]) -> None:
    project = crowded()
    state = project.store.state()
    refined(project)
    assert project.store.state() == state
    assert project.store.labels() == {}


def test_a_pose_on_a_neighbour_returns_to_its_own_body(crowded: Callable[..., Project]) -> None:
    right = crowded().predictions(1).points.copy()
    project = crowded(on_bob=range(3, 7))
    wrong, found = project.predictions(1).points, refined(project)
    for frame in range(3, 7):
        own = points_of(project, right, 1, frame)
        off = [
            np.linalg.norm(points_of(project, points, 1, frame) - own, axis=1).mean()
            for points in (wrong, found)
        ]
        assert off[1] < 0.2 * off[0]


def test_it_can_be_cancelled(crowded: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Silent, "cancelled", lambda _: True)
    with pytest.raises(Cancelled):
        refined(crowded())
