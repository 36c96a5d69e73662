"""Where people are in a frame."""

from collections.abc import Callable

import numpy as np

from core.tracking.settings import USUAL, FindSettings
from core.video.frame import Frame
from core.video.imaging import cv2

STRIDE = 4
SAME_PERSON_IOU = 0.6

# (n, H, W, 3) uint8 RGB -> centre scores (n, 1, h, w), sizes (n, 2, h, w) and offsets (n, 2, h, w) in cells, (y, x)
Network = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


class PersonDetector:
    """Finds people with MoveNet Multipose's centre and size maps.

    spread: spreads a picture's grey levels in place; settings: the size of the picture and the lowest score are its.
    """

    def __init__(self, network: Network, spread: Callable[[np.ndarray], None], settings: FindSettings = USUAL):
        self._network = network
        self._spread = spread
        self._lowest = settings.lowest_score
        self.side = settings.size

    def shrink(self, frame: Frame) -> np.ndarray:
        """(H, W, 3) uint8 RGB: the whole frame as the network sees it, not turned; sides multiples of 32."""
        scale = self.side / max(frame.width, frame.height)
        width, height = (max(64, round(extent * scale / 32) * 32) for extent in (frame.width, frame.height))
        image = frame.resample(0, 0, frame.width, frame.height, width, height)
        self._spread(image)
        return image

    def find(self, image: np.ndarray, width: int, height: int, turn: int) -> np.ndarray:
        """image: a shrunk frame of width x height pixels; turn: quarter turns, clockwise, that put people upright.

        Returns (M, 5) float32 x0, y0, x1, y1 in the frame's pixels and the score, best first. Threads may share it.
        """
        boxes = self.in_picture(np.ascontiguousarray(np.rot90(image, -turn)))
        boxes = turn_back(boxes, image.shape[1], image.shape[0], turn)
        boxes[:, [0, 2]] = boxes[:, [0, 2]] * (width / image.shape[1]) - 0.5
        boxes[:, [1, 3]] = boxes[:, [1, 3]] * (height / image.shape[0]) - 0.5
        return boxes

    def in_picture(self, image: np.ndarray) -> np.ndarray:
        """image: (H, W, 3) uint8 RGB, sides multiples of 32 -> (M, 5) in its pixels, edges of the image at 0 and W."""
        centers, sizes, offsets = (output[0] for output in self._network(image[None]))
        center = centers[0]
        peaks = (center == cv2.dilate(center, np.ones((3, 3), np.uint8))) & (center > self._lowest)
        y, x = np.nonzero(peaks)
        score = center[y, x]
        height, width = np.maximum(sizes[:, y, x], 0) * STRIDE
        cy, cx = (np.stack([y, x]) + offsets[:, y, x]) * STRIDE
        boxes = np.stack([cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2, score], 1)
        boxes[:, [0, 2]] = boxes[:, [0, 2]].clip(0, image.shape[1])
        boxes[:, [1, 3]] = boxes[:, [1, 3]].clip(0, image.shape[0])
        boxes = boxes[(boxes[:, 2] - boxes[:, 0] > 2) & (boxes[:, 3] - boxes[:, 1] > 2)]
        return suppress_overlaps(boxes.astype(np.float32))


def turn_back(boxes: np.ndarray, width: int, height: int, turn: int) -> np.ndarray:
    """Boxes found in a picture turned by `turn` quarter turns clockwise, in the unturned picture (width x height)."""
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


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union. a: (N, >=4), b: (M, >=4) -> (N, M)."""
    return paired_iou(a[:, None], b[None])


def paired_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(...) intersection over union of boxes a and b, (..., >=4) each, whose other axes broadcast."""
    overlap = np.minimum(a[..., 2:4], b[..., 2:4]) - np.maximum(a[..., :2], b[..., :2])
    shared = overlap.clip(0).prod(-1)
    area_a = (a[..., 2:4] - a[..., :2]).prod(-1)
    area_b = (b[..., 2:4] - b[..., :2]).prod(-1)
    return shared / np.maximum(area_a + area_b - shared, 1e-9)
