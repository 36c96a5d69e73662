"""What somebody looks like: the colours of the body from head to foot."""

from collections.abc import Sequence

import numpy as np

from core.video.frame import Frame
from core.video.imaging import cv2

BANDS, BINS = 4, 8  # from top to bottom; of each channel
WIDTH, HEIGHT = 16, 48  # pixels of the picture that is looked at
INSIDE = (0.25, 0.02)  # of the box, left out on each side
RANGES = ((0, 255), (90, 166), (80, 176))  # of L, a and b, as OpenCV has them
DIMENSIONS = BANDS * len(RANGES) * BINS


def describe(frame: Frame, box: np.ndarray) -> np.ndarray:
    """(96,) float32 of length 1: square roots of colour histograms, so that distances are Hellinger's, 0 to about 1.4.

    box: (4,) x0, y0, x1, y1 image pixels.
    """
    (x0, y0), (width, height) = box[:2], np.maximum(box[2:] - box[:2], 2)
    left, top = round(float(x0 + INSIDE[0] * width)), round(float(y0 + INSIDE[1] * height))
    size = max(2, round(float((1 - 2 * INSIDE[0]) * width))), max(2, round(float((1 - 2 * INSIDE[1]) * height)))
    picture = cv2.cvtColor(frame.resample(left, top, *size, WIDTH, HEIGHT), cv2.COLOR_RGB2LAB).astype(np.float32)
    low, high = np.array(RANGES, np.float32).T
    place = ((picture - low) / (high - low) * (BINS - 1)).clip(0, BINS - 1).reshape(BANDS, -1, len(RANGES))
    centres = np.arange(BINS, dtype=np.float32)
    share = np.maximum(0, 1 - np.abs(place[..., None] - centres)).mean(1)  # (BANDS, 3, BINS)
    return np.sqrt(share / (BANDS * len(RANGES))).ravel()


def mean_appearance(descriptions: Sequence[np.ndarray]) -> np.ndarray:
    """(96,) float32, zeros where there are none."""
    return np.mean(descriptions, 0).astype(np.float32) if len(descriptions) else np.zeros(DIMENSIONS, np.float32)
