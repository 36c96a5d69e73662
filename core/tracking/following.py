"""Boxes that follow the poses: once an estimator knows the video, it knows better than the detector where
people are.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from core.domain.overlap import paired_iou

RELIABLE = 0.5  # mean confidence of the surest joints
SUREST = 12
LEAST_JOINTS = 6
ROOM = 0.15  # around the joints, of the longer side: hands, feet and the top of the head lie beyond them
SAME_PERSON = 0.3  # intersection over union with where the person was thought to be
# the same from which the present box stays: of the poses of the bundled clip the untouched Lightning has .98
# right (OKS >= .75) in detected boxes, .89 in boxes about the joints
NEAR = 0.5
REACH = 1.0  # seconds over which a sure box speaks for its neighbours
SMOOTHING = 2.0  # frames


def pose_box(points: np.ndarray, used: np.ndarray) -> np.ndarray:
    """(4,) x0, y0, x1, y1 about the joints that count, with room. points: (K, 2) image pixels; used: (K,)
    bool.
    """
    return pose_boxes(points[None], used[None])[0]


def pose_boxes(points: np.ndarray, used: np.ndarray) -> np.ndarray:
    """(n, 4) of n poses, each with a joint that counts. points: (n, K, 2) image pixels; used: (n, K) bool."""
    low = np.where(used[..., None], points, np.inf).min(1)
    high = np.where(used[..., None], points, -np.inf).max(1)
    room = ROOM * (high - low).max(1, keepdims=True)
    return np.concatenate([low - room, high + room], 1)


def follow_poses(
    frames: np.ndarray,
    boxes: np.ndarray,
    points: np.ndarray,
    confidence: np.ndarray,
    placed: dict[int, np.ndarray],
    fps: float,
) -> np.ndarray:
    """Better boxes for one track, from what was estimated in the present ones.

    Present ones stay where they are not far from those: estimators are made for boxes as detectors give them.

    frames: (n,) ascending; boxes: (n, 4); points: (n, K, 2) image pixels, NaN where nothing was estimated;
    confidence: (n, K); placed: frame -> (4,) box that a human's label gives, taken as certain. Frames farther
    than a second from a sure one keep their box. Returns (n, 4) float32.
    """
    known = {int(frame): i for i, frame in enumerate(frames)}
    sure = {known[frame]: box for frame, box in placed.items() if frame in known}
    expected = _between(frames, boxes, sure, fps)
    surest = np.sort(np.nan_to_num(confidence), axis=1)[:, -SUREST:].mean(1)
    used = confidence >= RELIABLE / 2
    rows = np.flatnonzero((surest >= RELIABLE) & (used.sum(1) >= LEAST_JOINTS))
    around = pose_boxes(points[rows], used[rows])
    followed = paired_iou(around, expected[rows]) >= SAME_PERSON
    for i, box in zip(rows[followed].tolist(), around[followed], strict=True):
        sure.setdefault(i, box)
    if not sure:
        return boxes.astype(np.float32)
    followed = median_filter(_between(frames, boxes, sure, fps), size=(5, 1), mode="nearest")
    followed = gaussian_filter1d(followed, SMOOTHING, axis=0, mode="nearest")
    near = paired_iou(followed, boxes.astype(np.float64)) >= NEAR
    return np.where(near[:, None], boxes, followed).astype(np.float32)


def _between(frames: np.ndarray, boxes: np.ndarray, sure: dict[int, np.ndarray], fps: float) -> np.ndarray:
    """Sure boxes where there are some, interpolated between them, the present ones elsewhere. (n, 4)
    float64.
    """
    result = boxes.astype(np.float64)
    if not sure:
        return result
    rows = np.array(sorted(sure))
    values = np.stack([sure[i] for i in rows])
    spread = np.stack([np.interp(frames, frames[rows], values[:, side]) for side in range(4)], 1)
    near = _distance(frames, frames[rows]) <= REACH * fps
    result[near] = spread[near]
    return result


def _distance(frames: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """(n,) frames from each to the nearest sure one. frames: (n,), sure: (m,), both ascending; found by
    bisection.
    """
    after = np.searchsorted(sure, frames).clip(max=len(sure) - 1)
    before = (after - 1).clip(min=0)
    return np.minimum(np.abs(frames - sure[after]), np.abs(frames - sure[before]))
