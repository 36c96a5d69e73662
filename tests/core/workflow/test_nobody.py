"""A human who sees nobody in one frame has said so of all the frames about it that look the same."""

from collections.abc import Callable

import numpy as np
import pytest

from core.domain import SampleId, UserError
from core.project.project import Project
from core.project.store.people_rows import Rows
from core.queries.status import measure
from core.queries.stray_poses import confirm
from core.workflow.nobody import nobody_here
from core.workflow.propose import propose
from tests.core.conftest import FRAMES, enqueue
from tests.core.labels import label

ANN, BOB = 1, 2


def say(project: Project, track: int, frame: int) -> tuple[Rows, range]:
    rows, frames = nobody_here(project, project.videos()[0], SampleId(track, frame))
    project.store.exchange(rows)
    return rows, frames


def test_the_stretch_that_looks_the_same_goes_with_what_was_proposed_there(
    crowded: Callable[..., Project],
) -> None:
    project = crowded(unsure=range(3, 7))
    enqueue(project, (ANN, 4), (ANN, 5), (ANN, 9))
    before = project.store.queue()
    rows, frames = say(project, ANN, 4)
    assert frames == range(3, 7)
    assert set(project.assignments(1).frames_of(ANN)) == set(range(FRAMES)) - set(range(3, 7))
    assert project.queued() == [SampleId(ANN, 9)]
    assert not {item.sample for item in propose(project, size=FRAMES)} & {
        SampleId(ANN, n) for n in range(3, 7)
    }
    project.store.remove_from_queue([item.sample for item in project.store.queue()[1:]])
    project.store.exchange(rows.back)
    assert project.store.queue() == before
    assert len(project.assignments(1).frames_of(ANN)) == FRAMES


def test_a_moment_that_looks_like_somebody_does_not_end_it(crowded: Callable[..., Project]) -> None:
    project = crowded(unsure=range(FRAMES))
    predictions = project.predictions(1)
    assert np.ptp(predictions.confidence[predictions.track == ANN]) == 0
    assert say(project, ANN, 4)[1] == range(FRAMES)
    assert set(project.assignments(1).track) == {BOB}


def test_where_a_human_placed_joints_there_is_somebody(crowded: Callable[..., Project]) -> None:
    project = crowded(unsure=range(FRAMES))
    label(project, (ANN, 8), off=3)
    assert say(project, ANN, 4)[1] == range(8)
    assert SampleId(ANN, 8) in project.labels()


def test_nobody_is_nowhere_twice(crowded: Callable[..., Project]) -> None:
    project = crowded(unsure=range(3, 7))
    say(project, ANN, 4)
    with pytest.raises(UserError, match="nothing to delete"):
        say(project, ANN, 4)


def test_a_lawn_that_looks_half_like_somebody_is_no_label_that_is_right_either(
    crowded: Callable[..., Project],
) -> None:
    """Nobody was found there: the box was only held on to."""
    project = crowded(unsure=range(3, 7), held=range(3, 7), sure=0.4)
    label(project, (ANN, 4))
    assert measure(project, 0)["g"] == 0


def test_accepting_grass_is_no_label_that_is_right(crowded: Callable[..., Project]) -> None:
    """Wrong at first, and where it was accepted a second time it says nothing: it repeats what was
    estimated.
    """
    project = crowded(unsure=range(3, 7))
    label(project, (ANN, 4))
    assert measure(project, 0)["g"] == 0
    confirm(project, project.labels().values())
    assert measure(project, 0)["g"] is None
    label(project, (BOB, 4))
    assert measure(project, 0)["g"] == pytest.approx(1)
