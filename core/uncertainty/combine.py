"""Raw criteria to comparable values, and their sums."""

import numpy as np


def minmax(values: np.ndarray, pool: np.ndarray | None = None) -> np.ndarray:
    """Values (N,) so that the pool's span 0..1; all zeros where the pool does not vary.

    pool: (N,) bool, the samples that set the scale, all by default; NaN counts as the pool's median, values
    outside of the pool's range are clipped.
    """
    values = np.asarray(values, np.float64)
    scale = values[pool & ~np.isnan(values)] if pool is not None else values[~np.isnan(values)]
    if not len(scale) or scale.max() == scale.min():
        return np.zeros(len(values))
    filled = np.where(np.isnan(values), np.median(scale), values)
    return np.clip((filled - scale.min()) / (scale.max() - scale.min()), 0, 1)


def combine(criteria: list[np.ndarray], pool: np.ndarray | None = None) -> np.ndarray:
    """minmax of the sum of the normalised criteria (method, section 2). criteria: (N,) raw values each."""
    return minmax(np.sum([minmax(values, pool) for values in criteria], 0), pool)
