"""What every criterion is, and what it sees."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.domain import Skeleton
from core.estimation.maps import Maps

if TYPE_CHECKING:
    from core.estimation.session import EstimatorSession
    from core.uncertainty.pose_prior import PosePrior


@dataclass(frozen=True)
class Seen:
    """A batch as it is estimated. maps: where the joints are; crops: (n, height, width, 3) uint8 RGB;
    session: the estimator, for passes of a criterion's own.
    """

    maps: Maps
    crops: np.ndarray
    session: "EstimatorSession"

    @cached_property
    def peaks(self) -> np.ndarray:
        """(n, K, 5), along axes (n, 2 K, 5), see find_peaks."""
        from core.uncertainty.peaks import find_peaks  # brings OpenCV, which a list of names does not need

        return np.concatenate([find_peaks(heights, self.maps.apart) for heights in self.maps.heights], 1)


@dataclass(frozen=True)
class Estimated:
    """What is kept of N samples when all are estimated.

    track, frame: (N,); seconds: (N,) time in the video; areas: (N,) of the crops, square pixels; boxes: (N,
    4); points: (N, K, 2) image pixels; confidence: (N, K); measured: what each criterion kept of the maps,
    (N,) by its name; views: (M, N, K, 2) estimates of other views of the crops, None without; earlier: (N, K,
    2) points of earlier rounds each, NaN where there is none; priors: of poses, by variant; mean_direction:
    (D,) mean of the embeddings at length 1; embeddings: reads them all again, in parts (n, D); skeleton: of
    the poses; motion: (N, K, 3) see core.estimation.pipeline.Estimates, None where nothing was measured.
    """

    track: np.ndarray
    frame: np.ndarray
    seconds: np.ndarray
    areas: np.ndarray
    boxes: np.ndarray
    points: np.ndarray
    confidence: np.ndarray
    measured: dict[str, np.ndarray]
    mean_direction: np.ndarray
    embeddings: Callable[[], Iterable[np.ndarray]]
    skeleton: Skeleton
    views: np.ndarray | None = None
    earlier: Sequence[np.ndarray] = ()
    priors: "dict[str, PosePrior]" = field(default_factory=dict)
    motion: np.ndarray | None = None

    @property
    def heights(self) -> np.ndarray:
        """(N,) of the boxes, image pixels."""
        return self.boxes[:, 3] - self.boxes[:, 1]

    @cached_property
    def rows_of_tracks(self) -> dict[int, np.ndarray]:
        """The rows of each track, in the order of frames."""
        return {int(track): np.flatnonzero(self.track == track) for track in np.unique(self.track)}


class Criterion:
    """How uncertain poses are. One is made for each estimation; a new criterion fills in what it needs of the
    three.

    name: what a user types; short: what the window calls it; title: the field's term and what it says;
    variants: of the formula, empty for one that has none;
    further: computed only where it is asked for, because it takes passes of its own; with_views: it looks at
    the estimates of the mirrored and the smaller crop; of_poses: points and confidences are enough for it.
    """

    name: str
    short: str
    title: str
    variants: tuple[str, ...] = ()
    further = False
    with_views = False
    of_poses = False

    @classmethod
    def unavailable(cls, skeleton: Skeleton) -> str:
        """Why it says nothing of such poses, as what follows "because"; '' where it does."""
        return ""

    def measure(self, seen: Seen) -> np.ndarray | None:
        """(n,) of what to keep of a batch, None for nothing. Keeps nothing itself: runs beside inference."""
        return None

    def follow(self, track: int, seconds: float, maps: Maps, extent: np.ndarray) -> None:
        """Sees every sample, each track in the order of frames. maps: of this one; extent: (4,), see
        Estimates.
        """

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        """(N,), higher = more uncertain; NaN where it cannot tell. variant: one of variants, '' where there
        are none.

        What was measured, unless a criterion says otherwise.
        """
        return estimated.measured[self.name]
