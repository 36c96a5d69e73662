"""How little the best place for a joint stands out from the second best."""

import numpy as np

from core.uncertainty.criterion import Criterion, Estimated, Heatmaps


class Margin(Criterion):
    title = "Peak margin"

    def measure(self, heatmaps: Heatmaps) -> np.ndarray:
        return margin(heatmaps.peaks)

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        return estimated.measured["margin"]


def margin(peaks: np.ndarray) -> np.ndarray:
    """Minus the highest peak over the second, summed over joints. (N, K, 5) -> (N,)."""
    return -(peaks[..., 0] - peaks[..., 1]).sum(1)
