"""Learning curves to figures a reader can compare: mean and interval over seeds, and differences in pairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from core.benchmark.plan import BLIND, Run
from core.evaluation.learning_curve import area_under_curve, labels_needed

TARGET = 0.95
WHOLE = 0.98  # share of the poses from which a video can be published as it is
RULES = ("min_error", "proposed", "advised", "oracle")


@dataclass(frozen=True)
class Curve:
    """One run, seen from its labels. rounds: as in ruler.Round; samples: of the data set."""

    run: Run
    rounds: list[dict]
    samples: int

    def column(self, name: str) -> np.ndarray:
        """(n,) a figure of ruler.Round, round by round."""
        return np.array([entry[name] for entry in self.rounds])

    @property
    def shares(self) -> np.ndarray:
        """(n,) labelled."""
        return self.column("labelled") / self.samples

    @property
    def seconds(self) -> dict[str, float]:
        """Of a round, by step."""
        steps = ("estimating", "selecting", "training")
        return {
            name: float((self.column(name)[:-1] if len(self.rounds) > 1 else self.column(name)).mean())
            for name in steps
        }

    @property
    def method(self) -> str:
        """What is compared on each data set."""
        run = self.run
        if run.sampler in BLIND:
            return run.sampler if run.variant == "ours" else f"{run.sampler} ({run.variant})"
        return f"{run.sampler} {run.criterion}" + ("" if run.variant == "ours" else f" ({run.variant})")

    def at(self, share: float, name: str) -> float:
        """A figure at a labelled share; a curve that ended because nothing was left to do stays at its last,
        and of one that was not followed so far nothing is known: NaN.
        """
        if share > self.shares[-1] and self.rounds[-1]["right75"] < 1:
            return float("nan")
        return float(np.interp(share, self.shares, self.column(name)))

    def figures(self) -> dict[str, float]:
        shares, exported, exported75 = self.shares, self.column("ann60"), self.column("exported75")
        return {
            "AP@0.6 at 0 %": float(exported[0]),
            "AP@0.6 at 5 %": self.at(0.05, "ann60"),
            "AP@0.6 at 10 %": self.at(0.10, "ann60"),
            "AP@0.75 at 20 %": self.at(0.20, "ann75"),
            "ALC": area_under_curve(shares, exported),
            "ALC to 20 %": area_under_curve(shares, exported, 0.2),
            "labels for 0.95": labels_needed(shares, exported, TARGET),
            "labels for raw 0.95": labels_needed(shares, self.column("ap60"), TARGET),
            "joints moved": float(self.column("moved").sum()),
            "touches per 1,000 for 0.95": labels_needed(self.column("touches_per_1000"), exported75, TARGET),
            "touches per 1,000 for 0.98": labels_needed(self.column("touches_per_1000"), exported75, WHOLE),
            "refined, touches for 0.98": labels_needed(
                self.column("touches_per_1000"), self.column("refined75"), WHOLE
            ),
            "rounds worse": float(self.column("worse")[1:].mean()) if len(self.rounds) > 1 else 0.0,
            "newly on another": float(self.column("newly_on_another").sum()),
        }


def methods(curves: Sequence[Curve]) -> list[str]:
    """In the order they were asked for."""
    return list(dict.fromkeys(c.method for c in curves))


def mean_and_interval(values: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """Mean and half the width of its 95 % interval (Student's t); NaN width for fewer than two values, NaN
    for a NaN.
    """
    given = np.asarray(values, float)
    if len(given) < 2:
        return float(given.mean()), float("nan")
    half = stats.t.ppf(0.975, len(given) - 1) * given.std(ddof=1) / np.sqrt(len(given))
    return float(given.mean()), float(half)


def paired(curves: Sequence[Curve], others: Sequence[Curve], figure: Callable[[Curve], float]) -> list[float]:
    """Differences of a figure between runs with the same data set and seed."""
    known = {(c.run.dataset, c.run.seed): figure(c) for c in others}
    mine = ((c, known.get((c.run.dataset, c.run.seed))) for c in curves)
    return [figure(c) - other for c, other in mine if other is not None]


def stops(curve: Curve) -> dict[str, tuple[float, float] | None]:
    """Of each stopping rule the labelled share when it first says stop, and AP@0.6 (ANN) of what would be
    exported then; None for one that never does.
    """
    found: dict[str, tuple[float, float] | None] = {}
    for rule in RULES:
        entry = next((r for r in curve.rounds if r[rule]), None)
        if entry is None:
            found[rule] = None
        else:
            found[rule] = ((entry["labelled"] + len(entry["queried"])) / curve.samples, entry["final60"])
    return found
