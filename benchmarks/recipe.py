"""How to fine-tune a network without what anchors it: each choice measured on video that it has not seen the
like of.

python benchmarks/recipe.py --data DIR [--sets balance_cam03:upside-down,...] [--seeds 3] [--steps 120]
[--share 0.05]
    [--choices plain,all layers,...] [--cache DIR]

Sets as of `main.py benchmark`. A share of the samples, drawn at random (the same for all choices of a seed),
is labelled; the others are scored. Printed: mean over seeds of the share with OKS >= 0.6 / >= 0.75 / mean
OKS, and the lowest and highest mean OKS; drift: how far joints that no label speaks of moved, in box heights.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.adaptation.augmentation import Augmentation  # noqa: E402
from core.adaptation.trainer import PAPER, PLAIN, fine_tune  # noqa: E402
from core.benchmark.dataset import Dataset, build  # noqa: E402
from core.domain import COCO17, Silent  # noqa: E402
from core.estimation.crops import cells_to_image  # noqa: E402
from core.estimation.decode import decode  # noqa: E402
from core.estimation.network import SPECS, Estimator, load_estimator  # noqa: E402
from core.evaluation.oks import oks  # noqa: E402
from core.project.estimators.models import SHIPPED  # noqa: E402

BASE = replace(PLAIN, seconds=None)
CHOICES = {
    "plain": BASE,
    "all layers trained": replace(BASE, frozen_blocks=0),
    "six blocks frozen": replace(BASE, frozen_blocks=6),
    "rate x 2": replace(BASE, rate=4e-4),
    "rate / 2": replace(BASE, rate=1e-4),
    "head x 3": replace(BASE, rates=(1.0, 1.0, 3.0)),
    "weight decay 0.1": replace(BASE, weight_decay=0.1),
    "target sigma 1": replace(BASE, sigma=1.0),
    "target sigma 2": replace(BASE, sigma=2.0),
    "squared error": replace(BASE, loss="mse"),
    "constant rate": replace(BASE, schedule="constant"),
    "no augmentation": replace(BASE, augmentation=Augmentation(0, 0, 0, 0, 0)),
    "no flip": replace(BASE, augmentation=Augmentation(flip_chance=0)),
    "paper's augmentation": replace(BASE, augmentation=PAPER.augmentation),
    "batch 4": replace(BASE, batch=4),
    "batch 16": replace(BASE, batch=16),
    "mean weights": replace(BASE, average=0.98),
    "float32": replace(BASE, half=False),
    "the paper's": replace(PAPER, seconds=None),
}


def predict(estimator: Estimator, data: Dataset, refine: bool = True) -> np.ndarray:
    """(N, K, 2) image pixels. refine: below the cell."""
    with torch.no_grad():
        parts = [
            estimator(torch.from_numpy(part))[0]
            for part in np.array_split(np.array(data.crops), len(data) // 8)
        ]
    cells, _ = decode(torch.cat(parts).numpy())
    return cells_to_image(
        cells if refine else np.rint(cells), estimator.spec.extents(data.rectangles), estimator.spec.cells
    )


def score(points: np.ndarray, data: Dataset, rows: np.ndarray) -> list[float]:
    values = oks(
        points[rows], data.points[rows], data.labelled[rows], data.areas[rows], np.array(COCO17.sigmas)
    )
    return [(values >= 0.6).mean(), (values >= 0.75).mean(), values.mean()]


def text(values: list[list[float]]) -> str:
    right, good, mean = np.mean(values, 0)
    each = [row[2] for row in values]
    return f"{right:.2f} / {good:.2f} / {mean:.3f} ({min(each):.3f} to {max(each):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", default="balance_cam03:upside-down,assisted_cam04:dark")
    parser.add_argument("--choices", default=",".join(CHOICES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "posetailor-benchmark")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    spec = SPECS["movenet-lightning"]
    weights = SHIPPED["lightning"][1]
    for name in arguments.sets.split(","):
        data = build(name, spec, arguments.data, arguments.cache, Silent())
        everyone = np.arange(len(data))
        fresh = load_estimator(weights, spec)
        gated = score(predict(fresh, data), data, everyone)
        fresh.spec = spec.plain()
        before = predict(fresh, data)
        print(f"| {name}, untrained, gated | {text([gated])} |")
        print(f"| {name}, untrained, plain | {text([score(before, data, everyone)])} |", flush=True)
        for choice in arguments.choices.split(","):
            results, coarse, seconds, drifts = [], [], [], []
            for seed in range(arguments.seeds):
                order = np.random.default_rng(seed).permutation(len(data))
                rows, others = np.split(order, [round(arguments.share * len(data))])
                estimator = load_estimator(weights, spec)
                started = time.monotonic()
                recipe = replace(CHOICES[choice], seed=seed)
                fine_tune(
                    estimator,
                    data.training_set(rows),
                    recipe,
                    arguments.steps,
                    torch.device("cpu"),
                    lambda _: True,
                )
                seconds.append(time.monotonic() - started)
                after = predict(estimator, data)
                results.append(score(after, data, others))
                coarse.append(score(predict(estimator, data, refine=False), data, others))
                never = ~data.labelled.any(0)
                moved = (
                    np.linalg.norm(after - before, axis=2)[:, never]
                    / (data.boxes[:, 3] - data.boxes[:, 1])[:, None]
                )
                drifts.append(float(np.median(moved)) if never.any() else float("nan"))
            print(
                f"| {name}, {choice} | {text(results)} | whole cells {np.mean(coarse, 0)[2]:.3f} | "
                f"drift {np.mean(drifts):.3f} | {np.mean(seconds):.0f} s |",
                flush=True,
            )


if __name__ == "__main__":
    main()
