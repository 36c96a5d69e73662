"""Lighter pictures of dark videos, for the eye only."""

import numpy as np

GAMMA = 0.5

_curve = np.rint(255 * (np.arange(256) / 255) ** GAMMA).astype(np.uint16)
# two neighbouring bytes at once: half as many look-ups
_pairs = (_curve[None, :] | _curve[:, None] << 8).ravel()


def brightened(pixels: np.ndarray) -> np.ndarray:
    """pixels: (h, w, 4) uint8, contiguous; returns a lighter copy."""
    return np.take(_pairs, pixels.view(np.uint16), mode="clip").view(np.uint8)
