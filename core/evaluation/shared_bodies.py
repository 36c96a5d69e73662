"""Two people whose poses lie on one body: the estimator read a neighbour's joints for somebody.

Measured with MoveNet Lightning, as it comes and in exact boxes, on three people who cross for a minute (4,615
poses) and on shots of two people (3,557). A pose lies on a neighbour where its OKS with the neighbour's
annotation is >= .5 and higher than with its own. Of 270 + 134 such poses 1.00 + .99 are found, .87 + .76 of
the pairs found hold such a pose, and every one a wrong pose: no pair of right poses was found, nor do two
annotations of a frame ever reach OKS .5. Where the better fit is told (.81 + .79 of the pairs), it names the
right one in .99 + 1.00. Where the neighbour's own pose lies elsewhere, his box tells: in 43 rounds of these
and of four paddle-boarders 20 of the 45 poses of 3,538 that had not been found are, among 195 further ones,
.81 of them wrong (OKS below .6) and .05 right (.75 or above).
"""

from dataclasses import dataclass

import numpy as np

from core.domain.overlap import paired_iou
from core.evaluation.oks import similarity

ON_ONE_BODY = 0.5  # OKS of two people's poses; .3 to .7 find the same within .02
SEEN = 0.2  # confidence of a joint that counts for the extent of a pose
RESEMBLING, CROSSING = 0.2, 0.2  # OKS of two, and how much better the other's box fits, for a pose gone over
TOLD = 0.3  # difference in fit (0 to 3) from which it is known whose body it is


@dataclass(frozen=True, eq=False)
class SharedBodies:
    """The n pairs of poses that lie on one body, in the order of the samples.

    thief, owner: (n,) int64 rows of samples: whose pose fits its own box worse, and better; told: (n,) bool,
    whether that is so by a margin, else either may be the one; similarity: (n,) OKS of the two poses.
    """

    thief: np.ndarray
    owner: np.ndarray
    told: np.ndarray
    similarity: np.ndarray

    def __len__(self) -> int:
        return len(self.thief)

    def astray(self, count: int) -> np.ndarray:
        """(count,) bool of all samples: poses that may be another's, of a pair that cannot be told both."""
        found = np.zeros(count, bool)
        found[self.thief] = True
        found[self.owner[~self.told]] = True
        return found


def shared_bodies(
    frame: np.ndarray, boxes: np.ndarray, points: np.ndarray, confidence: np.ndarray, sigmas: np.ndarray
) -> SharedBodies:
    """Compares the people of each frame who are near one another.

    frame: (N,) ascending; boxes: (N, 4); points: (N, K, 2) image pixels; confidence: (N, K) in 0..1, 0 for a
    joint that is missing; sigmas: (K,).
    """
    one, other = near_pairs(frame, reach(boxes, points, confidence))
    value = on_one_body(one, other, boxes, points, confidence, sigmas)
    one, other, value = (column[value >= RESEMBLING] for column in (one, other, value))

    def fit(pose: np.ndarray, box: np.ndarray) -> np.ndarray:
        return box_fit(boxes[box], points[pose], confidence[pose])

    own, others = fit(one, one), fit(other, other)
    crossing, crossed = fit(one, other) - own > CROSSING, fit(other, one) - others > CROSSING
    alone, both = crossing != crossed, crossing & crossed
    better = np.select([alone & crossing, alone, both], [-np.inf, np.inf, 0.0], own - others)
    found = (value >= ON_ONE_BODY) | crossing | crossed
    one, other, value, better = one[found], other[found], value[found], better[found]
    thief, owner = np.where(better > 0, other, one), np.where(better > 0, one, other)
    order = np.lexsort((owner, thief))
    return SharedBodies(thief[order], owner[order], np.abs(better[order]) > TOLD, value[order])


def reach(boxes: np.ndarray, points: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(N, 4) what boxes and joints cover together: a pose may lie outside its box, on somebody whose box
    is apart.
    """
    there = (confidence > 0)[..., None]
    low = np.where(there, points, np.inf).min(1)
    high = np.where(there, points, -np.inf).max(1)
    return np.concatenate([np.minimum(boxes[:, :2], low), np.maximum(boxes[:, 2:], high)], 1)


def near_pairs(frame: np.ndarray, areas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of every two samples of one frame whose areas (N, 4) overlap: each with the next, the next but
    one, … of its frame. frame: (N,) ascending.
    """
    pairs = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for step in range(1, len(frame)):
        one = np.flatnonzero(frame[:-step] == frame[step:])
        if not len(one):
            break
        other = one + step
        low, high = np.maximum(areas[one, :2], areas[other, :2]), np.minimum(areas[one, 2:], areas[other, 2:])
        overlap = (high > low).all(1)
        pairs.append((one[overlap], other[overlap]))
    one, other = (np.concatenate(rows) for rows in zip(*pairs, strict=True))
    return one, other


def on_one_body(
    one: np.ndarray,
    other: np.ndarray,
    boxes: np.ndarray,
    points: np.ndarray,
    confidence: np.ndarray,
    sigmas: np.ndarray,
) -> np.ndarray:
    """(n,) OKS of the poses of rows `one` and `other`, joints weighted by the lower of both confidences."""
    area = np.minimum(_areas(boxes[one]), _areas(boxes[other]))
    weights = np.minimum(confidence[one], confidence[other]).astype(np.float64)
    alike = similarity(points[one], points[other], area, sigmas)
    return (alike * weights).sum(1) / np.maximum(weights.sum(1), 1e-9)


def box_fit(boxes: np.ndarray, points: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(n,) in 0..3, how well poses fit into boxes: twice the share of their confidence that lies inside, and
    the intersection over union of the box with that of the joints that are seen.
    """
    seen = (confidence >= SEEN)[..., None]
    low, high = np.where(seen, points, np.inf).min(1), np.where(seen, points, -np.inf).max(1)
    extent = np.concatenate([low, high], 1).astype(np.float64)
    known = np.isfinite(extent).all(1)
    extent[~known] = 0
    overlap = np.where(known, paired_iou(extent, boxes.astype(np.float64)), 0)
    return 2 * share_inside(boxes, points, confidence) + overlap


def share_inside(boxes: np.ndarray, points: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(n,) in 0..1, how much of the confidence of poses lies inside their boxes."""
    inside = ((points >= boxes[:, None, :2]) & (points <= boxes[:, None, 2:])).all(-1)
    return (inside * confidence).sum(1) / np.maximum(confidence.sum(1), 1e-9)


def _areas(boxes: np.ndarray) -> np.ndarray:
    return ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).astype(np.float64)
