"""Named changes of a video that open a gap to what an estimator knows, with an answer that stays known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.video.imaging import cv2

LOW_RESOLUTION = 28  # pixels of the video that become one
SQUASH = 3


@dataclass(frozen=True)
class Transform:
    """frame: (h, w, 3) uint8 RGB and a random generator -> the changed frame; points: (..., 2) image pixels
    and the size (w, h) of the frame -> where they are in the changed one.
    """

    frame: Callable[[np.ndarray, np.random.Generator], np.ndarray]
    points: Callable[[np.ndarray, tuple[int, int]], np.ndarray] = lambda points, size: points

    def boxes(self, boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """(N, 4) x0, y0, x1, y1, of a change that keeps right angles."""
        corners = self.points(boxes.reshape(-1, 2, 2), size)
        return np.concatenate([corners.min(1), corners.max(1)], 1)


def _with_noise(values: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal((*values.shape[:2], 3), np.float32)
    return np.clip(values + deviation * noise, 0, 255).astype(np.uint8)


def _grey(frame: np.ndarray) -> np.ndarray:
    return frame.mean(2, keepdims=True, dtype=np.float32)


def _coarse(frame: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = frame.shape[:2]
    size = (max(1, width // LOW_RESOLUTION), max(1, height // LOW_RESOLUTION))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _narrow(frame: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = frame.shape[:2]
    return cv2.resize(frame, (width // SQUASH, height), interpolation=cv2.INTER_AREA)


def _narrow_points(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    scale = np.array([size[0] // SQUASH / size[0], 1.0])
    return (points + 0.5) * scale - 0.5


TRANSFORMS = {
    "none": Transform(lambda frame, rng: frame),
    "upside-down": Transform(
        lambda frame, rng: frame[::-1, ::-1], lambda points, size: np.array(size) - 1.0 - points
    ),
    "sideways": Transform(  # turned clockwise
        lambda frame, rng: frame.transpose(1, 0, 2)[:, ::-1],
        lambda points, size: np.stack([size[1] - 1.0 - points[..., 1], points[..., 0]], -1),
    ),
    "dark": Transform(lambda frame, rng: _with_noise(frame * np.float32(0.08), 6, rng)),
    "low-contrast": Transform(lambda frame, rng: _with_noise(_grey(frame) * np.float32(0.12) + 110, 4, rng)),
    "inverted": Transform(lambda frame, rng: 255 - frame),
    "low-resolution": Transform(_coarse),
    "squashed": Transform(_narrow, _narrow_points),
}
