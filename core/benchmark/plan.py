"""What a benchmark is asked to do."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.domain import COCO17, UserError
from core.formats.records import read_text
from core.selection.registry import sampler, usual_criterion
from core.uncertainty.criteria import parse

# no sampler of the loop: labels at a uniform stride and interpolation, see keyframes.py
KEYFRAMES = "keyframes"
BLIND = ("random", "stride", "core-set", "k-means", KEYFRAMES)  # samplers that look at no criterion


@dataclass(frozen=True)
class Run:
    """One learning curve. dataset: see references.parse_name; seed: of sampling, augmentation and
    adaptation.
    """

    dataset: str
    criterion: str = "thc+wpu"
    sampler: str = "duw"
    variant: str = "ours"
    seed: int = 0


@dataclass(frozen=True)
class Protocol:
    """What all runs of a benchmark share.

    shares: labelled after each round, of all samples, ascending; labels: the same in numbers of samples,
    which then count instead; first: the sampler of the first batch, None for the run's own; tau: the OKS that
    is asked for; until_solved: a run ends early once two rounds in a row have every raw pose right at OKS
    0.75, and counts as staying so; gap: seconds between two picks of one person ("ours"); steps: of each
    fine-tuning, None for the method's rule; noise: added to the weights of round 0, in standard deviations of
    each filter; pool: share of the segments of two seconds, spread evenly over the video, that each
    round reaches, by turns, and its batch is chosen from, as where a budget of time ends an estimation.
    """

    shares: tuple[float, ...] = (0.05, 0.10, 0.15, 0.20, 0.30, 0.40, 0.60, 0.80, 1.0)
    first: str | None = None
    tau: float = 0.7
    until_solved: bool = False
    gap: float = 0.1
    steps: int | None = None
    noise: float = 0.0
    labels: tuple[int, ...] | None = None
    pool: float = 1.0

    @property
    def rounds(self) -> int:
        """How many batches at most."""
        return len(self.labels or self.shares)

    def ends(self, count: int) -> list[int]:
        """Of count samples, how many are labelled after each round: whole numbers that grow."""
        ends: list[int] = []
        for wanted in self.labels or [round(share * count) for share in self.shares]:
            end = min(count, wanted if self.labels else max(wanted, ends[-1] + 1 if ends else 1))
            if not ends or end > ends[-1]:
                ends.append(end)
        return ends


def runs_of(
    datasets: Sequence[str], criteria: Sequence[str] | None, samplers: Sequence[str], seeds: Sequence[int]
) -> list[Run]:
    """Every combination, each sampler by its usual criterion without any; one that looks at no criterion runs
    once. A sampler may carry its variant, as in duw.paper.

    Raises UserError for an unknown name.
    """
    runs = []
    wanted = [None] if criteria is None else [criterion.strip() for criterion in criteria]
    for dataset, criterion, name, seed in itertools.product(datasets, wanted, samplers, seeds):
        plain, _, variant = name.strip().partition(".")
        run = Run(dataset, criterion or usual_criterion(plain, COCO17), plain, variant or "ours", seed)
        parse(run.criterion, run.variant)
        if plain != KEYFRAMES:
            sampler(plain, run.variant)
        runs.append(replace(run, criterion=wanted[0] or run.criterion) if plain in BLIND else run)
    return list(dict.fromkeys(runs))


def dataset_names(wanted: Sequence[str]) -> list[str]:
    """Data sets by name; a .txt file stands for its lines, but for empty ones and those that begin with #."""
    names = []
    for name in wanted:
        lines = read_text(Path(name)).splitlines() if name.endswith(".txt") else [name]
        names += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return list(dict.fromkeys(names))


def batches(shares: str | None, labels: str | None) -> dict[str, Any]:
    """Of a Protocol, from what was asked for: one of the two, or neither. Raises UserError."""
    if shares is not None and labels is not None:
        raise UserError("Give --shares or --labels, not both.")
    if labels is not None:
        return {"labels": parse_labels(labels)}
    return {} if shares is None else {"shares": parse_shares(shares)}


def parse_shares(text: str) -> tuple[float, ...]:
    """'5,10,20' -> (0.05, 0.1, 0.2). Raises UserError unless they ascend within 0..100."""
    try:
        shares = tuple(float(value) / 100 for value in text.split(","))
    except ValueError:
        shares = ()
    if not shares or list(shares) != sorted(set(shares)) or shares[0] <= 0 or shares[-1] > 1:
        raise UserError(f"The shares {text!r} must be ascending per cents up to 100, as in 5,10,20.")
    return shares


def parse_labels(text: str) -> tuple[int, ...]:
    """'1,2,4' -> (1, 2, 4). Raises UserError unless they are whole numbers from 1 on that ascend."""
    try:
        labels = tuple(int(value) for value in text.split(","))
    except ValueError:
        labels = ()
    if not labels or list(labels) != sorted(set(labels)) or labels[0] < 1:
        raise UserError(f"The labels {text!r} must be ascending whole numbers from 1 on, as in 1,2,4,8.")
    return labels
