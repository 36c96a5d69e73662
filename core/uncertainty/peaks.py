"""Criteria that look at the shape of each heatmap: several peaks, or a flat one, mean doubt."""

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


def multiple_peak_entropy(peaks: np.ndarray) -> np.ndarray:
    """MPE (Liu & Ferrari 2017): entropy of the softmax over the peaks' heights, summed over joints. (N, K, 5) -> (N,)."""
    present = peaks > 0
    odds = np.where(present, np.exp(peaks), 0)
    share = odds / np.maximum(odds.sum(2, keepdims=True), 1e-12)
    return -(share * np.log(np.maximum(share, 1e-12))).sum((1, 2))


def margin(peaks: np.ndarray) -> np.ndarray:
    """How little the highest peak stands out from the second, summed over joints. (N, K, 5) -> (N,)."""
    return -(peaks[..., 0] - peaks[..., 1]).sum(1)


def heatmap_entropy(heatmaps: np.ndarray) -> np.ndarray:
    """Entropy of each heatmap taken as a distribution over cells, summed over joints. (N, K, h, w) -> (N,)."""
    flat = heatmaps.reshape(*heatmaps.shape[:2], -1)
    total = np.maximum(flat.sum(2), 1e-12)
    return (np.log(total) - (flat * np.log(flat + 1e-9)).sum(2) / total).sum(1)


def measure_heatmaps(heatmaps: np.ndarray) -> dict[str, np.ndarray]:
    """All of them for one batch, by the criteria's names."""
    peaks = find_peaks(heatmaps)
    return {"mpe": multiple_peak_entropy(peaks), "margin": margin(peaks), "entropy": heatmap_entropy(heatmaps)}
