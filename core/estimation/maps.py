"""Where an estimator sees the joints of people: a heatmap over the crop for each, or a distribution along
each axis of it.

The one place that knows both kinds; what is measured on the cells of a map is measured on either alike, part
by part.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from core.estimation.decode import decode
from core.estimation.spec import EstimatorSpec

# beta of RTMPose's loss (Jiang et al. 2023): what an axis gives, times this, are logits of its cells
SHARPNESS = 10.0
APART = 5  # cells of a heatmap within which there is one peak only
APART_ALONG = 20  # the same along an axis, in pixels of the crop


@dataclass(frozen=True)
class Maps:
    """Of N crops and K joints.

    parts: one array (N, K, h, w) float32 of heatmaps in 0..1, or two of distributions along the axes (SimCC,
    Li et al. 2022), (N, K, 1, w) and (N, K, h, 1), each of which sums to 1; tops: how high the peak of each
    part is where all is sure; apart: cells within which there is one peak only.
    """

    parts: tuple[np.ndarray, ...]
    tops: tuple[float, ...] = (1.0,)
    apart: int = APART

    @classmethod
    def of(cls, values: np.ndarray, spec: EstimatorSpec) -> "Maps":
        """values: what an estimator of that spec gives, see EstimatorSpec."""
        if not spec.along_axes:
            return cls((values,))
        columns, rows = spec.cells
        parts = values[:, :, None, :columns], values[:, :, columns:, None]
        return cls(parts, (top_of(columns), top_of(rows)), round(APART_ALONG / spec.stride))

    def __len__(self) -> int:
        return len(self.parts[0])

    def rows(self, wanted: slice) -> "Maps":
        """Of some crops, without a copy."""
        return replace(self, parts=tuple(part[wanted] for part in self.parts))

    @property
    def heights(self) -> tuple[np.ndarray, ...]:
        """The parts, so that a sure peak is 1."""
        if all(top == 1 for top in self.tops):
            return self.parts
        return tuple(part / np.float32(top) for part, top in zip(self.parts, self.tops, strict=True))

    def decode(self) -> tuple[np.ndarray, np.ndarray]:
        """Cells (N, K, 2) float32 x, y, cell centre = integer, refined below the cell, and confidence (N, K)
        in 0..1: the height of the peak, along axes that of the lesser one.
        """
        found = [decode(part) for part in self.parts]
        peaks = np.min([peak / np.float32(top) for (_, peak), top in zip(found, self.tops, strict=True)], 0)
        cells = found[0][0] if len(found) == 1 else np.stack([found[0][0][..., 0], found[1][0][..., 1]], 2)
        return cells, np.minimum(peaks, 1)

    def picture(self, sample: int, joint: int) -> np.ndarray:
        """(h, w) in 0..1 to look at; along axes the product of both."""
        product = self.heights[0][sample, joint]
        for height in self.heights[1:]:
            product = product * height[sample, joint]
        return np.minimum(product, 1)


@cache
def top_of(cells: int) -> float:
    """The peak of what RTMPose is taught along an axis of so many cells, see axis_deviation."""
    off = np.arange(cells) - cells // 2
    weights = np.exp(SHARPNESS * np.exp(-(off**2) / (2 * axis_deviation(cells) ** 2)))
    return float(weights.max() / weights.sum())


def axis_deviation(cells: int) -> float:
    """Cells: sigma of the Gaussian whose softmax, times SHARPNESS, RTMPose is taught: 4.9 for 192 pixels,
    5.66 for 256.
    """
    return (cells / 16) ** 0.5
