"""Fine-tuning that is killed at any moment: the project opens, no label is lost, each round is whole or
absent.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.domain import Silent
from core.project.estimators.models import ESTIMATOR, WEIGHTS
from core.project.project import Project
from core.queries.status import status
from core.workflow.estimate import estimate
from core.workflow.fine_tune import finetune
from core.workflow.forget import KEPT
from tests.clips import make_clip
from tests.recovery.tuner import FRAMES, TRACK, the_label

ROOT = Path(__file__).parents[2]
LONGEST = 12.0  # seconds until the kill
pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One person who stands in every frame, estimated by Lightning, with two labels."""
    place = tmp_path_factory.mktemp("tuned")
    clip = make_clip(place / "walk.mp4", FRAMES)
    boxes = place / "people.txt"
    boxes.write_text("".join(f"{n + 1},1,40,20,50,70,1,-1,-1,-1\n" for n in range(FRAMES)))
    with Project(place / "project", create=True) as project:
        video = project.add_video(clip)
        estimate(project, video.id, Silent(), device="cpu", estimator="lightning", boxes=boxes)
        project.store.set_labels([the_label(project, 1000, turn) for turn in (0, 1)])
        project.store.set_setting("variant", "paper")  # ours refuses a round of two steps
    return place / "project"


def whole(project: Project) -> None:
    """Every round that is said to be there can be used."""
    latest = project.latest_round()
    assert [entry.round for entry in status(project)] == list(range(latest + 1))
    for number in range(max(0, latest - KEPT), latest + 1):
        predictions = project.predictions(1, number)
        assert predictions.frame.tolist() == list(range(FRAMES))
        assert set(predictions.track.tolist()) == {TRACK}
        place = project.estimator_folder(number)
        assert (place / ESTIMATOR).is_file()
        assert number == 0 or (place / WEIGHTS).is_file()


def run_until_killed(folder: Path, seed: int, seconds: float, whom: str) -> list[tuple[int, int]]:
    """Turn and round of each label that was acknowledged before the kill."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.recovery.tuner", str(folder), str(seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    said: list[tuple[int, int]] = []

    def listen() -> None:
        for line in child.stdout:
            if line.endswith("\n") and not line.startswith("round"):
                turn, number = line.split()
                said.append((int(turn), int(number)))

    ear = threading.Thread(target=listen)
    ear.start()
    time.sleep(seconds)
    if whom == "all":
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.wait()
    ear.join()  # the pipe ends with the last process that holds it: none outlives the one that was killed
    return said


def test_fine_tuning_killed_at_random_moments_loses_nothing(folder: Path, kills: int) -> None:
    rng = np.random.default_rng(3)
    expected: dict = {}
    for seed in range(kills):
        said = run_until_killed(folder, seed, rng.uniform(0.5, LONGEST), rng.choice(["all", "one"]))
        with Project(folder) as project:
            whole(project)
            found = project.store.labels()
            for turn, number in said:
                made = the_label(project, seed, turn)
                expected[made.sample] = made.pose.points, number
            on_the_way = the_label(project, seed, len(said))  # may have been written before it could be said
            latest = found.get(on_the_way.sample)
            if latest is not None and np.array_equal(latest.pose.points, on_the_way.pose.points):
                expected[on_the_way.sample] = on_the_way.pose.points, latest.pose.round
        for sample, (points, number) in expected.items():
            assert np.array_equal(found[sample].pose.points, points)
            assert found[sample].pose.round == number
    with Project(folder) as project:
        before = project.latest_round()
        finetune(project, Silent(), steps=2, device="cpu")
        assert project.latest_round() == before + 1
        whole(project)
