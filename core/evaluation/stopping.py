"""When labelling more would not pay: the stopping criteria of Taketsugu & Ukita 2024, sec. 3.4."""

from dataclasses import dataclass

import numpy as np

SHARE_TO_STOP = 0.95
LEAST_LABELS = 5  # of a round, to judge by
NORMAL = 1.96  # standard deviations of a 95 % interval


@dataclass(frozen=True)
class StopAdvice:
    """stop: the suggestion. proposed: every label reached tau (the paper's criterion, strict). min_error: the latest
    round's mean did. sentence: the suggestion with its reason, for the user.
    """

    stop: bool
    proposed: bool
    min_error: bool
    sentence: str


@dataclass(frozen=True)
class Audit:
    """What a random sample of a round says of all poses that nobody looked at.

    count: poses looked at; share: of them with OKS >= tau; low, high: 95 % interval of the share in the whole.
    """

    count: int
    share: float
    low: float
    high: float

    @property
    def sentence(self) -> str:
        drawn = f"Of {self.count} poses drawn at random {self.share:.0%} were right"
        if self.count == 1:
            drawn = f"The one pose drawn at random was {'right' if self.share else 'wrong'}"
        return f"{drawn}; of all the rest {self.low:.0%} to {self.high:.0%} are (95 % interval)."


def audit(values: np.ndarray, tau: float) -> Audit | None:
    """values: (n,) OKS before annotation of samples drawn at random; None for no samples.

    The interval is Wilson's (1927), which holds for few samples and for shares near 1.
    """
    count = len(values)
    if not count:
        return None
    share = float((values >= tau).mean())
    middle = (share + NORMAL**2 / (2 * count)) / (1 + NORMAL**2 / count)
    half = NORMAL / (1 + NORMAL**2 / count) * np.sqrt(share * (1 - share) / count + NORMAL**2 / (4 * count**2))
    return Audit(count, share, float(max(0, middle - half)), float(min(1, middle + half)))


def advise(latest: np.ndarray, so_far: np.ndarray, tau: float, waiting: int = 0) -> StopAdvice:
    """latest: (n,) OKS before annotation of this round's labels; so_far: (m,) of all labels, by this round's estimator;
    waiting: poses of this round's batch that nobody looked at yet.

    The proposed criterion asks that all of so_far reach tau; one bad label would block it for ever, so the suggestion
    asks it of 95 %, of no fewer than five labels in this round, and of a batch that was looked at as a whole.
    """
    if not len(latest):
        todo = "correct the poses that wait" if waiting else "propose a batch and correct it"
        return StopAdvice(False, False, False, f"No labels in this round yet: {todo}.")
    share, mean = float((so_far >= tau).mean()), float(latest.mean())
    enough = len(latest) >= LEAST_LABELS
    good = share >= SHARE_TO_STOP and mean >= tau
    of_all = "1 labelled pose reaches" if len(so_far) == 1 else f"{len(so_far)} labelled poses reach"
    met = f"{share:.0%} of {of_all} OKS {tau:g} (mean of this batch {mean:.2f})"
    if good and waiting:
        sentence = f"Go on: {met}, but {waiting} of the batch {'is' if waiting == 1 else 'are'} not looked at yet."
    elif good and enough:
        sentence = f"You can stop: {met}."
        if (latest == 1).all():
            sentence += " Every pose was accepted as it was estimated: make sure that you looked at each."
    elif share >= SHARE_TO_STOP and not enough:
        sentence = f"Go on: {met}, but a round needs {LEAST_LABELS} labels to judge by."
    else:
        sentence = f"Go on: {met}; {SHARE_TO_STOP:.0%} are needed."
    stop = good and enough and not waiting
    return StopAdvice(stop, bool((so_far >= tau).all()), mean >= tau, sentence)
