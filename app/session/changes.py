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

    def is_as(self, other: "Person | None") -> bool:
        """Whether nothing of the person has changed."""
        if other is None or (self.sample, self.box) != (other.sample, other.box):
            return False
        mine, others = ((one.label.pose, one.label.accepted) if one.label else None for one in (self, other))
        if mine is None or others is None:
            return mine is others and _same(self.points, other.points)
        same = mine[1] == others[1] and _same(mine[0].points, others[0].points)
        return same and _same(mine[0].visibility, others[0].visibility)


def _same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)
