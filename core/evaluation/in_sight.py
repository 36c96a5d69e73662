"""In which boxes somebody can be seen: told by the joints that lie in them, and by whether the detector
found anybody.

Measured with MoveNet Thunder on a real clip of two and on three rendered people (5,391 poses): of 223 boxes
in which nobody was, the detector had found somebody in 5; where it had not, nobody had up to .7 of the usual
evidence, on a tree or a lawn. On a tree trunk that the detector takes for a person the joints lie in a heap
of .1 of the box; people had .28 of it or more, in the dark, upside down, hidden and in shots of all sizes
(2,233 poses of five sets, Lightning).
"""

import numpy as np

# of the usual evidence of a video, in boxes that were detected, that were only held on to, and of which that
# is not known
SEEN, SEEN_HELD, SEEN_UNKNOWN = 0.3, 0.75, 0.45
HEAP = 0.2  # of the longer side of the box: joints that lie nearer together are no body
ROOM = 0.1  # about a box, of its longer side: joints there are in it


def in_sight(
    boxes: np.ndarray, points: np.ndarray, confidence: np.ndarray, detected: np.ndarray
) -> np.ndarray:
    """(N,) bool: false where hardly anybody can be seen in the box.

    Compared with the others, so that of a video on which the estimator is unsure altogether nothing is lost.

    boxes: (N, 4); points: (N, K, 2) image pixels; confidence: (N, K) in 0..1; detected: (N,) the score of the
    detection that a box goes back to, 0 where there was none, NaN where that is not known.
    """
    found = evidence(boxes, points, confidence)
    usual = float(np.median(found)) if len(found) else 0.0
    least = np.select([np.isnan(detected), detected > 0], [SEEN_UNKNOWN, SEEN], SEEN_HELD)
    extent = _extent(boxes, points)
    least_extent = min(HEAP, float(np.median(extent)) if len(extent) else 0.0)
    return (found >= least * usual) & (extent >= least_extent)


def _extent(boxes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N,) of what all but a tenth of the joints at each end span, as a share of the longer side of the
    box.
    """
    ends = points.shape[1] // 10
    in_order = np.sort(points, axis=1)
    span = (in_order[:, -1 - ends] - in_order[:, ends]).max(1, initial=0.0)
    return span / np.maximum((boxes[:, 2:] - boxes[:, :2]).max(1, initial=0.0), 1e-9)


def evidence(boxes: np.ndarray, points: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(N,) in 0..1: mean confidence of the joints, where one outside the box counts for nothing: it is
    somebody else's.
    """
    room = ROOM * (boxes[:, 2:] - boxes[:, :2]).max(1, initial=0.0, keepdims=True)
    low, high = (boxes[:, :2] - room)[:, None], (boxes[:, 2:] + room)[:, None]
    inside = ((points >= low) & (points <= high)).all(2)
    return (confidence * inside).mean(1)
