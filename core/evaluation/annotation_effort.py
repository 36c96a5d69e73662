"""What an annotator has to touch until a pose is right."""

import numpy as np


def joints_to_move(
    points: np.ndarray, truth: np.ndarray, labelled: np.ndarray, areas: np.ndarray, sigmas: np.ndarray
) -> np.ndarray:
    """(N, K) bool: labelled joints that lie further from the truth than one annotator's standard deviation
    from another, sigma_k sqrt(area) (https://cocodataset.org/#keypoints-eval, "tuning OKS"). OKS itself falls
    off with twice as much.

    points, truth: (N, K, 2) image pixels; labelled: (N, K) bool; areas: (N,) square pixels; sigmas: (K,).
    """
    deviation = np.asarray(sigmas) * np.sqrt(areas)[:, None]
    return (np.linalg.norm(points - truth, axis=2) > deviation) & labelled
