"""Where an adapted estimator takes somebody for his neighbour, and it did not before: then the pose of the
round before, or that of the network as it came, is taken.

Measured with MoveNet Lightning on three rendered people who cross and on shots of two, see
benchmarks/RESULTS.md.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from core.estimation.pipeline import Estimates
from core.evaluation.shared_bodies import TOLD, box_fit, near_pairs, on_one_body, reach, share_inside

NEAR = 0.3  # OKS of two people's poses from which the one or the other may be on a body that is not his
APART = 0.3  # by how much less the poses of two are alike than before, of whom one comes home
SURER, INSIDE = 2.0, 0.5  # times as sure as before, and half of it in the box: somebody unseen was found

Poses = tuple[np.ndarray, np.ndarray]  # points (n, K, 2) image pixels and confidence (n, K)
# Tracks and frames, (n,) each -> their poses, 0 where none is known.
Known = Callable[[np.ndarray, np.ndarray], Poses]


def in_own_place(
    batches: Iterable[Estimates], sigmas: np.ndarray, last: Known | None = None
) -> Iterator[Estimates]:
    """The same estimates, in the order of frames, with other poses for strays(): of the network as it came
    and of the round before the one that fits its box better.

    A frame is held until everybody in it is known; nothing is held of an estimator that was not adapted. What
    was measured on the heatmaps stays: it tells of the two that do not agree. sigmas: (K,); last: the poses
    of the round before.
    """
    going_on: list[Estimates] = []  # of one frame
    for batch in batches:
        if batch.frozen is None:
            yield batch
            continue
        begun = int(np.searchsorted(batch.frame, batch.frame[-1]))  # row from which a frame may go on
        if begun or (going_on and going_on[0].frame[0] != batch.frame[0]):
            yield from _settled([*going_on, batch.rows(slice(0, begun))], sigmas, last)
            going_on = []
        going_on.append(batch.rows(slice(begun, None)))
    yield from _settled(going_on, sigmas, last)


def _settled(parts: list[Estimates], sigmas: np.ndarray, last: Known | None) -> Iterator[Estimates]:
    """Of whole frames."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return
    track, frame, boxes, points, confidence = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("track", "frame", "boxes", "points", "confidence")
    )
    read = [part.frozen for part in parts if part.frozen is not None]
    before = np.concatenate([one[0] for one in read]), np.concatenate([one[1] for one in read])
    if last:
        known = last(track, frame)
        before = _chosen(box_fit(boxes, *known) > box_fit(boxes, *before), known, before)
    stray = strays(frame, boxes, (points, confidence), before, sigmas)
    points, confidence = _chosen(stray, before, (points, confidence))
    first = 0
    for part in parts:
        rows = slice(first, first + len(part))
        yield replace(part, points=points[rows], confidence=confidence[rows])
        first += len(part)


def _chosen(rows: np.ndarray, one: Poses, other: Poses) -> Poses:
    """The one in these rows (N,) bool, else the other."""
    return np.where(rows[:, None, None], one[0], other[0]), np.where(rows[:, None], one[1], other[1])


def strays(
    frame: np.ndarray,
    boxes: np.ndarray,
    adapted: Poses,
    before: Poses,
    sigmas: np.ndarray,
) -> np.ndarray:
    """(N,) bool: poses whose adapted reading is not to be trusted with whose they are.

    One that fits its box worse than before, whoever it went to, unless it is SURER and INSIDE. Of two that
    are near one body, the one that fits its own box less and came nearer to it by less, both together; by
    how much nearer it came alone, where they are APART, since the one who comes home fits it badly halfway.
    And both, where the one stays nearer to the other than before even so. What remains: from NEAR on no two
    poses of a frame are nearer to one body than they were before.

    frame: (N,) ascending; boxes: (N, 4); sigmas: (K,).
    """
    points, confidence = adapted
    fit = box_fit(boxes, points, confidence)
    better = fit - box_fit(boxes, *before)
    surer = confidence.mean(1) > SURER * before[1].mean(1)
    stray = (better < -TOLD) & ~(surer & (share_inside(boxes, points, confidence) >= INSIDE))
    one, other = near_pairs(frame, reach(reach(boxes, points, confidence), *before))
    distance = on_one_body(one, other, boxes, *before, sigmas)
    first = True
    while True:
        points, confidence = _chosen(stray, before, adapted)
        shared = on_one_body(one, other, boxes, points, confidence, sigmas)
        wrong = (shared >= NEAR) & (first | (shared > distance)) & ~(stray[one] & stray[other])
        if not wrong.any():
            return stray
        # by the gain alone it would often be the one whose body it is: the other's pose was lost before
        counted = shared[wrong] >= distance[wrong] - APART
        mine, theirs = (
            np.where(stray[rows], np.inf, better[rows] + counted * fit[rows])
            for rows in (one[wrong], other[wrong])
        )
        stray[np.where(mine <= theirs, one[wrong], other[wrong])] = True
        first = False
