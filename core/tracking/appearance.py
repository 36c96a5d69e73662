"""What somebody looks like: the colours of the body from head to foot, as far as what is around it does
not have them.
"""

from collections.abc import Sequence

import numpy as np

from core.video.frame import Frame
from core.video.imaging import cv2

BANDS, BINS = 4, 8  # from top to bottom; of each channel
# pixels of the picture that is looked at: twice the width of the box, and 1.3 times its height
WIDTH, HEIGHT = 64, 78
BODY = slice(11, 67)  # rows in which the body is, most of what the box is high
SPREAD = 8  # pixels: weight of a column by its distance from the middle of the box, a standard deviation
BESIDE = 12  # pixels on each side in which there is none of the body
AROUND = 2.0  # how much more a colour that is around counts against one of the body
RANGES = ((0, 255), (90, 166), (80, 176))  # of L, a and b, as OpenCV has them
DIMENSIONS = BANDS * len(RANGES) * BINS


def describe(frame: Frame, box: np.ndarray) -> np.ndarray:
    """(96,) float32 of length 1: square roots of colour histograms, so that distances are Hellinger's, 0 to
    about 1.4.

    box: (4,) x0, y0, x1, y1 image pixels.
    """
    (x0, y0), (width, height) = box[:2], np.maximum(box[2:] - box[:2], 2)
    left, top = round(float(x0 - 0.5 * width)), round(float(y0 - 0.15 * height))
    size = max(2, round(float(2 * width))), max(2, round(float(1.3 * height)))
    picture = cv2.cvtColor(frame.resample(left, top, *size, WIDTH, HEIGHT), cv2.COLOR_RGB2LAB)[BODY].astype(
        np.float32
    )
    column = np.arange(WIDTH) + 0.5
    body = np.exp(-(((column - WIDTH / 2) / SPREAD) ** 2) / 2)
    around = (column < BESIDE) | (column > WIDTH - BESIDE)
    own, others = _histograms(picture, body), _histograms(picture, around)
    own = own * own / (own + AROUND * others + 1e-6)
    own /= own.sum(2, keepdims=True)
    return np.sqrt(own / (BANDS * len(RANGES))).ravel().astype(np.float32)


def _histograms(picture: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(BANDS, 3, BINS) shares. picture: (rows, WIDTH, 3) L, a, b; weight: (WIDTH,) of a column."""
    low, high = np.array(RANGES, np.float32).T
    place = (
        ((picture - low) / (high - low) * (BINS - 1)).clip(0, BINS - 1).reshape(BANDS, -1, WIDTH, len(RANGES))
    )
    near = np.maximum(0, 1 - np.abs(place[..., None] - np.arange(BINS, dtype=np.float32)))
    return np.einsum("brwcn,w->bcn", near, weight / weight.sum()) / near.shape[1]


def mean_appearance(descriptions: Sequence[np.ndarray]) -> np.ndarray:
    """(96,) float32, zeros where there are none."""
    if not len(descriptions):
        return np.zeros(DIMENSIONS, np.float32)
    return np.sqrt(np.mean(np.square(descriptions), 0)).astype(np.float32)
