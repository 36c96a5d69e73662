"""How widely an estimator spreads its belief in where the joints are."""

import numpy as np

from core.uncertainty.criterion import Criterion, Seen


class Entropy(Criterion):
    name = "entropy"
    short = "blur"
    title = "Heatmap entropy: the joints may be in many places"

    def measure(self, seen: Seen) -> np.ndarray:
        """Along both axes that of each, as of two that know nothing of one another."""
        return np.sum([heatmap_entropy(part) for part in seen.maps.parts], 0)


def heatmap_entropy(heatmaps: np.ndarray) -> np.ndarray:
    """Entropy of each heatmap taken as a distribution over cells, summed over joints. (N, K, h, w) ->
    (N,).
    """
    flat = heatmaps.reshape(*heatmaps.shape[:2], -1)
    total = np.maximum(flat.sum(2), 1e-12)
    return (np.log(total) - (flat * np.log(flat + 1e-9)).sum(2) / total).sum(1)
