"""What the store tells of: a video, its people, a proposed sample, a round."""

from dataclasses import dataclass, field
from pathlib import Path

from core.domain import SampleId


@dataclass(frozen=True)
class Video:
    """A registered video. path may have moved since; content_id tells whether a file is still the same."""

    id: int
    path: Path
    content_id: str
    width: int
    height: int
    frame_count: int
    fps: float


@dataclass(frozen=True)
class QueueItem:
    """A sample proposed for labelling. reason: the criteria's normalised values, and 'distance' to what is
    labelled.
    """

    sample: SampleId
    round: int
    skipped: bool
    reason: dict[str, float]


@dataclass(frozen=True)
class Round:
    """A round: its estimator's training summary (empty for round 0), and whether all samples are
    estimated.
    """

    id: int
    estimated: bool
    summary: dict = field(default_factory=dict)
