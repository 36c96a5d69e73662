"""Learning curves to figures a reader can compare: mean and interval over seeds, and differences to Random in pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from core.benchmark.plan import BLIND, Run
from core.evaluation.learning_curve import area_under_curve, labels_needed

TARGET = 0.95
RULES = ("min_error", "proposed", "advised", "oracle")


@dataclass(frozen=True)
class Curve:
    """One run, seen from its labels. shares: (n,) labelled; ann60, ann75, raw60: (n,) AP; the rest by name."""

    run: Run
    shares: np.ndarray
    ann60: np.ndarray
    ann75: np.ndarray
    raw60: np.ndarray
    moved: int
    seconds: dict[str, float]
    rounds: list[dict]
    samples: int

    @property
    def method(self) -> str:
        """What is compared on each data set."""
        run = self.run
        if run.sampler in BLIND:
            return run.sampler if run.variant == "ours" else f"{run.sampler} ({run.variant})"
        return f"{run.sampler} {run.criterion}" + ("" if run.variant == "ours" else f" ({run.variant})")

    def at(self, share: float, values: np.ndarray) -> float:
        """The value at a labelled share; a curve that ended early stays at its last."""
        return float(np.interp(share, self.shares, values))

    def figures(self) -> dict[str, float]:
        return {
            "AP@0.6 at 0 %": float(self.ann60[0]),
            "AP@0.6 at 5 %": self.at(0.05, self.ann60),
            "AP@0.6 at 10 %": self.at(0.10, self.ann60),
            "AP@0.75 at 20 %": self.at(0.20, self.ann75),
            "ALC": area_under_curve(self.shares, self.ann60),
            "ALC to 20 %": area_under_curve(self.shares, self.ann60, 0.2),
            "labels for 0.95": labels_needed(self.shares, self.ann60, TARGET),
            "labels for raw 0.95": labels_needed(self.shares, self.raw60, TARGET),
            "joints moved": self.moved,
        }


def curve(run: Run, rounds: list[dict], samples: int) -> Curve:
    def column(name: str) -> np.ndarray:
        return np.array([entry[name] for entry in rounds])

    return Curve(
        run,
        column("labelled") / samples,
        column("ann60"),
        column("ann75"),
        column("ap60"),
        int(column("moved").sum()),
        {name: float(column(name)[:-1].mean()) for name in ("estimating", "selecting", "training")},
        rounds,
        samples,
    )


def mean_and_interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half the width of its 95 % interval (Student's t); NaN width for fewer than two values, NaN for a NaN."""
    values = np.asarray(values, float)
    if len(values) < 2:
        return float(values.mean()), float("nan")
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(half)


def paired(curves: Sequence[Curve], others: Sequence[Curve], figure: str) -> list[float]:
    """Differences of a figure between runs with the same data set and seed."""
    known = {(c.run.dataset, c.run.seed): c.figures()[figure] for c in others}
    mine = ((c, known.get((c.run.dataset, c.run.seed))) for c in curves)
    return [c.figures()[figure] - other for c, other in mine if other is not None]


def stops(curve: Curve) -> dict[str, tuple[float, float] | None]:
    """Of each stopping rule the labelled share when it first says stop, and AP@0.6 (ANN) of what would be exported then;
    None for one that never does.
    """
    found: dict[str, tuple[float, float] | None] = {}
    for rule in RULES:
        entry = next((r for r in curve.rounds if r[rule]), None)
        if entry is None:
            found[rule] = None
        else:
            found[rule] = ((entry["labelled"] + len(entry["queried"])) / curve.samples, entry["final60"])
    return found
