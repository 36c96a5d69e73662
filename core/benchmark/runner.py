"""All learning curves of a benchmark, several at a time, each kept as soon as it is whole."""

import hashlib
import json
import multiprocessing
import os
import platform
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np

from core.benchmark.dataset import Dataset, build
from core.benchmark.plan import KEYFRAMES, Protocol, Run
from core.benchmark.ruler import VERSION, Round
from core.domain import Monitor, Silent, UserError, raise_if_cancelled
from core.domain.atomic import ASIDE, atomic_write
from core.domain.packages import package_version
from core.estimation.device import device_for, threads
from core.estimation.session import EstimatorSession
from core.project.estimators.models import SHIPPED, SHIPPED_PRIORS, own_file, shipped_model
from core.torch_process import supervisor
from core.torch_process.child import end_with_parent
from core.torch_process.export_estimator import ExportBase
from core.torch_process.import_estimator import ImportEstimator
from core.uncertainty.criteria import CRITERIA

PACKAGES = ("numpy", "scipy", "torch", "onnxruntime-gpu", "onnxruntime", "opencv-python", "av", "pycocotools")


LATER = {"ours": "anchored", "paper": "plain"}  # the graphs of trained estimators, see GRAPHS


@dataclass(frozen=True)
class Base:
    """The estimator of round 0. weights, architecture: for torch; first: its ONNX file; later: those whose
    graphs trained ones have, by variant.
    """

    weights: Path
    architecture: str | None
    first: Path
    later: dict[str, Path]


def run_benchmark(
    runs: Sequence[Run],
    protocol: Protocol,
    estimator: str,
    data: Path | None,
    out: Path,
    monitor: Monitor,
    device: str = "auto",
    jobs: int | None = None,
) -> list[tuple[Run, list[dict], int]]:
    """Returns each run with its rounds, see simulation.Round, and its number of samples.

    What an earlier call with the same inputs finished in `out` is read, not run again. Raises UserError,
    Cancelled.
    """
    device_for(device)
    own_file(estimator)
    out.mkdir(parents=True, exist_ok=True)
    monitor.report("Preparing the estimator", 0, 0)
    base = _prepare(estimator, out, monitor)
    spec = EstimatorSession(base.first, "cpu").spec
    for name in {name.strip() for run in runs for name in run.criterion.lower().split("+")}:
        if why := CRITERIA[name].unavailable(spec.skeleton):
            raise UserError(
                f"The criterion {name} is not available, because {why}. Choose others with --criteria."
            )
    datasets = {
        name: build(name, spec, data, out / "samples", monitor)
        for name in dict.fromkeys(r.dataset for r in runs)
    }
    files = {
        run: out / "runs" / f"{_key(run, protocol, estimator, datasets[run.dataset])}.jsonl" for run in runs
    }
    missing = list({file: run for run, file in files.items() if not file.is_file()}.values())
    (out / "runs").mkdir(exist_ok=True)
    for leftover in (out / "runs").glob(f"{ASIDE}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    _write_inputs(out / "inputs.json", runs, protocol, estimator, datasets, device)
    if missing:
        _run_all(missing, files, protocol, base, data, out, monitor, device, jobs)
    return [
        (
            run,
            [json.loads(line) for line in files[run].read_text("utf-8").splitlines()],
            len(datasets[run.dataset]),
        )
        for run in runs
    ]


def _run_all(
    runs: list[Run],
    files: dict[Run, Path],
    protocol: Protocol,
    base: Base,
    data: Path | None,
    out: Path,
    monitor: Monitor,
    device: str,
    jobs: int | None,
) -> None:
    on_gpu = device_for(device).name == "CUDA"
    jobs = jobs or (1 if on_gpu else max(1, min(threads(), len(runs))))
    total = len(runs) * protocol.rounds
    environment = {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": str(max(1, threads() // jobs))}
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)  # what a child inherits before it imports torch
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), end_with_parent)
    futures = {pool.submit(_run, run, files[run], protocol, base, data, out, device): run for run in runs}
    try:
        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=1.0)
            for future in done:
                future.result()
            rounds = sum(protocol.rounds for future in futures if future.done())
            rounds += _rounds_aside(out / "runs")
            monitor.report("Learning curves", min(rounds, total), total)
            raise_if_cancelled(monitor)
    except BrokenProcessPool as error:
        raise UserError(
            "A process of the benchmark ended unexpectedly, perhaps for lack of memory. What is finished "
            "is kept: try again with fewer --jobs."
        ) from error
    except BaseException:
        # a child in the middle of training does not listen
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(cancel_futures=True)
        raise
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    pool.shutdown()


def _rounds_aside(folder: Path) -> int:
    with suppress(FileNotFoundError):  # one that was finished meanwhile
        return sum(len(part.read_bytes().splitlines()) for part in folder.glob(f"{ASIDE}*/*"))
    return 0


def _run(
    run: Run, file: Path, protocol: Protocol, base: Base, data: Path | None, out: Path, device: str
) -> None:
    """In a child: one learning curve, line by line aside, in its place when it is whole."""
    from core.benchmark.keyframes import simulate_keyframes
    from core.benchmark.simulation import simulate
    from core.estimation.export import read_estimator, update_onnx
    from core.estimation.network import add_noise
    from core.uncertainty.pose_prior import load_prior

    if hasattr(os, "nice"):
        os.nice(5)
    estimator = read_estimator(base.weights, base.architecture)
    dataset = build(run.dataset, estimator.spec, data, out / "samples", Silent())
    folder = file.with_suffix(".models")
    folder.mkdir(exist_ok=True)
    first = base.first
    if protocol.noise:
        add_noise(estimator, protocol.noise, run.seed)
        first = folder / "first.onnx"
        update_onnx(base.first, estimator, first)
    priors = {name: load_prior(path) for name, path in SHIPPED_PRIORS.items()}
    try:
        with atomic_write(file) as part, part.open("w", encoding="utf-8") as lines:
            if run.sampler == KEYFRAMES:
                entries = simulate_keyframes(dataset, protocol, np.array(estimator.spec.skeleton.sigmas))
            else:
                entries = simulate(
                    dataset, run, protocol, estimator, first, base.later[run.variant], folder, priors, device
                )
            for entry in entries:
                lines.write(json.dumps(entry.to_json()) + "\n")
                lines.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(estimator: str, out: Path, monitor: Monitor) -> Base:
    """The estimator by name or file, exported with all graphs."""
    folder = out / "estimator"
    file = own_file(estimator)
    if file is None:
        architecture, weights = SHIPPED[estimator]
        later = {variant: shipped_model(estimator, monitor, graph) for variant, graph in LATER.items()}
        return Base(weights, architecture, shipped_model(estimator, monitor), later)
    supervisor.run(ImportEstimator(file, folder), monitor)
    weights, first = folder / "weights.safetensors", folder / "estimator.onnx"
    if not weights.is_file():  # a foreign graph, which stays what it is
        return Base(first, None, first, dict.fromkeys(LATER, first))
    later = {variant: folder / f"{graph}.onnx" for variant, graph in LATER.items()}
    for variant, graph in LATER.items():
        supervisor.run(ExportBase(None, weights, later[variant], graph), monitor)
    return Base(weights, None, first, later)


def _key(run: Run, protocol: Protocol, estimator: str, dataset: Dataset) -> str:
    """Changes with everything that a learning curve depends on, but for the program itself."""
    file = own_file(estimator)
    mark = estimator if file is None else hashlib.sha256(file.read_bytes()).hexdigest()
    if run.sampler == KEYFRAMES:
        run = replace(run, seed=0)  # nothing is drawn
    figures = [VERSION, *(field.name for field in fields(Round))]
    text = json.dumps([asdict(run), asdict(protocol), mark, dataset.mark, figures], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _write_inputs(
    path: Path,
    runs: Sequence[Run],
    protocol: Protocol,
    estimator: str,
    datasets: dict[str, Dataset],
    device: str,
) -> None:
    """What was asked for and on what it ran, so that it can be repeated."""
    versions = {name: version for name in PACKAGES if (version := package_version(name))}
    content = {
        "written": time.strftime("%Y-%m-%d %H:%M"),
        "machine": f"{platform.system()} {platform.machine()}, {threads()} cores, Python "
        f"{platform.python_version()}",
        "versions": versions,
        "estimator": estimator,
        "device": device,
        "protocol": asdict(protocol),
        "datasets": {
            name: {"mark": data.mark, "samples": len(data), "people": len(np.unique(data.track))}
            for name, data in datasets.items()
        },
        "runs": [asdict(run) for run in runs],
    }
    path.write_text(json.dumps(content, indent=2), "utf-8")
