"""The local maxima of maps: several of them, or a flat one, mean uncertainty."""

import numpy as np

from core.estimation.decode import below_the_cell
from core.estimation.maps import APART
from core.video.imaging import cv2

MOST_PEAKS = 5
LOWEST_PEAK = 0.01


def find_peaks(heatmaps: np.ndarray, apart: int = APART) -> np.ndarray:
    """Heights of the local maxima, highest first; heatmaps: (N, K, h, w) float32; apart: cells within which
    there is one only. Returns (N, K, 5), 0 where there are fewer.
    """
    n, joints, height, width = heatmaps.shape
    maps = heatmaps.reshape(n * joints, height, width)
    owner, y, x = _local_maxima(maps, apart)
    heights = maps[owner, y, x]
    order = np.lexsort((-heights, owner))
    owner, heights = owner[order], heights[order]
    rank = np.arange(len(owner)) - np.searchsorted(owner, np.arange(n * joints))[owner]
    kept = rank < MOST_PEAKS
    peaks = np.zeros((n * joints, MOST_PEAKS), np.float32)
    peaks[owner[kept], rank[kept]] = heights[kept]
    return peaks.reshape(n, joints, MOST_PEAKS)


def peak_cells(heatmap: np.ndarray, apart: int = APART) -> np.ndarray:
    """Places of one map's peaks, highest first, refined as in decode. heatmap: (h, w) float32 -> (m, 2) x,
    y, m <= 5.
    """
    _, y, x = _local_maxima(heatmap[None], apart)
    order = np.argsort(-heatmap[y, x], kind="stable")[:MOST_PEAKS]
    return below_the_cell(heatmap[None], np.zeros(len(order), int), y[order], x[order])


def _local_maxima(maps: np.ndarray, apart: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Map, y and x of each. maps: (n, h, w) float32."""
    window = np.ones([min(2 * apart + 1, 2 * side - 1) for side in maps.shape[1:]], np.uint8)
    highest = np.stack([cv2.dilate(values, window) for values in maps])
    places, y, x = np.nonzero((maps == highest) & (maps > LOWEST_PEAK))
    return places, y, x
