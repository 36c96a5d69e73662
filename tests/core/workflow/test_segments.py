"""A long video is worked off in segments, evenly, and nothing that was finished is lost."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.session.project_opening import DEMO_CLIP
from core.domain import Box, Cancelled, SampleId, Silent
from core.project.estimators.models import ready_estimator
from core.project.people.edits import draw_person
from core.project.people.interest import choose
from core.project.project import Project
from core.project.store.segments import SAMPLES, TRACKS
from core.project.store.shards import CRITERION, read_shard, write_shard
from core.queries import coverage as words
from core.queries.review import review
from core.queries.scores import scores
from core.queries.status import label_oks
from core.tracking.settings import FindSettings
from core.video.source import open_video
from core.workflow import detection, join_shards
from core.workflow.estimate import estimate, estimate_round, finish, frames_of_labels
from core.workflow.estimate_round import estimation
from core.workflow.forget import first_confidence, forget_old_rounds
from core.workflow.join_shards import bring_up_to_date
from core.workflow.progress import STAGE, Progress
from core.workflow.propose import propose
from core.workflow.segments import SECONDS, Stretch, in_order, spread, stretches
from core.workflow.single_pose import found_without_pose
from tests.clips import make_clip
from tests.core.labels import label
from tests.projects import Impatient

FRAMES, FPS = 200, 25
SEGMENTS = 4


@given(st.integers(1, 500))
def test_every_beginning_of_the_order_is_spread_evenly(count: int) -> None:
    order = spread(count)
    assert sorted(order) == list(range(count))
    for done in {1, count // 3, count // 2, count}:
        if done:
            gaps = np.diff([-1, *sorted(order[:done]), count])
            assert gaps.max() <= 2 * (count / done) + 1


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "long.mp4", FRAMES, width=160, height=96)


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("boxes") / "people.txt"
    rows = [f"{n + 1},{who},{10 + 70 * who},10,60,80,1,-1,-1,-1" for n in range(FRAMES) for who in (0, 1)]
    path.write_text("\n".join(rows) + "\n")
    return path


def test_segments_are_two_seconds_long_and_cover_every_frame_once(clip: Path) -> None:
    with open_video(clip) as source:
        parts = stretches(1, source)
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    assert parts[-1].stop == FRAMES
    assert all(0.5 * SECONDS * FPS <= part.frames <= 1.5 * SECONDS * FPS for part in parts)


def test_segments_begin_at_key_frames_that_are_near(clip: Path) -> None:
    with open_video(clip) as source:
        starts = {part.start for part in stretches(1, source)}
        near = [n for n in range(50, FRAMES - 25, 50) if n - source.keyframe_before(n) <= 25]
        assert {source.keyframe_before(n) for n in near} <= starts


def test_between_two_that_are_spread_comes_one_that_is_urgent() -> None:
    missing = {n: Stretch(1, 10 * n, 10 * n + 10) for n in range(8)}
    order = [part.start for part in in_order(missing, 8, [(1, 75), (1, 31), (2, 5)])]
    assert order[:4] == [70, 0, 30, 40]
    assert sorted(order) == list(range(0, 80, 10))
    assert [part.start for part in in_order({3: missing[3]}, 8, [(1, 75)])] == [30]


def test_what_was_estimated_longest_ago_comes_first() -> None:
    missing = {n: Stretch(1, 10 * n, 10 * n + 10) for n in range(8)}
    newest = {n: -1 if n in (3, 6) else 0 if n in (1, 2) else 1 for n in range(8)}
    order = [part.start // 10 for part in in_order(missing, 8, [], newest)]
    assert order == [6, 3, 2, 1, 0, 4, 5, 7]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, clip: Path, boxes: Path) -> Path:
    """Estimated as far as a moment allows."""
    folder = tmp_path_factory.mktemp("template") / "project"
    with Project(folder, create=True) as project:
        video = project.add_video(clip)
        outcome = estimate(
            project,
            video.id,
            Silent(),
            device="cpu",
            estimator="lightning",
            boxes=boxes,
            budget=1e-9,
            near=(1, 120),
        )
        assert not outcome.complete
    return folder


@pytest.fixture
def begun(template: Path, tmp_path: Path) -> Iterator[Project]:
    with Project(Path(shutil.copytree(template, tmp_path / "project"))) as project:
        yield project


@pytest.fixture(scope="module")
def complete_template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(template, tmp_path_factory.mktemp("complete") / "project"))
    with Project(folder) as project:
        assert finish(project, Silent(), device="cpu").complete
    return folder


@pytest.fixture
def complete(complete_template: Path, tmp_path: Path) -> Iterator[Project]:
    """Begun, and finished later."""
    with Project(Path(shutil.copytree(complete_template, tmp_path / "project"))) as project:
        yield project


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, clip: Path, boxes: Path) -> Iterator[Project]:
    with Project(tmp_path_factory.mktemp("whole") / "project", create=True) as project:
        video = project.add_video(clip)
        assert estimate(
            project, video.id, Silent(), device="cpu", estimator="lightning", boxes=boxes
        ).complete
        yield project


def test_context_costs_nothing_in_later_segments_and_is_estimated_when_it_comes_back(begun: Project) -> None:
    first = set(begun.predictions(1).frame.tolist())
    one, other = begun.store.track_names(1)
    begun.store.exchange(choose(begun, begun.videos()[0], [other]))
    assert finish(begun, Silent(), device="cpu").complete
    stored = begun.estimates(1, 0)
    assert set(stored.frame[stored.track == one].tolist()) == first
    assert (stored.track == other).sum() == FRAMES
    begun.store.exchange(choose(begun, begun.videos()[0], []))
    assert found_without_pose(begun, begun.videos()[0]) == {one: FRAMES - len(first)}
    estimate(begun, 1, Silent(), device="cpu")
    assert len(begun.predictions(1)) == 2 * FRAMES


def test_a_budget_ends_it_and_a_batch_can_be_proposed(begun: Project) -> None:
    coverage = begun.coverage(1)
    assert coverage.share == pytest.approx(1 / SEGMENTS, abs=0.1)
    (part,) = begun.computed.segments(SAMPLES, 1)
    assert part.start <= 120 < part.stop  # what was on screen
    chosen = propose(begun, size=4)
    assert all(part.start <= item.sample.frame < part.stop for item in chosen)
    assert len(begun.tracks(1)[0].frames) == FRAMES  # the boxes were given
    assert words.coverage_in_words(begun).startswith("Round 0 has estimated ")
    (known,) = words.coverage(begun)
    assert known.share == coverage.share
    assert words.reached_in_words([known]) == ""
    two = [known, replace(known, share=0.0)]
    assert words.reached_in_words(two) == "The time allowed reached 1 of 2 videos"


def test_going_on_comes_to_what_one_go_does(begun: Project, whole: Project) -> None:
    done = begun.computed.segments(SAMPLES, 1)
    estimate(begun, 1, Silent(), device="cpu", budget=1e-9)
    assert len(begun.computed.segments(SAMPLES, 1)) == 2
    assert finish(begun, Silent(), device="cpu").complete
    assert finish(begun, Silent(), device="cpu").complete  # nothing is left
    assert set(done) < set(begun.computed.segments(SAMPLES, 1))
    one, other = begun.predictions(1), whole.predictions(1)
    assert one.track.tolist() == other.track.tolist()
    assert one.frame.tolist() == other.frame.tolist()
    np.testing.assert_allclose(one.points, other.points, atol=1e-3)
    for name in ("lc", "thc.ours", "wpu.ours"):
        np.testing.assert_allclose(one.criteria[name], other.criteria[name], atol=1e-4, err_msg=name)
    np.testing.assert_allclose(begun.embeddings(1, 0), whole.embeddings(1, 0), atol=1e-2)
    np.testing.assert_allclose(scores(begun, 1, "influence"), scores(whole, 1, "influence"), atol=0.02)
    assert words.coverage_in_words(begun) == ""


def test_whoever_cancels_keeps_what_is_finished(begun: Project) -> None:
    with pytest.raises(Cancelled):
        finish(begun, Impatient(begun, 3), device="cpu")
    assert len(begun.computed.segments(SAMPLES, 1)) == 3
    files = {path.relative_to(begun.folder).as_posix() for path in (begun.folder / "computed").rglob("*.h5")}
    assert files == begun.store.shard_paths()


def next_round(project: Project, budget: float | None) -> None:
    """With the same estimator."""
    number = project.latest_round() + 1
    shutil.copytree(project.estimator_folder(0), project.estimator_folder(number))
    project.store.start_round(number, {})
    ready = ready_estimator(project, number, "cpu", Silent())
    with open_video(project.videos()[0].path) as source:
        estimate_round(
            project,
            number,
            ready,
            {1: source},
            "cpu",
            Silent(),
            budget,
            frames_of_labels(project),
            budget is not None,
        )


def test_a_new_round_begins_where_the_labels_are_and_the_rest_is_as_it_was(complete: Project) -> None:
    label(complete, (1, 170))
    next_round(complete, 1e-9)
    assert complete.latest_round() == 1
    now = [part for part in complete.computed.segments(SAMPLES, 1) if part.round == 1]
    assert any(part.start <= 170 < part.stop for part in now)
    predictions = complete.predictions(1)
    assert len(predictions) == 2 * FRAMES
    assert set(predictions.rounds.tolist()) == {0, 1}
    here = predictions.rounds == 1
    assert (predictions.stored >= 0).tolist() == here.tolist()
    assert np.isfinite(predictions.criteria["lc"]).tolist() == here.tolist()
    assert predictions.pose(int(np.flatnonzero(~here)[0])).round == 0
    assert len(predictions.computed()) == here.sum()
    proposed = {item.sample.frame for item in propose(complete, size=6)}
    assert proposed <= set(predictions.frame[here].tolist())
    review(complete)
    everyone = list(complete.store.labels().values())
    assert np.isfinite(label_oks(complete, everyone, 1)).all()
    label(complete, (1, 10))
    far = [one for one in complete.store.labels().values() if one.sample.frame == 10]
    if not here[predictions.row(SampleId(1, 10))]:  # not reached yet
        assert np.isnan(label_oks(complete, far, 1)).all()
    finish(complete, Silent(), device="cpu")
    assert set(complete.predictions(1).rounds.tolist()) == {1}


def test_rounds_within_a_budget_see_all_of_a_video_by_turns(complete: Project) -> None:
    reached = set()
    for number in range(1, SEGMENTS + 1):
        next_round(complete, 1e-9)
        (part,) = (part for part in complete.computed.segments(SAMPLES, 1) if part.round == number)
        reached.add(part.start)
    assert len(reached) == SEGMENTS


@pytest.mark.long
def test_old_rounds_go_when_nothing_is_read_from_them(complete: Project) -> None:
    for _ in range(3):
        next_round(complete, None)
    forget_old_rounds(complete)
    assert {part.round for part in complete.computed.segments(SAMPLES, 1)} == {1, 2, 3}
    next_round(complete, 1e-9)
    forget_old_rounds(complete)
    assert {part.round for part in complete.computed.segments(SAMPLES, 1)} == {2, 3, 4}
    assert len(complete.predictions(1)) == 2 * FRAMES


def test_only_the_frames_that_are_wanted_are_estimated_and_more_can_be(
    tmp_path: Path, clip: Path, boxes: Path
) -> None:
    with Project(tmp_path / "project", create=True) as project:
        video = project.add_video(clip)
        estimate(project, 1, Silent(), device="cpu", estimator="lightning", boxes=boxes, spans=[(60, 90)])
        assert sorted(set(project.predictions(1).frame.tolist())) == list(range(60, 90))
        assert (project.coverage(1).share, project.spans(video.id)) == (1.0, [(60, 90)])
        estimate(project, 1, Silent(), device="cpu", spans=[(10, 20)])
        assert project.spans(video.id) == [(10, 20), (60, 90)]
        assert project.coverage(1).share == 1
        assert 65 in project.predictions(1).frame


def test_a_box_that_is_drawn_where_nobody_was_looked_for_has_its_pose(begun: Project) -> None:
    (part,) = begun.computed.segments(SAMPLES, 1)
    rows, track = draw_person(begun, begun.videos()[0], part.start + 3, Box(20, 10, 70, 90))
    begun.store.exchange(rows)
    estimate(begun, 1, Silent(), device="cpu", budget=1e-9)
    assert begun.predictions(1).row(SampleId(track, part.start + 3)) is not None


def test_many_small_files_become_few_and_hold_the_same(
    complete: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = complete.predictions(1)
    embeddings = complete.embeddings(1, 0)
    monkeypatch.setattr(join_shards, "MANY", 2)
    join_shards.join_shards(complete, complete.videos()[0])
    assert len({part.path for part in complete.computed.segments(SAMPLES, 1)}) == 1
    assert complete.coverage(1).share == 1
    after = complete.predictions(1)
    assert after.points.tobytes() == before.points.tobytes()
    assert after.criteria["thc.ours"].tobytes() == before.criteria["thc.ours"].tobytes()
    assert complete.embeddings(1, 0).tobytes() == embeddings.tobytes()
    with Project(complete.folder) as again:
        assert len(again.predictions(1)) == len(before)


def as_version_2(project: Project) -> None:
    """With the criteria of a whole video in a file of their own, as version 0.2 wrote them."""
    part, *_ = project.computed.segments(SAMPLES, 1)
    columns = read_shard(project.folder / part.path)
    criteria = {name.removeprefix(CRITERION): v for name, v in columns.items() if name.startswith(CRITERION)}
    half = len(columns["frame"]) // 2
    for place, rows in enumerate((slice(None, half), slice(half, None))):
        samples = {name: v[rows] for name, v in columns.items() if not name.startswith(CRITERION)}
        write_shard(project.folder / f"computed/video-1/round-0/samples-{place:05d}.h5", samples)
    write_shard(project.folder / "computed/video-1/round-0/criteria.h5", criteria)
    with project.store.transaction() as db:
        db.execute("DELETE FROM segments")
        db.execute("DELETE FROM shards WHERE kind = 'samples'")
        for name, kind in (
            ("samples-00000", "samples"),
            ("samples-00001", "samples"),
            ("criteria", "criteria"),
        ):
            db.execute(
                "INSERT INTO shards VALUES (?, ?, 1, 0)", (f"computed/video-1/round-0/{name}.h5", kind)
            )


def test_a_project_of_version_0_2_is_read_as_it_is_and_goes_on(
    complete: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join_shards, "MANY", 2)
    join_shards.join_shards(complete, complete.videos()[0])
    before, embeddings = complete.predictions(1), complete.embeddings(1, 0)
    as_version_2(complete)
    for project in (Project(complete.folder), complete):
        with project:
            if project is complete:
                bring_up_to_date(project, project.videos()[0])
                assert len(project.computed.segments(TRACKS, 1)) == 1
            after = project.predictions(1)
            assert after.points.tobytes() == before.points.tobytes()
            assert after.criteria["lc"].tobytes() == before.criteria["lc"].tobytes()
            assert project.embeddings(1, 0).tobytes() == embeddings.tobytes()
            assert project.coverage(1).share == 1


def test_progress_says_what_is_over_first(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple] = []

    class Listening(Silent):
        def report(self, stage: str, done: int, total: int, **_: object) -> None:
            said.append((stage, done, total))

    clock = [0.0]
    monkeypatch.setattr("core.workflow.progress.time.monotonic", lambda: clock[0])
    progress = Progress(Listening(), 1000, 10)
    clock[0] = 90.0  # until a detector is ready, which no user asked for
    assert not progress.over
    progress.part(Stretch(1, 0, 100))
    clock[0] = 95.0
    progress.end(Stretch(1, 0, 100))
    assert said == [(STAGE, 100, 200)]  # half of the time is over
    assert not progress.over
    clock[0] = 100.0
    assert progress.over
    progress.part(Stretch(1, 100, 200)).report("", 1, 4)
    assert said[-1] == (STAGE, 125, 200)  # it is finished, however long that takes
    unlimited = Progress(Listening(), 1000, None)
    unlimited.part(Stretch(1, 0, 100)).report("", 1, 2)
    assert said[-1] == (STAGE, 50, 1000)
    assert not unlimited.over


def test_an_estimation_leaves_no_file_that_is_not_registered(begun: Project) -> None:
    session = ready_estimator(begun, 0, "cpu", Silent()).session
    with (
        open_video(begun.videos()[0].path) as source,
        estimation(begun, 0, session, {1: source}, "cpu", Silent()),
    ):
        (begun.folder / "computed" / "stray.h5").touch()
    assert not (begun.folder / "computed" / "stray.h5").exists()


def test_pictures_that_are_too_large_to_be_held_are_decoded_again(
    whole: Project, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found is the same."""

    class Detector:
        def shrink(self, frame):
            return frame.number

        def find(self, image, *_):
            return np.array([[10, 10, 70, 90, 0.9]], np.float32)

    found = []
    for most in (0, 1 << 30):
        monkeypatch.setattr(detection, "HELD", most)
        with (
            open_video(clip) as source,
            detection.Detection(lambda _: Detector(), {1: FindSettings(turn=0)}) as finding,
        ):
            with closing(source.open_decoder()) as decoder:
                frames = detection.decode(source, decoder, 1, 50, 100, finding)
            assert (frames.held is None) == (most == 0)
            assert [number for number, _ in frames.stream(60, 65)] == [60, 61, 62, 63, 64]
            assert frames.unread == []
            found.append(frames.people)
    (one,), (other,) = found
    assert one.frames.tolist() == other.frames.tolist() == list(range(50, 100))
    assert one.appearance.tobytes() == other.appearance.tobytes()
    assert one.appearance.any()


@pytest.mark.long
def test_how_sure_the_first_estimator_was_outlives_its_poses(complete: Project) -> None:
    known = float(complete.predictions(1, 0).confidence.mean())
    assert first_confidence(complete) == pytest.approx(known)
    for _ in range(3):
        next_round(complete, None)
    forget_old_rounds(complete)
    assert complete.predictions(1, 0) is None
    assert first_confidence(complete) == pytest.approx(known)


def test_the_same_search_for_people_goes_on_and_another_begins_anew(tmp_path: Path) -> None:
    with Project(tmp_path / "project", create=True) as project:
        video = project.add_video(DEMO_CLIP).id
        settings = FindSettings(score=0.25)
        estimate(
            project, video, Silent(), device="cpu", estimator="lightning", settings=settings, spans=[(0, 6)]
        )
        first = {part.path for part in project.computed.segments(SAMPLES, video)}
        estimate(project, video, Silent(), device="cpu", settings=settings, spans=[(6, 12)])
        assert first <= {part.path for part in project.computed.segments(SAMPLES, video)}
        assert len(project.predictions(video)) == 24
        estimate(project, video, Silent(), device="cpu", settings=FindSettings(score=0.2), spans=[(6, 12)])
        assert not first & {part.path for part in project.computed.segments(SAMPLES, video)}
