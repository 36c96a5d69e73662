"""What a label changes around it: touches that it is expected to save for each touch that it costs."""

import numpy as np

from core.selection.pool import Pool

TOUCHES = 8.0  # joints to be moved of a pose that is surely wrong
MOTION_SECONDS = 0.5  # how long what a label says of a person holds, see core.refinement
LEARNED = 0.5  # of what is wrong with a pose that looks the same, that fine-tuning on a label mends
LEAST = 1e-4  # uncertainty of a pose that looks surely right: where all do, those that are unlike come first
DEMAND, CANDIDATES = 3000, 1500  # most poses that may be mended, and labelled, looked at
CHUNK = 256  # candidates whose likeness to all is held twice


def facility_location(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Greedy argmax of sum_j u_j (max(c_j, s_ij) - c_j) / (1 + TOUCHES u_i), where c_j is how far pose j is
    mended by the labels there are and s_ij how far a label of i mends it: by motion exp(-|t_i - t_j| /
    MOTION_SECONDS) of the same person, by learning LEARNED max(0, 1 - (d_ij / h)^2)^4, h the usual distance
    of two embeddings. A facility location (Cornuejols, Fisher and Nemhauser 1977) in which each pick is paid
    by its own touches. Of many poses some are looked at, uncertain ones rather. What a pick is worth is
    told in poses: sum_j (max(c_j, s_ij) - c_j).
    """
    rng = np.random.default_rng(seed)
    open_rows, taken = pool.candidates & ~pool.taken, np.flatnonzero(pool.taken)
    candidates, _ = _some(np.flatnonzero(open_rows), CANDIDATES, pool, rng)
    demand, chance = _some(np.flatnonzero(~pool.taken), DEMAND, pool, rng)
    if not len(candidates):
        return [], []
    likeness = _Likeness(pool, demand)
    mends = np.concatenate([likeness.to(part) for part in _chunks(candidates)])
    mended = np.zeros(len(demand), np.float32)
    for part in _chunks(taken):
        np.maximum(mended, likeness.to(part).max(0), out=mended)
    poses = (1 / chance).astype(np.float32)  # that each stands for
    worth = (np.maximum(pool.uncertainty[demand], LEAST) * poses).astype(np.float32)
    cost = 1 + TOUCHES * pool.uncertainty[candidates]
    picks: list[int] = []
    mending: list[float] = []
    while len(picks) < size and open_rows[candidates].any():
        gains = np.concatenate([np.maximum(part - mended, 0) @ worth for part in _chunks(mends)])
        best = int(np.where(open_rows[candidates], gains / cost, -np.inf).argmax())
        picks.append(int(candidates[best]))
        mending.append(float(np.maximum(mends[best] - mended, 0) @ poses))
        open_rows[pool.too_near(picks[-1])] = False
        np.maximum(mended, mends[best], out=mended)
    return picks, mending


def _chunks(values: np.ndarray) -> list[np.ndarray]:
    return [values[start : start + CHUNK] for start in range(0, len(values), CHUNK)]


def _some(rows: np.ndarray, most: int, pool: Pool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """About so many of the rows at most, spread evenly over everybody's time, half of them by how uncertain
    they are, and what chance each had.
    """
    if len(rows) <= most:
        return rows, np.ones(len(rows))
    rows = rows[np.lexsort((pool.seconds[rows], pool.track[rows]))]
    share = pool.uncertainty[rows] + max(float(pool.uncertainty[rows].mean()), 1e-9)
    chance = most * share / share.sum()
    steps = np.floor(np.cumsum(chance) + rng.random())  # systematic sampling (Madow 1949)
    kept = np.diff(steps, prepend=0) >= 1
    return rows[kept], np.minimum(1, chance[kept])


class _Likeness:
    """How far a label of row i mends pose j, of all j that are looked at."""

    def __init__(self, pool: Pool, demand: np.ndarray) -> None:
        self._pool = pool
        self._mean = pool.embeddings[demand].mean(0, dtype=np.float32)
        self._features = pool.embeddings[demand].astype(np.float32) - self._mean
        self._norms = (self._features**2).sum(1)
        self._seconds, self._track = pool.seconds[demand], pool.track[demand]
        one, other = np.random.default_rng(0).integers(len(demand), size=(2, 1000))
        apart = np.linalg.norm(self._features[one] - self._features[other], axis=1)
        self._usual = max(float(np.median(apart)) ** 2, 1e-9)

    def to(self, rows: np.ndarray) -> np.ndarray:
        """(n, M) float32 in 0..1."""
        pool, features = self._pool, self._pool.embeddings[rows].astype(np.float32) - self._mean
        squared = (features**2).sum(1)[:, None] + self._norms - 2 * features @ self._features.T
        learned = LEARNED * (1 - squared.clip(0, self._usual) / self._usual) ** 4
        apart = np.abs(pool.seconds[rows][:, None] - self._seconds).astype(np.float32)
        same = pool.track[rows][:, None] == self._track
        return np.maximum(learned, np.where(same, np.exp(-apart / MOTION_SECONDS), np.float32(0)))
