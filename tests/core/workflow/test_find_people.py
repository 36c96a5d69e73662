"""People found again in a span: who they are, what of a human's stays, and back again."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.domain import Box, Cancelled, NobodyFound, SampleId, Silent, UserError
from core.project.people.edits import (
    delete_in,
    delete_people,
    draw_person,
    merge_people,
    place_estimate,
    swap_people,
)
from core.project.project import Project
from core.project.store.people_rows import SingleEstimate
from core.project.store.store import QueueItem, Store
from core.project.store.track_assignments import DRAWN, FOUND
from core.tracking.joining import Person
from core.tracking.settings import FindSettings
from core.workflow import find_people
from core.workflow.estimate import estimate
from core.workflow.estimate_round import RoundEstimation
from core.workflow.find_people import Found, find_again
from tests.clips import make_clip
from tests.core.labels import label
from tests.projects import add_round

FRAMES = 12
ANN, BOB, NEW = 1, 2, 3
LEFT, RIGHT, MIDDLE, FAR = (10, 10, 60, 90), (90, 12, 150, 92), (60, 20, 90, 80), (120, 4, 158, 40)
TABLES = ("tracks", "labels", "queue", "people_edits", "drawn_boxes", "single_estimates")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in round 0, of Ann on the left and Bob on the right."""
    folder = tmp_path_factory.mktemp("made")
    clip = make_clip(folder / "walk.mp4", FRAMES, width=160, height=96)
    boxes = folder / "boxes.txt"
    rows = [
        f"{frame + 1},{person},{x0},{y0},{x1 - x0},{y1 - y0},1,-1,-1,-1"
        for frame in range(FRAMES)
        for person, (x0, y0, x1, y1) in ((1, LEFT), (2, RIGHT))
    ]
    boxes.write_text("\n".join(rows) + "\n")
    with Project(folder / "project", create=True) as project:
        estimate(
            project, project.add_video(clip).id, Silent(), device="cpu", estimator="lightning", boxes=boxes
        )
    return folder / "project"


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(made, tmp_path / "project")
    with Project(tmp_path / "project") as opened:
        yield opened


def somebody(box: tuple, start: int, stop: int) -> Person:
    frames = np.arange(start, stop)
    return Person(frames, np.tile(np.array(box, np.float32), (len(frames), 1)), 0.9)


Again = Callable[..., Found]


@pytest.fixture
def again(project: Project, monkeypatch: pytest.MonkeyPatch) -> Again:
    """Finds these people, whoever is in the picture."""
    monkeypatch.setattr(find_people, "open_detector", lambda *_: None)

    def run(*people: Person, start: int = 3, stop: int = 9, monitor: Silent | None = None) -> Found:
        monkeypatch.setattr(find_people, "find_people", lambda *_: list(people))
        return find_again(project, 1, monitor or Silent(), start=start, stop=stop, device="cpu", keep=True)

    return run


def do(project: Project, rows) -> None:
    project.store.exchange(rows[0] if isinstance(rows, tuple) else rows)


def where(project: Project) -> dict[tuple[int, int], tuple]:
    """As it was estimated."""
    predictions = project.predictions(1)
    return {predictions.sample(row): predictions.box(row) for row in range(len(predictions))}


def state(project: Project) -> dict:
    rows = {table: sorted(project.store.read(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
    predictions = project.predictions(1)
    return rows | {
        "shards": sorted(row for row in project.store.read("SELECT * FROM shards") if row[1] != "aside"),
        "points": predictions.points.tobytes(),
        "where": where(project),
    }


def test_where_the_detector_found_nobody_is_kept(project: Project, again: Again) -> None:
    score = np.array([0.8, 0.7, 0, 0, 0.7, 0.8], np.float32)
    again(replace(somebody(RIGHT, 3, 9), detected=score))
    assignments = project.assignments(1)
    rows = [assignments.row(BOB, frame) for frame in range(3, 9)]
    assert np.allclose(assignments.detected[rows], score, atol=1e-3)


def test_people_who_stand_where_somebody_stood_are_those(project: Project, again: Again) -> None:
    video = project.videos()[0]
    label(project, (ANN, 5))
    project.store.append_to_queue([QueueItem(SampleId(BOB, n), 0, False, {}) for n in (1, 4)])
    nearly = (12, 12, 62, 92)
    found = again(somebody(RIGHT, 3, 9), somebody(nearly, 3, 9), somebody(FAR, 4, 7))
    assert found.sentence == (
        "People were found again in frames 3 to 8 of walk.mp4: 3 people are there now, new: Person 3. "
        "Boxes: 14 found, 0 removed, 1 of yours kept."
    )
    assert project.store.track_names(1) == {1: "Person 1", 2: "Person 2", 3: "Person 3"}
    boxes = where(project)
    assert [boxes[ANN, n] for n in (2, 3, 8, 9)] == [LEFT, nearly, nearly, LEFT]
    assert sorted(frame for track, frame in boxes if track == NEW) == [4, 5, 6]
    assert project.store.labels().keys() == {(ANN, 5)}
    assert [item.sample for item in project.store.queue()] == [(BOB, 1), (BOB, 4)]
    assert np.isfinite(project.predictions(1).criteria["lc"]).all()
    assert len(project.embeddings(1, 0)) == len(boxes)
    assert project.assignments(1).frames_of(BOB).tolist() == list(range(video.frame_count))


def test_what_a_human_said_stays(project: Project, again: Again) -> None:
    video = project.videos()[0]
    label(project, (BOB, 5), (ANN, 6))
    do(project, delete_in(project, video, ANN, 4, 5))
    do(project, draw_person(project, video, 5, Box(*MIDDLE)))
    pose = project.predictions(1).pose(0)
    do(project, place_estimate(project, video, SingleEstimate(SampleId(BOB, 7), Box(*FAR), pose)))
    project.store.append_to_queue([QueueItem(SampleId(BOB, n), 0, False, {}) for n in (5, 8)])
    again(somebody(LEFT, 3, 9), somebody((62, 22, 92, 82), 4, 7))
    boxes = where(project)
    assert sorted(frame for track, frame in boxes if track == BOB) == [0, 1, 2, 5, 7, 9, 10, 11]
    assert boxes[BOB, 7] == FAR
    assert boxes[BOB, 5] == RIGHT
    assert (ANN, 4) not in boxes  # deleted, and not found again as anybody
    assert boxes[NEW, 5] == MIDDLE  # as it was drawn; who was found around it is the same person
    assignments = project.assignments(1)
    assert assignments.source[assignments.row(NEW, 5)] == DRAWN
    assert assignments.source[assignments.row(NEW, 4)] == FOUND
    assert {track for track, _ in boxes} == {ANN, BOB, NEW}
    assert project.store.labels().keys() == {(BOB, 5), (ANN, 6)}
    # nobody is at the other one any more
    assert [item.sample for item in project.store.queue()] == [(BOB, 5)]


def test_somebody_new_does_not_take_the_place_of_a_label(project: Project, again: Again) -> None:
    """One who is now found as a whole, where two parts were: the labels of the second part stay what they
    are.
    """
    video = project.videos()[0]
    do(project, swap_people(project, video, ANN, BOB, 7))  # the left one is Bob from here on
    label(project, (BOB, 8))
    again(somebody(LEFT, 0, FRAMES), start=0, stop=FRAMES)
    boxes = where(project)
    assert sorted(frame for track, frame in boxes if track == ANN) == [n for n in range(FRAMES) if n != 8]
    assert [frame for track, frame in boxes if track == BOB] == [8]
    do(project, merge_people(project, video, [BOB], ANN))
    assert project.assignments(1).frames_of(ANN).tolist() == list(range(FRAMES))


def test_parts_of_one_person_stay_that_person(project: Project, again: Again) -> None:
    again(somebody(LEFT, 3, 6), somebody(LEFT, 7, 9), somebody(RIGHT, 3, 9))
    assert project.assignments(1).frames_of(ANN).tolist() == [n for n in range(FRAMES) if n != 6]
    assert set(project.store.track_names(1)) == {ANN, BOB}


def test_somebody_who_was_missed_in_the_span_is_known_by_its_borders(project: Project, again: Again) -> None:
    again(somebody(RIGHT, 3, 9))  # nobody on the left
    assert project.assignments(1).frames_of(ANN).tolist() == [0, 1, 2, 9, 10, 11]
    again(somebody(RIGHT, 3, 9), somebody(LEFT, 3, 9))
    assert project.assignments(1).frames_of(ANN).tolist() == list(range(FRAMES))
    assert set(project.store.track_names(1)) == {ANN, BOB}
    assert where(project)[ANN, 5] == LEFT


def test_people_edits_go_on_after_it(project: Project, again: Again) -> None:
    video = project.videos()[0]
    do(project, swap_people(project, video, ANN, BOB, 5))
    again(somebody(LEFT, 5, 9), somebody(RIGHT, 5, 9), start=5)
    assert (where(project)[ANN, 4], where(project)[ANN, 9]) == (LEFT, RIGHT)
    do(project, swap_people(project, video, ANN, BOB, 10))
    assert (where(project)[ANN, 9], where(project)[ANN, 10]) == (RIGHT, LEFT)
    do(project, delete_people(project, video, [BOB]))
    assert {track for track, _ in where(project)} == {ANN}


def test_it_can_be_taken_back_and_done_again(project: Project, again: Again) -> None:
    project.store.append_to_queue([QueueItem(SampleId(BOB, n), 0, False, {}) for n in (1, 4)])
    states, made = [state(project)], []
    for people in ((somebody(LEFT, 3, 9), somebody(FAR, 3, 9)), (somebody(MIDDLE, 3, 9),)):
        made.append(again(*people).rows)
        states.append(state(project))
    for rows, before in zip(made[::-1], states[-2::-1], strict=True):
        project.store.exchange(rows.back)
        assert state(project) == before
    for rows, after in zip(made, states[1:], strict=True):
        project.store.exchange(rows)
        assert state(project) == after
    estimate(project, 1, Silent(), device="cpu")
    with pytest.raises(UserError, match="estimated again since"):
        project.store.exchange(made[-1].back)
    computed = {p.relative_to(project.folder).as_posix() for p in (project.folder / "computed").rglob("*.h5")}
    assert computed == project.store.shard_paths()


def test_numbers_are_never_used_twice(project: Project, again: Again) -> None:
    rows = again(somebody(RIGHT, 3, 9), somebody(FAR, 3, 9)).rows
    again(somebody(RIGHT, 3, 9), somebody(LEFT, 3, 9))  # Ann's boxes get a number of their own
    taken = {edit.track for edit in project.store.people_edits()} | set(project.store.track_names(1))
    assert project.store.next_track() > max(taken)
    assert rows.added["tracks"] == [(NEW, 1, "Person 3")]


def test_later_rounds_follow_and_compare(project: Project, again: Again) -> None:
    """In a later round, boxes follow the poses of the round before, also of people who were found again
    since.
    """
    shutil.copytree(project.estimator_folder(0), project.estimator_folder(1))
    add_round(project.folder, lambda columns: None)
    project.store.set_setting("given_boxes", [])
    again(somebody(LEFT, 3, 9), somebody(FAR, 3, 9))
    assert project.latest_round() == 1
    latest, earlier = project.predictions(1, 1), project.predictions(1, 0)
    assert {track for track, _ in map(tuple, where(project))} == {ANN, BOB, NEW}
    assert earlier.row(SampleId(ANN, 5)) is not None  # the same person as then
    assert earlier.row(SampleId(NEW, 5)) is None
    assert len(latest) == len(project.embeddings(1, 1)) == len(project.assignments(1).frame)


class Impatient(Silent):
    def __init__(self, stage: str) -> None:
        self.stage, self.now = stage, False

    def report(self, stage: str, *_: object, **__: object) -> None:
        self.now = stage == self.stage

    def cancelled(self) -> bool:
        return self.now


def test_a_cancelled_or_failed_one_leaves_everything(
    project: Project, again: Again, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, files = state(project), sorted(project.folder.rglob("*.h5"))
    with pytest.raises(Cancelled):
        again(somebody(MIDDLE, 3, 9), monitor=Impatient("Estimating poses"))
    with pytest.raises(UserError, match="Frames 5 to 40 are not in"):
        again(start=5, stop=40)

    def fail(*_: object) -> None:
        raise UserError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "exchange", fail)
        with pytest.raises(UserError, match="disk is full"):
            again(somebody(MIDDLE, 3, 9))
    assert state(project) == before
    assert sorted(project.folder.rglob("*.h5")) == files


def test_what_is_changed_meanwhile_is_not_run_over(
    project: Project, again: Again, monkeypatch: pytest.MonkeyPatch
) -> None:
    video, write = project.videos()[0], RoundEstimation.write

    def meanwhile(change: Callable[[], None]) -> None:
        def write_and_change(*arguments: object):
            result = write(*arguments)
            change()
            return result

        monkeypatch.setattr(RoundEstimation, "write", write_and_change)

    meanwhile(lambda: label(project, (ANN, 5)))  # who is found again: nothing is lost
    again(somebody(LEFT, 3, 9), somebody(RIGHT, 3, 9))
    meanwhile(lambda: label(project, (BOB, 5)))
    with pytest.raises(UserError, match="changed meanwhile"):
        again(somebody(LEFT, 3, 9))
    meanwhile(lambda: do(project, delete_in(project, video, BOB, 0, 1)))
    with pytest.raises(UserError, match="changed meanwhile"):
        again(somebody(LEFT, 3, 9))
    assert project.store.labels().keys() == {(ANN, 5), (BOB, 5)}


def nobody(*_: object) -> list[Person]:
    raise NobodyFound("No people were found in walk.mp4.")


def test_where_nobody_is_found_nobody_is_but_for_what_a_human_said(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = project.videos()[0]
    label(project, (BOB, 5))
    do(project, draw_person(project, video, 6, Box(*MIDDLE)))
    do(project, delete_in(project, video, ANN, 4, 5))
    pose = project.predictions(1).pose(0)
    do(project, place_estimate(project, video, SingleEstimate(SampleId(BOB, 7), Box(*FAR), pose)))
    project.store.append_to_queue([QueueItem(SampleId(ANN, n), 0, False, {}) for n in (1, 8)])
    before = state(project)
    monkeypatch.setattr(find_people, "open_detector", lambda *_: None)
    monkeypatch.setattr(find_people, "find_people", nobody)
    found = find_again(project, 1, Silent(), start=3, stop=9, device="cpu", keep=True)
    assert found.sentence == (
        "People were found again in frames 3 to 8 of walk.mp4: 2 people are there now, nobody is new. "
        "Boxes: 0 found, 9 removed, 3 of yours kept."
    )
    boxes = where(project)
    assert sorted(key for key in boxes if 3 <= key[1] < 9) == [(BOB, 5), (BOB, 7), (NEW, 6)]
    assert sorted({frame for _, frame in boxes}) == [0, 1, 2, 5, 6, 7, 9, 10, 11]
    assert [item.sample for item in project.store.queue()] == [(ANN, 1)]
    after = state(project)
    project.store.exchange(found.rows.back)
    assert state(project) == before
    project.store.exchange(found.rows)
    assert state(project) == after


def test_who_is_nowhere_any_more_is_named(project: Project, again: Again) -> None:
    assert again(somebody(LEFT, 0, FRAMES), start=0, stop=FRAMES).sentence == (
        "People were found again in frames 0 to 11 of walk.mp4: 1 person is there now, nobody is new, "
        "in no frame any more: Person 2. Boxes: 12 found, 12 removed, 0 of yours kept."
    )


def test_nobody_is_too_short_because_the_border_cuts_them(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ann leaves two frames into the span, which is less than anybody has to be there for."""

    def seen(_, number: int) -> np.ndarray:
        there = [LEFT, RIGHT] if number < 7 else [RIGHT]
        return np.array([(*box, 0.9) for box in there], np.float32)

    class Detector:
        def shrink(self, frame):
            return frame.number

        def find(self, image, *_):
            return seen(self, image)

    monkeypatch.setattr(find_people, "open_detector", lambda *_: Detector())
    settings = FindSettings(per_second=30, shortest=0.1, turn=0)
    find_again(project, 1, Silent(), start=5, stop=12, settings=settings, device="cpu")
    assert project.assignments(1).frames_of(ANN).tolist()[:7] == list(range(7))
    assert set(project.store.track_names(1)) == {ANN, BOB}


def test_one_frame_alone_is_named_as_one(project: Project, again: Again) -> None:
    assert again(somebody(LEFT, 5, 6), start=5, stop=6).sentence == (
        "People were found again in frame 5 of walk.mp4: 1 person is there now, nobody is new. "
        "Boxes: 1 found, 1 removed, 0 of yours kept."
    )


def test_nobody_in_all_of_the_video_changes_nothing_and_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(project)
    monkeypatch.setattr(find_people, "open_detector", lambda *_: None)
    monkeypatch.setattr(find_people, "find_people", nobody)
    with pytest.raises(
        UserError, match=r"Nobody was found in walk.mp4 .* nobody would be left, so nothing was changed"
    ):
        find_again(project, 1, Silent(), device="cpu")
    assert state(project) == before


def test_before_the_first_estimation_it_is_refused(tmp_path: Path, made: Path) -> None:
    with Project(tmp_path / "new", create=True) as project:
        video = project.add_video(made.parent / "walk.mp4")
        with pytest.raises(UserError, match="Estimate the poses first"):
            find_again(project, video.id, Silent())


@pytest.mark.parametrize(
    "wrong",
    [{"score": 0}, {"per_second": 0}, {"size": 8}, {"turn": 45}, {"shortest": -1}, {"score": float("nan")}],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict) -> None:
    with pytest.raises(UserError, match="is not possible"):
        FindSettings(**wrong)


def test_where_all_computed_files_are_lost_people_are_found_anew_and_those_with_labels_stay_who_they_are(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    label(project, (BOB, 5), (BOB, 7))
    project.store.set_setting("given_boxes", [])
    shutil.rmtree(project.folder / "computed")
    monkeypatch.setattr(find_people, "open_detector", lambda *_: None)
    monkeypatch.setattr(
        find_people,
        "find_people",
        lambda *_: [somebody(LEFT, 0, FRAMES), somebody(RIGHT, 0, FRAMES), somebody(FAR, 2, 6)],
    )
    with Project(project.folder) as opened:
        assert opened.assignments(1).samples == {(BOB, 5), (BOB, 7)}
        estimate(opened, 1, Silent(), device="cpu")
        assert opened.assignments(1).frames_of(BOB).tolist() == list(range(FRAMES))
        assert len(opened.tracks(1)) == 3
        assert len(opened.predictions(1)) == 2 * FRAMES + 4
        assert set(opened.store.labels()) == {SampleId(BOB, 5), SampleId(BOB, 7)}
