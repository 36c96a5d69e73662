"""When labelling more would not pay: the stopping criteria of Taketsugu & Ukita 2024, sec. 3.4."""

from dataclasses import dataclass

import numpy as np

SHARE_TO_STOP = 0.95
LEAST_LABELS = 5  # of a round, to judge by
MOST_UNSEEN = 0.5  # of a round's labels: a few that are accepted at once as they were estimated are usual
UNMOVED = 0.0005  # body heights: joints that nobody moved
NORMAL = 1.96  # standard deviations of a 95 % interval


@dataclass(frozen=True)
class StopAdvice:
    """stop: the suggestion. proposed: every label reached tau (the paper's criterion, strict). min_error: the
    latest round's mean did. sentence: the suggestion with its reason, for the user.
    """

    stop: bool
    proposed: bool
    min_error: bool
    sentence: str


@dataclass(frozen=True)
class Audit:
    """What a random sample of a round says of all poses that nobody looked at.

    count: poses looked at; share: of them with OKS >= tau; low, high: 95 % interval of the share in the
    whole; mean: OKS before annotation, None where older versions did not write it down.
    """

    count: int
    share: float
    low: float
    high: float
    mean: float | None = None

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
    half = (
        NORMAL / (1 + NORMAL**2 / count) * np.sqrt(share * (1 - share) / count + NORMAL**2 / (4 * count**2))
    )
    return Audit(
        count, share, float(max(0, middle - half)), float(min(1, middle + half)), float(values.mean())
    )


def advise(
    latest: np.ndarray,
    so_far: np.ndarray,
    tau: float,
    waiting: int = 0,
    wrong: str = "",
    unseen: int = 0,
    off: float | None = None,
    unchecked: int = 0,
    doubtful: int = 0,
) -> StopAdvice:
    """latest: (n,) OKS before annotation of this round's labels; so_far: (m,) of all labels, by this round's
    estimator; waiting: poses of this round's batch that nobody looked at yet; wrong: which unlabelled poses
    are known to be wrong, in words; unseen: how many of this round's labels were accepted as estimated, and
    nobody knows whether they were looked at; off: how far this round's joints were from where its labels put
    them, in body heights, mean; unchecked: poses of the round without a label; doubtful: labels of so_far of
    which it is not known whose they are, and which count as wrong.

    The proposed criterion asks that all of so_far reach tau; one bad label would block it for ever, so the
    suggestion asks it of 95 %, of no fewer than five labels in this round, of a batch that was looked at as a
    whole, and of a round without poses that cannot be right.
    """
    if not len(latest):
        todo = "correct the poses that wait" if waiting else "propose a batch and correct it"
        return StopAdvice(False, False, False, f"No labels in this round yet: {todo}.")
    share, mean = float((so_far >= tau).mean()), float(latest.mean())
    enough = share >= SHARE_TO_STOP
    good = enough and mean >= tau
    met = _met(share, len(so_far), off, doubtful)
    stop = False
    if good and waiting:
        sentence = (
            f"Go on: {met}, but {waiting} of the batch {'is' if waiting == 1 else 'are'} not looked at yet."
        )
    elif enough and len(latest) < LEAST_LABELS:
        sentence = f"Go on: {met}, but a round needs {LEAST_LABELS} labels to judge by."
    elif good and wrong:
        sentence = f"Go on: {met}, but {wrong}."
    elif good and unseen > MOST_UNSEEN * len(latest):
        sentence = (
            f"Look at each: {met}, but {unseen} of {len(latest)} were accepted at once as they were "
            "estimated."
        )
    elif good:
        stop, sentence = True, f"You can stop: {met}."
        if unchecked:
            sentence += f" Nobody has looked at the other {unchecked:,} poses."
    elif enough:
        sentence = f"Go on: {met}, so others like them may be wrong, too."
    else:
        sentence = f"Go on: {met}."
    return StopAdvice(stop, bool((so_far >= tau).all()), mean >= tau, sentence)


def _met(share: float, count: int, off: float | None, doubtful: int) -> str:
    """How many of `count` labels are right, and how far this round's joints were off, in words."""
    met = f"{share:.0%} of {count} labelled poses are right now"
    if count == 1:
        met = f"the one labelled pose is {'in doubt' if doubtful else 'right' if share else 'wrong'} now"
    elif share < SHARE_TO_STOP:
        met += f" ({SHARE_TO_STOP:.0%} are needed)"
    if off is None:
        return met
    if off < UNMOVED:
        return f"{met}, and nothing of this batch had to be moved"
    return f"{met}, and this batch's joints were off by {off:.1%} of body height before you corrected them"
