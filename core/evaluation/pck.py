"""Percentage of correct keypoints, with the person's height as the measure."""

import numpy as np

SHARE_OF_HEIGHT = 0.02


def near_enough(
    points: np.ndarray, truth: np.ndarray, heights: np.ndarray, share: float = SHARE_OF_HEIGHT
) -> np.ndarray:
    """(N, K) bool, whether a joint counts as correct (PCK: Yang & Ramanan 2013, sec. 6; here relative to the
    box's height).

    points, truth: (N, K, 2) image pixels; heights: (N,) pixels of the people's boxes; share: of it that a
    joint may be off.
    """
    return np.linalg.norm(points - truth, axis=2) <= share * heights[:, None]


def pck(correct: np.ndarray, labelled: np.ndarray) -> float:
    """Share of the labelled joints that are correct, of all samples together. Both (N, K) bool."""
    return float((correct & labelled).sum() / max(labelled.sum(), 1))
