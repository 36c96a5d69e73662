"""Tables in Markdown, and numbers in their cells."""

from collections.abc import Sequence

import numpy as np

from core.benchmark.summary import mean_and_interval


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def table(*header: str) -> list[str]:
    """The lines above the rows."""
    return [row(*header), "|---" * len(header) + "|"]


def value(values: Sequence[float], form: str = "{:.3f}", unknown: str = "not reached") -> str:
    """Mean ± half the 95 % interval; a curve that never gets there (NaN) makes the mean a bound. unknown: said of none."""
    values = np.asarray(values, float)
    if np.isnan(values).all():
        return unknown
    if np.isnan(values).any():
        return f"{form.format(np.nanmean(values))} ({int(np.isnan(values).sum())} of {len(values)} not reached)"
    mean, half = mean_and_interval(values)
    return form.format(mean) + ("" if np.isnan(half) else f" ± {form.replace('+', '').format(half)}")


def labelled(count: float, samples: int) -> str:
    """Samples and their share of all."""
    return f"{count:.0f} ({100 * count / samples:.3g} %)"
