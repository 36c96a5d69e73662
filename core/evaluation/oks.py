"""Object keypoint similarity, COCO's measure of how near a pose is to the truth."""

import numpy as np


def oks(
    points: np.ndarray, truth: np.ndarray, labelled: np.ndarray, areas: np.ndarray, sigmas: np.ndarray
) -> np.ndarray:
    """OKS of N poses (https://cocodataset.org/#keypoints-eval), area = width x height of the person's box.

    points, truth: (N, K, 2) image pixels; labelled: (N, K) bool, the joints that count; areas: (N,) square
    pixels; sigmas: (K,). Returns (N,) in 0..1; NaN where no joint is labelled.
    """
    counted = labelled.sum(-1)
    alike = similarity(points, truth, areas, sigmas)
    return np.where(counted > 0, (alike * labelled).sum(-1) / np.maximum(counted, 1), np.nan)


def similarity(points: np.ndarray, others: np.ndarray, areas: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """(N, K) in 0..1 of each joint by itself. points, others: (N, K, 2); areas: (N,); sigmas: (K,)."""
    squared = ((np.asarray(points, np.float64) - others) ** 2).sum(-1)
    variance = (2 * np.asarray(sigmas)) ** 2
    return np.exp(-squared / (2 * np.maximum(areas, np.spacing(1))[:, None] * variance))
