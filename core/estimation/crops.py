"""The square an estimator looks at, and the way back to the image.

A crop is an integer square of image pixels, so its resampled pixels are exactly known: pixel i covers [i - 0.5, i + 0.5].
"""

import numpy as np

from core.video.frame import Frame
from core.video.imaging import cv2

FULL_RANGE = 160.0  # grey levels between the 1st and the 99th percentile that need no spreading
NOISE_FLOOR = 8.0  # a smaller range counts as this, so that noise is not blown up to a picture
SPREAD = (40.0, 200.0)
MOST_COLOUR_GAIN = 2.0


def crop_squares(boxes: np.ndarray, margin: float) -> np.ndarray:
    """boxes: (N, 4) x0, y0, x1, y1 image pixels -> (N, 3) int64 left, top, side, about the box's centre.

    margin: side of the square over the longer side of the box.
    """
    boxes = np.asarray(boxes, np.float64)
    side = np.maximum(np.ceil(np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) * margin), 2)
    left = np.rint((boxes[:, 0] + boxes[:, 2] - side + 1) / 2)
    top = np.rint((boxes[:, 1] + boxes[:, 3] - side + 1) / 2)
    return np.stack([left, top, side], 1).astype(np.int64)


def cells_to_image(cells: np.ndarray, squares: np.ndarray, cell_count: int) -> np.ndarray:
    """Heatmap cells to image pixels.

    cells: (N, K, 2) x, y, cell centre = integer; squares: (N, 3); cell_count: cells along the crop's side.
    """
    scale = squares[:, 2] / cell_count
    return (cells + 0.5) * scale[:, None, None] + (squares[:, None, :2] - 0.5)


def image_to_cells(points: np.ndarray, squares: np.ndarray, cell_count: int) -> np.ndarray:
    """The way back of cells_to_image. points: (N, K, 2) image pixels. Also for crop pixels, with their number."""
    scale = squares[:, 2] / cell_count
    return (points - (squares[:, None, :2] - 0.5)) / scale[:, None, None] - 0.5


def take_crop(frame: Frame, square: np.ndarray, side: int, levels: bool) -> np.ndarray:
    """square: (3,) left, top, side in image pixels -> (side, side, 3) uint8 RGB, black outside of the image."""
    left, top, extent = map(int, square)
    crop = frame.crop(left, top, extent, side)
    if levels:
        spread_inside(crop, square, frame.width, frame.height)
    return crop


def spread_inside(crop: np.ndarray, square: np.ndarray, width: int, height: int) -> None:
    """Spreads the grey levels of the part of a crop that shows the image, in place.

    crop: (side, side, 3) uint8 RGB of square, (3,) left, top, side in pixels of an image of width x height.
    """
    left, top, extent = map(int, square)
    side = len(crop)
    scale = side / extent
    x0, y0 = (max(0, int(np.ceil(-edge * scale))) for edge in (left, top))
    x1, y1 = (min(side, int((end - edge) * scale)) for end, edge in ((width, left), (height, top)))
    if x1 - x0 > 1 and y1 - y0 > 1:
        spread_levels(crop[y0:y1, x0:x1])


def spread_levels(image: np.ndarray) -> None:
    """Spreads the grey levels of a dark or flat image in place; one that already uses its range stays as it is.

    image: (h, w, 3) uint8 RGB, without the black that surrounds a video. Colour is raised far less than grey: in a flat
    picture it is mostly noise.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    histogram = np.bincount(grey[::2, ::2].ravel(), minlength=256).cumsum()
    low, high = np.searchsorted(histogram, histogram[-1] * np.array([0.01, 0.99]))
    width = max(float(high - low), NOISE_FLOOR)
    if width >= FULL_RANGE:
        return
    gain = (SPREAD[1] - SPREAD[0]) / width
    colour = min(gain, MOST_COLOUR_GAIN)
    table = np.arange(256, dtype=np.float32)
    shift = cv2.LUT(grey, ((table - low) * gain + SPREAD[0] - colour * table).astype(np.float32))
    image[...] = cv2.add(image * np.float32(colour), cv2.merge([shift] * 3), dtype=cv2.CV_8U)
