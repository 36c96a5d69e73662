"""Somebody who leaves and comes back is one person after a human has said so, and no is never asked about
again.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.domain import UserError
from core.project.people.edits import merge_people
from core.project.people.interest import choose
from core.project.project import Project
from core.project.store.integrity import ProjectDamaged
from core.project.store.segments import TRACKS
from core.project.store.shards import read_shard, write_shard
from core.project.store.track_assignments import TrackAssignments, make_assignments
from core.queries.reunions import as_track_checks, reunions, reunions_among, say_apart
from tests.clips import make_clip
from tests.projects import make_returning


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("returning")
    return make_returning(root / "project", make_clip(root / "clip.mp4", 240, width=160, height=96))


@pytest.fixture
def project(template: Path, tmp_path: Path):
    with Project(Path(shutil.copytree(template, tmp_path / "project"))) as project:
        yield project


def asked(project: Project) -> list[tuple[int, int]]:
    return [(one.track, one.other) for one in reunions(project, project.videos()[0])]


def test_who_returns_three_times_is_one_person_after_three_confirmations(project: Project) -> None:
    video, confirmations = project.videos()[0], 0
    while found := reunions(project, video):
        project.store.exchange(merge_people(project, video, [found[0].track], found[0].other))
        confirmations += 1
    assert confirmations == 3
    assert sorted(map(len, project.assignments(1).rows_by_track.values())) == [160, 240]


def test_two_in_one_frame_are_never_asked_about(project: Project) -> None:
    assert not any(5 in pair for pair in asked(project))  # Bob is there all the time


def test_nobody_is_asked_about_who_looks_more_like_somebody_beside_them(project: Project) -> None:
    """Looks tell little where two people in one frame look alike."""
    looks = project.computed.appearance(1).copy()
    track = project.found(1)[0]
    assert {1, 2} in map(set, asked(project))
    looks[track == 5] = looks[track == 1][0]
    project.computed.appearance = lambda video: looks
    assert not any(1 in pair for pair in asked(project))


def people(*spans: range, looks: list[np.ndarray]) -> tuple[TrackAssignments, dict[int, np.ndarray]]:
    """Tracks 1, 2, … in frames, and what they look like."""
    origin = np.repeat(np.arange(1, len(spans) + 1), [len(span) for span in spans])
    frame = np.concatenate([np.array(span) for span in spans])
    boxes = np.tile(np.array([0, 0, 40, 90], np.float32), (len(frame), 1)) + 50 * origin[:, None]
    return make_assignments(origin, frame, boxes, [], []), dict(enumerate(looks, 1))


def look(*places: int) -> np.ndarray:
    """(1, 96): whoever shares fewer of them looks less alike."""
    found = np.zeros((1, 96), np.float32)
    found[:, places] = 1
    return found / np.linalg.norm(found)


def test_two_people_who_once_looked_alike_are_asked_about_all_the_same() -> None:
    """One in whose box the other was for a moment."""
    assignments, looks = people(
        range(500), range(500), range(600, 700),
        looks=[np.concatenate([look(0, 1, 2, 3)] * 4 + [look(20, 21, 22, 23)]),
               np.concatenate([look(20, 21, 22, 23)] * 5), look(0, 1, 2, 4)],
    )  # fmt: skip
    looks[3] = (0.9 * looks[3] + 0.1 * looks[1][:1]) / np.linalg.norm(0.9 * looks[3] + 0.1 * looks[1][:1])
    looks[3] = looks[1][:1] + 0.5 * (looks[3] - looks[1][:1])
    assert [(one.track, one.other) for one in reunions_among(assignments, looks, 30)] == [(3, 1)]


def test_who_is_there_just_while_another_is_not_is_asked_about_however_they_look() -> None:
    """A picture that is turned shows the same person otherwise."""
    looks = [look(0, 1, 2, 3), look(0, 1, 2, 6)]
    assignments, known = people(range(500), range(505, 600), looks=looks)
    assert [(one.track, one.other) for one in reunions_among(assignments, known, 30)] == [(2, 1)]
    assignments, known = people(range(500), range(560, 600), looks=looks)
    assert reunions_among(assignments, known, 30) == []


def test_nobody_is_asked_about_who_looks_like_many() -> None:
    alike = [look(0, 1, 2, 3)] * 4
    assignments, known = people(range(500), range(500), range(500), range(600, 700), looks=alike)
    assert reunions_among(assignments, known, 30) == []
    assignments, known = people(range(500), range(600, 700), looks=alike[:2])
    assert len(reunions_among(assignments, known, 30)) == 1


def test_nobody_is_asked_about_who_was_mostly_held_on_to(project: Project) -> None:
    before = asked(project)
    _hold(project, before[0][0])
    with Project(project.folder) as again:
        assert before[0][0] not in [track for track, _ in asked(again)]


def test_no_is_never_asked_about_again_also_of_who_they_become(project: Project) -> None:
    video, before = project.videos()[0], asked(project)
    one, other = before[0]
    rows = say_apart(project, one, other)
    project.store.exchange(rows)
    assert (one, other) not in asked(project)
    into = next(pair for pair in asked(project) if one not in pair and other in pair)[0]
    project.store.exchange(merge_people(project, video, [other], into))
    assert {frozenset(pair) for pair in project.setting("apart")} == {frozenset((one, into))}
    assert frozenset((one, into)) not in {frozenset(pair) for pair in asked(project)}


def test_no_is_taken_back_exactly(project: Project) -> None:
    before, settings = asked(project), project.store.settings()
    rows = say_apart(project, *before[0])
    project.store.exchange(rows)
    project.store.exchange(rows.back)
    assert asked(project) == before
    assert project.store.settings() == settings


def test_nothing_is_asked_among_context(project: Project) -> None:
    project.store.exchange(choose(project, project.videos()[0], [5]))
    assert asked(project) == []
    project.store.exchange(choose(project, project.videos()[0], [1]))
    assert asked(project)


def test_what_is_asked_is_among_the_checks(project: Project) -> None:
    listed = as_track_checks(project, project.videos()[0])
    assert len(listed) == 3
    assert listed[0].sentence.endswith("by what they look like.")
    json.dumps([one.to_json() for one in listed])


def test_in_a_video_in_which_nobody_has_been_looked_for_nothing_is_asked(
    project: Project, tmp_path: Path
) -> None:
    video = project.add_video(make_clip(tmp_path / "other.mp4", 5))
    assert reunions(project, video) == []
    assert as_track_checks(project, video) == []
    assert not len(project.found(video.id)[0])


def test_without_appearances_nothing_is_asked(project: Project) -> None:
    project.computed.appearance = lambda video: np.empty((0, 1), np.float16)
    assert asked(project) == []


@pytest.mark.parametrize("value", ["[1, 2]", "[[1]]", '[["a", "b"]]'])
def test_pairs_that_no_posetailor_wrote_are_refused(project: Project, value: str) -> None:
    with project.store.transaction() as db:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('apart', ?)", (value,))
    with pytest.raises(ProjectDamaged):
        project.store.check()


def test_who_was_only_held_on_to_gives_way_where_two_become_one(project: Project) -> None:
    _hold(project, 1)
    with Project(project.folder) as again:
        video, before = again.videos()[0], again.assignments(1)
        with pytest.raises(UserError, match="are both in"):
            merge_people(again, video, [2], 5)
        rows = merge_people(again, video, [1], 5)
        again.store.exchange(rows)
        after = again.assignments(1)
        assert not len(after.frames_of(1))
        assert (after.boxes[after.rows_of(5)] == before.boxes[before.rows_of(5)]).all()
        again.store.exchange(rows.back)
        assert again.assignments(1).samples == before.samples


def _hold(project: Project, track: int) -> None:
    """Says on disk that somebody was held on to, and never found."""
    (people,) = project.computed.segments(TRACKS, 1)
    columns = read_shard(project.folder / people.path)
    columns["detected"] = np.where(columns["track"] == track, 0, 0.8).astype(np.float16)
    write_shard(project.folder / people.path, columns)
