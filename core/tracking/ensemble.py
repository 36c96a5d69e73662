"""Two person detectors as one: who both find is surer, who one finds is found."""

from typing import Any

import numpy as np

from core.domain.overlap import matched
from core.tracking.detector import PersonDetector, suppress_overlaps
from core.tracking.settings import USUAL, FindSettings
from core.video.frame import Frame

SAME = 0.5  # intersection over union of two boxes of one person


class Ensemble(PersonDetector):
    """Scores are combined as probabilities of two finds that know nothing of one another, boxes by their
    scores.
    """

    def __init__(self, first: PersonDetector, second: PersonDetector, settings: FindSettings = USUAL) -> None:
        self._both = first, second
        self._lowest = settings.lowest_score

    def shrink(self, frame: Frame) -> tuple[Any, Any]:
        first, second = self._both
        return first.shrink(frame), second.shrink(frame)

    def find(self, shrunk: tuple[Any, Any], width: int, height: int, turn: int) -> np.ndarray:
        one, other = (
            detector.find(image, width, height, turn)
            for detector, image in zip(self._both, shrunk, strict=True)
        )
        found = combined(one, other)
        return found[found[:, 4] > self._lowest]


def combined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(M, 5) and (N, 5) boxes with scores, best first -> those of either, best first, those of both as
    one.
    """
    if not len(first) or not len(second):
        return first if len(first) else second
    others = matched(first, second, SAME)
    found = first.copy()
    for row in np.flatnonzero(others >= 0):
        box, other = found[row], second[others[row]]
        one, two = float(box[4]), float(other[4])
        box[:4] = (one * box[:4] + two * other[:4]) / (one + two)
        box[4] = 1 - (1 - one) * (1 - two)
    return suppress_overlaps(np.concatenate([found, np.delete(second, others[others >= 0], 0)]))
