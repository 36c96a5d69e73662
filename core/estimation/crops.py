"""The square an estimator looks at, and the way back to the image.

A crop is an integer square of image pixels, so the resampled pixels are exactly known: pixel i covers [i - 0.5, i + 0.5].
"""

import numpy as np

from core.video.imaging import cv2

MARGIN = 1.25  # side of the crop over the longer side of the person's box


def crop_squares(boxes: np.ndarray, margin: float = MARGIN) -> np.ndarray:
    """boxes: (N, 4) x0, y0, x1, y1 image pixels -> (N, 3) int64 left, top, side, about the box's centre."""
    boxes = np.asarray(boxes, np.float64)
    side = np.maximum(np.rint(np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) * margin), 2)
    left = np.rint((boxes[:, 0] + boxes[:, 2] - side + 1) / 2)
    top = np.rint((boxes[:, 1] + boxes[:, 3] - side + 1) / 2)
    return np.stack([left, top, side], 1).astype(np.int64)


def cells_to_image(cells: np.ndarray, squares: np.ndarray, cell_count: int) -> np.ndarray:
    """Heatmap cells to image pixels.

    cells: (N, K, 2) x, y, cell centre = integer; squares: (N, 3); cell_count: cells along the crop's side.
    """
    scale = squares[:, 2] / cell_count
    return (cells + 0.5) * scale[:, None, None] + (squares[:, :2] - 0.5)[:, None]


def image_to_cells(points: np.ndarray, squares: np.ndarray, cell_count: int) -> np.ndarray:
    """The way back of cells_to_image. points: (N, K, 2) image pixels."""
    scale = squares[:, 2] / cell_count
    return (points - (squares[:, :2] - 0.5)[:, None]) / scale[:, None, None] - 0.5


def stretch_levels(crop: np.ndarray, full: float = 160.0, floor: float = 8.0) -> np.ndarray:
    """Spread the grey levels of a dark or flat crop; one that already uses its range comes back untouched.

    crop: (h, w, 3) uint8. full: the range (1st to 99th percentile) that needs no stretching; floor: a range below this is
    taken as this, so that noise is not blown up to a picture.
    """
    histogram = cv2.calcHist([crop], [1], None, [256], [0, 256]).ravel().cumsum()
    low, high = np.searchsorted(histogram, histogram[-1] * np.array([0.01, 0.99]))
    spread = max(float(high - low), floor)
    if spread >= full:
        return crop
    levels = (np.arange(256, dtype=np.float32) - low) * (200.0 / spread) + 20.0
    return cv2.LUT(crop, np.clip(levels, 0, 255).astype(np.uint8))
