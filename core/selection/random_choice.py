"""Random choice, what every sampler must beat."""

import numpy as np

from core.selection.pool import Pool, pick_in_order


def random_choice(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Rows drawn without replacement; the minimum gap is kept."""
    return pick_in_order(pool, np.random.default_rng(seed).permutation(len(pool.candidates)), size)
