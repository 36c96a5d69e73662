"""What the lanes show of the poses: values of samples as curves over the frames, and which of them changed.

Nothing here touches the window, so that a long video's can be made beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from app.session.session import CHOSEN
from app.timeline.pyramid import Pyramid
from core.project.store.predictions import Predictions

LEAST_GREATEST = 0.1
Scores = Callable[[str], np.ndarray | None]  # by name of a criterion, see Session.scores


@dataclass(frozen=True)
class Wanted:
    """What is to be shown. names: criteria that have a lane, beside the overview; people: of interest;
    drawn: whose curves; ranges: whether the range of all is, too; frames: of the video.
    """

    names: tuple[str, ...]
    people: frozenset[int]
    drawn: tuple[int, ...]
    ranges: bool
    frames: int


@dataclass(frozen=True, eq=False)
class Series:
    """predictions: whose they are, None without any; values: by criterion, (N,) in their rows; curves: by
    criterion and person; ranges: by criterion, the least and the greatest of everyone; worst: of the people
    of interest, for the overview; predicted: (frames,) bool.
    """

    predictions: Predictions | None = None
    wanted: Wanted | None = None
    values: dict[str, np.ndarray | None] = field(default_factory=dict)
    curves: dict[str, dict[int, Pyramid]] = field(default_factory=dict)
    ranges: dict[str, tuple[Pyramid, Pyramid]] = field(default_factory=dict)
    worst: Pyramid | None = None
    predicted: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))

    def greatest(self, name: str) -> float:
        """The greatest value of a criterion in the video, but not so little that noise would look large."""
        values = self.values.get(name)
        known = np.empty(0) if values is None else values[np.isfinite(values)]
        return max(float(known.max(initial=0.0)), LEAST_GREATEST)


def series_of(predictions: Predictions | None, wanted: Wanted, scores: Scores, before: Series) -> Series:
    """What is to be shown; what has the values that it had before is taken from there, not made again."""
    fresh = predictions is not before.predictions or before.wanted is None
    values = {name: scores(name) for name in {*wanted.names, CHOSEN}}
    changed = {
        name: tracks_changed(predictions, own, None if fresh else before.values.get(name))
        for name, own in values.items()
    }
    curves: dict[str, dict[int, Pyramid]] = {}
    ranges: dict[str, tuple[Pyramid, Pyramid]] = {}
    for name in wanted.names:
        own, known = values[name], {} if fresh else before.curves.get(name, {})
        curves[name] = {}
        if own is None or predictions is None:
            continue
        for track in wanted.drawn:
            stays = track in known and track not in changed[name]
            curves[name][track] = known[track] if stays else pyramid_of(predictions, own, track)
        if wanted.ranges:
            stays = not fresh and name in before.ranges and not changed[name]
            ranges[name] = before.ranges[name] if stays else extremes(predictions, own, wanted.frames)
    worst, own = before.worst, values[CHOSEN]
    if predictions is None or own is None:
        worst = None
    elif fresh or changed[CHOSEN] or before.wanted is None or wanted.people != before.wanted.people:
        worst = worst_of_all(predictions, own, wanted.people, wanted.frames)
    predicted = before.predicted
    if fresh:
        predicted = np.zeros(wanted.frames, bool)
        if predictions is not None:
            predicted[predictions.frame] = True
    return Series(predictions, wanted, values, curves, ranges, worst, predicted)


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
