"""MC dropout: how much the heatmaps change when parts of the network are left out."""

from core.uncertainty.criterion import Criterion


class Dropout(Criterion):
    """Computed by the estimator itself, see core.estimation.dropout."""

    name = "dropout"
    short = "dropout"
    title = "MC dropout: the estimate changes when a part of the network is left out"
    further = True
