"""The person detector that ships."""

from collections.abc import Callable

import numpy as np

from core.tracking.detector import OneNetwork, suppress_overlaps
from core.tracking.settings import USUAL, FindSettings
from core.video.frame import Frame
from core.video.imaging import cv2

STRIDE = 4
USUAL_SIDE = 320

# (n, H, W, 3) uint8 RGB -> centre scores (n, 1, h, w), sizes (n, 2, h, w) and offsets (n, 2, h, w) in cells,
# (y, x)
Network = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


class MultiposeDetector(OneNetwork):
    """Finds people with MoveNet Multipose's centre and size maps.

    spread: spreads a picture's grey levels in place; settings: the size of the picture and the lowest score
    are its.
    """

    def __init__(
        self, network: Network, spread: Callable[[np.ndarray], None], settings: FindSettings = USUAL
    ):
        self._network = network
        self._spread = spread
        self._lowest = settings.lowest_score
        self.side = settings.size or USUAL_SIDE

    multiple = 32

    def shrink(self, frame: Frame) -> np.ndarray:
        """With its grey levels spread."""
        image = super().shrink(frame)
        self._spread(image)
        return image

    def in_picture(self, image: np.ndarray) -> np.ndarray:
        """image: (H, W, 3) uint8 RGB, sides multiples of 32 -> (M, 5) in its pixels, edges of the image at
        0 and W.
        """
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
