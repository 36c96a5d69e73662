"""DUW Core-Set: far from what is labelled while the estimator is weak, uncertain once it is strong."""

from dataclasses import replace

import numpy as np

from core.selection.pool import Pool

PAPER_LAMBDA = {"PoseTrack21": 0.01, "JRDB-Pose": 1000.0}
FIXED_TRADE_OFF = 0.5
CHUNK = 4096  # samples whose distances are held at once
ROUNDING = 4e-6  # of the squared length of a feature: what float32 leaves of a squared distance that is 0


def duw_ours(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Greedy argmax of (1 - G) d / max(d) + G u (after Taketsugu & Ukita 2024, sec. 4.3), any feature
    scale.
    """
    return _greedy(pool, size, weight=1.0, scaled=True)


def duw_fixed(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Greedy argmax of (1 - w) d / max(d) + w u, w = 0.5 in every round: DUW blind to how good the
    estimator is.
    """
    return duw_ours(replace(pool, competence=FIXED_TRADE_OFF), size, seed)


def duw_paper(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Greedy argmax of (1 - G) d + lambda G u, raw Euclidean d, lambda of PoseTrack21 (the same paper and
    section).
    """
    return _greedy(pool, size, weight=PAPER_LAMBDA["PoseTrack21"], scaled=False)


def duw_jrdb(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """The paper's formula with its lambda of JRDB-Pose, which all but ignores the distances once G > 0."""
    return _greedy(pool, size, weight=PAPER_LAMBDA["JRDB-Pose"], scaled=False)


def _greedy(pool: Pool, size: int, weight: float, scaled: bool) -> tuple[list[int], list[float]]:
    open_rows = pool.candidates & ~pool.taken
    space = _Space(pool.embeddings)
    nearest = np.full(len(pool.embeddings), np.inf, np.float32)  # squared distance to the nearest centre
    space.approach(nearest, np.flatnonzero(pool.taken))
    scale = _largest(nearest, open_rows)
    picks: list[int] = []
    distances: list[float] = []
    while len(picks) < size and open_rows.any():
        if not picks and not pool.taken.any():  # no centre yet: the most uncertain is the first
            value, distance = pool.uncertainty, np.ones(len(nearest))
        else:
            distance = np.sqrt(nearest) / scale if scaled else np.sqrt(nearest)
            value = (1 - pool.competence) * distance + weight * pool.competence * pool.uncertainty
        row = int(np.where(open_rows, value, -np.inf).argmax())
        picks.append(row)
        distances.append(float(distance[row]) if scaled else float(distance[row] / scale))
        open_rows[pool.too_near(row)] = False
        space.approach(nearest, np.array([row]))
        if len(picks) == 1 and not pool.taken.any():
            scale = _largest(nearest, open_rows)
    return picks, [min(1.0, distance) for distance in distances]


class _Space:
    """Features (N, D) seen from their mean, without a copy of them.

    Distances come from differences of squares, which lose their digits where all features share a large part.
    """

    def __init__(self, features: np.ndarray):
        self._features = features
        self._mean = features.mean(0, dtype=np.float32)
        # squared distances that only rounding makes
        self._floor = ROUNDING**2 * float(self._mean @ self._mean)
        self._norms = np.empty(len(features), np.float32)  # squared, from the mean
        for start in range(0, len(features), CHUNK):
            part = slice(start, start + CHUNK)
            centred = features[part] - self._mean
            np.einsum("nd,nd->n", centred, centred, out=self._norms[part])

    def approach(self, nearest: np.ndarray, rows: np.ndarray) -> None:
        """Lowers the squared distances by new centres, in one pass over the features."""
        if not len(rows):
            return
        centres = (self._features[rows] - self._mean).T
        shared = self._mean @ centres
        for start in range(0, len(nearest), CHUNK):
            part = slice(start, start + CHUNK)
            squared = self._features[part].astype(np.float32, copy=False) @ centres
            squared -= shared
            squared *= -2
            squared += self._norms[rows]
            lowest = (squared.min(1) if len(rows) > 1 else squared[:, 0]) + self._norms[part]
            distinct = lowest > ROUNDING * self._norms[part] + self._floor
            np.minimum(nearest[part], np.where(distinct, lowest, 0), out=nearest[part])
        nearest[rows] = 0


def _largest(nearest: np.ndarray, open_rows: np.ndarray) -> float:
    finite = nearest[open_rows & np.isfinite(nearest)]
    return float(np.sqrt(finite.max())) if len(finite) and finite.max() > 0 else 1.0
