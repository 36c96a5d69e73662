"""How good the estimator is before labels say so: a prior for G, the competence that DUW weighs by.

Fitted with MoveNet Lightning on the three long sets (11,957 poses with exact truth): mean OKS by mean
confidence of the joints, poses that lie on a neighbour apart. Fitted on two of them it gives the third's mean
OKS within .06, and that of a real clip, which is of none, within .08 (.77 for .85); sample by sample it
correlates with OKS by .80 to .89. How a pose jitters against the frames beside says nothing further
(correlation with what is left -.33 to .15, of both signs), so it does not enter.

Off by default (setting `prior`, the share of the expected OKS that enters). A first batch of 1 % gets harder
by it, its mean OKS falls from .62/.61/.76 (cuts, three people, walk) to .57/.55/.67 with a fifth of it and to
.32/-/.58 with all, but the round after it gets no better: OKS >= .75 is .665/.804/.871 without,
.726/.794/.766 with a fifth, .212/.795/.863 with half, .666/-/.818 with all (one seed, the training of 0.2.0).
"""

import numpy as np

CONFIDENCE = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
OKS = (0.29, 0.44, 0.63, 0.7, 0.82, 0.92, 0.97)
ON_NEIGHBOUR = 0.2  # OKS of a pose that lies on another's body
WORTH = 5  # labels drawn at random that say as much as the prior


def expected_oks(confidence: np.ndarray, on_neighbour: np.ndarray) -> np.ndarray:
    """(N,) in 0..1. confidence: (N, K) of the joints; on_neighbour: (N,) bool, poses that lie on another's
    body.
    """
    return np.where(on_neighbour, ON_NEIGHBOUR, np.interp(confidence.mean(1), CONFIDENCE, OKS))


def blended(prior: float, mean: float, count: int) -> float:
    """The prior with what `count` labels drawn at random say: their mean OKS before annotation."""
    return (WORTH * prior + count * mean) / (WORTH + count)
