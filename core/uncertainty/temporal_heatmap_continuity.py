"""THC: how much the heatmaps of a person change to the frames before and after."""

from dataclasses import replace

import numpy as np

from core.estimation.maps import Maps
from core.uncertainty.criterion import Criterion, Estimated

NEIGHBOUR_SECONDS = 0.2


class TemporalHeatmapContinuity(Criterion):
    name = "thc"
    short = "flicker"
    title = "Temporal heatmap continuity (THC): the estimate jumps between neighbouring frames"
    variants = ("ours", "paper")

    def __init__(self) -> None:
        self._tracks: dict[int, TrackContinuity] = {}

    def follow(self, track: int, seconds: float, maps: Maps, extent: np.ndarray) -> None:
        self._tracks.setdefault(track, TrackContinuity()).add(seconds, maps, extent)

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        result = np.empty(len(estimated.track))
        for track, rows in estimated.rows_of_tracks.items():
            result[rows] = self._tracks[track].values(variant)
        return result


class TrackContinuity:
    """THC of one track (Taketsugu & Ukita 2024, sec. 4.1), its samples given one by one in the order of
    frames.

    T(t, s) = mean over joints of sum over cells |H_t - H_s|; THC_t = T(t, t-1) + T(t, t+1), a single one
    doubled. Of distributions along the axes, the sum over both. "paper": heatmaps are compared cell by cell
    though each crop has a box of its own; whatever sample comes next in the track is the neighbour; a sample
    without one has 0. "ours": the neighbour's heatmap is resampled into the crop of t first, so a box that
    trembles adds nothing; a neighbour lies within 0.2 s; a sample without one has NaN, which scoring replaces
    by the pool's median.
    """

    def __init__(self) -> None:
        self._before: tuple[float, Maps, np.ndarray] | None = None
        self._ours: list[list[float]] = []
        self._paper: list[list[float]] = []

    def add(self, seconds: float, maps: Maps, extent: np.ndarray) -> None:
        """seconds: time in the video; maps: of one sample; extent: (4,) left, top, width, height, image
        pixels.
        """
        self._ours.append([])
        self._paper.append([])
        if self._before is not None:
            earlier, other, other_extent = self._before
            change = change_of(maps, other)
            self._paper[-2].append(change)
            self._paper[-1].append(change)
            if seconds - earlier <= NEIGHBOUR_SECONDS:
                if (extent == other_extent).all():
                    self._ours[-2].append(change)
                    self._ours[-1].append(change)
                else:
                    self._ours[-2].append(change_of(other, move(maps, extent, other_extent)))
                    self._ours[-1].append(change_of(maps, move(other, other_extent, extent)))
        self._before = seconds, maps, extent

    def values(self, variant: str) -> np.ndarray:
        """(n,) float32 >= 0 for the samples added so far. variant: 'ours' or 'paper'."""
        terms, missing = (self._ours, np.nan) if variant == "ours" else (self._paper, 0.0)
        return np.array([2 * sum(t) / len(t) if t else missing for t in terms], np.float32)


def change_of(one: Maps, other: Maps) -> float:
    """Mean over joints of the summed absolute difference, of one sample each."""
    parts = zip(one.parts, other.parts, strict=True)
    return sum(float(np.abs(a - b).sum(dtype=np.float64)) for a, b in parts) / one.parts[0].shape[1]


def move(maps: Maps, extent: np.ndarray, target: np.ndarray) -> Maps:
    """Maps of one extent as they would stand in another, bilinear, 0 where nothing is known."""

    def moved(part: np.ndarray) -> np.ndarray:
        if part.shape[2] > 1:
            part = _interpolation(part.shape[2], *extent[1::2], *target[1::2]) @ part
        if part.shape[3] > 1:
            part = part @ _interpolation(part.shape[3], *extent[::2], *target[::2]).T
        return part

    return replace(maps, parts=tuple(moved(part) for part in maps.parts))


def _interpolation(
    cells: int, origin: float, length: float, new_origin: float, new_length: float
) -> np.ndarray:
    """(cells, cells) float32: row i holds the weights of the old cells that make up new cell i."""
    at = (new_origin - origin + (np.arange(cells) + 0.5) * (new_length / cells)) * (cells / length) - 0.5
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(cells)[None])).astype(np.float32)
