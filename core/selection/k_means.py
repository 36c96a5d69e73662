"""As many clusters as picks, and of each the sample nearest to its centre."""

import math

import numpy as np

from core.selection.pool import Pool

ITERATIONS = 20
UNCERTAINTY_WEIGHT = 10.0


def k_means(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Every sample counts the same."""
    return _pick(pool, size, seed, np.ones(len(pool.uncertainty)))


def weighted_k_means(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Uncertain samples draw the centres: weight 1 + w G u, w = 10 (method, section 3)."""
    return _pick(pool, size, seed, 1 + UNCERTAINTY_WEIGHT * pool.competence * pool.uncertainty)


def _pick(pool: Pool, size: int, seed: int, weights: np.ndarray) -> tuple[list[int], list[float]]:
    open_rows = pool.candidates & ~pool.taken
    rows = np.flatnonzero(open_rows)
    size = min(size, len(rows))
    if not size:
        return [], []
    features = pool.embeddings[rows].astype(np.float32)
    # squared_distances() loses its digits in a part that all share
    features -= features.mean(0, dtype=np.float64)
    centres = lloyd(features, weights[rows], size, np.random.default_rng(seed))
    distances = squared_distances(features, centres)
    picks: list[int] = []
    for cluster in range(size):
        # The nearest row that is still open: one taken by an earlier cluster or its gap gives way to the next
        # nearest.
        for i in np.argsort(distances[:, cluster], kind="stable"):
            if open_rows[rows[i]]:
                picks.append(int(rows[i]))
                open_rows[pool.too_near(picks[-1])] = False
                break
    return picks, [math.nan] * len(picks)


def lloyd(features: np.ndarray, weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Weighted k-means (Lloyd 1982), seeded by k-means++ (Arthur & Vassilvitskii 2007). Returns centres
    (count, D).
    """
    first = rng.choice(len(features), p=weights / weights.sum())
    begun = [features[first]]
    nearest = squared_distances(features, features[first : first + 1])[:, 0]
    for _ in range(count - 1):
        chances = weights * nearest
        total = chances.sum()
        row = rng.choice(len(features), p=chances / total) if total > 0 else rng.integers(len(features))
        begun.append(features[row])
        np.minimum(nearest, squared_distances(features, features[row : row + 1])[:, 0], out=nearest)
    centres = np.stack(begun)
    for _ in range(ITERATIONS):
        owner = squared_distances(features, centres).argmin(1)
        totals = np.bincount(owner, weights, count)
        share = np.zeros((count, len(features)), np.float32)
        share[owner, np.arange(len(features))] = weights
        moved = np.where(totals[:, None] > 0, share @ features / np.maximum(totals, 1e-12)[:, None], centres)
        if np.allclose(moved, centres):
            break
        centres = moved.astype(np.float32)
    return centres


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a: (N, D), b: (M, D) -> (N, M)."""
    squares = np.einsum("nd,nd->n", a, a)[:, None] + np.einsum("md,md->m", b, b)[None]
    return np.maximum(squares - 2 * (a @ b.T), 0)
