"""What every package shares: plain frozen types, the field's constants, errors, and Monitor.

Imports nothing else of the project.
"""

from core.domain.errors import Cancelled, NobodyFound, Outdated, OutOfMemory, UserError
from core.domain.monitor import Monitor, Silent, raise_if_cancelled
from core.domain.skeleton import COCO17, Skeleton
from core.domain.types import Box, LabelledPose, PredictedPose, SampleId, Span, Track, Visibility

__all__ = [
    "COCO17",
    "Box",
    "Cancelled",
    "LabelledPose",
    "Monitor",
    "NobodyFound",
    "OutOfMemory",
    "Outdated",
    "PredictedPose",
    "SampleId",
    "Silent",
    "Skeleton",
    "Span",
    "Track",
    "UserError",
    "Visibility",
    "raise_if_cancelled",
]
