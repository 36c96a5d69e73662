"""Random choice, what every sampler must beat."""

import numpy as np

from core.selection.sampler import Pool


def random_choice(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Rows drawn without replacement; the minimum gap is kept."""
    open_rows = pool.candidates & ~pool.taken
    picks: list[int] = []
    for row in np.random.default_rng(seed).permutation(len(open_rows)):
        if len(picks) == size:
            break
        if open_rows[row]:
            picks.append(int(row))
            open_rows[pool.too_near(row)] = False
    return picks, [0.0] * len(picks)
