"""Tables of one data set: round by round, group by group, and differences to the baselines in pairs."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from core.benchmark.markdown import labelled, row, table, value
from core.benchmark.plan import KEYFRAMES
from core.benchmark.summary import Curve, methods, paired

BASELINES = {"random": "Random", KEYFRAMES: "keyframes"}
FIGURES = (  # of ruler.Round
    ("raw OKS ≥ .6", "right60"),
    ("≥ .75", "right75"),
    ("≥ .9", "right90"),
    ("exported OKS ≥ .6", "exported60"),
    ("≥ .75", "exported75"),
    ("≥ .9", "exported90"),
    ("refined OKS ≥ .6", "refined60"),
    ("≥ .75", "refined75"),
    ("≥ .9", "refined90"),
    ("refined AP@.75", "refined_ap75"),
    ("raw PCK", "pck"),
    ("exported PCK", "exported_pck"),
)
EFFORT = (
    ("touches per 1,000", "touches_per_1000"),
    ("joints moved per 1,000", "moved_per_1000"),
    ("labels per minute", "labels_per_minute"),
)
LOOP = ("raw AP@0.6", "AP@0.6", "AP@0.75", "raw OKS", "G of the batch", "joints moved", "steps", "seconds")


def by_round(here: Sequence[Curve]) -> list[str]:
    """The figures of each round, over the seeds that got there."""
    header = (
        "labelled",
        *(name for name, _ in (*FIGURES, *EFFORT)),
        "worse",
        "below start",
        "on another (new)",
    )
    lines = table("method", *header)
    for method, count, entries in _rounds(here):
        cells = [value(_column(entries, key)) for _, key in FIGURES]
        cells += [f"{np.mean(_column(entries, key)):.1f}" for _, key in EFFORT]
        cells += [_share_of_seeds(_column(entries, key)) for key in ("worse", "below_start")]
        on_another, new = (np.mean(_column(entries, key)) for key in ("on_another", "newly_on_another"))
        lines.append(row(method, count, *cells, f"{on_another:.1f} ({new:.1f})"))
    return lines


def by_group(here: Sequence[Curve]) -> list[str]:
    """Raw OKS ≥ .6 / .75 / .9 of each group in each round, mean over the seeds; nothing where there are no
    groups.
    """
    groups = here[0].rounds[0]["groups"]
    if not groups:
        return []
    lines = table("method", "labelled", *(f"{name} ({entry['samples']})" for name, entry in groups.items()))
    for method, count, entries in _rounds(here):
        cells = []
        for name in groups:
            means = (
                np.mean([entry["groups"][name][key] for entry in entries])
                for key in ("right60", "right75", "right90")
            )
            cells.append(" / ".join(f"{mean:.3f}" for mean in means))
        lines.append(row(method, count, *cells))
    return lines


def by_loop(here: Sequence[Curve]) -> list[str]:
    """What the loop did in each round, mean over the seeds that got there."""
    lines = table("method", "labelled", *LOOP)
    for method, count, entries in _rounds(here):
        asked = [entry for entry in entries if entry["queried"]]
        judged = [entry["g"] for entry in asked if entry["g"] is not None]
        seconds = [sum(entry[name] for name in ("estimating", "selecting", "training")) for entry in entries]
        cells = [f"{np.mean(_column(entries, key)):.3f}" for key in ("ap60", "ann60", "ann75", "oks")]
        cells += [f"{np.mean(judged):.3f}" if judged else "–"]
        cells += [f"{np.mean(_column(asked, 'moved')):.0f}" if asked else "–"]
        cells += [f"{np.mean(_column(entries, 'steps')):.0f}", f"{np.mean(seconds):.0f}"]
        lines.append(row(method, count, *cells))
    return lines


def differences(here: Sequence[Curve]) -> list[str]:
    """Share of poses at OKS ≥ .75 less that of each baseline, in pairs of the same seed; nothing without a
    baseline.
    """
    samples = here[0].samples
    counts = np.unique(np.concatenate([c.column("labelled") for c in here]))
    counts = counts[counts > 0]
    lines = []
    for method in methods(here):
        mine = [c for c in here if c.method == method]
        for baseline, title in BASELINES.items():
            others = [c for c in here if c.run.sampler == baseline]
            if not others or mine[0].run.sampler == baseline:
                continue
            for kind, key in (("raw", "right75"), ("exported", "exported75"), ("refined", "refined75")):
                pairs = (paired(mine, others, partial(_at, share=n / samples, key=key)) for n in counts)
                cells = [value(pair, "{:+.3f}") if np.isfinite(pair).all() else "–" for pair in pairs]
                lines.append(row(method, title, kind, *cells))
    header = ("method", "less", "OKS ≥ .75", *(labelled(count, samples) for count in counts))
    return [*table(*header), *lines] if lines else []


def _at(curve: Curve, share: float, key: str) -> float:
    return curve.at(share, key)


def _rounds(here: Sequence[Curve]) -> Iterator[tuple[str, str, list[dict]]]:
    """Method, how much was labelled, and the entries of the seeds that got to that round."""
    for method in methods(here):
        mine = [c for c in here if c.method == method]
        for i in range(max(len(c.rounds) for c in mine)):
            entries = [c.rounds[i] for c in mine if i < len(c.rounds)]
            left = "" if len(entries) == len(mine) else f", {len(entries)} of {len(mine)} curves"
            yield (
                method,
                labelled(float(np.mean(_column(entries, "labelled"))), here[0].samples) + left,
                entries,
            )


def _column(entries: Sequence[dict], key: str) -> list[float]:
    return [entry[key] for entry in entries]


def _share_of_seeds(flags: Sequence[float]) -> str:
    """no, yes, or how many of the seeds."""
    if len(set(flags)) == 1:
        return "yes" if flags[0] else "no"
    return f"{sum(flags)} of {len(flags)}"
