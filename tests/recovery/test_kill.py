"""What was acknowledged outlives kill -9; what was half-computed is gone or finished by the next run."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.domain import Box, LabelledPose, SampleId, Silent
from core.project.project import Project
from core.project.store.store import Label
from core.queries.status import status
from core.workflow.estimate import estimate
from tests.clips import make_clip
from tests.projects import make_project
from tests.recovery.labeller import the_label

FRAMES = 24
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", FRAMES)


def start(module: str, *arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.recovery.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def bits(label: Label) -> tuple:
    return label.pose.points.tobytes(), label.pose.visibility.tobytes(), label.pose.box, label.accepted


def test_acknowledged_labels_outlive_any_kill(tmp_path: Path, clip: Path, kills: int) -> None:
    folder = make_project(tmp_path / "project", clip)
    moments = np.random.default_rng(7).integers(1, 60, kills)
    expected: dict = {}
    for seed, labels_before_the_kill in enumerate(moments):
        with start("labeller", folder, seed) as child:
            acknowledged = [int(child.stdout.readline()) for _ in range(labels_before_the_kill)]
            child.kill()
            acknowledged += map(int, child.stdout.read().split())
        assert child.returncode == -signal.SIGKILL
        assert acknowledged == list(range(len(acknowledged)))
        for turn in acknowledged:
            expected[the_label(seed, turn).sample] = the_label(seed, turn)
        with Project(folder) as project:
            found = project.store.labels()
        on_the_way = the_label(seed, len(acknowledged))  # may have been written before it could be said
        if on_the_way.sample in found and bits(found[on_the_way.sample]) == bits(on_the_way):
            expected[on_the_way.sample] = on_the_way
        assert {sample: bits(label) for sample, label in found.items()} == {
            sample: bits(label) for sample, label in expected.items()
        }


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MOT text: one person who stands in every frame."""
    path = tmp_path_factory.mktemp("boxes") / "people.txt"
    path.write_text("".join(f"{n + 1},1,40,20,50,70,1,-1,-1,-1\n" for n in range(FRAMES)))
    return path


def computed(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in (folder / "computed").rglob("*") if p.is_file()}


@pytest.mark.parametrize("place", ["samples", "people", "register"])
def test_a_killed_estimation_leaves_no_round_and_the_next_one_cleans_up(
    tmp_path: Path, clip: Path, boxes: Path, place: str
) -> None:
    folder = tmp_path / "project"
    with start("estimator", folder, clip, boxes, place) as child:
        child.communicate()
    assert child.returncode == -signal.SIGKILL
    with Project(folder) as project:
        assert project.latest_round() is None
        assert status(project) == []
        estimate(project, 1, Silent(), device="cpu", boxes=boxes)
        assert project.latest_round() == 0
        predictions = project.predictions(1)
        assert predictions.frame.tolist() == list(range(FRAMES))
        assert len(project.embeddings(1, 0)) == FRAMES
        assert computed(folder) == project.store.shard_paths()


def test_an_estimation_that_is_killed_again_keeps_the_earlier_one(
    tmp_path: Path, clip: Path, boxes: Path
) -> None:
    folder = tmp_path / "project"
    with start("estimator", folder, clip, boxes) as child:
        _, errors = child.communicate()
    assert child.returncode == 0, errors
    with Project(folder) as project:
        before = project.predictions(1)
    with start("estimator", folder, clip, boxes, "register") as child:
        child.communicate()
    assert child.returncode == -signal.SIGKILL
    with Project(folder) as project:
        assert project.latest_round() == 0
        assert project.predictions(1).points.tobytes() == before.points.tobytes()


def test_an_interrupted_fine_tuning_leaves_the_project_in_the_round_it_was_in(
    tmp_path: Path, clip: Path, boxes: Path
) -> None:
    folder = tmp_path / "project"
    with start("estimator", folder, clip, boxes) as child:
        child.communicate()
    with Project(folder) as project:
        # what is there when the power fails after training, in the middle of the new round's estimation
        shutil.copytree(project.estimator_folder(0), project.estimator_folder(1))
        project.store.start_round(1, {"steps": 3})
    stray = folder / "computed" / "video-1" / "round-1" / ".aside-0" / "samples-00000.h5"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"half a shard")
    with Project(folder) as project:
        assert project.latest_round() == 0
        assert [entry.round for entry in status(project)] == [0]
        estimate(project, 1, Silent(), device="cpu")
        assert [entry.round for entry in status(project)] == [0]
        assert computed(folder) == project.store.shard_paths()


@pytest.mark.parametrize("labelled", [False, True])
def test_whatever_computed_file_is_lost_estimating_again_brings_it_back(
    tmp_path: Path, clip: Path, boxes: Path, labelled: bool
) -> None:
    folder = tmp_path / "project"
    with start("estimator", folder, clip, boxes) as child:
        child.communicate()
    with Project(folder) as project:
        before = project.predictions(1)
        if labelled:
            pose = LabelledPose(np.ones((17, 2)), np.full(17, 2, np.int8), Box(40, 20, 90, 90), None, 0)
            project.store.set_labels([Label(SampleId(1, frame), pose, True) for frame in (3, 9)])
    for pattern in ("people-*.h5", "samples-*.h5", "*.h5"):
        for file in (folder / "computed").rglob(pattern):
            file.unlink()
        with Project(folder) as project:
            estimate(
                project, 1, Silent(), device="cpu", boxes=None if labelled or pattern != "*.h5" else boxes
            )
            after = project.predictions(1)
            assert computed(folder) == project.store.shard_paths()
            assert len(project.store.labels()) == 2 * labelled
            if pattern == "*.h5" and labelled:
                assert after.frame.tolist() == [3, 9]
            else:
                np.testing.assert_allclose(after.points, before.points, atol=1e-3)
