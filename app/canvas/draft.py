"""A pose in the hand."""

from dataclasses import dataclass

import numpy as np

from core.domain import Box, SampleId


@dataclass(frozen=True)
class Draft:
    """points: (K, 2) image pixels; joints: those that are moved; box: the person's new one, None where it
    stays.
    """

    sample: SampleId
    points: np.ndarray
    joints: frozenset[int]
    box: Box | None = None
