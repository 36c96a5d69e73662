"""A project from a stranger: a sentence or success, nothing outside its folder, no memory for what is only
declared.
"""

import json
import os
import re
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import Box, LabelledPose, SampleId, Silent, UserError
from core.export.export import export
from core.project.project import DATABASE, Project
from core.project.recovery.repair import repair
from core.project.store import settings as project_settings
from core.project.store.integrity import ProjectDamaged
from core.project.store.shards import ShardDamaged
from core.project.store.store import Label
from core.queries.status import status
from core.queries.status_sentences import criterion_in_words, parity_in_words
from core.workflow.estimate_round import remove_leftovers
from tests.clips import make_clip
from tests.projects import add_round, make_project

FRAMES = 12
LIMIT = 4 << 30  # bytes of memory beyond what is used


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rounds, two labels, a queue, a drawn box and a pose estimated by itself."""
    place = tmp_path_factory.mktemp("template")
    folder = make_project(place / "project", make_clip(place / "walk.mp4", FRAMES))
    add_round(folder, lambda columns: None)
    with Project(folder) as project:
        predictions = project.predictions(1)
        for frame in (0, 2):
            row = predictions.row(SampleId(1, frame))
            points = predictions.points[row].astype(np.float64)
            pose = LabelledPose(
                points, np.full(17, 2, np.int8), predictions.box(row), predictions.pose(row), 1
            )
            project.store.set_labels([Label(SampleId(1, frame), pose, True)])
        project.store.set_setting("tau", 0.8)
        with project.store.transaction() as db:
            db.execute("INSERT INTO drawn_boxes VALUES (9, 3, 1, 1, 1, 20, 30)")
            db.execute("INSERT INTO tracks VALUES (9, 1, 'Drawn')")
            points, confidence = np.ones((17, 2), "<f4").tobytes(), np.ones(17, "<f4").tobytes()
            db.execute(
                "INSERT INTO single_estimates VALUES (9, 3, 1, 1, 1, 1, 20, 30, ?, ?)", (points, confidence)
            )
        project.store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "project"))


@contextmanager
def little_memory() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def use(folder: Path) -> None:
    """What a look at a project does, and an export. Raises UserError."""
    with Project(folder) as project:
        rounds = status(project)
        parity_in_words(rounds)
        criterion_in_words(project)
        project.queued()
        for video in project.videos():
            project.tracks(video.id)
            for entry in project.store.rounds():
                if project.predictions(video.id, entry.id) is not None:
                    project.embeddings(video.id, entry.id)
        out = folder.parent / "out"
        try:
            export(project, "coco", out, Silent())
        finally:
            shutil.rmtree(out, ignore_errors=True)


def change(folder: Path, *statements: str) -> None:
    database = sqlite3.connect(folder / DATABASE)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


def test_the_template_is_sound(folder: Path) -> None:
    use(folder)


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TRIGGER t AFTER INSERT ON labels BEGIN DELETE FROM labels; END"],
        ["CREATE VIEW v AS SELECT * FROM labels"],
        ["ALTER TABLE labels RENAME TO other", "CREATE VIEW labels AS SELECT * FROM other"],
        ["DROP TABLE queue", "CREATE TABLE queue (track, frame, round, position, skipped, reason)"],
        ["DROP TABLE people_edits"],
        ["CREATE VIRTUAL TABLE words USING fts5(text)"],
        ["CREATE INDEX i ON labels (abs(frame))"],
        ["ALTER TABLE tracks ADD COLUMN more TEXT"],
        ["ALTER TABLE tracks ADD COLUMN more TEXT GENERATED ALWAYS AS (name || name) VIRTUAL"],
        ["PRAGMA user_version=-1"],
        ["PRAGMA user_version=1"],
    ],
)
def test_tables_that_are_not_ours_are_refused_before_they_are_used(
    folder: Path, statements: list[str]
) -> None:
    change(folder, *statements)
    with pytest.raises(UserError):
        use(folder)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE labels SET points = zeroblob(7)",
        "UPDATE labels SET points = 'text'",
        "UPDATE labels SET points = zeroblob(100000000)",
        "UPDATE labels SET visibility = zeroblob(16)",
        "UPDATE labels SET visibility = CAST('aaaaaaaaaaaaaaaaa' AS BLOB)",
        "UPDATE labels SET predicted_points = zeroblob(8)",
        "UPDATE labels SET predicted_confidence = NULL",
        "UPDATE labels SET x0 = 'left'",
        "UPDATE labels SET x0 = 1e308",
        "UPDATE labels SET x0 = 9e999",
        "UPDATE labels SET frame = 1000000000000 WHERE frame = 2",
        "UPDATE labels SET frame = -1 WHERE frame = 2",
        "UPDATE labels SET round = -1",
        "UPDATE labels SET track = 77 WHERE frame = 2",
        "UPDATE tracks SET video = 5",
        "UPDATE tracks SET name = CAST(x'ff00' AS TEXT)",
        "UPDATE tracks SET name = x'00'",
        "UPDATE videos SET frame_count = 1000000000000000",
        "UPDATE videos SET frame_count = 0",
        "UPDATE videos SET width = 1000000, height = 1000000",
        "UPDATE videos SET fps = 0",
        "UPDATE videos SET fps = -9e999",
        "UPDATE videos SET path = CAST(x'00' AS TEXT)",
        "UPDATE rounds SET summary = '[]'",
        "UPDATE rounds SET summary = 'no'",
        'UPDATE rounds SET summary = \'{"steps": "many"}\'',
        "UPDATE rounds SET summary = '{\"loss\": 1e999}'",
        "UPDATE queue SET reason = '[1]'",
        'UPDATE queue SET reason = \'{"thc": "much"}\'',
        "UPDATE queue SET reason = '{\"thc\": 1e400}'",
        "UPDATE queue SET frame = 99999999 WHERE frame = 2",
        "UPDATE meta SET value = '\"high\"' WHERE key = 'tau'",
        "UPDATE meta SET value = 'NaN' WHERE key = 'tau'",
        "UPDATE meta SET value = 'true' WHERE key = 'tau'",
        "UPDATE meta SET value = x'00' WHERE key = 'tau'",
        "INSERT INTO meta VALUES ('skeleton', '{\"joints\": [\"a\"]}')",
        "INSERT INTO meta VALUES ('skeleton', '5')",
        "INSERT INTO meta VALUES ('criterion', '5')",
        "INSERT INTO meta VALUES ('given_boxes', '[[]]')",
        "INSERT INTO meta VALUES ('steps', '\"many\"')",
        "INSERT INTO meta VALUES ('steps', 'true')",
        "INSERT INTO meta VALUES ('steps', '1000000000000')",
        "INSERT INTO meta VALUES ('size', '[3]')",
        "INSERT INTO meta VALUES ('prior', '\"half\"')",
        "INSERT INTO meta VALUES ('looked', '{}')",
        "INSERT INTO meta VALUES ('confirmed', '[\"x\"]')",
        "INSERT OR REPLACE INTO meta VALUES ('last_track', '\"a\"')",
        "UPDATE shards SET path = '../' || path",
        "UPDATE shards SET path = '/etc/' || path",
        "UPDATE shards SET path = 'computed/../../' || path",
        "UPDATE shards SET path = 'computed/a\\..\\b.h5' WHERE kind = 'samples' AND round = 1",
        "UPDATE drawn_boxes SET frame = 2000000",
        "UPDATE single_estimates SET points = zeroblob(3)",
        "UPDATE single_estimates SET frame = -1",
    ],
)
def test_rows_that_are_not_ours_are_refused(folder: Path, statement: str) -> None:
    change(folder, statement)
    with little_memory(), pytest.raises(UserError):
        use(folder)


@pytest.mark.parametrize("depth", [100_000])
def test_json_nested_without_end_is_refused(folder: Path, depth: int) -> None:
    change(folder, f"INSERT INTO meta VALUES ('skeleton', '{'[' * depth}{']' * depth}')")
    with pytest.raises(ProjectDamaged):
        use(folder)


def test_a_skeleton_of_a_million_joints_is_refused(folder: Path) -> None:
    joints = json.dumps({"joints": [f"j{n}" for n in range(1_000_000)]})
    change(folder, f"INSERT INTO meta VALUES ('skeleton', '{joints}')")
    with little_memory(), pytest.raises(ProjectDamaged, match="between 1 and 512 joints"):
        use(folder)


@pytest.mark.parametrize(
    "name", ["computed", "estimators", "backups", DATABASE, "editing.lock", "computed/video-1/x.h5"]
)
def test_links_out_of_the_folder_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.txt").write_text("mine")
    path = folder / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    os.symlink(outside if "." not in name else outside / "precious.txt", path)
    with pytest.raises(UserError, match="is a link"):
        use(folder)
    with pytest.raises(UserError, match="is a link"):
        repair(folder)
    assert (outside / "precious.txt").read_text() == "mine"
    assert len(list(outside.iterdir())) == 1


def test_leftovers_are_removed_inside_the_folder_only(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.h5").touch()
    with Project(folder) as project:
        os.symlink(outside, folder / "computed" / "link")  # put there while it is open
        remove_leftovers(project)
    assert (outside / "precious.h5").exists()


def shard(folder: Path, name: str) -> Path:
    return next((folder / "computed").rglob(name))


def replace(file: h5py.File, name: str, **how: object) -> None:
    del file[name]
    file.create_dataset(name, **how)


HOSTILE = {
    "huge, with chunks that are not there": lambda f: replace(
        f, "points", shape=(1 << 40, 17, 2), dtype="f4", chunks=True
    ),
    "huge, contiguous": lambda f: replace(f, "points", shape=(1 << 36, 17, 2), dtype="f4"),
    "other length": lambda f: replace(f, "points", data=np.zeros((3, 17, 2), "f4")),
    "other joints": lambda f: replace(f, "points", data=np.zeros((len(f["frame"]), 3, 2), "f4")),
    "flat": lambda f: replace(f, "points", data=np.zeros(len(f["frame"]), "f4")),
    "texts": lambda f: replace(f, "points", data=["a"] * len(f["frame"])),
    "objects": lambda f: replace(f, "points", shape=(len(f["frame"]),), dtype=h5py.ref_dtype),
    "nowhere": lambda f: replace(f, "points", data=np.full((len(f["frame"]), 17, 2), np.nan, "f4")),
    "frames beyond the video": lambda f: replace(f, "frame", data=np.full(len(f["frame"]), 1 << 60)),
    "frames before it": lambda f: replace(f, "frame", data=np.full(len(f["frame"]), -5)),
    "frames in disorder": lambda f: replace(f, "frame", data=np.arange(len(f["frame"]))[::-1] % FRAMES),
    "frames with fractions": lambda f: replace(f, "frame", data=np.zeros(len(f["frame"]))),
    "a group": lambda f: (f.__delitem__("points"), f.create_group("points")),
    "a link to another file": lambda f: (
        f.__delitem__("points"),
        f.__setitem__("points", h5py.ExternalLink("/etc/hostname", "/x")),
    ),
    "kept in another file": lambda f: (
        f.__delitem__("points"),
        f.create_dataset("points", (len(f["frame"]), 17, 2), "f4", external=[("/etc/hostname", 0, 1 << 20)]),
    ),
    "no boxes": lambda f: f.__delitem__("boxes"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_computed_files_that_are_not_ours_are_damaged(folder: Path, name: str) -> None:
    for path in (folder / "computed").rglob("samples-*.h5"):
        with h5py.File(path, "r+") as file:
            HOSTILE[name](file)
    with little_memory(), pytest.raises(ShardDamaged):
        use(folder)


def test_a_computed_file_that_packs_very_much_into_little_is_damaged(folder: Path) -> None:
    with h5py.File(shard(folder, "samples-*.h5"), "r+") as file:
        file.create_dataset(
            "criterion.more", shape=(1 << 34,), dtype="f4", compression="gzip", chunks=(1 << 20,)
        )
        file["criterion.more"][: 1 << 20] = 0
    with little_memory(), pytest.raises(ShardDamaged):
        use(folder)


QUIET = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def mutated(content: bytes, draw: st.DataObject) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.draw(st.integers(1, 8))):
        at = draw.draw(st.integers(0, len(changed) - 1))
        changed[at : at + draw.draw(st.integers(0, 40))] = draw.draw(st.binary(max_size=40))
    return bytes(changed)


def use_or_refuse(folder: Path) -> None:
    """In a sentence; the copy is deleted."""
    try:
        use(folder)
    except UserError:
        return
    finally:
        shutil.rmtree(folder.parent)


@QUIET
@given(data=st.data())
def test_any_bytes_in_the_database_are_a_sentence_or_a_project(
    template: Path, tmp_path_factory, data: st.DataObject
) -> None:
    folder = Path(shutil.copytree(template, tmp_path_factory.mktemp("fuzzed") / "project"))
    path = folder / DATABASE
    path.write_bytes(mutated(path.read_bytes(), data))
    use_or_refuse(folder)


@QUIET
@given(data=st.data(), name=st.sampled_from(["samples-*.h5", "people-*.h5"]))
def test_any_bytes_in_a_computed_file_are_a_sentence_or_estimates(
    template: Path, tmp_path_factory, data: st.DataObject, name: str
) -> None:
    folder = Path(shutil.copytree(template, tmp_path_factory.mktemp("fuzzed") / "project"))
    path = shard(folder, name)
    path.write_bytes(mutated(path.read_bytes(), data))
    use_or_refuse(folder)


VALUES = st.none() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=300)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_cell_is_a_sentence_or_a_project(
    template: Path, tmp_path_factory, data: st.DataObject
) -> None:
    folder = Path(shutil.copytree(template, tmp_path_factory.mktemp("fuzzed") / "project"))
    database = sqlite3.connect(folder / DATABASE)
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    table = data.draw(st.sampled_from(tables))
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    json_like = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner)
        ),
    ).map(json.dumps)
    try:
        value = data.draw(VALUES | json_like)
        query = f"UPDATE OR IGNORE {table} SET {data.draw(st.sampled_from(columns))} = ?"
        database.execute(query, (value,))
        database.commit()
    except (sqlite3.Error, OverflowError, UnicodeEncodeError):
        pass
    database.close()
    use_or_refuse(folder)


KEYS = (
    "measured",
    "parity",
    "advice",
    "audit",
    "g",
    "share",
    "labelled",
    "steps",
    "device",
    "joints",
    "edges",
    "sigmas",
)


def test_boxes_far_outside_of_the_image_are_used_like_any_other(folder: Path) -> None:
    with Project(folder) as project:
        pose = LabelledPose(
            np.full((17, 2), -5e8), np.full(17, 2, np.int8), Box(-9e8, -9e8, 9e8, 9e8), None, 1
        )
        project.store.set_labels([Label(SampleId(1, 5), pose, True)])
    with little_memory():
        use(folder)


def test_every_setting_that_is_written_is_known_to_the_check() -> None:
    """One that is not would be taken from a stranger whatever it is."""
    root = Path(__file__).parents[4]
    sources = [
        path.read_text(encoding="utf-8")
        for folder in ("app", "core")
        for path in (root / folder).rglob("*.py")
    ]
    written = {name for text in sources for name in re.findall(r'set(?:ting|_setting)\(\s*"(\w+)"', text)}
    constants = [value for name, value in vars(project_settings).items() if name.isupper()]
    named = {value for value in constants if isinstance(value, str)}
    assert {"steps", "criterion"} <= written
    assert {"looked", "confirmed"} <= named
    assert written | named <= project_settings.SETTINGS.keys()
