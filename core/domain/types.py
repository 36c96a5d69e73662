"""What every package speaks of: samples, boxes, poses.

Frame of reference everywhere: pixels of the image as displayed, x to the right, y down, centre of the first
pixel (0, 0).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np


class SampleId(NamedTuple):
    """One person in one frame: the unit of estimation, querying and labelling. Tracks are numbered per
    project.
    """

    track: int
    frame: int


class Span(NamedTuple):
    """Some frames of a video, both ends included."""

    video: int
    first: int
    last: int


class Visibility(IntEnum):
    """COCO's v: what a human says of a joint."""

    MISSING = 0
    OCCLUDED = 1
    VISIBLE = 2


class Box(NamedTuple):
    """A person's box: left, top, right, bottom in image pixels."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return self.width * self.height


@dataclass(frozen=True)
class PredictedPose:
    """What an estimator says. points: (K, 2) float32 image pixels; confidence: (K,) float32; made in this
    round.
    """

    points: np.ndarray
    confidence: np.ndarray
    round: int


@dataclass(frozen=True)
class LabelledPose:
    """What a human says.

    points: (K, 2) float64 image pixels, (0, 0) where missing; visibility: (K,) int8 of Visibility; box: the
    person's. prediction: the pose the human started from, None for one drawn without; round: the round it was
    made in.
    """

    points: np.ndarray
    visibility: np.ndarray
    box: Box
    prediction: PredictedPose | None
    round: int

    @property
    def labelled(self) -> np.ndarray:
        """(K,) bool: joints that were placed."""
        return self.visibility > 0


@dataclass(frozen=True)
class Track:
    """One person through one video.

    frames: (n,) int64, ascending; boxes: (n, 4) float32 x0, y0, x1, y1 image pixels.
    """

    id: int
    video: int
    name: str
    frames: np.ndarray
    boxes: np.ndarray
