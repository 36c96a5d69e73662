"""The most uncertain samples, however alike they are."""

import numpy as np

from core.selection.pool import Pool, pick_in_order


def top_uncertainty(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Rows by falling uncertainty; the minimum gap is kept."""
    return pick_in_order(pool, np.argsort(-pool.uncertainty, kind="stable"), size)
