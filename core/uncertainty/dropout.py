"""MC dropout: how much the heatmaps change when parts of the network are left out."""

from core.uncertainty.criterion import Criterion


class Dropout(Criterion):
    """Computed by the estimator itself, see core.estimation.dropout."""

    name = "dropout"
    title = "MC dropout"
    further = True
