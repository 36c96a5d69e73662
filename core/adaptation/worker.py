"""What runs in the child process, the only one that imports torch."""

import multiprocessing
import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError

from core.adaptation.training_set import BATCH, TrainingSample
from core.domain import Cancelled, OutOfMemory, UserError
from core.estimation.source import Source

GRAPHS = ("as it comes", "plain", "anchored")  # of an estimator: the last two are those of trained ones, see Recipe
PARITY_BATCH = 4  # labelled poses on which the exported estimator is compared with the trained one


@dataclass(frozen=True)
class ExportBase:
    """Weights to ONNX. architecture: a key of SPECS, 'detector', or None where the file says it; graph: a key of GRAPHS."""

    architecture: str | None
    weights: Path
    onnx: Path
    graph: str = "as it comes"


@dataclass(frozen=True)
class ImportEstimator:
    """A stranger's or another project's estimator (safetensors, or ONNX of ours) to weights and ONNX in a folder."""

    file: Path
    folder: Path


@dataclass(frozen=True)
class HalfPrecision:
    """A copy of an exported estimator for GPUs, see core.estimation.half."""

    onnx: Path
    target: Path


@dataclass(frozen=True)
class MakeEstimator:
    """What others made into an estimator of ours, see core.estimation.importing."""

    source: Source
    out: Path


@dataclass(frozen=True)
class FineTune:
    """Trains, exports, and adapts the pose priors, unless the round is refused: then nothing is written.

    weights, onnx: of the present estimator, the same file for a foreign graph; architecture: its key in SPECS, None where
    weights says it; folder: where estimator.onnx, weights.safetensors and the priors go; steps: None for the rule;
    batch: samples in a step, halved while they do not fit into memory;
    values: (n,) OKS of the samples under the present estimator, NaN where unknown; unlabelled: poses that look right, see
    core.adaptation.unlabelled; consecutive: pairs of poses that follow one another, as they were estimated; pool: how many
    poses there are, confidence: their mean peak in round 0; by_itself: the samples are the estimator's own poses;
    poses: (n, 17, 2), weights_of_joints: (n, 17), heights: (n,) of all labels, for the priors if there are any.
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


@dataclass(frozen=True)
class Examine:
    """Tries a small computation on the device that training would use."""


Task = ExportBase | ImportEstimator | HalfPrecision | MakeEstimator | FineTune | Examine


class Orders(NamedTuple):
    """From the parent. stop: throw everything away; enough: end the training and go on with what it brought."""

    stop: Event
    enough: Event


def main(task: Task, connection: Connection, orders: Orders, threads: int) -> None:
    """Entry point of the child. Sends ('progress', stage, done, total, values) any number of times, then one of
    ('done', result), ('cancelled',), ('refused', sentence), ('memory', sentence) and ('failed', traceback).
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to handle; it tells this process to stop
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    if hasattr(os, "nice"):
        os.nice(5)
    try:
        connection.send(_outcome(task, connection, orders, threads))
        connection.close()
    except BrokenPipeError:
        sys.exit(1)  # the parent is gone, and with it whoever wanted the result


def _end_with_parent() -> None:
    """Nobody is left to take the result, and the next run may write to the same folder by now."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _outcome(task: Task, connection: Connection, orders: Orders, threads: int) -> tuple:
    try:
        return "done", _work(task, connection, orders, threads)
    except BrokenPipeError:
        raise
    except OutOfMemory as error:
        return "memory", str(error)
    except UserError as error:
        return "refused", str(error)
    except Cancelled:
        return ("cancelled",)
    except Exception:  # noqa: BLE001 - handed to the parent whole, which raises it
        return "failed", traceback.format_exc()


def _work(task: Task, connection: Connection, orders: Orders, threads: int) -> dict:
    connection.send(("progress", "Loading PyTorch", 0, 0, {}))
    import torch

    from core.estimation.export import export_detector, export_estimator, read_estimator
    from core.estimation.network import Detector

    torch.set_num_threads(threads)
    match task:
        case ExportBase(architecture="detector"):
            connection.send(("progress", "Preparing the person detector", 0, 0, {}))
            detector = Detector(task.weights)
            with writing(task.onnx.parent):
                export_detector(detector, task.onnx)
            return {}
        case ExportBase():
            connection.send(("progress", "Preparing the estimator", 0, 0, {}))
            estimator = read_estimator(task.weights, task.architecture)
            estimator = _with_graph(estimator, task.graph)
            with writing(task.onnx.parent):
                export_estimator(estimator, task.onnx)
            return {}
        case ImportEstimator():
            connection.send(("progress", "Reading the estimator", 0, 0, {}))
            return _import_estimator(task)
        case HalfPrecision():
            from core.estimation.half import write_half

            connection.send(("progress", "Preparing the estimator for the GPU", 0, 0, {}))
            return asdict(write_half(task.onnx, task.target))
        case MakeEstimator():
            from core.estimation.importing import make_estimator

            connection.send(("progress", "Making the estimator", 0, 0, {}))
            with writing(task.out.parent):
                return {"sentences": make_estimator(task.source, task.out)}
        case Examine():
            return _examine(training_device("auto"))
        case FineTune():
            return _fine_tune(task, connection, orders)


def _with_graph(estimator, graph: str):
    from core.estimation.network import anchored

    if graph == "plain":
        estimator.spec = estimator.spec.plain()
    return anchored(estimator) if graph == "anchored" else estimator


def _import_estimator(task: ImportEstimator) -> dict:
    from core.estimation.architectures.foreign import read_foreign
    from core.estimation.export import export_estimator, read_estimator, read_model, spec_in
    from core.estimation.network import save_estimator

    if task.file.suffix == ".onnx" and spec_in(read_model(task.file), task.file.name).architecture == "onnx":
        read_foreign(task.file)
        with writing(task.folder):
            shutil.copyfile(task.file, task.folder / "estimator.onnx")
        return {}
    estimator = read_estimator(task.file)
    with writing(task.folder):
        save_estimator(estimator, task.folder / "weights.safetensors")
        export_estimator(estimator, task.folder / "estimator.onnx")
    return {}


def _examine(device) -> dict:
    """Trains a fresh Lightning for a moment, on pictures of nothing."""
    import time

    import torch

    from core.adaptation.trainer import Recipe, fine_tune, precision_of
    from core.adaptation.training_set import CONTEXT, TrainingSet
    from core.estimation.network import SPECS, Estimator

    spec, few = SPECS["movenet-lightning"], 4
    side = round(spec.width * CONTEXT)
    nothing = np.zeros((few, side, side, 3), np.uint8)
    joints = (few, len(spec.skeleton))
    data = TrainingSet(nothing, np.full((*joints, 2), side / 2), np.ones(joints, bool), np.full(few, 9000.0))
    times: list[float] = []
    recipe = Recipe(batch=few, seconds=None)
    fine_tune(Estimator(spec), data, recipe, 3, device, lambda _: times.append(time.perf_counter()) or True)
    name = f"CUDA ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else "CPU"
    milliseconds = 1000 * (times[-1] - times[-2])
    how = precision_of(device, recipe)
    return {"device": device.type, "sentence": f"{name}, {how}: {milliseconds:.0f} ms for a step of {few} samples"}


def _fine_tune(task: FineTune, connection: Connection, orders: Orders) -> dict:
    from core.adaptation.pose_prior import adapt, save_prior
    from core.adaptation.training_set import central_crops, load_training_set
    from core.estimation.export import export_estimator, read_estimator, update_onnx
    from core.estimation.network import save_estimator
    from core.uncertainty.pose_unnaturalness import load_prior

    device = training_device(task.device)
    before = read_estimator(task.weights, task.architecture).spec
    connection.send(("progress", "Reading the labelled frames", 0, 0, {}))
    data = load_training_set(task.samples, before)
    unlabelled = load_training_set(task.unlabelled, before).without_labels() if task.unlabelled else None
    consecutive = load_training_set(task.consecutive, before) if task.consecutive else None
    estimator, trained, verdict = _train(task, data, unlabelled, consecutive, device, connection, orders)
    if verdict.reason:
        return asdict(trained) | {"refused": verdict.reason}
    connection.send(("progress", "Saving the estimator", 0, 0, {}))
    with writing(task.folder):
        seen, target = central_crops(data.pictures[:PARITY_BATCH], estimator.spec.size), task.folder / "estimator.onnx"
        if (before.gated, before.anchored) == (estimator.spec.gated, estimator.spec.anchored):
            update_onnx(task.onnx, estimator, target, seen)
        else:
            export_estimator(estimator, target, seen)
        if estimator.spec.architecture != "onnx":  # a foreign graph holds its weights itself
            save_estimator(estimator, task.folder / "weights.safetensors")
        for variant, path in task.priors.items():
            prior = adapt(load_prior(path), task.poses, task.weights_of_joints, task.heights, task.seed)
            save_prior(prior, task.folder / f"pose_prior.{variant}.safetensors")
    if orders.stop.is_set():
        raise Cancelled
    return asdict(trained) | {"adapted": verdict.share}


def _train(task: FineTune, data, unlabelled, consecutive, device, connection: Connection, orders: Orders) -> tuple:
    """The trained estimator, what was done and whether it may be kept; with half as many samples a step each time they do
    not fit into memory.
    """
    from core.adaptation.held_back import held_back_rows
    from core.adaptation.train_round import Evidence, train_round
    from core.adaptation.trainer import is_out_of_memory, planned_steps, recipe_of
    from core.estimation.export import read_estimator
    from core.estimation.network import alone, anchored

    apart = held_back_rows(len(data.points), task.seed) & (not task.by_itself)
    learned, held_back = data.rows(~apart), data.rows(apart) if apart.any() else None
    recipe = replace(recipe_of(task.variant), seed=task.seed, batch=task.batch)
    evidence = None
    if task.variant == "ours":
        values = task.values[~apart]
        evidence = Evidence(values, task.pool, task.confidence, unlabelled, task.by_itself, consecutive)
    steps = planned_steps(len(learned.points), task.competence, recipe, task.variant)
    if task.steps is not None:
        steps, recipe = task.steps, replace(recipe, seconds=None)

    def on_step(step) -> bool:
        values = {"loss": step.loss} if step.oks is None else {"loss": step.loss, "oks": step.oks}
        connection.send(("progress", "Fine-tuning", step.done, step.planned, values))
        if orders.stop.is_set():
            raise Cancelled
        return not orders.enough.is_set()

    while True:
        try:
            estimator = read_estimator(task.weights, task.architecture)
            estimator = anchored(estimator) if evidence else alone(estimator)
            return estimator, *train_round(estimator, learned, evidence, recipe, steps, device, on_step, held_back)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        if recipe.batch == 1:
            whose = "GPU" if device.type == "cuda" else "machine"
            raise OutOfMemory(
                f"The memory of the {whose} is too small to fine-tune this estimator, even one sample at a time. "
                "Nothing was changed."
            )
        recipe = replace(recipe, batch=recipe.batch // 2)
        connection.send(("progress", "Fine-tuning", 0, steps, {"notice": halved(recipe.batch)}))


def halved(batch: int) -> str:
    return f"Memory ran out: it goes on with {batch} {'sample' if batch == 1 else 'samples'} a step."


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Makes the folder for what is written inside. Raises UserError when the disk refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"The estimator could not be written to {folder} ({error}). Free disk space or make the folder writable, then "
            "try again; nothing was changed."
        ) from error


def training_device(wanted: str):
    """torch's device for 'auto', 'cuda' or 'cpu'. Raises UserError when CUDA is demanded where there is none."""
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "CUDA was asked for, but this PyTorch finds no GPU. Install its CUDA version, or use --device auto."
        )
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")
