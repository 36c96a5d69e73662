"""All criteria of a set of samples, gathered batch by batch so that memory does not grow with heatmaps."""

from collections.abc import Iterable, Sequence

import numpy as np

from core.uncertainty.ensemble import disagreement
from core.uncertainty.influence import directions, influence
from core.uncertainty.least_confidence import least_confidence
from core.uncertainty.pose_unnaturalness import PosePrior
from core.uncertainty.temporal_heatmap_continuity import TemporalHeatmapContinuity
from core.uncertainty.temporal_pose_continuity import temporal_pose_continuity

KEPT = ("track", "boxes", "points", "confidence")


class CriteriaCollector:
    """Takes the estimates of each track in the order of frames, and gives one column for each criterion and variant."""

    def __init__(self) -> None:
        self.samples = 0
        self._thc: dict[int, TemporalHeatmapContinuity] = {}
        self._parts: list[dict[str, np.ndarray]] = []
        self._direction_sum: np.ndarray | float = 0.0

    def add(
        self,
        columns: dict[str, np.ndarray],
        seconds: np.ndarray,
        squares: np.ndarray,
        heatmaps: np.ndarray,
        embedding: np.ndarray,
        measured: dict[str, np.ndarray],
        views: np.ndarray | None = None,
    ) -> None:
        """columns: track (n,), boxes (n, 4), points (n, K, 2), confidence (n, K); seconds: (n,) time in the video;
        squares: (n, 3) of the crops; heatmaps: (n, K, h, w); embedding: (n, D); measured: values (n,) of criteria that were
        computed from the heatmaps or from further passes; views: (M, n, K, 2) other estimates of the points.
        """
        for i, track in enumerate(columns["track"].tolist()):
            thc = self._thc.setdefault(track, TemporalHeatmapContinuity())
            thc.add(float(seconds[i]), heatmaps[i], squares[i])
        kept = {name: columns[name] for name in KEPT}
        if views is not None:
            kept["views"] = np.moveaxis(views, 0, 1)
        self._parts.append(kept | {"side": squares[:, 2], "seconds": seconds} | measured)
        self._direction_sum = self._direction_sum + directions(embedding).sum(0, dtype=np.float64)
        self.samples += len(seconds)

    def criteria(
        self, priors: dict[str, PosePrior], embeddings: Iterable[np.ndarray], earlier: Sequence[np.ndarray] = ()
    ) -> dict[str, np.ndarray]:
        """(N,) by name, see core.uncertainty.criteria.

        priors: by variant; embeddings: all again, in parts (n, D); earlier: (N, K, 2) points of earlier rounds each, NaN
        where there is none, for the ensemble.
        """
        columns = {name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]}
        own = {*KEPT, "side", "seconds", "views"}
        criteria = {name: values for name, values in columns.items() if name not in own}
        criteria["lc"] = least_confidence(columns["confidence"])
        mean_direction = (self._direction_sum / self.samples).astype(np.float32)
        criteria["influence"] = np.concatenate([influence(mean_direction, part) for part in embeddings])
        heights = columns["boxes"][:, 3] - columns["boxes"][:, 1]
        if "views" in columns:
            members = [columns["points"], *np.moveaxis(columns["views"], 1, 0), *earlier]
            criteria["ensemble"] = disagreement(np.stack(members), heights)
        rows_of = {track: np.flatnonzero(columns["track"] == track) for track in self._thc}
        for variant, prior in priors.items():
            thc, tpc = np.empty(self.samples), np.empty(self.samples)
            for track, rows in rows_of.items():
                thc[rows] = self._thc[track].values(variant)
                tpc[rows] = temporal_pose_continuity(
                    columns["points"][rows], columns["side"][rows], columns["seconds"][rows], variant
                )
            criteria |= {
                f"thc.{variant}": thc,
                f"tpc.{variant}": tpc,
                f"wpu.{variant}": prior.unnaturalness(columns["points"], columns["confidence"], heights),
            }
        return criteria
