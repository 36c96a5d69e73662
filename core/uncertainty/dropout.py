"""MC dropout: how much the heatmaps change when parts of the network are left out."""

import numpy as np

from core.uncertainty.criterion import Criterion, Estimated


class Dropout(Criterion):
    """Computed by the estimator itself, see core.estimation.dropout."""

    title = "MC dropout"
    further = True

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        return estimated.measured["dropout"]
