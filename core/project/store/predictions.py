"""The estimates of one video in one round, held as columns, found by frame or by track in constant time."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.domain import Box, PredictedPose, SampleId


@dataclass(frozen=True, eq=False)
class Predictions:
    """Columns over the N samples of a video, ordered by frame, then track.

    track, frame: (N,) int64; boxes: (N, 4) float32 x0, y0, x1, y1 image pixels; points: (N, K, 2) float32
    image pixels; confidence: (N, K) float32 in 0..1; criteria: raw value per sample by name, each (N,)
    float32; stored: (N,) int64, the row among those that the round computed, -1 for a pose that was estimated
    by itself or that the round has not reached yet: its criteria are NaN; rounds: (N,) int64, in which each
    was estimated, the round itself or one before it; motion: (N, K, 3) float16, see
    core.estimation.pipeline.Estimates, None where nothing was measured.
    """

    video: int
    round: int
    track: np.ndarray
    frame: np.ndarray
    boxes: np.ndarray
    points: np.ndarray
    confidence: np.ndarray
    criteria: dict[str, np.ndarray]
    stored: np.ndarray
    rounds: np.ndarray
    motion: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def rows_at(self, frame: int) -> slice:
        """The rows of one frame."""
        if frame < 0 or frame + 1 >= len(self._first_rows):
            return slice(0, 0)
        return slice(int(self._first_rows[frame]), int(self._first_rows[frame + 1]))

    def row(self, sample: SampleId) -> int | None:
        rows = self.rows_at(sample.frame)
        for row in range(rows.start, rows.stop):
            if self.track[row] == sample.track:
                return row
        return None

    def poses(self, track: np.ndarray, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points (n, K, 2) and confidence (n, K) of some samples, both 0 where one is not among these."""
        rows = [self.row(SampleId(*sample)) for sample in zip(track.tolist(), frame.tolist(), strict=True)]
        known = np.array([row is not None for row in rows], bool)
        found = [row for row in rows if row is not None]
        points = np.zeros((len(rows), *self.points.shape[1:]), np.float32)
        confidence = np.zeros(points.shape[:2], np.float32)
        points[known], confidence[known] = self.points[found], self.confidence[found]
        return points, confidence

    def rows_of_track(self, track: int) -> np.ndarray:
        """(n,) rows in the order of frames."""
        return self._rows_by_track.get(track, np.empty(0, np.int64))

    def count_computed(self) -> int:
        return int((self.stored >= 0).sum())

    def computed(self) -> "Predictions":
        """Without the poses that have neither criteria nor embeddings of this round, see stored."""
        return self._only(self.stored >= 0)

    def reached(self) -> "Predictions":
        """Those that this round estimated, with the poses that were estimated by themselves."""
        return self._only(self.rounds == self.round)

    def between(self, start: int, stop: int) -> "Predictions":
        """Those of frames start to before stop."""
        return self._only((self.frame >= start) & (self.frame < stop))

    def _only(self, rows: np.ndarray) -> "Predictions":
        if rows.all():
            return self
        names = ("track", "frame", "boxes", "points", "confidence", "stored", "rounds")
        columns = {name: getattr(self, name)[rows] for name in names}
        criteria = {name: values[rows] for name, values in self.criteria.items()}
        motion = None if self.motion is None else self.motion[rows]
        return replace(self, criteria=criteria, motion=motion, **columns)

    def pose(self, row: int) -> PredictedPose:
        return PredictedPose(self.points[row], self.confidence[row], int(self.rounds[row]))

    def sample(self, row: int) -> SampleId:
        return SampleId(int(self.track[row]), int(self.frame[row]))

    def box(self, row: int) -> Box:
        return Box(*map(float, self.boxes[row]))

    @cached_property
    def _first_rows(self) -> np.ndarray:
        last = int(self.frame[-1]) if len(self.frame) else -1
        return np.searchsorted(self.frame, np.arange(last + 2))

    @cached_property
    def _rows_by_track(self) -> dict[int, np.ndarray]:
        order = np.argsort(self.track, kind="stable")
        tracks, starts = np.unique(self.track[order], return_index=True)
        return dict(zip(map(int, tracks), np.split(order, starts[1:]), strict=True)) if len(tracks) else {}
