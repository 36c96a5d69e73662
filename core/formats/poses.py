"""The people of one video as columns, which tables of poses are written from."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PoseRows:
    """N samples, ordered by frame, then track.

    frame, track, round: (N,) int64; points: (N, K, 2) float64 image pixels, NaN where a human placed nothing;
    visibility: (N, K) int8, COCO's v, 2 for predictions; confidence: (N, K) float64, NaN for what a human
    said; human: (N,) bool; boxes: (N, 4) float64 x0, y0, x1, y1 image pixels; refined: whether what no human
    said is, instead of as predicted.
    """

    frame: np.ndarray
    track: np.ndarray
    points: np.ndarray
    visibility: np.ndarray
    confidence: np.ndarray
    human: np.ndarray
    round: np.ndarray
    boxes: np.ndarray
    refined: bool = False

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def empty(cls, samples: int, joints: int, refined: bool = False) -> "PoseRows":
        return cls(
            np.zeros(samples, np.int64),
            np.zeros(samples, np.int64),
            np.full((samples, joints, 2), np.nan),
            np.zeros((samples, joints), np.int8),
            np.full((samples, joints), np.nan),
            np.zeros(samples, bool),
            np.zeros(samples, np.int64),
            np.zeros((samples, 4)),
            refined,
        )
