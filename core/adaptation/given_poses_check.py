"""Whether an adapted estimator's poses may take the place of poses that came from a file."""

from collections.abc import Callable

import numpy as np

from core.adaptation.reading import label_oks, read_poses
from core.adaptation.train_round import EXACT, LESS
from core.adaptation.training_set import TrainingSet
from core.estimation.network import Estimator

FOLDS = 2


def oks_of(estimator: Estimator, data: TrainingSet) -> np.ndarray:
    """(M,) of its poses with the labels."""
    return label_oks(read_poses(estimator, data), data, estimator.spec)


def unseen_oks(data: TrainingSet, train: Callable[[np.ndarray], Estimator]) -> np.ndarray:
    """(M,) OKS of each label under an estimator that did not learn from it: cross-validation in FOLDS parts.

    train: makes one of the labels whose rows, (M,) bool, are given.
    """
    found = np.full(len(data.points), np.nan)
    for fold in range(FOLDS):
        apart = np.arange(len(data.points)) % FOLDS == fold
        found[apart] = oks_of(train(~apart), data.rows(apart))
    return found


def nearer(given: np.ndarray, estimated: np.ndarray, how: str) -> str:
    """Why the poses of the file stay, as what goes on from "because", '' where the estimator's are as good.

    how: which labels these are to the estimator. given, estimated: (M,) OKS with the same labels, NaN for
    unknown. A pose that was accepted as it was has 1 by itself, so that more than EXACT counts as EXACT.
    """
    both = np.isfinite(given) & np.isfinite(estimated)
    ours, theirs = (float(np.minimum(values[both], EXACT).mean()) for values in (estimated, given))
    if ours >= theirs - LESS:
        return ""
    return f"they are nearer to your labels (mean OKS {theirs:.2f}; the estimator's {ours:.2f}, {how})"
