"""MC dropout: how much the heatmaps change when parts of the network are left out."""

import numpy as np

from core.uncertainty.criterion import Criterion, Seen


class Dropout(Criterion):
    """Computed by the estimator itself, see core.estimation.dropout."""

    name = "dropout"
    short = "dropout"
    title = "MC dropout: the estimate changes when a part of the network is left out"
    further = True

    def measure(self, seen: Seen) -> np.ndarray:
        return seen.session.dropout(seen.crops)
