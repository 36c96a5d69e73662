"""Projects set right from the command line: repaired, relinked, looked at without their video, on a full
disk.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.cli.run import run_command
from core.domain import Box, LabelledPose, SampleId, UserError
from core.project.project import DATABASE, Project
from core.project.recovery.backups import back_up, backups
from core.project.store.store import Label
from tests.cli.test_errors import main
from tests.clips import make_clip
from tests.core.labels import label
from tests.core.project.recovery.test_repair import leaves_of, overwrite
from tests.projects import add_video, make_project

FRAMES = 24


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "walk.mp4", FRAMES)


@pytest.fixture
def project(tmp_path: Path, clip: Path) -> Path:
    folder = make_project(tmp_path / "project", clip)
    with Project(folder) as opened:
        label(opened, *((1, n) for n in range(FRAMES)), off=2)
        opened.store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def run(capfd: pytest.CaptureFixture) -> Callable[..., str]:
    """What a command prints; what it says on stderr after 'refused: ' where it ends with 2."""

    def run(*arguments: object) -> str:
        code = run_command([*map(str, arguments)])
        printed = capfd.readouterr()
        assert code in (0, 2)
        assert "Traceback" not in printed.err
        return printed.out if code == 0 else f"refused: {printed.err.strip()}"

    return run


def test_repair(project: Path, run: Callable[..., str], tmp_path: Path) -> None:
    assert "is sound, nothing was changed. There are no backups yet." in run("repair", project)
    back_up(project)
    (backup,) = backups(project)
    assert f"Backups, the newest first: {backup.path.name} (20" in run("repair", project)
    overwrite(project, leaves_of(project, "labels")[0])
    assert f"main.py repair {project}" in run("status", "--project", project)
    assert "Recovered 24 labels" in run("repair", project, "--out", tmp_path / "new")
    assert "as it was in" in run("repair", project, "--from", backup.path.name)
    assert "OKS" in run("status", "--project", project)
    assert "refused: There is no project in" in run("repair", tmp_path / "nothing")
    assert "refused: There is no backup gone" in run("repair", project, "--from", "gone")


def test_relink(project: Path, clip: Path, run: Callable[..., str], tmp_path: Path) -> None:
    moved = clip.rename(tmp_path / "moved.mp4")
    other = make_clip(tmp_path / "other.mp4", FRAMES, gop=3)
    relink = ("relink", "--project", project)
    assert "refused: There is no file" in run(*relink, tmp_path / "gone.mp4")
    assert "though of the same length and size" in run(*relink, other)
    longer = make_clip(tmp_path / "longer.mp4", FRAMES + 1)
    assert "25 frames of 160 x 96 pixels, not 24 of 160 x 96" in run(*relink, longer, "--force")
    assert f"Video 1 is {moved}." in run(*relink, moved)
    assert f"Video 1 is {other}." in run(*relink, other, "--force")
    with Project(project) as opened:
        (video,) = opened.videos()
        assert video.path == other
        assert len(opened.predictions(1)) > FRAMES
    add_video(project, moved)
    assert "refused: Say with --video which one is meant: 1 (other.mp4), 2 (moved.mp4)." in run(
        *relink, moved
    )
    assert "is moved.mp4 of this project, not other.mp4" in run(*relink, moved, "--video", 1)
    assert "is meant" in run(*relink, moved, "--video", 3)


def test_without_its_video_a_project_is_shown_and_exported(
    project: Path, clip: Path, run: Callable[..., str], tmp_path: Path
) -> None:
    clip.unlink()
    assert "walk.mp4" in run("status", "--project", project, "--json")
    assert "OKS" in run("status", "--project", project)
    assert "24 labelled people" in run("export", "--project", project, "--out", tmp_path / "out")
    assert "is gone, so there are no pictures" in run("finetune", "--project", project)


def test_a_video_that_moved_with_its_project_is_found(
    project: Path, clip: Path, run: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    clip.rename(tmp_path / "new" / "walk.mp4")
    moved = project.rename(tmp_path / "new" / "project")
    assert "24 images" in run("export", "--project", moved, "--out", tmp_path / "out")


def test_lost_computed_files_are_said(project: Path, run: Callable[..., str], tmp_path: Path) -> None:
    for file in (project / "computed").rglob("*.h5"):
        file.write_bytes(b"")
    for command in (
        ("status",),
        ("propose",),
        ("export", "--out", tmp_path / "out"),
        ("finetune", "--steps", 1),
    ):
        said = run(*command, "--project", project)
        assert "missing or damaged, and with it poses that can be computed again; no label is lost" in said


def test_labels_are_not_taken_while_a_window_has_the_project(
    project: Path, run: Callable[..., str], tmp_path: Path
) -> None:
    assert run("export", "--project", project, "--out", tmp_path / "out")
    annotate = ("annotate", "--project", project, "--from", tmp_path / "out" / "annotations.json", "--any")
    with Project(project) as opened, opened.edit_alone():
        assert "is open for editing in a window. Close it there first." in run(*annotate)
    assert "24 poses were labelled" in run(*annotate)
    assert len(backups(project)) == 1


@pytest.mark.parametrize("limit", [1_000, 30_000])
@pytest.mark.parametrize("damaged", [False, True])
def test_a_full_disk_while_repairing_or_backing_up(
    project: Path, tmp_path: Path, limit: int, damaged: bool
) -> None:
    assert run_command(["export", "--project", str(project), "--out", str(tmp_path / "out")]) == 0
    if damaged:
        overwrite(project, leaves_of(project, "labels")[0])
    before = (project / DATABASE).read_bytes()
    source = tmp_path / "out" / "annotations.json"
    commands = (
        [("repair", project)] if damaged else [("annotate", "--project", project, "--from", source, "--any")]
    )
    for command in commands:
        done = main(*command, limit=limit)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
    assert (project / DATABASE).read_bytes() == before
    assert {path.name for path in project.iterdir()} <= {
        *(
            DATABASE,
            f"{DATABASE}-wal",
            f"{DATABASE}-shm",
            "computed",
            "backups",
            "editing.lock",
            "computing.lock",
        )
    }
    assert not backups(project)


def test_a_folder_that_becomes_read_only(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(UserError, match="Read-only file system"):
        back_up(project)
    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(UserError, match="cannot be made"):
        Project(project / "new", create=True)


@pytest.mark.parametrize("people", [1, 200])
def test_any_number_of_people(tmp_path: Path, clip: Path, run: Callable[..., str], people: int) -> None:
    folder = make_project(tmp_path / "many", clip, people)
    with Project(folder) as opened:
        sample = SampleId(people, 0)
        pose = LabelledPose(np.full((17, 2), 5.0), np.full(17, 2, np.int8), Box(1, 1, 9, 9), None, 0)
        opened.store.set_labels([Label(sample, pose, True)])
        assert len(opened.tracks(1)) == people
    assert "poses, " in run("status", "--project", folder)
    assert "1 labelled person" in run("export", "--project", folder, "--out", tmp_path / "out")
    assert "Frame" in run("propose", "--project", folder, "--size", 5, "--criterion", "lc")


def test_nobody(tmp_path: Path, clip: Path, run: Callable[..., str]) -> None:
    empty = tmp_path / "nobody.json"
    empty.write_text('{"images": [], "annotations": [], "categories": []}')
    folder = tmp_path / "new"
    assert "holds no boxes" in run(
        "estimate", clip, "--project", folder, "--boxes", empty, "--estimator", "lightning"
    )
    assert not folder.exists()
    Project(folder, create=True).close()
    assert "Nothing is estimated yet" in run("status", "--project", folder)
    assert "refused: There is nothing to export" in run(
        "export", "--project", folder, "--out", tmp_path / "out"
    )
