"""The rectangle an estimator looks at, and the way back to the image.

A crop is an integer rectangle of image pixels, so its resampled pixels are exactly known: pixel i covers [i -
0.5, i + 0.5].
"""

import numpy as np

from core.video.frame import Frame
from core.video.imaging import cv2
from core.video.resample import resample

FULL_RANGE = 160.0  # grey levels between the 1st and the 99th percentile that need no spreading
NOISE_FLOOR = 8.0  # a smaller range counts as this, so that noise is not blown up to a picture
SPREAD = (40.0, 200.0)
MOST_COLOUR_GAIN = 2.0


def crop_rectangles(boxes: np.ndarray, margin: float, aspect: float = 1.0) -> np.ndarray:
    """boxes: (N, 4) x0, y0, x1, y1 image pixels -> (N, 4) int64 left, top, width, height, about the box's
    centre.

    aspect: width over height; margin: size of the rectangle over the least one of that aspect around the box.
    """
    boxes = np.asarray(boxes, np.float64)
    least = np.maximum(boxes[:, 3] - boxes[:, 1], (boxes[:, 2] - boxes[:, 0]) / aspect)
    height = np.maximum(np.ceil(least * margin), 2)
    width = np.maximum(np.rint(height * aspect), 2)
    left = np.rint((boxes[:, 0] + boxes[:, 2] - width + 1) / 2)
    top = np.rint((boxes[:, 1] + boxes[:, 3] - height + 1) / 2)
    return np.stack([left, top, width, height], 1).astype(np.int64)


def cells_to_image(cells: np.ndarray, extents: np.ndarray, counts: tuple[int, int]) -> np.ndarray:
    """Heatmap cells to image pixels.

    cells: (N, K, 2) x, y, cell centre = integer; extents: (N, 4) left, top, width, height of what all cells
    cover, see EstimatorSpec.extents; counts: columns and rows.
    """
    scale = extents[:, None, 2:] / np.array(counts)
    return (cells + 0.5) * scale + (extents[:, None, :2] - 0.5)


def image_to_cells(points: np.ndarray, extents: np.ndarray, counts: tuple[int, int]) -> np.ndarray:
    """The way back of cells_to_image. points: (N, K, 2) image pixels. Also for pixels of crops, with their
    size.
    """
    scale = extents[:, None, 2:] / np.array(counts)
    return (points - (extents[:, None, :2] - 0.5)) / scale - 0.5


def take_crop(frame: Frame, rectangle: np.ndarray, size: tuple[int, int], levels: bool) -> np.ndarray:
    """rectangle: (4,) left, top, width, height in image pixels; size: width, height.

    Returns (height, width, 3) uint8 RGB, black outside of the image.
    """
    left, top, width, height = map(int, rectangle)
    crop = frame.resample(left, top, width, height, *size)
    if levels:
        spread_inside(crop, rectangle, frame.width, frame.height)
    return crop


def crop_image(
    image: np.ndarray,
    rectangle: np.ndarray,
    size: tuple[int, int],
    levels: bool,
    middle: tuple[int, int] | None = None,
) -> np.ndarray:
    """The same of an image (H, W, 3) uint8 RGB. middle: see spread_inside."""
    left, top, width, height = map(int, rectangle)
    crop = np.ascontiguousarray(resample(image, left, top, width, height, *size))
    if levels:
        spread_inside(crop, rectangle, image.shape[1], image.shape[0], middle)
    return crop


def spread_inside(
    crop: np.ndarray, rectangle: np.ndarray, width: int, height: int, middle: tuple[int, int] | None = None
) -> None:
    """Spreads the grey levels of the part of a crop that shows the image, in place.

    crop: (h, w, 3) uint8 RGB of rectangle, (4,) left, top, width, height in pixels of an image of width x
    height; middle: width and height of the part of it that tells the levels, by default all.
    """
    shown, telling = [], []
    for axis, end in ((1, height), (0, width)):
        start, length, pixels = int(rectangle[axis]), int(rectangle[axis + 2]), crop.shape[1 - axis]
        scale = pixels / length
        first, stop = max(0, int(np.ceil(-start * scale))), min(pixels, int((end - start) * scale))
        around = (pixels - middle[axis]) // 2 if middle else 0
        shown.append(slice(first, stop))
        telling.append(slice(max(first, around) - first, min(stop, pixels - around) - first))
    if all(part.stop - part.start > 1 for part in telling):
        spread_levels(crop[tuple(shown)], tuple(telling))


def spread_levels(image: np.ndarray, telling: tuple[slice, ...] = ()) -> None:
    """Spreads the grey levels of a dark or flat image in place; one that already uses its range stays as it
    is.

    image: (h, w, 3) uint8 RGB, without the black that surrounds a video; telling: rows and columns that tell
    the levels, by default all. Colour is raised far less than grey: in a flat picture it is mostly noise.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    histogram = np.bincount(grey[telling][::2, ::2].ravel(), minlength=256).cumsum()
    low, high = np.searchsorted(histogram, histogram[-1] * np.array([0.01, 0.99]))
    width = max(float(high - low), NOISE_FLOOR)
    if width >= FULL_RANGE:
        return
    gain = (SPREAD[1] - SPREAD[0]) / width
    colour = min(gain, MOST_COLOUR_GAIN)
    table = np.arange(256, dtype=np.float32)
    shift = cv2.LUT(grey, ((table - low) * gain + SPREAD[0] - colour * table).astype(np.float32))
    image[...] = cv2.add(image * np.float32(colour), cv2.merge([shift] * 3), dtype=cv2.CV_8U)
