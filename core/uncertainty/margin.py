"""How little the best place for a joint stands out from the second best."""

import numpy as np

from core.uncertainty.criterion import Criterion, Seen


class Margin(Criterion):
    name = "margin"
    short = "rival peaks"
    title = "Peak margin: a second place of a joint is nearly as likely"

    def measure(self, seen: Seen) -> np.ndarray:
        return margin(seen.peaks)


def margin(peaks: np.ndarray) -> np.ndarray:
    """Minus the highest peak over the second, summed over joints. (N, K, 5) -> (N,)."""
    return -(peaks[..., 0] - peaks[..., 1]).sum(1)
