"""Where an adapted estimator takes somebody for his neighbour, and the network as it came does not: then the
latter is read.

Measured with MoveNet Lightning on three rendered people who cross and on shots of two, see
benchmarks/RESULTS.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from core.estimation.pipeline import Estimates
from core.evaluation.shared_bodies import TOLD, box_fit, near_pairs, on_one_body, reach, share_inside

NEAR = 0.3  # OKS of two people's poses from which the one or the other may be on a body that is not his
SURER, INSIDE = 2.0, 0.5  # times as sure as before, and half of it in the box: somebody unseen was found


def in_own_place(batches: Iterable[Estimates], sigmas: np.ndarray) -> Iterator[Estimates]:
    """The same estimates, in the order of frames, with the poses of strays() as the network as it came read
    them.

    A frame is held until everybody in it is known; nothing is held of an estimator that was not adapted. What
    was measured on the heatmaps stays: it tells of the two that do not agree. sigmas: (K,).
    """
    going_on: list[Estimates] = []  # of one frame
    for batch in batches:
        if batch.frozen is None:
            yield batch
            continue
        last = int(np.searchsorted(batch.frame, batch.frame[-1]))
        if last or (going_on and going_on[0].frame[0] != batch.frame[0]):
            yield from _settled([*going_on, batch.rows(slice(0, last))], sigmas)
            going_on = []
        going_on.append(batch.rows(slice(last, None)))
    yield from _settled(going_on, sigmas)


def _settled(parts: list[Estimates], sigmas: np.ndarray) -> Iterator[Estimates]:
    """Of whole frames."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return
    frame, boxes, points, confidence = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("frame", "boxes", "points", "confidence")
    )
    read = [part.frozen for part in parts if part.frozen is not None]
    frozen_points, frozen_confidence = (np.concatenate(values) for values in zip(*read, strict=True))
    stray = strays(frame, boxes, (points, confidence), (frozen_points, frozen_confidence), sigmas)
    points = np.where(stray[:, None, None], frozen_points, points)
    confidence = np.where(stray[:, None], frozen_confidence, confidence)
    first = 0
    for part in parts:
        rows = slice(first, first + len(part))
        yield replace(part, points=points[rows], confidence=confidence[rows])
        first += len(part)


def strays(
    frame: np.ndarray,
    boxes: np.ndarray,
    adapted: tuple[np.ndarray, np.ndarray],
    frozen: tuple[np.ndarray, np.ndarray],
    sigmas: np.ndarray,
) -> np.ndarray:
    """(N,) bool: poses whose adapted reading is not to be trusted with whose they are.

    One that fits its box worse than before, whoever it went to, unless it is SURER and INSIDE. Of two that
    are near one body, the one that adaptation brought nearer to its own box by less; and both, where the one
    stays nearer to the other than before even so. What remains: from NEAR on no two poses of a frame are
    nearer to one body than the network as it came put them.

    frame: (N,) ascending; boxes: (N, 4); adapted, frozen: points (N, K, 2) image pixels and confidence (N,
    K); sigmas: (K,).
    """
    (points, confidence), before = adapted, box_fit(boxes, *frozen)
    better = box_fit(boxes, points, confidence) - before
    surer = confidence.mean(1) > SURER * frozen[1].mean(1)
    stray = (better < -TOLD) & ~(surer & (share_inside(boxes, points, confidence) >= INSIDE))
    one, other = near_pairs(frame, reach(reach(boxes, points, confidence), *frozen))
    distance = on_one_body(one, other, boxes, *frozen, sigmas)
    first = True
    while True:
        points, confidence = (
            np.where(stray.reshape(-1, *[1] * (now.ndim - 1)), old, now)
            for old, now in zip(frozen, adapted, strict=True)
        )
        shared = on_one_body(one, other, boxes, points, confidence, sigmas)
        wrong = (shared >= NEAR) & (first | (shared > distance)) & ~(stray[one] & stray[other])
        if not wrong.any():
            return stray
        gain = np.where(stray, np.inf, better)
        mine, theirs = one[wrong], other[wrong]
        stray[np.where(gain[mine] <= gain[theirs], mine, theirs)] = True
        first = False
