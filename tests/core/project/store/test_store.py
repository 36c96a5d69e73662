"""What a human made is kept bit for bit, edit by edit, and a bad file is told from a project."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.domain import Box, LabelledPose, Outdated, PredictedPose, SampleId, UserError
from core.project.project import DATABASE, Project
from core.project.store.schema import MIGRATIONS, SCHEMA_VERSION, backup_path
from core.project.store.segments import NewPeople, Segment, register
from core.project.store.store import Label, QueueItem, Store
from tests.clips import make_clip

ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)
FINITE = st.floats(-1e6, 1e6)


@st.composite
def labels(draw: st.DrawFn, joints: int = 17) -> Label:
    prediction = draw(
        st.none()
        | st.builds(
            PredictedPose,
            arrays(np.float32, (joints, 2), elements=st.floats(width=32)),
            arrays(np.float32, joints, elements=st.floats(0, 1, width=32)),
            st.integers(0, 50),
        )
    )
    pose = LabelledPose(
        draw(arrays(np.float64, (joints, 2), elements=ANY_FLOAT)),
        draw(arrays(np.int8, joints, elements=st.integers(0, 2))),
        Box(*(draw(FINITE) for _ in range(4))),
        prediction,
        draw(st.integers(0, 50)),
    )
    return Label(SampleId(1, draw(st.integers(0, 2**40))), pose, draw(st.booleans()))


def bits(label: Label) -> tuple:
    pose, prediction = label.pose, label.pose.prediction
    return (
        label.sample,
        label.accepted,
        pose.points.tobytes(),
        pose.visibility.tobytes(),
        pose.box,
        pose.round,
        prediction and (prediction.points.tobytes(), prediction.confidence.tobytes(), prediction.round),
    )


def a_label(frame: int = 0, track: int = 1) -> Label:
    pose = LabelledPose(np.full((17, 2), 0.1 + frame), np.full(17, 2, np.int8), Box(0, 0, 1, 1), None, 0)
    return Label(SampleId(track, frame), pose, True)


OURS = {"last_track": 1}  # settings that are there without being chosen


def with_a_track(folder: Path) -> Store:
    store = Store(folder / DATABASE, create=True)
    video = store.add_video(Path("a.mp4"), "x", 64, 48, 10, 25.0)
    people = NewPeople("computed/people.h5", 0, 10, {1: "Ann"})
    register(store, video.id, Segment("computed/a.h5", 0, 0, 10), people, anew=True)
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = with_a_track(tmp_path)
    yield store
    store.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = with_a_track(tmp_path_factory.mktemp("shared"))
    yield store
    store.close()


@given(label=labels())
def test_every_bit_of_a_label_is_kept(shared: Store, label: Label) -> None:
    shared.set_labels([label])
    again = Store(shared.path)
    assert bits(again.labels(accepted_only=False)[label.sample]) == bits(label)
    assert (label.sample in again.labels()) == label.accepted
    again.close()


def test_an_edit_is_written_whole_or_not_at_all(store: Store) -> None:
    store.set_labels([a_label(0)])
    with pytest.raises(Outdated, match="changed by another PoseTailor"):
        store.set_labels([a_label(1), a_label(2, track=99)], [SampleId(1, 0)])
    assert list(store.labels()) == [(1, 0)]
    store.set_labels([a_label(1)], [SampleId(1, 0)])
    assert list(store.labels()) == [(1, 1)]


def transactions(store: Store, work) -> int:
    """How many were committed."""
    seen: list[str] = []
    store._db.set_trace_callback(seen.append)
    work()
    store._db.set_trace_callback(None)
    return sum(statement.startswith("COMMIT") for statement in seen)


def test_one_edit_is_one_transaction(store: Store) -> None:
    items = [QueueItem(SampleId(1, n), 0, False, {}) for n in (7, 2)]
    store.set_labels([a_label(0)])
    store.append_to_queue(items)
    edits = (
        lambda: store.set_labels([a_label(1), a_label(2)], [SampleId(1, 0)]),
        lambda: store.set_settings({"tau": 0.8, "audit": 0.1}, ["size", "steps"]),
        lambda: store.change_queue(
            [QueueItem(SampleId(1, 5), 0, False, {})], [item.sample for item in items]
        ),
        lambda: store.start_round(1, {}),
        lambda: store.start_round(1, {"steps": 3}),
    )
    assert [transactions(store, edit) for edit in edits] == [1] * len(edits)
    assert [item.sample.frame for item in store.queue()] == [5]


def test_settings_are_written_all_or_none(store: Store) -> None:
    store.set_settings({"tau": 0.8, "audit": 0.1})
    with pytest.raises(TypeError):
        store.set_settings({"tau": 0.9, "audit": object()}, ["audit"])
    assert store.settings() == OURS | {"tau": 0.8, "audit": 0.1}
    store.set_settings({"tau": 0.9}, ["audit", "size"])
    assert store.settings() == OURS | {"tau": 0.9}


def test_what_is_not_queued_any_more_cannot_be_moved(store: Store) -> None:
    with pytest.raises(Outdated, match="not in it any more"):
        store.move_in_queue(SampleId(1, 0), None)


def test_an_edit_that_breaks_off_changes_nothing(store: Store) -> None:
    def break_off() -> None:
        with store.transaction() as db:
            db.execute("DELETE FROM labels")
            raise KeyError

    store.set_labels([a_label(0)])
    with pytest.raises(KeyError):
        break_off()
    assert list(store.labels()) == [(1, 0)]


def test_an_edit_is_on_disk_when_it_returns(store: Store) -> None:
    store.set_labels([a_label(3)])
    store.set_setting("tau", 0.8)
    store.append_to_queue([QueueItem(SampleId(1, 5), 0, False, {"thc": 0.25})])
    other = Store(store.path)
    assert list(other.labels()) == [(1, 3)]
    assert other.settings() == OURS | {"tau": 0.8}
    assert other.queue() == [QueueItem(SampleId(1, 5), 0, False, {"thc": 0.25})]
    other.close()


def test_what_is_queued_keeps_its_place_and_its_mark(store: Store) -> None:
    first = [QueueItem(SampleId(1, n), 0, False, {}) for n in (7, 2)]
    store.append_to_queue(first)
    store.set_skipped(SampleId(1, 7), True)
    store.append_to_queue([QueueItem(SampleId(1, n), 1, False, {}) for n in (2, 7, 4)])
    assert [(i.sample.frame, i.round, i.skipped) for i in store.queue()] == [
        (7, 0, True),
        (2, 0, False),
        (4, 1, False),
    ]
    store.remove_from_queue([SampleId(1, 2)])
    assert [i.sample.frame for i in store.queue()] == [7, 4]


def test_a_newer_project_is_left_alone(store: Store) -> None:
    store.close()
    database = sqlite3.connect(store.path)
    database.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    database.close()
    before = store.path.read_bytes()
    for create in (False, True):
        with pytest.raises(UserError, match="newer PoseTailor"):
            Store(store.path, create)
    assert store.path.read_bytes() == before


@pytest.mark.parametrize("version", [0, 1, 7])
@pytest.mark.parametrize("create", [False, True])
def test_the_database_of_another_program_is_left_alone(tmp_path: Path, version: int, create: bool) -> None:
    path = tmp_path / DATABASE
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE recipes (name TEXT)")
    database.execute(f"PRAGMA user_version={version}")
    database.commit()
    database.close()
    before = path.read_bytes()
    with pytest.raises(UserError, match="not a PoseTailor project"):
        Store(path, create)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / DATABASE
    path.write_bytes(b"no database at all\n" * 500)
    with pytest.raises(UserError, match="damaged or not a PoseTailor project"):
        Store(path)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_one_sentence(store: Store, keep: float) -> None:
    store.set_labels([a_label(n) for n in range(200)])
    store.close()
    store.path.write_bytes(store.path.read_bytes()[: int(store.path.stat().st_size * keep)])

    def read() -> None:
        opened = Store(store.path)
        try:
            opened.labels()
        finally:
            opened.close()

    with pytest.raises(UserError, match="damaged"):
        read()


def test_damaged_pages_are_one_sentence_for_readers_and_writers(store: Store) -> None:
    store.set_labels([a_label(n) for n in range(200)])
    store.close()
    content = bytearray(store.path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)  # the first page, with the schema, is whole
    store.path.write_bytes(content)
    opened = Store(store.path)
    for work in (opened.labels, opened.videos, lambda: opened.set_labels([a_label(3)])):
        with pytest.raises(UserError, match="damaged"):
            work()
    opened.close()


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no project\.sqlite"):
        Project(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be made"):
        Project(tmp_path / "file" / "project", create=True)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write everywhere, so it acts as nobody."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A folder that everybody may enter, up to the root."""
    for folder in (tmp_path, *tmp_path.parents):
        if os.access(folder, os.W_OK) and folder.stat().st_mode & 0o055 != 0o055 and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


def test_a_write_protected_folder_is_read_and_left_alone(open_folder: Path) -> None:
    store = with_a_track(open_folder)
    store.set_labels([a_label(0)])
    store.close()
    store.path.chmod(0o444)
    open_folder.chmod(0o555)
    try:
        with unprivileged():
            with closing(Store(store.path)) as protected:
                assert protected.protected
                protected.check()
                assert list(protected.labels()) == [(1, 0)]
                with pytest.raises(UserError, match=r"is write-protected, so nothing .* Copy the folder"):
                    protected.set_labels([a_label(1)])
            with pytest.raises(UserError, match="cannot be made"):
                Project(open_folder / "new", create=True)
    finally:
        open_folder.chmod(0o755)
    assert sorted(path.name for path in open_folder.iterdir()) == [DATABASE]


def test_a_store_that_became_read_only_keeps_what_was_saved(store: Store) -> None:
    store.set_labels([a_label(0)])
    store._db.execute("PRAGMA query_only=ON")
    with pytest.raises(UserError, match="could not be written"):
        store.set_labels([a_label(1)])
    assert list(store.labels()) == [(1, 0)]


def test_a_full_disk_keeps_what_was_saved(store: Store) -> None:
    store.set_labels([a_label(0)])
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count={pages + 1}")
    with pytest.raises(UserError, match="full"):
        store.set_labels([a_label(n) for n in range(1, 100)])
    assert list(store.labels()) == [(1, 0)]
    store._db.execute(f"PRAGMA max_page_count={1 << 30}")
    store.set_labels([a_label(1)])
    assert list(store.labels()) == [(1, 0), (1, 1)]


def test_a_queued_sample_moves_to_the_end_and_back(store: Store) -> None:
    store.append_to_queue([QueueItem(SampleId(1, frame), 0, False, {}) for frame in range(3)])
    before = store.move_in_queue(SampleId(1, 0), None)
    assert [item.sample.frame for item in store.queue()] == [1, 2, 0]
    store.append_to_queue([QueueItem(SampleId(1, 3), 1, False, {})])
    assert [item.sample.frame for item in store.queue()] == [1, 2, 0, 3]
    store.move_in_queue(SampleId(1, 0), before)
    assert [item.sample.frame for item in store.queue()] == [0, 1, 2, 3]


NEWER = ("people_edits", "drawn_boxes", "single_estimates", "segments", "joins")  # than version 1


def as_version_1(path: Path) -> None:
    database = sqlite3.connect(path)
    for table in NEWER:
        database.execute(f"DROP TABLE {table}")
    database.execute("PRAGMA user_version=1")
    database.commit()
    database.close()


def contents(path: Path) -> dict[str, list[tuple]]:
    database = sqlite3.connect(path)
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    database.close()
    return rows


def test_a_project_of_version_1_is_brought_up_to_date_and_a_copy_kept(store: Store) -> None:
    store.set_labels([a_label(n) for n in range(3)])
    store.append_to_queue([QueueItem(SampleId(1, 5), 0, False, {})])
    store.close()
    as_version_1(store.path)
    before = contents(store.path)
    again = Store(store.path)
    assert list(again.labels()) == [(1, 0), (1, 1), (1, 2)]
    assert again.people_edits() == []
    again.close()
    after = contents(store.path)
    assert set(after) - set(before) == set(NEWER)
    assert {table: after[table] for table in before} == before
    assert contents(backup_path(store.path, 1)) == before


def test_a_migration_that_breaks_off_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    as_version_1(store.path)
    before = contents(store.path)
    monkeypatch.setitem(MIGRATIONS, 1, MIGRATIONS[1] + "; CREATE TABLE labels (again INTEGER)")
    with pytest.raises(UserError):
        Store(store.path)
    assert contents(store.path) == before


def test_a_video_that_was_moved_is_known_without_reading_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=5)
    with Project(tmp_path / "project", create=True) as project:
        before = project.add_video(clip)
        monkeypatch.setattr("core.project.project.open_video", None)
        moved = clip.rename(tmp_path / "b.mp4")
        after = project.add_video(moved)
        assert (after.id, after.path) == (before.id, moved)
        assert len(project.videos()) == 1
