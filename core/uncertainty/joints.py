"""How uncertain each joint of one pose is, to tell an annotator where to look first."""

import numpy as np

LOW_CONFIDENCE = 0.3
JUMP = 0.05  # of the box's height, off the straight line between the frames before and after
UNCERTAIN = 1 - LOW_CONFIDENCE


def joint_uncertainty(
    points: np.ndarray,
    confidence: np.ndarray,
    height: float,
    neighbours: tuple[np.ndarray, np.ndarray] | None,
) -> np.ndarray:
    """(K,) in 0..1; at UNCERTAIN and above the peak is low, or the joint jumps.

    points: (K, 2) and height: of the box, image pixels; confidence: (K,) peaks in 0..1; neighbours: the (K,
    2) points of the same person in the frames before and after, None where one of them is missing.
    """
    low = 1 - np.clip(confidence, 0, 1)
    if neighbours is None:
        return low
    before, after = neighbours
    jump = np.linalg.norm(points - (before + after) / 2, axis=1) / max(height, 1.0)
    return np.maximum(low, np.minimum(1.0, UNCERTAIN * jump / JUMP))
