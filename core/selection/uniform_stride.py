"""Evenly spread over the pool in the order of people and time, as many label by hand."""

import numpy as np

from core.selection.pool import Pool, pick_in_order


def uniform_stride(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """The middles of `size` equal stretches of what is open; where the minimum gap forbids one, its
    nearest rows.
    """
    order = np.lexsort((pool.seconds, pool.track))
    order = order[(pool.candidates & ~pool.taken)[order]]
    if not len(order) or not size:
        return [], []
    middles = (np.arange(size) + 0.5) * len(order) / size - 0.5
    wanted = np.clip(np.rint(middles), 0, len(order) - 1).astype(int)
    nearest_first = np.argsort(np.abs(np.arange(len(order))[:, None] - wanted[None]).min(1), kind="stable")
    return pick_in_order(pool, order[nearest_first], size)
