"""MPE: how evenly the peaks of a heatmap share its belief."""

import numpy as np

from core.uncertainty.criterion import Criterion, Seen


class MultiplePeakEntropy(Criterion):
    name = "mpe"
    short = "several peaks"
    title = "Multiple peak entropy (MPE): joints have several likely places"

    def measure(self, seen: Seen) -> np.ndarray:
        return multiple_peak_entropy(seen.peaks)


def multiple_peak_entropy(peaks: np.ndarray) -> np.ndarray:
    """MPE (Liu & Ferrari 2017): entropy of the softmax over the peaks' heights, summed over joints. (N, K,
    5) -> (N,).
    """
    present = peaks > 0
    odds = np.where(present, np.exp(peaks), 0)
    share = odds / np.maximum(odds.sum(2, keepdims=True), 1e-12)
    return -(share * np.log(np.maximum(share, 1e-12))).sum((1, 2))
