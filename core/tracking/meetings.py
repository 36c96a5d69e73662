"""Who comes near whom: the boxes of one frame that overlap."""

import numpy as np


def meetings(frame: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Rows (m,) of every two samples of one frame whose boxes overlap, ordered by frame, and how many were
    compared.

    frame: (n,); boxes: (n, 4) x0, y0, x1, y1. From left to right each box is compared with the next ones as
    long as those begin before it ends, so that people beside one another cost nothing.
    """
    order = np.lexsort((boxes[:, 0], frame))
    at, left, right = frame[order], boxes[order, 0], boxes[order, 2]
    pairs = [np.empty((0, 2), np.int64)]
    compared, step = 0, 1
    active = np.arange(max(0, len(at) - 1))
    while len(active):
        active = active[active + step < len(at)]
        other = active + step
        reached = (at[active] == at[other]) & (left[other] < right[active])
        compared += len(active)
        active, other = active[reached], other[reached]
        low = np.maximum(boxes[order[active], 1], boxes[order[other], 1])
        high = np.minimum(boxes[order[active], 3], boxes[order[other], 3])
        pairs.append(np.stack([order[active], order[other]], 1)[high > low])
        step += 1
    found = np.concatenate(pairs)
    found = found[np.argsort(frame[found[:, 0]], kind="stable")]
    return found[:, 0], found[:, 1], compared
