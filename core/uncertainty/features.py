"""The hybrid feature of a pose: where its joints are about the body's centre, and how its limbs bend."""

import numpy as np

# (a, b, c): the angle at b between the limbs to a and c, COCO order (method, section 2)
ANGLES = np.array(
    [(8, 6, 12), (6, 8, 10), (5, 7, 9), (7, 5, 11), (11, 12, 14), (12, 11, 13), (12, 14, 16), (11, 13, 15)]
)
JOINTS = 17
DIMENSIONS = {"paper": 2 * JOINTS + len(ANGLES), "ours": 2 * JOINTS + 2 * len(ANGLES)}


def hybrid_features(points: np.ndarray, weights: np.ndarray, heights: np.ndarray, variant: str) -> np.ndarray:
    """Taketsugu & Ukita 2024, sec. 4.2.

    points: (N, 17, 2) image pixels, COCO order; weights: (N, 17) >= 0, confidence of the joints; heights: (N,) box heights.
    Returns (N, d) float32: joints relative to their weighted centre in box heights, x then y, then the eight angles:
    "paper": folded into 0..pi/2; "ours": sine and cosine of the signed angle.
    """
    total = np.maximum(weights.sum(1, keepdims=True), 1e-9)
    centre = (points * (weights / total)[..., None]).sum(1, keepdims=True)
    relative = (points - centre) / np.maximum(heights, 1e-9)[:, None, None]
    first = points[:, ANGLES[:, 0]] - points[:, ANGLES[:, 1]]
    second = points[:, ANGLES[:, 2]] - points[:, ANGLES[:, 1]]
    dot = (first * second).sum(-1)
    cross = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    angle = np.arctan2(cross, dot)
    if variant == "paper":
        unsigned = np.abs(angle)
        bends = [np.minimum(unsigned, np.pi - unsigned)]
    else:
        bends = [np.sin(angle), np.cos(angle)]
    return np.concatenate([relative[..., 0], relative[..., 1], *bends], 1).astype(np.float32)
