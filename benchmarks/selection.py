"""DUW Core-Set on a large pool against a full distance computation per pick, and against reading the memory
once.

python benchmarks/selection.py [--samples 100000] [--dimensions 1280] [--batch 40]

The full computation is scikit-learn's pairwise_distances_argmin_min of the pool to all centres, once per
pick, where scikit-learn is installed, else the same in numpy. Reading the memory: one pass over the features
per pick, as a sum.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.selection.duw_core_set import duw_ours  # noqa: E402
from core.selection.pool import Pool  # noqa: E402

CENTRES_BEFORE = 100
PICKS_TIMED_IN_FULL = 3


def seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def full_distances(features: np.ndarray, centres: np.ndarray) -> np.ndarray:
    try:
        from sklearn.metrics import pairwise_distances_argmin_min
    except ImportError:
        squares = (features**2).sum(1)[:, None] + (centres**2).sum(1)[None] - 2 * features @ centres.T
        return np.sqrt(np.maximum(squares, 0)).min(1)
    return pairwise_distances_argmin_min(features, centres)[1]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=1280)
    parser.add_argument("--batch", type=int, default=40)
    arguments = parser.parse_args()
    n = arguments.samples
    rng = np.random.default_rng(0)
    features = rng.standard_normal((n, arguments.dimensions), np.float32)
    taken = np.zeros(n, bool)
    taken[:CENTRES_BEFORE] = True
    pool = Pool(features, rng.random(n), taken, np.ones(n, bool), 0.5, np.zeros(n, int), np.arange(n) / 30)
    ours = seconds(lambda: duw_ours(pool, arguments.batch, 0))
    full = seconds(
        lambda: [full_distances(features, features[: CENTRES_BEFORE + i]) for i in range(PICKS_TIMED_IN_FULL)]
    ) * (arguments.batch / PICKS_TIMED_IN_FULL)
    passes = seconds(lambda: [features.sum() for _ in range(arguments.batch + 2)])
    print(
        f"{n} x {arguments.dimensions}, batch {arguments.batch}, {CENTRES_BEFORE} centres before: ours "
        f"{ours:.2f} s, full distances per pick {full:.1f} s ({full / ours:.0f} times ours, from "
        f"{PICKS_TIMED_IN_FULL} picks), one pass over memory per pick {passes:.2f} s (ours is "
        f"{ours / passes:.2f} times that)"
    )


if __name__ == "__main__":
    main()
