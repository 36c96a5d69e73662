"""How far estimates lie from labels, joint by joint, with intervals."""

from dataclasses import dataclass

import numpy as np

DRAWS = 2000  # of the bootstrap
INTERVAL = (2.5, 97.5)  # percentiles
FEWEST = 5  # values that an interval is given for


@dataclass(frozen=True)
class Mean:
    """count: values; mean: of them; low, high: its 95 % interval, NaN for fewer than FEWEST values."""

    count: int
    mean: float
    low: float
    high: float


def mean_of(values: np.ndarray, seed: int = 0) -> Mean | None:
    """The interval is the bootstrap's, by percentiles (Efron 1979). values: (n,), NaN left out; None
    without any.
    """
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    if len(values) < FEWEST:
        return Mean(len(values), float(values.mean()), float("nan"), float("nan"))
    drawn = np.random.default_rng(seed).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.percentile(values[drawn].mean(1), INTERVAL)
    return Mean(len(values), float(values.mean()), float(low), float(high))


def joint_distances(points: np.ndarray, truth: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """(N, K) image pixels, NaN for joints that are not labelled. points, truth: (N, K, 2); labelled: (N,
    K) bool.
    """
    return np.where(labelled, np.linalg.norm(points - truth, axis=2), np.nan)
