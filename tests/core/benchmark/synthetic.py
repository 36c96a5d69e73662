"""A data set without pictures, for what looks at poses alone."""

import numpy as np

from core.benchmark.dataset import Dataset
from core.benchmark.stretches import GROUPS


def dataset(
    points: np.ndarray,
    track: np.ndarray | None = None,
    image: np.ndarray | None = None,
    labelled: np.ndarray | None = None,
    area: float = 10_000.0,
    **changes,
) -> Dataset:
    """points: (N, K, 2) image pixels; by default one person, ten samples a second, boxes 100 pixels high."""
    count = len(points)
    image = np.arange(count) if image is None else image
    columns = {
        "track": np.zeros(count, np.int64) if track is None else track,
        "image": image,
        "seconds": image / 10,
        "points": points,
        "labelled": np.ones(points.shape[:2], bool) if labelled is None else labelled,
        "boxes": np.tile([0.0, 0.0, 100.0, 100.0], (count, 1)),
        "areas": np.full(count, area),
        "in_sight": np.full(count, np.nan),
        "groups": np.zeros((count, len(GROUPS)), bool),
        "changed": np.zeros(count, bool),
        "minutes": 2.0,
    }
    nothing = np.zeros((count, 1, 1, 3), np.uint8)
    rectangles = np.tile([0, 0, 100, 100], (count, 1))
    return Dataset("synthetic", "", nothing, nothing, rectangles, rectangles, **columns | changes)
