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
    """Mean ± half the 95 % interval; a curve that never gets there (NaN) makes the mean a bound. unknown:
    said of none.
    """
    given = np.asarray(values, float)
    if np.isnan(given).all():
        return unknown
    if np.isnan(given).any():
        return f"{form.format(np.nanmean(given))} ({int(np.isnan(given).sum())} of {len(given)} not reached)"
    mean, half = mean_and_interval(given)
    return form.format(mean) + ("" if np.isnan(half) else f" ± {form.replace('+', '').format(half)}")


def labelled(count: float, samples: int) -> str:
    """Samples and their share of all."""
    return f"{count:.0f} ({100 * count / samples:.3g} %)"
