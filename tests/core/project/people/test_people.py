"""What a human says of people is kept, seen by everything that reads people, and taken back exactly."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import Box, PredictedPose, SampleId, UserError
from core.project.people.edits import (
    delete_in,
    delete_people,
    draw_person,
    merge_people,
    place_estimate,
    split_person,
    swap_people,
)
from core.project.project import Project
from core.project.store.people_rows import DrawnBox, PeopleEdit, Rows, SingleEstimate
from core.project.store.predictions import Predictions
from core.project.store.settings import LAST_TRACK
from core.project.store.store import PEOPLE_KEYS, Video
from core.project.store.track_assignments import BETWEEN, DRAWN, FOUND, find_samples, make_assignments, owners
from core.queries.scores import scores
from core.queries.status import status
from core.workflow.follow_boxes import RoundBoxes
from core.workflow.propose import propose
from core.workflow.single_pose import drawn_without_pose, found_without_pose
from tests.core.conftest import FRAMES, enqueue, standing
from tests.core.labels import label
from tests.projects import add_round

ANN, BOB = 1, 2
BOX = Box(20, 20, 40, 70)


def video_of(project: Project) -> Video:
    return project.videos()[0]


def tables(project: Project) -> dict[str, list[tuple]]:
    rows = {table: sorted(project.store.read(f"SELECT * FROM {table}"), key=repr) for table in PEOPLE_KEYS}
    return rows | {"meta": [row for row in rows["meta"] if row[0] != LAST_TRACK]}


def samples(predictions: Predictions) -> dict[tuple[int, int], bytes]:
    return {predictions.sample(row): predictions.points[row].tobytes() for row in range(len(predictions))}


def place(project: Project, sample: tuple[int, int], shift: float = 0.0, unlabel: bool = False) -> Rows:
    """A pose with all joints in one place, as if it had been estimated in BOX."""
    points = np.full((17, 2), 30 + shift, np.float32)
    pose = PredictedPose(points, np.full(17, 0.5, np.float32), project.latest_round())
    return place_estimate(project, video_of(project), SingleEstimate(SampleId(*sample), BOX, pose), unlabel)


def do(project: Project, change: Rows | tuple[Rows, int]) -> Rows:
    rows = change if isinstance(change, Rows) else change[0]
    project.store.exchange(rows)
    return rows


def check(project: Project) -> None:
    """Nobody is twice in a frame, and whatever speaks of a sample speaks of one that is there."""
    assignments, predictions = project.assignments(1), project.predictions(1)
    there = list(zip(assignments.track.tolist(), assignments.frame.tolist(), strict=True))
    assert len(set(there)) == len(there)
    assert there == sorted(there, key=lambda sample: sample[::-1])
    predicted = [predictions.sample(row) for row in range(len(predictions))]
    assert predicted == sorted(set(predicted), key=lambda sample: sample[::-1])
    named = project.store.track_names(1)
    of_tracks = {(track.id, int(frame)) for track in project.tracks(1) for frame in track.frames}
    assert of_tracks == set(there)
    assert set(predicted) | set(project.store.labels(accepted_only=False)) <= of_tracks
    assert {item.sample for item in project.store.queue()} <= of_tracks
    assert {track for track, _ in there} <= set(named)
    assert len(set(named.values())) == len(named)
    assert len(project.embeddings(1, 0)) == len(predictions) == len(scores(project, 1, "lc"))
    assert np.isnan(predictions.criteria["lc"]).tolist() == (predictions.stored < 0).tolist()


@given(
    edits=st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 9), st.integers(0, 9), st.none() | st.integers(1, 4)),
        max_size=8,
    )
)
def test_owners_are_those_of_one_edit_after_the_other(edits: list[tuple]) -> None:
    listed = [PeopleEdit(n, n // 2, *edit) for n, edit in enumerate(edits)]
    frame, origin = np.repeat(np.arange(10), 3), np.tile([1, 2, 3], 10)
    expected = []
    for own, at in zip(origin, frame, strict=True):
        for together in {edit.edit: None for edit in listed}:
            before = own
            for edit in listed:
                if edit.edit == together and before == edit.track and edit.start <= at < edit.stop:
                    own = edit.owner or 0
        expected.append(own)
    assert owners(origin, frame, listed).tolist() == expected


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["delete", "delete all", "merge", "split", "swap", "draw", "draw more", "estimate"]),
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, FRAMES - 1),
    ),
    max_size=12,
)


def change_of(
    project: Project, what: str, first: int, second: int, frame: int
) -> Rows | tuple[Rows, int] | None:
    video, people = video_of(project), project.tracks(1)
    if what == "draw":
        return draw_person(project, video, frame, BOX)
    if not people:
        return None
    track, other = people[first % len(people)].id, people[second % len(people)].id
    if what == "estimate":
        there = project.assignments(1).row(track, frame) is not None
        return place(project, (track, frame), unlabel=second % 2 == 0) if there else None
    if what in ("merge", "swap") and track == other:
        return None
    try:
        match what:
            case "delete":
                return delete_in(project, video, track, frame, frame + 1)
            case "delete all":
                return delete_people(project, video, [track])
            case "merge":
                return merge_people(project, video, [track], other)
            case "split":
                return split_person(project, video, track, frame)
            case "swap":
                return swap_people(project, video, track, other, frame)
            case "draw more":
                return draw_person(project, video, frame, BOX, track)
    except UserError:
        return None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(operations=OPERATIONS)
def test_any_edits_can_be_taken_back(new_project: Callable, operations: list[tuple]) -> None:
    project = new_project({"Ann": standing(10, 10, 60, 90), "Bob": standing(90, 12, 150, 92)})
    label(project, (ANN, 2), (BOB, 7))
    enqueue(project, (ANN, 5), (BOB, 7), (ANN, 2))
    states, done = [(tables(project), samples(project.predictions(1)))], []
    for operation in operations:
        change = change_of(project, *operation)
        if change is not None:
            done.append(do(project, change))
            check(project)
            states.append((tables(project), samples(project.predictions(1))))
    for n in reversed(range(len(done))):
        project.store.exchange(done[n].back)
        assert (tables(project), samples(project.predictions(1))) == states[n]
    for n, rows in enumerate(done):
        project.store.exchange(rows)
        assert (tables(project), samples(project.predictions(1))) == states[n + 1]


def test_samples_are_found_in_any_order() -> None:
    track, frame = np.array([2, 1, 1, 3]), np.array([5, 5, 0, 7])
    tracks, frames = np.array([1, 3, 1, 2, 4]), np.array([0, 7, 7, 5, 900])
    assert find_samples(track, frame, tracks, frames).tolist() == [2, 3, -1, 0, -1]
    assert find_samples(track[:0], frame[:0], tracks, frames).tolist() == [-1] * 5
    assert find_samples(track, frame, tracks[:0], frames[:0]).tolist() == []


def test_deleting_takes_what_was_said_along(project: Project) -> None:
    label(project, (ANN, 3), (ANN, 4))
    enqueue(project, (ANN, 3), (ANN, 5))
    do(project, delete_in(project, video_of(project), ANN, 3, 4))
    assert list(project.store.labels()) == [(ANN, 4)]
    assert project.queued() == [(ANN, 5)]
    assert project.predictions(1).row(SampleId(ANN, 3)) is None
    assert [len(track.frames) for track in project.tracks(1)] == [FRAMES - 1, FRAMES]
    do(project, delete_people(project, video_of(project), [ANN]))
    assert [track.name for track in project.tracks(1)] == ["Bob"]
    assert project.store.labels() == {}
    assert {item.sample.track for item in propose(project, 5)} == {BOB}
    assert status(project)[0].labelled == 0
    with pytest.raises(UserError, match="not in this frame"):
        delete_in(project, video_of(project), ANN, 3, 4)


def test_swapping_from_a_frame_on(project: Project) -> None:
    before = samples(project.predictions(1))
    label(project, (ANN, 3), (ANN, 8))
    enqueue(project, (BOB, 8), (BOB, 2))
    kept = project.store.labels()[SampleId(ANN, 8)].pose.points
    do(project, swap_people(project, video_of(project), ANN, BOB, 6))
    other = {ANN: BOB, BOB: ANN}
    expected = {(other[t] if f >= 6 else t, f): points for (t, f), points in before.items()}
    assert samples(project.predictions(1)) == expected
    assert list(project.store.labels()) == [(ANN, 3), (BOB, 8)]
    assert np.array_equal(project.store.labels()[SampleId(BOB, 8)].pose.points, kept)
    assert [item.sample for item in project.store.queue()] == [(ANN, 8), (BOB, 2)]
    assert status(project)[0].g == pytest.approx(1)  # the labels still stand on their predictions


def test_splitting_and_merging_again(project: Project) -> None:
    video, before = video_of(project), samples(project.predictions(1))
    label(project, (ANN, 9))
    rows, new = split_person(project, video, ANN, 6)
    do(project, rows)
    assert [(track.name, track.frames[0], track.frames[-1]) for track in project.tracks(1)] == [
        ("Ann", 0, 5),
        ("Bob", 0, FRAMES - 1),
        ("Person 3", 6, FRAMES - 1),
    ]
    assert list(project.store.labels()) == [(new, 9)]
    with pytest.raises(UserError, match="Person 3 and Bob are both in 6 frames"):
        merge_people(project, video, [new], BOB)
    with pytest.raises(UserError, match="no frame before this one"):
        split_person(project, video, new, 6)
    with pytest.raises(UserError, match="no frame from this one on"):
        split_person(project, video, ANN, 6)
    do(project, merge_people(project, video, [new], ANN))
    assert samples(project.predictions(1)) == before
    assert list(project.store.labels()) == [(ANN, 9)]


def test_drawn_boxes_are_joined_by_straight_lines() -> None:
    drawn = [DrawnBox(5, 2, Box(0, 0, 10, 20)), DrawnBox(5, 6, Box(40, 8, 50, 28))]
    assignments = make_assignments(np.array([1]), np.array([4]), np.array([[1, 2, 3, 4]]), drawn, ())
    assert assignments.frame.tolist() == [2, 3, 4, 4, 5, 6]
    assert assignments.boxes[assignments.track == 5][1].tolist() == [10, 2, 20, 22]
    assert assignments.source.tolist() == [DRAWN, BETWEEN, FOUND, BETWEEN, BETWEEN, DRAWN]
    joined = make_assignments(
        np.array([1]), np.array([4]), np.array([[1, 2, 3, 4]]), drawn, [PeopleEdit(1, 1, 5, 0, 99, 1)]
    )
    assert joined.frame.tolist() == [2, 3, 4, 5, 6]  # the box that was found stays
    assert joined.source.tolist() == [DRAWN, BETWEEN, FOUND, BETWEEN, DRAWN]


def test_a_drawn_person_has_a_box_at_once_and_a_pose_when_it_is_estimated(project: Project) -> None:
    video = video_of(project)
    rows, new = draw_person(project, video, 3, BOX)
    do(project, rows)
    assert project.store.track_names(1)[new] == "Person 3"
    assert drawn_without_pose(project, video) == [((new, 3), BOX)]
    assert project.predictions(1).row(SampleId(new, 3)) is None
    do(project, place(project, (new, 3)))
    assert drawn_without_pose(project, video) == []
    predictions = project.predictions(1)
    row = predictions.row(SampleId(new, 3))
    assert (predictions.points[row] == 30).all()
    assert predictions.box(row) == BOX
    assert np.isnan(predictions.criteria["lc"][row])
    assert np.isnan(project.embeddings(1, 0)[row]).all()
    assert np.isnan(scores(project, 1, "thc+wpu")[row])
    chosen = propose(project, 2 * FRAMES + 1, "lc", "random", "paper")  # which keeps no gap
    assert len(chosen) == 2 * FRAMES
    assert new not in {item.sample.track for item in chosen}


def test_boxes_of_one_person_follow_the_edits_between(project: Project) -> None:
    video = video_of(project)
    do(project, delete_people(project, video, [ANN]))
    do(project, draw_person(project, video, 2, BOX, ANN))
    do(project, draw_person(project, video, 6, Box(60, 20, 80, 70), ANN))
    assert project.assignments(1).frames_of(ANN).tolist() == [2, 3, 4, 5, 6]
    rows, new = split_person(project, video, ANN, 4)
    do(project, rows)
    assert project.assignments(1).frames_of(ANN).tolist() == [2, 3]
    assert project.assignments(1).frames_of(new).tolist() == [4, 5, 6]
    assert project.assignments(1).boxes[project.assignments(1).row(new, 5)].tolist() == [50, 20, 70, 70]
    do(project, draw_person(project, video, 5, BOX, new))  # in the place of one between
    assert project.assignments(1).boxes[project.assignments(1).row(new, 5)].tolist() == list(BOX)
    with pytest.raises(UserError, match="has a box in this frame already"):
        draw_person(project, video, 5, BOX, new)
    do(project, draw_person(project, video, 8, BOX, ANN))  # somebody else lies between, so nothing is joined
    assert project.assignments(1).frames_of(ANN).tolist() == [2, 3, 8]


def test_a_pose_estimated_by_itself_takes_the_place_of_the_other(project: Project) -> None:
    before = project.predictions(1)
    row = before.row(SampleId(ANN, 4))
    do(project, place(project, (ANN, 4)))
    rows = do(project, place(project, (ANN, 4), shift=5))
    after = project.predictions(1)
    assert (after.points[row] == 35).all()
    assert after.criteria["lc"][row] == before.criteria["lc"][row]
    project.store.exchange(rows.back)
    assert (project.predictions(1).points[row] == 30).all()
    others = np.arange(len(after)) != row
    assert np.array_equal(after.points[others], before.points[others])


def test_poses_are_missing_where_there_could_be_one(project: Project) -> None:
    """Whoever comes back after the next round has none; nor has anybody where no round could read the
    frame.
    """
    video = project.videos()[0]
    deleted = delete_people(project, video, [2])
    project.store.exchange(deleted)

    def damage(columns: dict[str, np.ndarray]) -> None:
        rows.extend(np.flatnonzero(columns["frame"] != 7))
        columns |= {name: values[rows] for name, values in columns.items()}

    rows: list[int] = []
    add_round(project.folder, damage)
    assert found_without_pose(project, video) == {1: 1}
    project.store.exchange(deleted.back)
    assert found_without_pose(project, video) == {1: 1, 2: FRAMES}
    before = project.folder / project.computed.segments("samples", video.id, 0)[0].path
    before.unlink()
    with Project(project.folder) as reopened:
        assert found_without_pose(reopened, video) == {2: FRAMES - 1}


def test_numbers_are_never_used_again(project: Project) -> None:
    rows, first = draw_person(project, video_of(project), 3, BOX)
    do(project, rows)
    project.store.exchange(rows.back)
    assert draw_person(project, video_of(project), 3, BOX)[1] > first


def test_people_changed_elsewhere_meanwhile(project: Project) -> None:
    change = delete_people(project, video_of(project), [ANN])
    do(project, delete_people(project, video_of(project), [BOB]))
    before = tables(project)
    with pytest.raises(UserError, match="changed by another PoseTailor"):
        project.store.exchange(change)
    assert tables(project) == before


def test_nobody_is_drawn_before_the_first_estimation(tmp_path: Path, clip: Path) -> None:
    with Project(tmp_path / "new", create=True) as project:
        video = project.add_video(clip)
        with pytest.raises(UserError, match="Estimate the poses first"):
            draw_person(project, video, 0, BOX)


def test_people_who_were_changed_are_not_found_anew(project: Project) -> None:
    assert not project.store.touched(1)
    do(project, delete_in(project, video_of(project), ANN, 0, 1))
    assert project.store.touched(1)


def test_drawn_boxes_stay_where_they_are_in_later_rounds(project: Project) -> None:
    video = video_of(project)
    do(project, delete_people(project, video, [ANN]))
    for frame, shift in ((2, 0), (4, 40)):
        do(project, draw_person(project, video, frame, Box(20 + shift, 20, 40 + shift, 70), ANN))
        do(project, place(project, (ANN, frame)))
    ann, bob = RoundBoxes(project, video, 1, project.assignments(1), project.store.track_names(1)).tracks()
    assert ann.frames.tolist() == [2, 3, 4]
    assert ann.boxes[[0, 2], 0].tolist() == [20, 60]
    assert 20 < ann.boxes[1, 0] < 60
    assert len(bob.frames) == FRAMES
