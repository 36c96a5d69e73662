"""When labelling more would not pay: the stopping criteria of Taketsugu & Ukita 2024, sec. 3.4."""

from dataclasses import dataclass

import numpy as np

SHARE_TO_STOP = 0.95
LEAST_LABELS = 5  # of a round, to judge by


@dataclass(frozen=True)
class StopAdvice:
    """stop: the suggestion. proposed: every label reached tau (the paper's criterion, strict). min_error: the latest
    round's mean did. sentence: the suggestion with its reason, for the user.
    """

    stop: bool
    proposed: bool
    min_error: bool
    sentence: str


def advise(latest: np.ndarray, so_far: np.ndarray, tau: float) -> StopAdvice:
    """latest: (n,) OKS before annotation of this round's labels; so_far: (m,) of all labels, by this round's estimator.

    The proposed criterion asks that all of so_far reach tau; one bad label would block it for ever, so the suggestion
    asks it of 95 %, and of no fewer than five labels in this round.
    """
    if not len(latest):
        return StopAdvice(False, False, False, "No labels in this round yet: propose a batch and correct it.")
    share, mean = float((so_far >= tau).mean()), float(latest.mean())
    enough = len(latest) >= LEAST_LABELS
    stop = enough and share >= SHARE_TO_STOP and mean >= tau
    met = f"{share:.0%} of {len(so_far)} labelled poses reach OKS {tau:g} (mean of this batch {mean:.2f})"
    if stop:
        sentence = f"You can stop: {met}."
    elif not enough and share >= SHARE_TO_STOP:
        sentence = f"Go on: {met}, but a round needs {LEAST_LABELS} labels to judge by."
    else:
        sentence = f"Go on: {met}; {SHARE_TO_STOP:.0%} are needed."
    return StopAdvice(stop, bool((so_far >= tau).all()), mean >= tau, sentence)
