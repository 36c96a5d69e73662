"""What samplers choose from."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pool:
    """The samples of a project.

    embeddings: (N, D) float16 or float32; uncertainty: (N,) in 0..1, higher = more uncertain; taken: (N,)
    bool, labelled or queued already: centres, never picked; candidates: (N,) bool, what may be picked;
    competence: G in 0..1; track: (N,); seconds: (N,) time in the video; minimum_gap: seconds between two
    picks of one track, 0 for none.
    """

    embeddings: np.ndarray
    uncertainty: np.ndarray
    taken: np.ndarray
    candidates: np.ndarray
    competence: float
    track: np.ndarray
    seconds: np.ndarray
    minimum_gap: float = 0.0

    def too_near(self, row: int) -> np.ndarray:
        """(N,) bool: samples of the same track within the minimum gap of this one, itself included."""
        near = (self.track == self.track[row]) & (np.abs(self.seconds - self.seconds[row]) < self.minimum_gap)
        near[row] = True
        return near


# (pool, size, seed) -> rows in the order they were picked, at most size, and of each the figure that
# registry.Entry.told names; NaN of a sampler that knows none
Sampler = Callable[[Pool, int, int], tuple[list[int], list[float]]]


def pick_in_order(pool: Pool, order: np.ndarray, size: int) -> tuple[list[int], list[float]]:
    """The first `size` rows of an order that are open and keep the minimum gap to those before them."""
    open_rows = pool.candidates & ~pool.taken
    picks: list[int] = []
    for row in order:
        if len(picks) == size:
            break
        if open_rows[row]:
            picks.append(int(row))
            open_rows[pool.too_near(picks[-1])] = False
    return picks, [math.nan] * len(picks)
