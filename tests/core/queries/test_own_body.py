"""A pose that was stolen by a neighbour goes back to where it belongs, as far as that is known."""

from collections.abc import Callable

import numpy as np
import pytest

from core.domain import SampleId, UserError
from core.project.people.interest import choose
from core.project.project import Project
from core.queries.own_body import own_body
from tests.core.conftest import FRAMES
from tests.core.labels import label
from tests.estimates import place_estimates

ANN, BOB = 1, 2


def put_back(project: Project, track: int, frame: int):
    (video,) = project.videos()
    return own_body(project, video, SampleId(track, frame), project.store.labels())


def exchange(project: Project, frames: range) -> np.ndarray:
    """Ann and Bob have each other's poses there; returns the points as they were."""
    found = project.predictions(1)
    points = found.points.copy()
    for frame in frames:
        ann, bob = found.row(SampleId(ANN, frame)), found.row(SampleId(BOB, frame))
        points[[ann, bob]] = points[[bob, ann]]
    columns = {name: getattr(found, name) for name in ("track", "frame", "boxes", "confidence")}
    columns |= {"points": points, "embedding": project.embeddings(1, 0)}
    place_estimates(project, 1, 0, columns, found.criteria, project.store.track_names(1))
    return found.points


@pytest.mark.parametrize("track", [ANN, BOB])
def test_two_who_have_each_others_poses_are_exchanged_wherever_it_is_so(project: Project, track: int) -> None:
    """They stand apart."""
    right = exchange(project, range(3, 7))
    found = put_back(project, track, 4)
    assert found.exchanged == ANN + BOB - track
    assert set(found.points) == {SampleId(n, frame) for n in (ANN, BOB) for frame in range(3, 7)}
    for sample, points in found.points.items():
        assert np.allclose(points, right[project.predictions(1).row(sample)])


def test_a_pose_on_a_neighbour_is_placed_from_the_frames_before_and_after(
    crowded: Callable[..., Project],
) -> None:
    project = crowded(on_bob=range(3, 7))
    predictions = project.predictions(1)
    found = put_back(project, ANN, 4)
    assert found.exchanged is None
    assert set(found.points) == {SampleId(ANN, frame) for frame in range(3, 7)}
    before = predictions.points[predictions.row(SampleId(ANN, 2))]
    assert all(np.allclose(points, before, atol=0.01) for points in found.points.values())  # she stands still


def test_it_follows_the_box_and_what_is_accepted(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3, 7))
    label(project, (ANN, 5), off=10)
    found = put_back(project, ANN, 4)
    assert SampleId(ANN, 5) not in found.points
    predictions = project.predictions(1)
    before = predictions.points[predictions.row(SampleId(ANN, 2))]
    accepted = project.store.labels()[SampleId(ANN, 5)].pose.points
    for frame, share in ((3, 1 / 3), (4, 2 / 3), (6, 0.5)):
        assert np.allclose(
            found.points[SampleId(ANN, frame)], before + share * (accepted - before), atol=0.01
        )


def test_a_pose_of_its_own_stays_and_so_does_one_of_whom_nothing_is_known(
    crowded: Callable[..., Project],
) -> None:
    with pytest.raises(UserError, match="lies on nobody else"):
        put_back(crowded(), ANN, 4)
    with pytest.raises(UserError, match="lies on nobody else"):
        put_back(crowded(on_bob=range(3, 7)), ANN, 9)
    with pytest.raises(UserError, match="Nothing is known"):
        put_back(crowded(on_bob=range(FRAMES)), ANN, 4)


def test_context_may_be_who_a_pose_lies_on(crowded: Callable[..., Project]) -> None:
    project = crowded(on_bob=range(3, 7))
    project.store.exchange(choose(project, project.videos()[0], [ANN]))
    assert set(put_back(project, ANN, 4).points) == {SampleId(ANN, frame) for frame in range(3, 7)}


def test_three_are_not_mixed_up(new_project: Callable[..., Project]) -> None:
    boxes = {
        name: np.tile(np.float32([x, 10, x + 40, 90]), (FRAMES, 1))
        for name, x in (("A", 5), ("B", 55), ("C", 110))
    }
    project = new_project(boxes)
    right = exchange(project, range(2, 5))
    found = put_back(project, ANN, 3)
    assert {sample.track for sample in found.points} == {ANN, BOB}
    rows = project.predictions(1)
    assert all(np.allclose(points, right[rows.row(sample)]) for sample, points in found.points.items())
