"""Whenever an estimation is killed, every segment that was finished stays, and the next one goes on."""

import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from core.domain import Silent
from core.project.project import Project
from core.project.store.segments import SAMPLES
from core.workflow.estimate import estimate, finish
from tests.clips import make_clip
from tests.recovery.test_kill import computed, start

FRAMES = 750
LONGEST = 4.0  # seconds that an estimation is left alone


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    clip, boxes = make_clip(folder / "long.mp4", FRAMES, width=160, height=96), folder / "people.txt"
    boxes.write_text("".join(f"{n + 1},1,40,10,60,80,1,-1,-1,-1\n" for n in range(FRAMES)))
    with Project(folder / "project", create=True) as project:
        video = project.add_video(clip)
        estimate(project, video.id, Silent(), device="cpu", estimator="lightning", boxes=boxes, budget=1e-9)
    return folder / "project"


def test_a_killed_estimation_goes_on_where_it_was(tmp_path: Path, begun: Path, kills: int) -> None:
    random, rounds = np.random.default_rng(5), 0
    while rounds < max(2, kills // 10):
        folder = Path(shutil.copytree(begun, tmp_path / f"project-{rounds}"))
        finished: set = set()
        for _ in range(10):
            with start("going_on", folder) as child:
                child.stdout.readline()
                time.sleep(float(random.uniform(0, LONGEST)))
                child.kill()
            rounds += 1
            with Project(folder) as project:
                now = set(project.computed.segments(SAMPLES, 1))
                assert finished <= now
                assert len(project.predictions(1)) == sum(part.stop - part.start for part in now)
                finished = now
                if project.coverage(1).share == 1 or rounds >= max(2, kills // 10):
                    break
            assert child.returncode == -signal.SIGKILL
        with Project(folder) as project:
            finish(project, Silent(), device="cpu")
            assert finished <= set(project.computed.segments(SAMPLES, 1))
            assert len(project.predictions(1)) == FRAMES
            assert computed(folder) == project.store.shard_paths()
