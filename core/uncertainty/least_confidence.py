"""LC: how little the estimator believes in its joints."""

import numpy as np

from core.uncertainty.criterion import Criterion, Estimated


class LeastConfidence(Criterion):
    name = "lc"
    short = "low confidence"
    title = "Least confidence (LC): the peaks of the joints are low"
    of_poses = True

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        return least_confidence(estimated.confidence)


def least_confidence(confidence: np.ndarray) -> np.ndarray:
    """Taketsugu & Ukita 2024, sec. 4.1. confidence: (N, K) height of each joint's peak -> (N,), higher =
    less sure.
    """
    return -confidence.sum(1)
