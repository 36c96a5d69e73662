"""Batches of estimates into shards on disk, and the criteria of all of them at the end."""

from pathlib import Path

import numpy as np

from core.estimation.pipeline import Estimates
from core.project.shards import read_shard, write_shard
from core.uncertainty.influence import directions, influence
from core.uncertainty.least_confidence import least_confidence
from core.uncertainty.pose_unnaturalness import load_prior
from core.uncertainty.temporal_heatmap_continuity import TemporalHeatmapContinuity
from core.uncertainty.temporal_pose_continuity import temporal_pose_continuity

SHARD_SAMPLES = 4096


class EstimatesWriter:
    """Keeps of the past only numbers: memory does not grow with heatmaps or embeddings.

    project: the project's folder; folder: where the shards go, relative to it; times: (n,) seconds of the video's frames.
    """

    def __init__(self, project: Path, folder: str, times: np.ndarray, tracks: list[int]):
        self.shards: list[str] = []
        self.samples = 0
        self._project = project
        self._folder = folder
        self._times = times
        self._thc = {track: TemporalHeatmapContinuity() for track in tracks}
        self._parts: list[dict[str, np.ndarray]] = []
        self._for_criteria: list[dict[str, np.ndarray]] = []
        self._direction_sum: np.ndarray | float = 0.0

    def add(self, batch: Estimates) -> None:
        for i in range(len(batch)):
            seconds = float(self._times[batch.frame[i]])
            self._thc[int(batch.track[i])].add(seconds, batch.heatmaps[i], batch.squares[i])
        columns = {
            "track": batch.track,
            "frame": batch.frame,
            "boxes": batch.boxes,
            "points": batch.points,
            "confidence": batch.confidence,
        }
        self._parts.append(columns | {"embedding": batch.embedding.astype(np.float16)})
        self._for_criteria.append(columns | {"side": batch.squares[:, 2]} | batch.measured)
        self._direction_sum = self._direction_sum + directions(batch.embedding).sum(0, dtype=np.float64)
        self.samples += len(batch)
        if sum(len(part["frame"]) for part in self._parts) >= SHARD_SAMPLES:
            self._flush()

    def _flush(self) -> None:
        if self._parts:
            path = f"{self._folder}/samples-{len(self.shards):05d}.h5"
            write_shard(self._project / path, _join(self._parts))
            self.shards.append(path)
            self._parts = []

    def finish(self, priors: dict[str, Path]) -> str:
        """Writes what is left and the criteria; returns the criteria's path.

        priors: the pose priors by variant.
        """
        self._flush()
        columns = _join(self._for_criteria)
        path = f"{self._folder}/criteria.h5"
        criteria = self._criteria(columns, priors)
        write_shard(self._project / path, {name: values.astype(np.float32) for name, values in criteria.items()})
        return path

    def _criteria(self, columns: dict[str, np.ndarray], priors: dict[str, Path]) -> dict[str, np.ndarray]:
        """One column (N,) for each criterion and variant, see core.uncertainty.criteria."""
        mean_direction = (self._direction_sum / self.samples).astype(np.float32)
        embeddings = (read_shard(self._project / shard, ("embedding",))["embedding"] for shard in self.shards)
        criteria = {name: columns[name] for name in ("mpe", "margin", "entropy")}
        criteria["lc"] = least_confidence(columns["confidence"])
        criteria["influence"] = np.concatenate([influence(mean_direction, part) for part in embeddings])
        heights = columns["boxes"][:, 3] - columns["boxes"][:, 1]
        rows_of = {track: np.flatnonzero(columns["track"] == track) for track in self._thc}
        for variant, path in priors.items():
            thc, tpc = np.empty(self.samples), np.empty(self.samples)
            for track, rows in rows_of.items():
                seconds = self._times[columns["frame"][rows]]
                thc[rows] = self._thc[track].values(variant)
                tpc[rows] = temporal_pose_continuity(columns["points"][rows], columns["side"][rows], seconds, variant)
            prior = load_prior(path)
            criteria |= {
                f"thc.{variant}": thc,
                f"tpc.{variant}": tpc,
                f"wpu.{variant}": prior.unnaturalness(columns["points"], columns["confidence"], heights),
            }
        return criteria


def _join(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
