"""Values of samples as curves over the frames, and which of them changed."""

import numpy as np

from app.timeline.pyramid import Pyramid
from core.project.store.predictions import Predictions


def pyramid_of(predictions: Predictions, values: np.ndarray, track: int) -> Pyramid:
    """One person's, from the first to the last frame that has one. values: (N,) in the rows of the
    predictions.
    """
    rows = predictions.rows_of_track(track)
    if not len(rows):
        return Pyramid(np.empty(0, np.float32))
    frames = predictions.frame[rows]
    over_time = np.full(int(frames[-1] - frames[0]) + 1, np.nan, np.float32)
    over_time[frames - frames[0]] = values[rows]
    return Pyramid(over_time, int(frames[0]))


def worst_of_all(
    predictions: Predictions, values: np.ndarray, tracks: frozenset[int], frames: int
) -> Pyramid | None:
    """The greatest value of the people in each frame; None without anybody. frames: of the video."""
    if not tracks:
        return None
    worst = np.full(frames, np.nan, np.float32)
    rows = np.isin(predictions.track, list(tracks))
    np.fmax.at(worst, predictions.frame[rows], values[rows].astype(np.float32))
    return Pyramid(worst)


def extremes(predictions: Predictions, values: np.ndarray, frames: int) -> tuple[Pyramid, Pyramid]:
    """The least and the greatest value of everyone in each frame. frames: of the video."""
    low, high = (np.full(frames, np.nan, np.float32) for _ in range(2))
    if len(predictions):
        there, starts = np.unique(predictions.frame, return_index=True)  # ordered by frame
        low[there], high[there] = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    return Pyramid(low), Pyramid(high)


def tracks_changed(
    predictions: Predictions | None, values: np.ndarray | None, before: np.ndarray | None
) -> frozenset[int]:
    """Whose values differ from those before, (N,) in the same rows; everybody's without those."""
    if predictions is None or values is None:
        return frozenset()
    differ = np.ones(len(values), bool)
    if before is not None and len(before) == len(values):
        differ = (values != before) & ~(np.isnan(values) & np.isnan(before))
    return frozenset(np.unique(predictions.track[differ]).tolist())
