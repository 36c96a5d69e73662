"""A damaged project is repaired: what can be read is kept, what cannot is said, and backups help out."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from core.domain import Box, LabelledPose, SampleId, UserError
from core.project.project import BACKUPS, DATABASE, Project
from core.project.recovery.backups import back_up, backups
from core.project.recovery.repair import repair
from core.project.store.integrity import ProjectDamaged
from core.project.store.store import Label
from tests.clips import make_clip
from tests.projects import make_project

FRAMES = 60
PAGE = 4096


def a_label(track: int, frame: int, value: float = 0.5) -> Label:
    pose = LabelledPose(np.full((17, 2), value + frame), np.full(17, 2, np.int8), Box(0, 0, 9, 9), None, 0)
    return Label(SampleId(track, frame), pose, True)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", FRAMES)


@pytest.fixture
def folder(tmp_path: Path, clip: Path) -> Path:
    """Two people, 90 labels, all in the one file."""
    folder = make_project(tmp_path / "project", clip)
    with Project(folder) as project:
        frames = [(1, n) for n in range(FRAMES)] + [(2, n) for n in range(FRAMES // 2)]
        project.store.set_labels([a_label(*sample) for sample in frames])
        project.store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def samples(folder: Path) -> set[tuple[int, int]]:
    with Project(folder) as project:
        return {tuple(sample) for sample in project.store.labels()}


def leaves_of(folder: Path, table: str) -> list[int]:
    """Pages with rows of a table, counted from 0."""
    db = sqlite3.connect(folder / DATABASE)
    (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    db.close()
    content = (folder / DATABASE).read_bytes()
    page = content[(root - 1) * PAGE : root * PAGE]
    if page[0] == 0x0D:
        return [root - 1]
    cells = int.from_bytes(page[3:5], "big")
    places = [int.from_bytes(page[12 + 2 * n : 14 + 2 * n], "big") for n in range(cells)]
    return [int.from_bytes(page[place : place + 4], "big") - 1 for place in places]


def overwrite(folder: Path, page: int) -> None:
    path = folder / DATABASE
    content = bytearray(path.read_bytes())
    content[page * PAGE : (page + 1) * PAGE] = b"\xa5" * PAGE
    path.write_bytes(content)


def test_a_sound_project_is_left_alone(folder: Path) -> None:
    before = (folder / DATABASE).read_bytes()
    assert "sound, nothing was changed. There are no backups" in repair(folder)
    assert (folder / DATABASE).read_bytes() == before
    assert not list(folder.glob("project-damaged*"))


def test_rows_beside_a_damaged_page_are_recovered_and_the_lost_ones_named(folder: Path) -> None:
    everything = samples(folder)
    leaves = leaves_of(folder, "labels")
    assert len(leaves) > 4
    overwrite(folder, leaves[2])
    with pytest.raises(ProjectDamaged, match=r"damaged .* main\.py repair"):
        Project(folder)
    damaged = (folder / DATABASE).read_bytes()
    sentence = repair(folder)
    left = samples(folder)
    lost = everything - left
    assert 0 < len(lost) < 20
    assert f"Recovered {len(left)} labels; {len(lost)} labels could not be read (person " in sentence
    (kept,) = folder.glob("project-damaged-*.sqlite")
    assert kept.name in sentence
    assert kept.read_bytes() == damaged
    with Project(folder) as project:
        assert len(project.predictions(1)) == FRAMES + FRAMES // 2
        assert len(project.store.queue()) == 6
        for sample, label in project.store.labels().items():
            assert np.array_equal(label.pose.points, a_label(*sample).pose.points)


def test_what_cannot_be_read_comes_from_the_latest_backup(folder: Path) -> None:
    everything = samples(folder)
    back_up(folder)
    with Project(folder) as project:
        project.store.set_labels([a_label(2, 3, 70.0)])
        project.store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    overwrite(folder, leaves_of(folder, "labels")[1])
    sentence = repair(folder)
    assert samples(folder) == everything
    assert "of them from the backup of" in sentence
    assert "could not be read" not in sentence
    with Project(folder) as project:  # the newer state of what could be read
        assert project.store.labels()[SampleId(2, 3)].pose.points[0, 0] == 73.0


def test_a_lost_first_page_is_lent_by_a_backup(folder: Path) -> None:
    back_up(folder)
    with Project(folder) as project:
        project.store.delete_labels([SampleId(1, 5)])
        project.store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    after = samples(folder)
    overwrite(folder, 0)
    repair(folder)
    assert samples(folder) == after


def test_nothing_readable_comes_from_the_backup_alone(folder: Path) -> None:
    everything = samples(folder)
    back_up(folder)
    (folder / DATABASE).write_bytes(b"no database at all")
    assert "Recovered 90 labels, 90 of them from the backup of" in repair(folder)
    assert samples(folder) == everything


def test_nothing_readable_and_no_backup_changes_nothing(folder: Path) -> None:
    (folder / DATABASE).write_bytes(b"\xa5" * 9000)
    before = {path.name for path in folder.iterdir()}
    with pytest.raises(UserError, match="Nothing of the project can be read"):
        repair(folder)
    assert (folder / DATABASE).read_bytes() == b"\xa5" * 9000
    assert {path.name for path in folder.iterdir()} <= before | {"editing.lock", "computing.lock"}


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_overwritten_repair_ends_with_a_sound_project_or_a_sentence(
    folder: Path, seed: int
) -> None:
    everything = samples(folder)
    random = np.random.default_rng(seed)
    content = bytearray((folder / DATABASE).read_bytes())
    for _ in range(random.integers(1, 6)):
        start, length = random.integers(len(content)), random.integers(1, 3000)
        content[start : start + length] = random.bytes(min(length, len(content) - start))
    if seed % 3 == 0:
        del content[random.integers(PAGE, len(content)) :]
    (folder / DATABASE).write_bytes(content)
    try:
        repair(folder)
    except UserError as error:
        assert "Nothing of the project" in str(error)  # noqa: PT017 - either is right
        return
    assert samples(folder) <= everything
    assert "sound" in repair(folder)


def test_going_back_to_a_backup(folder: Path) -> None:
    back_up(folder)
    (backup,) = backups(folder)
    with Project(folder) as project:
        project.store.delete_labels([SampleId(1, n) for n in range(50)])
    sentence = repair(folder, source=backup.path.name)
    assert f"as it was in {backup.path.name}: 90 labels" in sentence
    assert len(samples(folder)) == 90
    with pytest.raises(UserError, match=r"no backup gone\.sqlite. Backups, the newest first: project-"):
        repair(folder, source="gone.sqlite")


def test_repairing_into_a_new_folder_leaves_the_damaged_one(folder: Path, tmp_path: Path) -> None:
    overwrite(folder, leaves_of(folder, "labels")[1])
    before = (folder / DATABASE).read_bytes()
    assert f"The repaired project is in {tmp_path / 'new'}" in repair(folder, out=tmp_path / "new")
    assert (folder / DATABASE).read_bytes() == before
    with Project(tmp_path / "new") as project:
        assert len(project.predictions(1)) == FRAMES + FRAMES // 2
    with pytest.raises(UserError, match="exists already"):
        repair(folder, out=tmp_path / "new")


def test_an_open_project_is_not_repaired(folder: Path) -> None:
    with Project(folder) as project, project.alone(), pytest.raises(UserError, match="open in another"):
        repair(folder)


def test_a_backup_is_made_when_a_label_changed_and_holds_all_of_it(folder: Path) -> None:
    first = back_up(folder)
    assert first is not None
    assert back_up(folder) is None
    with Project(folder) as project:
        before = project.store.labels()
        project.store.set_labels([a_label(1, 0, 9.0)])
    second = back_up(folder, datetime.now(UTC) + timedelta(seconds=5))
    assert [backup.path for backup in backups(folder)] == [second, first]
    assert repair(folder, source=str(first))
    with Project(folder) as project:
        assert project.store.labels().keys() == before.keys()
        assert project.store.labels()[SampleId(1, 0)].pose.points[0, 0] == 0.5
    assert {path.suffix for path in (folder / BACKUPS).iterdir()} == {".sqlite"}


def test_backups_of_the_last_hours_and_days_are_kept(folder: Path) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    with Project(folder) as project:
        for n in range(80):  # every third hour of ten days
            project.store.set_setting("tau", 0.1 + n / 1000)
            back_up(folder, start + timedelta(hours=3 * n, minutes=7))
            if n == 5:
                project.store.set_setting("tau", 0.9)
                back_up(folder, start + timedelta(hours=3 * n, minutes=9))
    kept = [backup.time for backup in backups(folder)]
    latest = start + timedelta(hours=237, minutes=7)
    assert kept[:6] == [latest - timedelta(hours=3 * n) for n in range(6)]
    assert [time.day for time in kept[5:]] == [10, 9, 8, 7, 6, 5, 4]
    assert {time.hour for time in kept[6:]} == {21}
