"""DUW Core-Set: far from what is labelled while the estimator is weak, uncertain once it is strong."""

import numpy as np

from core.selection.sampler import Pool

PAPER_LAMBDA = 0.01  # PoseTrack21
CHUNK = 16384  # samples whose distances are held at once


def duw_ours(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Greedy argmax of (1 - G) d / max(d) + G u (after Taketsugu & Ukita 2024, sec. 4.3), any feature scale."""
    return _greedy(pool, size, weight=1.0, scaled=True)


def duw_paper(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Greedy argmax of (1 - G) d + lambda G u, raw Euclidean d, lambda = 0.01 (Taketsugu & Ukita 2024, sec. 4.3)."""
    return _greedy(pool, size, weight=PAPER_LAMBDA, scaled=False)


def _greedy(pool: Pool, size: int, weight: float, scaled: bool) -> tuple[list[int], list[float]]:
    open_rows = pool.candidates & ~pool.taken
    features = pool.embeddings
    norms = np.einsum("nd,nd->n", features, features)
    nearest = np.full(len(features), np.inf, np.float32)  # squared distance to the nearest centre
    _approach(nearest, features, norms, np.flatnonzero(pool.taken))
    scale = _largest(nearest, open_rows)
    picks: list[int] = []
    distances: list[float] = []
    while len(picks) < size and open_rows.any():
        if np.isinf(nearest[0]):  # no centre yet: the most uncertain is the first
            value, distance = pool.uncertainty, np.ones(len(features))
        else:
            distance = np.sqrt(nearest) / scale if scaled else np.sqrt(nearest)
            value = (1 - pool.competence) * distance + weight * pool.competence * pool.uncertainty
        row = int(np.where(open_rows, value, -np.inf).argmax())
        picks.append(row)
        distances.append(float(distance[row]) if scaled else float(distance[row] / scale))
        open_rows[pool.too_near(row)] = False
        _approach(nearest, features, norms, np.array([row]))
        if len(picks) == 1 and not pool.taken.any():
            scale = _largest(nearest, open_rows)
    return picks, [min(1.0, distance) for distance in distances]


def _approach(nearest: np.ndarray, features: np.ndarray, norms: np.ndarray, rows: np.ndarray) -> None:
    """Lowers the squared distances by new centres, in one pass over the features."""
    if not len(rows):
        return
    centres = features[rows].T
    for start in range(0, len(features), CHUNK):
        part = slice(start, start + CHUNK)
        squared = features[part] @ centres
        squared *= -2
        squared += norms[rows]
        lowest = squared.min(1) if len(rows) > 1 else squared[:, 0]
        np.minimum(nearest[part], np.maximum(lowest + norms[part], 0), out=nearest[part])
    nearest[rows] = 0


def _largest(nearest: np.ndarray, open_rows: np.ndarray) -> float:
    finite = nearest[open_rows & np.isfinite(nearest)]
    return float(np.sqrt(finite.max())) if len(finite) and finite.max() > 0 else 1.0
