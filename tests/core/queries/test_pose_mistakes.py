"""Mistakes that last in a project's poses: listed with the track checks, looked for once, and mended."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.domain import COCO17, SampleId
from core.project.project import Project
from core.queries import pose_mistakes as module
from core.queries.pose_mistakes import mending, pose_mistakes
from core.queries.track_checks import check_tracks
from core.refinement.mistakes import LABEL, PEOPLE, SIDES
from tests.core.labels import label
from tests.projects import add_round, make_project

WRONG = range(4, 7)


def exchanged_sides(columns: dict[str, np.ndarray]) -> None:
    rows = (columns["track"] == 1) & np.isin(columns["frame"], WRONG)
    columns["points"][rows] = columns["points"][rows][:, COCO17.flip_index]


def exchanged_people(columns: dict[str, np.ndarray]) -> None:
    for frame in WRONG:
        one, other = (
            np.flatnonzero((columns["frame"] == frame) & (columns["track"] == track)) for track in (1, 2)
        )
        columns["points"][np.r_[one, other]] = columns["points"][np.r_[other, one]]


@pytest.fixture
def wrong(tmp_path: Path, clip: Path) -> Callable[..., Project]:
    def make(change: Callable[[dict[str, np.ndarray]], None] | None = None) -> Project:
        folder = make_project(tmp_path / "wrong", clip, people=3)
        if change is not None:
            add_round(folder, change)
        return Project(folder)

    return make


def found(project: Project) -> list[tuple[str, int, int, int]]:
    return [
        (one.kind, track, one.first, one.last) for track, one in pose_mistakes(project, project.videos()[0])
    ]


def test_what_is_right_is_no_mistake(wrong: Callable[..., Project]) -> None:
    with wrong() as project:
        assert found(project) == []


def test_exchanged_sides_are_listed_and_put_back(wrong: Callable[..., Project]) -> None:
    with wrong(exchanged_sides) as project:
        assert found(project) == [(SIDES, 1, 4, 6)]
        video = project.videos()[0]
        one = next(one for one in check_tracks(project, video) if one.kind == SIDES)
        assert one.sentence == "Person 1, frames 4–6: left and right are exchanged."
        back = mending(project, video, 1, one.mistake)
        before = project.predictions(1, 0)
        assert sorted(back) == [SampleId(1, frame) for frame in WRONG]
        assert all(
            np.array_equal(points, before.points[before.row(sample)]) for sample, points in back.items()
        )


def test_exchanged_people_are_listed_once_and_put_back_both(wrong: Callable[..., Project]) -> None:
    with wrong(exchanged_people) as project:
        assert found(project) == [(PEOPLE, 1, 4, 6)]
        ((track, mistake),) = pose_mistakes(project, project.videos()[0])
        back = mending(project, project.videos()[0], track, mistake)
        before = project.predictions(1, 0)
        assert len(back) == 2 * len(WRONG)
        assert all(
            np.array_equal(points, before.points[before.row(sample)]) for sample, points in back.items()
        )


def test_labels_count_in_place_of_predictions(wrong: Callable[..., Project]) -> None:
    with wrong() as project:
        label(project, (1, 2), (1, 6), (1, 10))
        label(project, (1, 6), off=20)
        assert found(project) == [(LABEL, 1, 6, 6)]
        label(project, (1, 6))
        assert found(project) == []


def test_who_is_as_before_is_not_looked_at_again(
    wrong: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    whole = module.mistakes
    monkeypatch.setattr(
        module, "mistakes", lambda tracklet, *rest: looked.append(tracklet) or whole(tracklet, *rest)
    )
    with wrong() as project:
        found(project)
        assert len(looked) == 3
        found(project)
        label(project, (1, 5))
        found(project)
        assert len(looked) == 4
