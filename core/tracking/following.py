"""Boxes that follow the poses: once an estimator knows the video, it knows better than the detector where people are."""

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from core.tracking.detector import iou

RELIABLE = 0.5  # mean confidence of the surest joints
SUREST = 12
LEAST_JOINTS = 6
ROOM = 0.15  # around the joints, of the longer side: hands, feet and the top of the head lie beyond them
SAME_PERSON = 0.3  # intersection over union with where the person was thought to be
REACH = 1.0  # seconds over which a sure box speaks for its neighbours
SMOOTHING = 2.0  # frames


def pose_box(points: np.ndarray, used: np.ndarray) -> np.ndarray:
    """(4,) x0, y0, x1, y1 about the joints that count, with room. points: (K, 2) image pixels; used: (K,) bool."""
    low, high = points[used].min(0), points[used].max(0)
    room = ROOM * (high - low).max()
    return np.concatenate([low - room, high + room])


def follow_poses(
    frames: np.ndarray,
    boxes: np.ndarray,
    points: np.ndarray,
    confidence: np.ndarray,
    placed: dict[int, np.ndarray],
    fps: float,
) -> np.ndarray:
    """Better boxes for one track, from what was estimated in the present ones.

    frames: (n,) ascending; boxes: (n, 4); points: (n, K, 2) image pixels, NaN where nothing was estimated; confidence:
    (n, K); placed: frame -> (4,) box that a human's label gives, taken as certain. Frames farther than a second from a sure
    one keep their box. Returns (n, 4) float32.
    """
    known = {int(frame): i for i, frame in enumerate(frames)}
    sure = {known[frame]: box for frame, box in placed.items() if frame in known}
    expected = _between(frames, boxes, sure, fps)
    surest = np.sort(np.nan_to_num(confidence), axis=1)[:, -SUREST:].mean(1)
    for i in np.flatnonzero(surest >= RELIABLE):
        used = confidence[i] >= RELIABLE / 2
        if i in sure or used.sum() < LEAST_JOINTS:
            continue
        box = pose_box(points[i], used)
        if iou(box[None], expected[i : i + 1])[0, 0] >= SAME_PERSON:
            sure[i] = box
    if not sure:
        return boxes.astype(np.float32)
    followed = median_filter(_between(frames, boxes, sure, fps), size=(5, 1), mode="nearest")
    return gaussian_filter1d(followed, SMOOTHING, axis=0, mode="nearest").astype(np.float32)


def _between(frames: np.ndarray, boxes: np.ndarray, sure: dict[int, np.ndarray], fps: float) -> np.ndarray:
    """Sure boxes where there are some, interpolated between them, the present ones elsewhere. (n, 4) float64."""
    result = boxes.astype(np.float64)
    if not sure:
        return result
    rows = np.array(sorted(sure))
    values = np.stack([sure[i] for i in rows])
    spread = np.stack([np.interp(frames, frames[rows], values[:, side]) for side in range(4)], 1)
    distance = np.abs(frames[:, None] - frames[rows][None]).min(1)
    near = distance <= REACH * fps
    result[near] = spread[near]
    return result
