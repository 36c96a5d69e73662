"""The person detector that ships, and finds more people in pictures as they usually are."""

from collections.abc import Callable

import numpy as np

from core.tracking.detector import OneNetwork, suppress_overlaps
from core.tracking.settings import USUAL, FindSettings
from core.video.frame import Frame

USUAL_SIDE = 416
MOST = 300  # boxes of a picture
POWER = 1.5  # of its scores, which are higher than those of others for what is nobody

# (1, 3, H, W) float32 RGB 0..255 -> boxes (1, A, 4) x0, y0, x1, y1 in its pixels, scores (1, A)
Network = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class NanoDetector(OneNetwork):
    """Finds people with NanoDet.

    spread: spreads a picture's grey levels in place; settings: the size of the picture and the lowest score
    are its.
    """

    multiple = 32

    def __init__(
        self, network: Network, spread: Callable[[np.ndarray], None], settings: FindSettings = USUAL
    ) -> None:
        self._network, self._spread = network, spread
        self._lowest = settings.lowest_score
        self.side = settings.size or USUAL_SIDE

    def shrink(self, frame: Frame) -> np.ndarray:
        """With its grey levels spread."""
        image = super().shrink(frame)
        self._spread(image)
        return image

    def in_picture(self, image: np.ndarray) -> np.ndarray:
        """image: (H, W, 3) uint8 RGB, sides multiples of 32 -> (M, 5) in its pixels."""
        values = np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32)
        boxes, scores = (output[0] for output in self._network(values))
        scores = scores**POWER
        rows = np.flatnonzero(scores > self._lowest)
        rows = rows[np.argsort(-scores[rows])[:MOST]]
        found = np.concatenate([boxes[rows], scores[rows, None]], 1).astype(np.float32)
        found[:, [0, 2]] = found[:, [0, 2]].clip(0, image.shape[1])
        found[:, [1, 3]] = found[:, [1, 3]].clip(0, image.shape[0])
        found = found[(found[:, 2] - found[:, 0] > 2) & (found[:, 3] - found[:, 1] > 2)]
        return suppress_overlaps(found)
