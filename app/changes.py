"""What the session tells the views of."""

from dataclasses import dataclass
from enum import Flag, auto

import numpy as np

from core.domain import Box, PredictedPose, SampleId
from core.project.store.label_rows import Label


class Change(Flag):
    """Kinds of stored things; an operation says which of them it changed."""

    TRACKS = auto()
    PREDICTIONS = auto()
    LABELS = auto()
    QUEUE = auto()
    ROUNDS = auto()
    SETTINGS = auto()


EVERYTHING = Change.TRACKS | Change.PREDICTIONS | Change.LABELS | Change.QUEUE | Change.ROUNDS


@dataclass(frozen=True)
class Person:
    """One person in one frame: what the estimator says of it, and what a human says."""

    sample: SampleId
    box: Box
    prediction: PredictedPose | None
    label: Label | None

    @property
    def points(self) -> np.ndarray | None:
        """(K, 2) image pixels to show: the human's where there is one. None before the first estimation."""
        if self.label:
            return self.label.pose.points
        return self.prediction.points if self.prediction else None
