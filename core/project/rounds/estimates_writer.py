"""Batches of estimates into shards on disk, and the criteria of all of them at the end."""

from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path

import numpy as np

from core.domain import Skeleton
from core.estimation.pipeline import Estimates
from core.project.store.predictions import Predictions
from core.project.store.roster import find_samples
from core.project.store.shards import read_shard, write_shard
from core.uncertainty.collect import CriteriaCollector
from core.uncertainty.pose_unnaturalness import load_prior

SHARD_SAMPLES = 4096

Origins = Callable[[np.ndarray, np.ndarray], np.ndarray]


class EstimatesWriter:
    """Keeps of the past only numbers: memory does not grow with heatmaps or embeddings.

    project: the project's folder; folder: where the shards go, relative to it; times: (n,) seconds of the video's frames;
    origins: tracks and frames (n,) -> the numbers (n,) that the samples are written under; further: criteria that take
    passes of their own and are wanted; skeleton: of the poses.
    """

    def __init__(
        self,
        project: Path,
        folder: str,
        times: np.ndarray,
        origins: Origins,
        further: Set[str],
        skeleton: Skeleton,
    ):
        self.shards: list[str] = []
        self._project = project
        self._folder = folder
        self._times = times
        self._origins = origins
        self._criteria = CriteriaCollector(further, skeleton)
        self._parts: list[dict[str, np.ndarray]] = []

    @property
    def samples(self) -> int:
        return self._criteria.samples

    def measure(self, heatmaps: np.ndarray) -> dict[str, np.ndarray]:
        """What to give back with a batch of heatmaps (n, K, h, w), see pipeline.estimate."""
        return self._criteria.measure(heatmaps)

    def add(self, batch: Estimates) -> None:
        columns = {
            "track": batch.track,
            "frame": batch.frame,
            "boxes": batch.boxes,
            "points": batch.points,
            "confidence": batch.confidence,
        }
        origin = self._origins(batch.track, batch.frame)
        self._parts.append(columns | {"track": origin, "embedding": batch.embedding.astype(np.float16)})
        self._criteria.add(batch, self._times[batch.frame])
        if sum(len(part["frame"]) for part in self._parts) >= SHARD_SAMPLES:
            self._flush()

    def _flush(self) -> None:
        if self._parts:
            path = f"{self._folder}/samples-{len(self.shards):05d}.h5"
            columns = {name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]}
            write_shard(self._project / path, columns)
            self.shards.append(path)
            self._parts = []

    def finish(self, priors: dict[str, Path], earlier: Sequence[Predictions] = ()) -> str:
        """Writes what is left and the criteria; returns the criteria's path.

        priors: the pose priors by variant; earlier: the estimates of earlier rounds, for the ensemble.
        """
        self._flush()
        path = f"{self._folder}/criteria.h5"
        loaded = {name: load_prior(file) for name, file in priors.items()}
        criteria = self._criteria.criteria(loaded, self._embeddings, [self._points_of(past) for past in earlier])
        write_shard(self._project / path, {name: values.astype(np.float32) for name, values in criteria.items()})
        return path

    def _embeddings(self) -> Iterator[np.ndarray]:
        for shard in self.shards:
            yield read_shard(self._project / shard, ("embedding",))["embedding"]

    def _points_of(self, past: Predictions) -> np.ndarray:
        """(N, K, 2) what another round estimated for the samples written here, NaN where it has none."""
        parts = [read_shard(self._project / shard, ("track", "frame")) for shard in self.shards]
        track, frame = (np.concatenate([part[name] for part in parts]) for name in ("track", "frame"))
        rows = find_samples(past.track, past.frame, track, frame)
        points = past.points[rows].astype(np.float64)
        points[rows < 0] = np.nan
        return points
