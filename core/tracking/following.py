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
# and of the squares about both, of which crops are made: less than a quarter of a side apart, as people are
# who stand beside one another
SAME_CROP = 0.6
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


def show_the_same(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) bool: whether crops about two boxes do, nearly. boxes, others: (n, 4). Room beside a slim person
    changes the box and not the crop.
    """
    boxes, others = np.asarray(boxes, np.float64), np.asarray(others, np.float64)
    near = paired_iou(boxes, others) >= NEAR
    return near | (paired_iou(_squares(boxes), _squares(others)) >= SAME_CROP)


def _squares(boxes: np.ndarray) -> np.ndarray:
    """(n, 4) the least that hold them, about the same centres."""
    low, high = boxes[:, :2], boxes[:, 2:]
    half = (high - low).max(1, keepdims=True) / 2
    return np.concatenate([(low + high) / 2 - half, (low + high) / 2 + half], 1)


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
    stays = show_the_same(followed, boxes)
    return np.where(stays[:, None], boxes, followed).astype(np.float32)


def _between(frames: np.ndarray, boxes: np.ndarray, sure: dict[int, np.ndarray], fps: float) -> np.ndarray:
    """(n, 4) float64: the sure boxes; between two within reach the straight line; where there is one on one
    side alone the present box, off by as much as there, for people go on moving; else the present box.
    """
    result = boxes.astype(np.float64)
    if not sure:
        return result
    rows = np.array(sorted(sure))
    values, at, reach = np.stack([sure[i] for i in rows]), frames[rows], REACH * fps
    shifts = values - result[rows]
    after = np.searchsorted(at, frames)
    before = np.searchsorted(at, frames, side="right") - 1
    since = np.where(before >= 0, frames - at[before.clip(min=0)], np.inf)
    until = np.where(after < len(at), at[after.clip(max=len(at) - 1)] - frames, np.inf)
    within = (since <= reach) & (until <= reach)
    alone = ((since <= reach) | (until <= reach)) & ~within
    result[within] = _lines(frames[within], at, values)
    result[alone] += _lines(frames[alone], at, shifts)
    return result


def _lines(frames: np.ndarray, at: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(n, 4) between values (m, 4) of the frames `at`, beyond the first and last as there."""
    return np.stack([np.interp(frames, at, values[:, side]) for side in range(4)], 1)
