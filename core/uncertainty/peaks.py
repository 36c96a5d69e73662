"""The local maxima of heatmaps: several of them, or a flat one, mean doubt."""

import numpy as np

from core.video.imaging import cv2

MINIMUM_DISTANCE = 5  # cells between two peaks
MOST_PEAKS = 5
LOWEST_PEAK = 0.01


def find_peaks(heatmaps: np.ndarray) -> np.ndarray:
    """Heights of the local maxima, highest first. heatmaps: (N, K, h, w) float32 -> (N, K, 5), 0 where there are fewer."""
    n, joints, height, width = heatmaps.shape
    maps = heatmaps.reshape(n * joints, height, width)
    window = np.ones((2 * MINIMUM_DISTANCE + 1,) * 2, np.uint8)
    highest = np.stack([cv2.dilate(values, window) for values in maps])
    owner, y, x = np.nonzero((maps == highest) & (maps > LOWEST_PEAK))
    heights = maps[owner, y, x]
    order = np.lexsort((-heights, owner))
    owner, heights = owner[order], heights[order]
    rank = np.arange(len(owner)) - np.searchsorted(owner, np.arange(n * joints))[owner]
    kept = rank < MOST_PEAKS
    peaks = np.zeros((n * joints, MOST_PEAKS), np.float32)
    peaks[owner[kept], rank[kept]] = heights[kept]
    return peaks.reshape(n, joints, MOST_PEAKS)
