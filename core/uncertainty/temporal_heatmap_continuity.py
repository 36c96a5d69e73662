"""THC: how much the heatmaps of a person change to the frames before and after."""

import numpy as np

from core.uncertainty.criterion import Criterion, Estimated

NEIGHBOUR_SECONDS = 0.2


class TemporalHeatmapContinuity(Criterion):
    name = "thc"
    short = "flicker"
    title = "Temporal heatmap continuity (THC): the estimate jumps between neighbouring frames"
    variants = ("ours", "paper")

    def __init__(self) -> None:
        self._tracks: dict[int, TrackContinuity] = {}

    def follow(self, track: int, seconds: float, heatmaps: np.ndarray, extent: np.ndarray) -> None:
        self._tracks.setdefault(track, TrackContinuity()).add(seconds, heatmaps, extent)

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        result = np.empty(len(estimated.track))
        for track, rows in estimated.rows_of_tracks.items():
            result[rows] = self._tracks[track].values(variant)
        return result


class TrackContinuity:
    """THC of one track (Taketsugu & Ukita 2024, sec. 4.1), its samples given one by one in the order of frames.

    T(t, s) = mean over joints of sum over cells |H_t - H_s|; THC_t = T(t, t-1) + T(t, t+1), a single one doubled.
    "paper": heatmaps are compared cell by cell though each crop has a box of its own; whatever sample comes next in the
    track is the neighbour; a sample without one has 0.
    "ours": the neighbour's heatmap is resampled into the crop of t first, so a box that trembles adds nothing; a neighbour
    lies within 0.2 s; a sample without one has NaN, which scoring replaces by the pool's median.
    """

    def __init__(self) -> None:
        self._before: tuple[float, np.ndarray, np.ndarray] | None = None
        self._ours: list[list[float]] = []
        self._paper: list[list[float]] = []

    def add(self, seconds: float, heatmaps: np.ndarray, extent: np.ndarray) -> None:
        """seconds: time in the video; heatmaps: (K, h, w) float32; extent: (4,) left, top, width, height, image pixels."""
        self._ours.append([])
        self._paper.append([])
        if self._before is not None:
            earlier, other, other_extent = self._before
            change = heatmap_change(heatmaps, other)
            self._paper[-2].append(change)
            self._paper[-1].append(change)
            if seconds - earlier <= NEIGHBOUR_SECONDS:
                if (extent == other_extent).all():
                    self._ours[-2].append(change)
                    self._ours[-1].append(change)
                else:
                    self._ours[-2].append(heatmap_change(other, move(heatmaps, extent, other_extent)))
                    self._ours[-1].append(heatmap_change(heatmaps, move(other, other_extent, extent)))
        self._before = seconds, heatmaps, extent

    def values(self, variant: str) -> np.ndarray:
        """(n,) float32 >= 0 for the samples added so far. variant: 'ours' or 'paper'."""
        terms, missing = (self._ours, np.nan) if variant == "ours" else (self._paper, 0.0)
        return np.array([2 * sum(t) / len(t) if t else missing for t in terms], np.float32)


def heatmap_change(a: np.ndarray, b: np.ndarray) -> float:
    """Mean over joints of the summed absolute difference. a, b: (K, h, w)."""
    return float(np.abs(a - b).sum(dtype=np.float64) / len(a))


def move(heatmaps: np.ndarray, extent: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Heatmaps (K, h, w) of one extent as they would stand in another, bilinear, 0 where nothing is known."""
    rows = _interpolation(heatmaps.shape[1], *extent[1::2], *target[1::2])
    columns = _interpolation(heatmaps.shape[2], *extent[::2], *target[::2])
    return rows @ heatmaps @ columns.T


def _interpolation(cells: int, origin: float, length: float, new_origin: float, new_length: float) -> np.ndarray:
    """(cells, cells) float32: row i holds the weights of the old cells that make up new cell i."""
    at = (new_origin - origin + (np.arange(cells) + 0.5) * (new_length / cells)) * (cells / length) - 0.5
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(cells)[None])).astype(np.float32)
