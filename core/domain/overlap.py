"""How much boxes overlap."""

import numpy as np


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union. a: (N, >=4), b: (M, >=4) -> (N, M)."""
    return paired_iou(a[:, None], b[None])


def matched(a: np.ndarray, b: np.ndarray, least: float) -> np.ndarray:
    """(N,) int64: for each of a (N, >=4), in their order, the row of b (M, >=4) that none before it has and
    that it overlaps most, by at least so much; -1 where there is none.
    """
    overlap, rows = iou(a, b), np.full(len(a), -1)
    for row in range(len(a)) if len(b) else ():
        best = int(overlap[row].argmax())
        if overlap[row, best] >= least:
            rows[row] = best
            overlap[:, best] = -1
    return rows


def paired_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(...) intersection over union of boxes a and b, (..., >=4) each, whose other axes broadcast."""
    overlap = np.minimum(a[..., 2:4], b[..., 2:4]) - np.maximum(a[..., :2], b[..., :2])
    shared = overlap.clip(0).prod(-1)
    area_a = (a[..., 2:4] - a[..., :2]).prod(-1)
    area_b = (b[..., 2:4] - b[..., :2]).prod(-1)
    return shared / np.maximum(area_a + area_b - shared, 1e-9)
