"""How far the pictures say that each joint moved since the frame before, which tells somebody's motion from
the trembling of an estimator.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from core.estimation.crops import image_to_cells
from core.estimation.pipeline import Estimates
from core.video.imaging import cv2

WINDOW, LEVELS = (15, 15), 2  # pixels of a crop that are compared, and halvings of it


@dataclass(frozen=True)
class _Before:
    """Of one person in the frame before. grey: (h, w) uint8 the crop; rectangle: (4,) of it; points: (K, 2)
    image pixels.
    """

    frame: int
    grey: np.ndarray
    rectangle: np.ndarray
    points: np.ndarray


def with_motion(batches: Iterable[Estimates]) -> Iterator[Estimates]:
    """The same estimates, in the order of frames, with their motion and without their crops.

    Optical flow by the pyramids of Lucas and Kanade (OpenCV), from where a joint was estimated in the frame
    before, in the crops that the estimator looked at; and back again, which tells whether to believe it. The
    work is done while the next batch is on its way.
    """
    before: dict[int, _Before] = {}
    with ThreadPoolExecutor(1, "motion") as pool:
        waiting: Future[Estimates] | None = None
        for batch in batches:
            coming = pool.submit(_moved, batch, before)
            if waiting:
                yield waiting.result()
            waiting = coming
        if waiting:
            yield waiting.result()


def _moved(batch: Estimates, before: dict[int, _Before]) -> Estimates:
    """before: the latest of each track, which is kept up to date."""
    assert batch.crops is not None
    motion = np.full((*batch.points.shape[:2], 3), np.nan, np.float16)
    for row, track in enumerate(batch.track.tolist()):
        grey = cv2.cvtColor(batch.crops[row], cv2.COLOR_RGB2GRAY)
        now = _Before(int(batch.frame[row]), grey, batch.rectangles[row], batch.points[row])
        last = before.get(track)
        if last is not None and last.frame == now.frame - 1:
            motion[row] = motion_between(last, now)
        before[track] = now
    return replace(batch, motion=motion, crops=None)


def motion_between(last: _Before, now: _Before) -> np.ndarray:
    """(K, 3) see Estimates.motion."""
    size = np.array(now.grey.shape[::-1])
    start, guess = (
        np.nan_to_num(image_to_cells(one.points[None], one.rectangle[None], tuple(size))[0], nan=-1.0)
        for one in (last, now)
    )
    there, found = _follow(last.grey, now.grey, start, guess)
    back, kept = _follow(now.grey, last.grey, there, start)
    scale = now.rectangle[2:] / size
    reached = (there + 0.5) * scale + (now.rectangle[:2] - 0.5)
    missed = np.linalg.norm((back - start) * (last.rectangle[2:] / size), axis=1)
    known = ((start >= 0) & (start < size)).all(1) & found & kept
    motion = np.concatenate([reached - last.points, missed[:, None]], axis=1)
    return np.where(known[:, None], motion, np.nan)


def _follow(
    one: np.ndarray, other: np.ndarray, points: np.ndarray, guess: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where points (n, 2) of one picture (h, w) are in the other, and whether they were found (n,)."""
    start, found = (np.array(values[:, None], np.float32, order="C") for values in (points, guess))
    flags = cv2.OPTFLOW_USE_INITIAL_FLOW
    there, status, _ = cv2.calcOpticalFlowPyrLK(
        one, other, start, found, winSize=WINDOW, maxLevel=LEVELS, flags=flags
    )
    return np.asarray(there)[:, 0], np.asarray(status)[:, 0] > 0
