"""Poses without a label: those that are right as far as can be told, which training holds on to, and those
that follow one another, which tell afterwards how steady it left them.
"""

from typing import NamedTuple

import numpy as np

from core.domain.overlap import paired_iou

# how many are mixed into training, and how many tell afterwards whether it did harm
LEARNED, CHECKED = 64, 32
BY_ITSELF = 256  # how many are learned from before there are labels
PAIRS = 24  # how many poses are compared with those of the next frame
CANDIDATES = 2 * (LEARNED + CHECKED)
STEADY = 0.05  # of the box's height: mean way of the joints from one frame to the next
ALONE = 0.1  # intersection over union with anybody else's box at most
SURER = 0.4  # share of the poses that are less sure than what is taken


class Poses(NamedTuple):
    """The estimates of a pool of S samples.

    track, frame: (S,) int, frames of different videos must differ; points: (S, K, 2) and boxes: (S, 4) image
    pixels; confidence: (S, K).
    """

    track: np.ndarray
    frame: np.ndarray
    points: np.ndarray
    boxes: np.ndarray
    confidence: np.ndarray


def sure_rows(poses: Poses, labelled: np.ndarray, seed: int, count: int = CANDIDATES) -> np.ndarray:
    """Rows of poses that are surer than most, steady in time and of somebody who stands alone, in random
    order.

    labelled: (S,) bool, those are left out. At most `count` of them.
    """
    mean = poses.confidence.mean(1)
    if not len(mean):
        return np.empty(0, np.int64)
    eligible = (mean >= np.quantile(mean, SURER)) & _steady(poses) & ~labelled
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(eligible))
    order = np.argsort(poses.frame, kind="stable")
    frames = poses.frame[order]
    chosen: list[int] = []
    for row in rows.tolist():
        if len(chosen) == count:
            break
        first, end = np.searchsorted(frames, (poses.frame[row], poses.frame[row] + 1))
        others = order[first:end]
        others = others[others != row]
        if not len(others) or paired_iou(poses.boxes[others], poses.boxes[row]).max() <= ALONE:
            chosen.append(row)
    return np.array(chosen, np.int64)


def consecutive_rows(poses: Poses, labelled: np.ndarray, seed: int, count: int = PAIRS) -> np.ndarray:
    """(n, 2) rows of poses and of the same person's in the next frame, without a label, drawn at random:
    at most `count`.
    """
    order, next_to = _in_time(poses)
    pairs = np.stack([order[:-1][next_to], order[1:][next_to]], 1)
    pairs = pairs[~labelled[pairs].any(1)]
    return np.random.default_rng(seed).permutation(pairs)[:count]


def _in_time(poses: Poses) -> tuple[np.ndarray, np.ndarray]:
    """(S,) rows, person by person in the order of frames, and (S - 1,) bool, whether the next one is of
    the next frame.
    """
    order = np.lexsort((poses.frame, poses.track))
    return order, (np.diff(poses.track[order]) == 0) & (np.diff(poses.frame[order]) == 1)


def _steady(poses: Poses) -> np.ndarray:
    """(S,) bool: the joints hardly move to the next frame of the person, and hardly moved since the one
    before.
    """
    order, next_to = _in_time(poses)
    points = poses.points[order]
    height = np.maximum(poses.boxes[order, 3] - poses.boxes[order, 1], 1.0)
    way = np.hypot(*np.moveaxis(points[1:] - points[:-1], 2, 0)).mean(1) / height[1:]
    good = next_to & (way <= STEADY)
    steady = np.zeros(len(order), bool)
    steady[order] = np.append(good, False) & np.insert(good, 0, False)
    return steady
