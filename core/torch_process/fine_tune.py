"""Training a round's estimator."""

from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.adaptation.training_set import BATCH, TrainingSample
from core.domain import OutOfMemory
from core.torch_process.child import Reports
from core.torch_process.device import training_device
from core.torch_process.writing import writing

if TYPE_CHECKING:
    import torch

    from core.adaptation.train_round import Verdict
    from core.adaptation.trainer import Step, Trained
    from core.adaptation.training_set import TrainingSet
    from core.estimation.network import Estimator

COMPARING = "Comparing with the poses of the file"
PARITY_BATCH = 4  # labelled poses on which the exported estimator is compared with the trained one


@dataclass(frozen=True)
class FineTune:
    """Trains, exports, and adapts the pose priors, unless the round is refused, or poses from a file stay as
    they are nearer to the labels: then nothing is written.

    weights, onnx: of the present estimator, the same file for a foreign graph; architecture: its key in
    SPECS, None where weights says it; folder: where estimator.onnx, weights.safetensors and the priors
    go; steps: None for the rule; batch: samples in a step, halved while they do not fit into memory;
    values: (n,) OKS of the samples under the present estimator, NaN where unknown; unlabelled: poses that
    look right, see core.adaptation.unlabelled; given: (n,) OKS of the poses from a file that the samples
    had before, NaN for others, None where there is nothing to compare; consecutive: pairs of poses that
    follow one another; pool: how many poses there are, confidence: their mean
    peak in round 0; by_itself: the samples are the estimator's own poses; poses: (n, 17, 2),
    weights_of_joints: (n, 17), heights: (n,) of all labels, for the priors if there are any.
    """

    weights: Path
    architecture: str | None
    onnx: Path
    folder: Path
    samples: list[TrainingSample]
    values: np.ndarray
    unlabelled: list[TrainingSample]
    consecutive: list[TrainingSample]
    pool: int
    confidence: float
    competence: float
    device: str
    variant: str
    steps: int | None
    seed: int
    priors: dict[str, Path]
    poses: np.ndarray
    weights_of_joints: np.ndarray
    heights: np.ndarray
    batch: int = BATCH
    by_itself: bool = False
    given: np.ndarray | None = None

    def run(self, reports: Reports) -> dict:
        from core.adaptation.pose_prior import adapt, save_prior
        from core.adaptation.training_set import central_crops, load_training_set
        from core.estimation.export import export_estimator, read_estimator, update_onnx
        from core.estimation.network import save_estimator
        from core.uncertainty.pose_prior import load_prior

        device = training_device(self.device)
        before = read_estimator(self.weights, self.architecture).spec
        sample, total = count(1), len(self.samples) + len(self.unlabelled) + len(self.consecutive)

        def on_sample() -> None:
            reports.say("Reading frames to learn from", next(sample), total)
            reports.raise_if_stopped()

        data = load_training_set(self.samples, before, on_sample)
        unlabelled, consecutive = (
            load_training_set(samples, before, on_sample).without_labels() if samples else None
            for samples in (self.unlabelled, self.consecutive)
        )
        estimator, trained, verdict = _train(self, data, unlabelled, consecutive, device, reports)
        if verdict.reason:
            return asdict(trained) | {"refused": verdict.reason}
        if why := _why_given_stay(self, estimator, data, unlabelled, device, reports):
            return asdict(trained) | {"given_stay": why}
        reports.say("Saving the estimator")
        with writing(self.folder):
            seen, target = (
                central_crops(data.pictures[:PARITY_BATCH], estimator.spec.size),
                self.folder / "estimator.onnx",
            )
            if (before.gated, before.anchored) == (estimator.spec.gated, estimator.spec.anchored):
                update_onnx(self.onnx, estimator, target, seen)
            else:
                export_estimator(estimator, target, seen)
            if estimator.spec.architecture != "onnx":  # a foreign graph holds its weights itself
                save_estimator(estimator, self.folder / "weights.safetensors")
            for variant, path in self.priors.items():
                prior = adapt(load_prior(path), self.poses, self.weights_of_joints, self.heights, self.seed)
                save_prior(prior, self.folder / f"pose_prior.{variant}.safetensors")
        reports.raise_if_stopped()
        return asdict(trained) | {"adapted": verdict.share}


def _train(
    task: FineTune,
    data: "TrainingSet",
    unlabelled: "TrainingSet | None",
    consecutive: "TrainingSet | None",
    device: "torch.device",
    reports: Reports,
    stage: str = "Fine-tuning",
    check: str = "Checking what it learned",
) -> "tuple[Estimator, Trained, Verdict]":
    """The trained estimator, what was done and whether it may be kept; with half as many samples a step each
    time they do not fit into memory.
    """
    from core.adaptation.train_round import Evidence, train_round
    from core.adaptation.trainer import is_out_of_memory, planned_steps, recipe_of
    from core.estimation.export import read_estimator
    from core.estimation.network import alone, anchored

    recipe = replace(recipe_of(task.variant), seed=task.seed, batch=task.batch)
    evidence = None
    if task.variant == "ours":
        evidence = Evidence(task.values, task.pool, task.confidence, unlabelled, task.by_itself, consecutive)
    steps = planned_steps(len(data.points), task.competence, recipe, task.variant)
    if task.steps is not None:
        steps, recipe = task.steps, replace(recipe, seconds=None)

    def on_step(step: "Step") -> bool:
        reports.say(stage, step.done, step.planned, loss=step.loss)
        reports.raise_if_stopped()
        return not reports.enough

    while True:
        try:
            estimator = read_estimator(task.weights, task.architecture)
            estimator = anchored(estimator) if evidence else alone(estimator)
            return estimator, *train_round(
                estimator,
                data,
                evidence,
                recipe,
                steps,
                device,
                on_step,
                lambda: reports.say(check),
            )
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        if recipe.batch == 1:
            whose = "GPU" if device.type == "cuda" else "machine"
            raise OutOfMemory(
                f"The memory of the {whose} is too small to fine-tune this estimator, even one pose at "
                "a time. Nothing was changed."
            )
        recipe = replace(recipe, batch=recipe.batch // 2)
        reports.say(stage, 0, steps, notice=halved(recipe.batch))


def _why_given_stay(
    task: FineTune,
    adapted: "Estimator",
    data: "TrainingSet",
    unlabelled: "TrainingSet | None",
    device: "torch.device",
    reports: Reports,
) -> str:
    """Why poses from a file stay, see core.adaptation.given_poses_check; '' where they do not, or there are
    none.

    It is not trained again where the answer is clear: the estimator as it came is as good, or the file's are
    nearer even to labels that the adapted one learned from.
    """
    given = task.given
    if given is None or not np.isfinite(given).any():
        return ""
    from core.adaptation.given_poses_check import FOLDS, nearer, oks_of, unseen_oks
    from core.estimation.export import read_estimator

    reports.say(COMPARING)
    before = read_estimator(task.weights, task.architecture)
    as_it_came = nearer(given, oks_of(before, data), "as it came")
    if not as_it_came or len(data.points) < FOLDS:
        return as_it_came
    if why := nearer(given, oks_of(adapted, data), "even on those it learned from"):
        return why

    def train(rows: np.ndarray) -> "Estimator":
        part = replace(task, values=task.values[rows])
        return _train(part, data.rows(rows), unlabelled, None, device, reports, COMPARING, COMPARING)[0]

    return nearer(given, unseen_oks(data, train), "on those it did not learn from")


def halved(batch: int) -> str:
    return f"Memory ran out: it goes on with {batch} {'pose' if batch == 1 else 'poses'} a step."
