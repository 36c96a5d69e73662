"""Two person detectors as one: who both find is surer, who one finds is found."""

import numpy as np

from core.domain.overlap import iou
from core.tracking.detector import PersonDetector, suppress_overlaps
from core.tracking.settings import USUAL, FindSettings
from core.video.frame import Frame
from core.video.imaging import cv2

SAME = 0.5  # intersection over union of two boxes of one person


class Ensemble(PersonDetector):
    """larger, smaller: by the picture that they see, both with sides that are multiples of 32. Scores are
    combined as probabilities of two finds that know nothing of one another, boxes by their scores.
    """

    multiple = 32

    def __init__(
        self, larger: PersonDetector, smaller: PersonDetector, settings: FindSettings = USUAL
    ) -> None:
        self._larger, self._smaller = larger, smaller
        self._lowest = settings.lowest_score
        self.side = larger.side

    def shrink(self, frame: Frame) -> np.ndarray:
        return self._larger.shrink(frame)

    def in_picture(self, image: np.ndarray) -> np.ndarray:
        """image: (H, W, 3) uint8 RGB, sides multiples of 32 -> (M, 5) in its pixels."""
        height, width = image.shape[:2]
        scale = self._smaller.side / max(height, width)
        size = [max(2, round(extent * scale / self.multiple)) * self.multiple for extent in (width, height)]
        small = image if scale == 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        others = self._smaller.in_picture(small)
        others[:, :4] *= np.tile([width / small.shape[1], height / small.shape[0]], 2)
        found = combined(self._larger.in_picture(image), others)
        return found[found[:, 4] > self._lowest]


def combined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(M, 5) and (N, 5) boxes with scores, best first -> those of either, best first, those of both as
    one.
    """
    if not len(first) or not len(second):
        return first if len(first) else second
    overlap = iou(first, second)
    free = np.ones(len(second), bool)
    found = first.copy()
    for row, box in enumerate(found):
        other = int(np.where(free, overlap[row], -1).argmax())
        if free[other] and overlap[row, other] >= SAME:
            free[other] = False
            one, two = float(box[4]), float(second[other, 4])
            box[:4] = (one * box[:4] + two * second[other, :4]) / (one + two)
            box[4] = 1 - (1 - one) * (1 - two)
    return suppress_overlaps(np.concatenate([found, second[free]]))
