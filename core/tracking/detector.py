"""What finds people in a frame, and what those of one network share."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from core.domain.overlap import iou
from core.video.frame import Frame

SAME_PERSON_IOU = 0.6


class PersonDetector(ABC):
    @abstractmethod
    def shrink(self, frame: Frame) -> Any:
        """The whole frame as it is looked at, not turned; the frame is not needed any more."""

    @abstractmethod
    def find(self, shrunk: Any, width: int, height: int, turn: int) -> np.ndarray:
        """shrunk: see shrink, of a frame of width x height pixels; turn: quarter turns, clockwise, that put
        people upright.

        Returns (M, 5) float32 x0, y0, x1, y1 in the frame's pixels and the score, best first. Threads may
        share it.
        """


class OneNetwork(PersonDetector):
    """side: pixels along the longer side of the picture that it sees."""

    side: int
    multiple: ClassVar[int] = 1  # of which the sides of the picture have to be

    def shrink(self, frame: Frame) -> np.ndarray:
        """(H, W, 3) uint8 RGB: the whole frame as the network sees it, not turned."""
        scale, step = self.side / max(frame.width, frame.height), self.multiple
        width, height = (
            max(2 * step, round(extent * scale / step) * step) for extent in (frame.width, frame.height)
        )
        return frame.resample(0, 0, frame.width, frame.height, width, height)

    def find(self, shrunk: np.ndarray, width: int, height: int, turn: int) -> np.ndarray:
        image = shrunk
        boxes = self.in_picture(np.ascontiguousarray(np.rot90(image, -turn)))
        boxes = turn_back(boxes, image.shape[1], image.shape[0], turn)
        boxes[:, [0, 2]] = boxes[:, [0, 2]] * (width / image.shape[1]) - 0.5
        boxes[:, [1, 3]] = boxes[:, [1, 3]] * (height / image.shape[0]) - 0.5
        return boxes

    @abstractmethod
    def in_picture(self, image: np.ndarray) -> np.ndarray:
        """image: (H, W, 3) uint8 RGB -> (M, 5) float32 in its pixels, edges of the image at 0 and W, best
        first.
        """


def turn_back(boxes: np.ndarray, width: int, height: int, turn: int) -> np.ndarray:
    """Boxes found in a picture turned by `turn` quarter turns clockwise, in the unturned picture (width x
    height).
    """
    boxes = boxes.copy()
    x0, y0, x1, y1 = boxes[:, :4].T.copy()
    match turn % 4:
        case 1:
            boxes[:, :4] = np.stack([y0, height - x1, y1, height - x0], 1)
        case 2:
            boxes[:, :4] = np.stack([width - x1, height - y1, width - x0, height - y0], 1)
        case 3:
            boxes[:, :4] = np.stack([width - y1, x0, width - y0, x1], 1)
    return boxes


def suppress_overlaps(boxes: np.ndarray, threshold: float = SAME_PERSON_IOU) -> np.ndarray:
    """(M, 5) boxes with scores -> those that overlap no better one by more than the threshold, best first."""
    boxes = boxes[np.argsort(-boxes[:, 4])]
    kept: list[int] = []
    for i in range(len(boxes)):
        if not kept or iou(boxes[i : i + 1], boxes[kept]).max() <= threshold:
            kept.append(i)
    return boxes[kept]
