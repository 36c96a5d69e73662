"""The estimates of one segment with their criteria, as one shard."""

import secrets
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.domain import Skeleton
from core.estimation.maps import Maps
from core.estimation.pipeline import Estimates
from core.estimation.session import EstimatorSession
from core.project.store.predictions import Predictions
from core.project.store.shards import CRITERION, write_shard
from core.project.store.track_assignments import find_samples
from core.selection.projection import projected
from core.uncertainty.collect import CriteriaCollector
from core.uncertainty.influence import Influence
from core.uncertainty.pose_prior import PosePrior

Origins = Callable[[np.ndarray, np.ndarray], np.ndarray]
EMPTY = {
    "track": (np.int64, ()),
    "frame": (np.int64, ()),
    "boxes": (np.float32, (4,)),
    "embedding": (np.float16, (1,)),
}


@dataclass(frozen=True)
class Written:
    """path: of the shard, relative to the project; columns: (n, ...) of its samples by name, ordered by
    frame, then track; the origin is called track.
    """

    path: str
    columns: dict[str, np.ndarray]


class SegmentFile:
    """Takes the batches of a segment in the order of frames, with their motion; memory does not grow with
    maps.

    times: (n,) seconds of the video's frames; origins: tracks and frames (n,) -> the numbers (n,) that the
    samples are written under; further: criteria that take passes of their own and are wanted; skeleton: of
    the poses.
    """

    def __init__(self, times: np.ndarray, origins: Origins, further: Set[str], skeleton: Skeleton) -> None:
        self._times, self._origins, self._skeleton = times, origins, skeleton
        # influence is of the whole pool, so it is computed where it is wanted
        self._criteria = CriteriaCollector(further, skeleton, without={Influence.name})
        self._parts: list[dict[str, np.ndarray]] = []

    @property
    def with_views(self) -> bool:
        return self._criteria.with_views

    def measure(self, maps: Maps, crops: np.ndarray, session: EstimatorSession) -> dict[str, np.ndarray]:
        """What to give back with a batch, see pipeline.estimate."""
        return self._criteria.measure(maps, crops, session)

    def add(self, batch: Estimates) -> None:
        columns = {
            name: getattr(batch, name) for name in ("frame", "boxes", "points", "confidence", "motion")
        }
        columns["embedding"] = projected(batch.embedding).astype(np.float16)
        self._parts.append({"track": self._origins(batch.track, batch.frame), **columns})
        self._criteria.add(batch, self._times[batch.frame])

    def _columns(self) -> dict[str, np.ndarray]:
        if not self._parts:
            return empty_columns(self._skeleton)
        return {name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]}

    def write(
        self, project: Path, folder: str, priors: Mapping[str, PosePrior], earlier: Sequence[Predictions] = ()
    ) -> Written:
        """All that was added.

        priors: of poses, by variant; earlier: the estimates of earlier rounds, for the ensemble. Raises
        UserError.
        """
        columns, criteria = self._columns(), {}
        if self._parts:
            past = [_points_of(columns, one) for one in earlier]
            criteria = self._criteria.criteria(dict(priors), list, past)
        return Written(write_samples(project, folder, columns, criteria), columns)


def empty_columns(skeleton: Skeleton) -> dict[str, np.ndarray]:
    """Those of no sample."""
    joints = len(skeleton)
    shapes = EMPTY | {
        "points": (np.float32, (joints, 2)),
        "confidence": (np.float32, (joints,)),
        "motion": (np.float16, (joints, 3)),
    }
    return {name: np.empty((0, *shape), kind) for name, (kind, shape) in shapes.items()}


def write_samples(
    project: Path, folder: str, columns: Mapping[str, np.ndarray], criteria: Mapping[str, np.ndarray]
) -> str:
    """The path of a new shard, relative to the project."""
    named = {f"{CRITERION}{name}": values.astype(np.float32) for name, values in criteria.items()}
    path = f"{folder}/samples-{secrets.token_hex(6)}.h5"
    write_shard(project / path, {**columns, **named})
    return path


def _points_of(columns: Mapping[str, np.ndarray], past: Predictions) -> np.ndarray:
    """(n, K, 2) what another round estimated for the same samples, NaN where it has none."""
    rows = find_samples(past.track, past.frame, columns["track"], columns["frame"])
    points = past.points[rows].astype(np.float64)
    points[rows < 0] = np.nan
    return points
