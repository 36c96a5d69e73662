"""The process that trains: with fewer poses a step where they do not fit into memory, and what it says."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch

from core.adaptation import train_round, trainer
from core.adaptation.training_set import TrainingSample, TrainingSet
from core.domain import Cancelled, OutOfMemory, Silent
from core.estimation.network import SPECS, anchored, load_estimator, save_estimator
from core.project.estimators.models import RESOURCES
from core.torch_process import child, fine_tune, supervisor
from core.torch_process.fine_tune import FineTune
from core.workflow import fine_tune as workflow
from tests.clips import make_clip

TASK = FineTune(
    weights=RESOURCES / "estimators" / "lightning.safetensors",
    architecture="movenet-lightning",
    onnx=Path("estimator.onnx"),
    folder=Path("out"),
    samples=[],
    values=np.full(2, np.nan),
    unlabelled=[],
    consecutive=[],
    pool=100,
    confidence=0.4,
    competence=0.5,
    device="cpu",
    variant="ours",
    steps=5,
    seed=0,
    priors={},
    poses=np.empty(0, np.float32),
    weights_of_joints=np.empty(0, np.float32),
    heights=np.empty(0, np.float32),
)


class Pipe(list):
    send = list.append


def train(monkeypatch, fits: int, by_itself: bool = False) -> tuple[Pipe, list[int]]:
    """Runs the process's training where at most `fits` samples find room; returns what it said and the
    batches it tried.

    by_itself: the samples are the estimator's own poses, of which it is sure.
    """
    tried = []

    def train_little(estimator, data, recipe, *_):
        tried.append(recipe.batch)
        if recipe.batch > fits:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return trainer.Trained(5, 1.0, 0.1, 1.0, "cuda", recipe.batch)

    monkeypatch.setattr(train_round, "fine_tune", train_little)
    pipe, never = Pipe(), SimpleNamespace(is_set=lambda: False)
    reports = child.Reports(pipe, child.Orders(never, never))
    count = train_round.LEAST_SURE if by_itself else 2
    data = TrainingSet(
        np.zeros((count, 288, 288, 3), np.uint8),
        np.zeros((count, 17, 2)),
        np.ones((count, 17), bool),
        np.ones(count),
    )
    task = replace(TASK, by_itself=by_itself, values=np.full(count, np.nan))
    monkeypatch.setattr(train_round, "SETTLED", 5)
    monkeypatch.setattr(train_round, "only_sure", lambda estimator, data, device: data)
    _, _, verdict = fine_tune._train(task, data, None, None, torch.device("cpu"), reports)
    assert not by_itself or verdict.share == train_round.BY_ITSELF
    return pipe, tried


@pytest.mark.parametrize("by_itself", [False, True])
def test_the_batch_is_halved_until_it_fits(monkeypatch, by_itself):
    said, tried = train(monkeypatch, 2, by_itself)
    assert tried == [8, 4, 2]
    assert [values.get("notice", stage) for _, stage, _, _, values in said] == [
        "Memory ran out: it goes on with 4 poses a step.",
        "Memory ran out: it goes on with 2 poses a step.",
        "Checking what it learned",
    ]


def test_not_even_one_sample_fits(monkeypatch):
    with pytest.raises(OutOfMemory, match="even one pose at a time"):
        train(monkeypatch, fits=0)


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_batch_that_was_halved_still_learns_from_labels(batch):
    data = TrainingSet(
        np.full((2, 288, 288, 3), 90, np.uint8),
        np.full((2, 17, 2), 144.0),
        np.ones((2, 17), bool),
        np.full(2, 9000.0),
    )
    estimator = anchored(load_estimator(TASK.weights, SPECS[TASK.architecture]))
    recipe = trainer.Recipe(batch=batch, seconds=None)
    trained = trainer.fine_tune(estimator, data, recipe, 2, torch.device("cpu"), lambda _: True, data)
    assert trained.epochs > 0


@pytest.mark.parametrize(("variant", "stays"), [("ours", True), ("paper", False)])
def test_the_papers_training_knows_no_network_beside_the_copy(monkeypatch, tmp_path, variant, stays):
    """Also after an adaptation without labels, which leaves one."""
    save_estimator(
        anchored(load_estimator(TASK.weights, SPECS[TASK.architecture])), tmp_path / "weights.safetensors"
    )
    task = replace(TASK, weights=tmp_path / "weights.safetensors", architecture=None, variant=variant)
    done = trainer.Trained(5, 1.0, 0.1, 1.0, "cpu", 8)
    monkeypatch.setattr(train_round, "fine_tune", lambda *_: done)
    never = SimpleNamespace(is_set=lambda: False)
    reports = child.Reports(Pipe(), child.Orders(never, never))
    few = TrainingSet(
        np.zeros((2, 288, 288, 3), np.uint8), np.zeros((2, 17, 2)), np.ones((2, 17), bool), np.ones(2)
    )
    estimator, *_ = fine_tune._train(task, few, None, None, torch.device("cpu"), reports)
    assert estimator.spec.anchored == stays


class Reports(Silent):
    def __init__(self):
        self.notices = []

    def report(self, stage, done, total, **values):
        self.notices.append(values.get("notice"))


@pytest.mark.parametrize(("kills", "batch"), [(1, 4), (3, 1)])
def test_a_process_that_the_system_killed_begins_anew_with_half_the_batch(monkeypatch, kills, batch):
    asked = []

    def run(task, monitor):
        asked.append(task.batch)
        if len(asked) <= kills:
            raise supervisor.Killed("killed")
        return {"batch": task.batch}

    monkeypatch.setattr(supervisor, "run", run)
    watcher = Reports()
    assert workflow._train(TASK, watcher) == {"batch": batch}
    assert len(watcher.notices) == kills


def test_a_process_that_is_killed_again_and_again_is_given_up(monkeypatch):
    def run(task, monitor):
        raise supervisor.Killed("killed")

    monkeypatch.setattr(supervisor, "run", run)
    with pytest.raises(OutOfMemory):
        workflow._train(replace(TASK, batch=2), Silent())


def test_reading_what_is_learned_from_says_how_far_it_is_and_ends_when_told(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=4)
    box, points = np.array([10.0, 10, 90, 80]), np.full((17, 2), 40.0)
    samples = [TrainingSample(clip, n, box, points, np.ones(17, bool)) for n in range(4)]

    class Reports:
        said: ClassVar[list[tuple[int, int]]] = []

        def say(self, _: str, done: int, total: int) -> None:
            self.said.append((done, total))

        def raise_if_stopped(self) -> None:
            if len(self.said) == 3:
                raise Cancelled

    with pytest.raises(Cancelled):
        replace(TASK, samples=samples[:2], unlabelled=samples[2:]).run(Reports())  # type: ignore[arg-type]
    assert Reports.said == [(1, 4), (2, 4), (3, 4)]
