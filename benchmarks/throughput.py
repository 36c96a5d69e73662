"""Estimation from video to shards against ONNX Runtime alone, in one run, alternating.

python benchmarks/throughput.py [VIDEO] [--estimator lightning] [--device auto] [--repeats 5]

ONNX Runtime alone: the estimator's session with the runtime's own defaults, fed with one crop again and
again, at each of several batch sizes; the best one counts. End to end: decoding, crops, inference, read-out,
criteria, shards on disk.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.domain import Silent  # noqa: E402
from core.estimation.device import open_session  # noqa: E402
from core.project.estimators.models import ESTIMATOR, ready_estimator  # noqa: E402
from core.project.project import Project  # noqa: E402
from core.project.store.segments import SAMPLES, forget  # noqa: E402
from core.video.source import open_video  # noqa: E402
from core.workflow.estimate import estimate, estimate_round  # noqa: E402

BATCHES = (1, 2, 4, 8, 16, 32)
SECONDS = 2.0


def alone(path: Path, device: str, size: tuple[int, int], batch: int) -> float:
    """Samples per second of the runtime with its default threads."""
    import onnxruntime

    if device == "cpu":
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    else:
        session, _ = open_session(path, device)
    crops = np.random.default_rng(0).integers(0, 255, (batch, *size[::-1], 3), dtype=np.uint8)
    session.run(None, {"crops": crops})
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS:
        session.run(None, {"crops": crops})
        done += batch
    return done / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("video", nargs="?", type=Path, default=ROOT / "resources/clips/assisted_cam04.mp4")
    parser.add_argument("--estimator", default="thunder")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Project(Path(folder) / "project", create=True) as project:
        video = project.add_video(arguments.video)
        estimate(project, video.id, Silent(), estimator=arguments.estimator, device=arguments.device)
        ready = ready_estimator(project, 0, arguments.device, Silent())
        session = ready.session
        device = session.device.name.lower()
        onnx = project.estimator_folder(0) / ESTIMATOR
        best = {batch: alone(onnx, device, session.spec.size, batch) for batch in BATCHES}
        batch = max(best, key=best.get)
        print(
            f"{arguments.estimator} on {device}, runtime alone: ",
            {b: round(v, 1) for b, v in best.items()},
            "samples/s",
        )
        ratios, speeds = [], []
        samples = len(project.predictions(video.id))
        for _ in range(arguments.repeats):
            reference = alone(onnx, device, session.spec.size, batch)
            started = time.perf_counter()
            with open_video(video.path) as source:
                forget(project.store, (one.path for one in project.computed.segments(SAMPLES, video.id)))
                estimate_round(
                    project, 0, ready, {video.id: source}, arguments.device, Silent(), None, evenly=False
                )
            speeds.append(samples / (time.perf_counter() - started))
            ratios.append(speeds[-1] / reference)
    print(
        f"end to end {statistics.median(speeds):.1f} samples/s, {statistics.median(ratios):.2f} of the "
        f"runtime alone at batch {batch} (median of {arguments.repeats}, {min(ratios):.2f} to "
        f"{max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
