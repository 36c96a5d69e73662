"""Who is found later is context, unless they turn out to be somebody of interest."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.domain import Silent
from core.project.people.interest import choose
from core.project.project import Project
from core.project.store.track_assignments import FOUND
from core.tracking.joining import Person
from core.tracking.linking import Linked
from core.workflow import detection
from core.workflow.estimate import estimate, finish
from core.workflow.linking import Linking
from tests.clips import make_clip

FRAMES, FPS = 200, 25
ANN, BOB = (10, 10, 60, 90), (90, 10, 150, 90)


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Ann and Bob stand there all the time; the first segment is estimated."""

    def people(source, detections, start, stop, cuts, settings) -> list[Person]:
        frames = np.arange(start, stop)
        return [
            Person(frames, np.tile(np.array(box, np.float32), (len(frames), 1)), 0.9) for box in (ANN, BOB)
        ]

    monkeypatch.setattr(detection, "_people", people)
    clip = make_clip(tmp_path / "clip.mp4", FRAMES, width=160, height=96)
    with Project(tmp_path / "project", create=True) as project:
        video = project.add_video(clip)
        estimate(project, video.id, Silent(), device="cpu", estimator="lightning", budget=1e-9)
        yield project


def poses(project: Project) -> dict[int, int]:
    """On disk, of each person."""
    assignments = project.assignments(1)
    track = project.predictions(1, assignments=assignments).track
    return {int(one): int((track == one).sum()) for one in np.unique(assignments.track)}


def test_segments_that_follow_are_estimated_of_who_matters_alone_also_where_the_link_came_late(
    begun: Project,
) -> None:
    video = begun.videos()[0]
    one, other = sorted(begun.assignments(1).rows_by_track)
    first = len(begun.assignments(1).frames_of(one))
    assert first < FRAMES
    begun.store.exchange(choose(begun, video, [one]))
    # evenly spread: the farther segments are found before what joins them
    assert finish(begun, Silent(), device="cpu", evenly=True).complete
    assignments = begun.assignments(1)
    assert sorted(assignments.rows_by_track) == [one, other]
    assert (assignments.source == FOUND).all()
    assert len(assignments.frames_of(one)) == len(assignments.frames_of(other)) == FRAMES
    assert poses(begun) == {one: FRAMES, other: first}


def test_whoever_is_merged_with_somebody_of_interest_is_late(begun: Project) -> None:
    linking = Linking(begun, ())
    person = Person(np.arange(5), np.zeros((5, 4), np.float32), 0.9)
    assert linking.of_interest(frozenset({1}), {7: person, 8: person}, Linked(joins={7: 1})) == {7}
    assert not linking.late
    assert linking.of_interest(frozenset({1}), {7: person}, Linked(joins={7: 2}, merges=[(2, 1)])) == {7}
    assert linking.late
