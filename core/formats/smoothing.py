"""Less jitter in predicted poses, for whoever measures movements."""

import numpy as np
from scipy.signal import savgol_filter

ORDER = 2  # of the polynomial: keeps velocity and acceleration


def smoothed(frames: np.ndarray, points: np.ndarray, window: int) -> np.ndarray:
    """Savitzky & Golay (1964) over each stretch of successive frames, with a window of that many frames.

    frames: (n,) int64, ascending; points: (n, K, 2) image pixels of one person. A stretch that is shorter
    than the window gets a smaller one, and stays as it is below ORDER + 3 frames.
    """
    result = points.astype(np.float64)
    for rows in np.split(np.arange(len(frames)), np.flatnonzero(np.diff(frames) != 1) + 1):
        size = min(window, len(rows))
        size -= 1 - size % 2  # odd
        if size > ORDER + 1:
            result[rows] = savgol_filter(points[rows].astype(np.float64), size, ORDER, axis=0, mode="interp")
    return result
