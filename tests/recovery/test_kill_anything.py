"""Whatever is going on when the process is killed: the project opens, and what was said to be done is
done.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.domain import SampleId, Silent
from core.export.export import export
from core.formats.coco import read_file
from core.project.project import Project
from core.project.recovery.backups import back_up, backups
from core.queries.status import status
from core.workflow.estimate import estimate
from tests.clips import make_clip
from tests.core.labels import label
from tests.projects import make_project

ROOT = Path(__file__).parents[2]
FRAMES = 24


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", FRAMES)


@pytest.fixture
def folder(tmp_path: Path, clip: Path) -> Path:
    folder = make_project(tmp_path / "project", clip)
    with Project(folder) as project:
        label(project, (1, 0), (1, 4))
    return folder


def lines_until_killed(seconds: float, *arguments: object) -> list[str]:
    """What was said; killed so long after the first thing was done, or begun."""
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(arguments[0]) + "-settings",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.recovery.worker", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdout.readline() == "ready\n"
        first = child.stdout.readline() if seconds > 0.5 else ""
        time.sleep(seconds)
        child.kill()
        said = [first, *child.stdout.readlines()]
    assert child.returncode == -signal.SIGKILL
    return [line for line in said if line.endswith("\n")]


def moments(kills: int, longest: float = 1.5) -> list[tuple[int, float]]:
    return list(enumerate(np.random.default_rng(5).uniform(0, longest, kills)))


def test_settings(folder: Path, kills: int) -> None:
    last = 0.7
    for seed, seconds in moments(kills):
        said = lines_until_killed(seconds, folder, "settings", seed)
        last = 0.5 + (seed * 1000 + len(said)) / 1e6 if said else last
        with Project(folder) as project:
            assert project.setting("tau") in (last, 0.5 + (seed * 1000 + len(said) + 1) / 1e6)
            last = project.setting("tau")


@pytest.mark.long
def test_an_export_is_whole_or_not_there(folder: Path, tmp_path: Path, kills: int) -> None:
    out = tmp_path / "out"
    for seed, seconds in moments(kills):
        lines_until_killed(seconds, folder, "export", seed, out)
        if out.exists():
            assert len(read_file(out / "annotations.json").people) == 2
            assert len(list((out / "images").iterdir())) == 2
        with Project(folder) as project:
            assert len(project.store.labels()) == 2
            export(project, "coco", out, Silent())


@pytest.mark.long
def test_an_estimation_leaves_the_round_before_or_the_new_one(tmp_path: Path, clip: Path, kills: int) -> None:
    folder, boxes = tmp_path / "project", tmp_path / "people.txt"
    boxes.write_text("".join(f"{n + 1},1,40,20,50,70,1,-1,-1,-1\n" for n in range(FRAMES)))
    with Project(folder, create=True) as project:
        project.add_video(clip)
    begun = False
    for seed, seconds in moments(kills, 3.0):
        begun |= bool(lines_until_killed(seconds, folder, "estimate", seed, boxes))
        with Project(folder) as project:
            assert len(status(project)) == (project.latest_round() is not None)
            if begun:
                assert project.predictions(1).frame.tolist() == list(range(FRAMES))
    with Project(folder) as project:
        estimate(project, 1, Silent(), device="cpu", estimator="lightning", boxes=boxes)
        found = {p.relative_to(folder).as_posix() for p in (folder / "computed").rglob("*") if p.is_file()}
        assert found == project.store.shard_paths()


def test_backups_are_whole(folder: Path, kills: int) -> None:
    for seed, seconds in moments(kills):
        lines_until_killed(seconds, folder, "backup", seed)
        for backup in backups(folder):
            copy = folder.parent / "copy" / "project.sqlite"
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(backup.path.read_bytes())
            with Project(copy.parent) as project:
                assert len(project.store.labels()) == 2
        with Project(folder) as project:
            project.store.set_setting("audit", seed / 100)
        assert back_up(folder) is not None


def test_poses_dragged_and_accepted_in_the_window(folder: Path, kills: int) -> None:
    for seed, seconds in moments(kills):
        said = [json.loads(line) for line in lines_until_killed(0.6 + seconds, folder, "window", seed)]
        assert said
        latest = {SampleId(track, frame): (accepted, points) for track, frame, accepted, points in said}
        # it was in the hand again when the end came
        latest.pop(SampleId(said[-1][0], (said[-1][1] + 1) % 20), None)
        with Project(folder) as project:
            found = project.store.labels(accepted_only=False)
        for sample, (accepted, points) in latest.items():
            assert accepted
            assert found[sample].accepted
            assert np.array_equal(found[sample].pose.points, points)
