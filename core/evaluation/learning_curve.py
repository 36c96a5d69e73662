"""What a learning curve is worth: its area, the labels it takes to get somewhere, and where it leads."""

from dataclasses import dataclass

import numpy as np


def area_under_curve(shares: np.ndarray, values: np.ndarray, end: float = 1.0) -> float:
    """ALC: mean of the values over 0..end of the labelled share, trapezoid (Taketsugu & Ukita 2024, sec. 5).

    shares: (n,) ascending, first 0; values: (n,). A curve that ends earlier stays at its last value.
    """
    shares, values = np.asarray(shares, float), np.asarray(values, float)
    inside = shares < end
    x = np.append(shares[inside], end)
    y = np.append(values[inside], np.interp(end, shares, values))
    return float(np.trapezoid(y, x) / end)


def labels_needed(shares: np.ndarray, values: np.ndarray, target: float) -> float:
    """Smallest share, between measurements by linear interpolation, from which the curve stays at or above
    the target; NaN when it does not get there.
    """
    shares, values = np.asarray(shares, float), np.asarray(values, float)
    below = np.flatnonzero(values < target)
    if not len(below):
        return float(shares[0])
    last = below[-1]
    if last == len(values) - 1:
        return float("nan")
    slope = (values[last + 1] - values[last]) / (shares[last + 1] - shares[last])
    return float(shares[last] + (target - values[last]) / slope)


FALLING = 0.02  # of G, beyond which it has fallen rather than stayed


@dataclass(frozen=True)
class Forecast:
    """What a power law through the rounds so far promises. now, then: G with the labels there are, and with
    more; spread: standard deviation of the rounds around the law, None for two rounds, which it meets
    exactly; first, last: G of the first and the last round.
    """

    now: float
    then: float
    spread: float | None
    first: float = 0.0
    last: float = 0.0

    def sentence(self, more: int) -> str:
        """more: the labels between now and then."""
        labels, do = ("label", "is") if more == 1 else ("labels", "are")
        if self.last < self.first - FALLING:
            return (
                f"The estimates were nearer to your corrections at first ({self.first:.2f}) than of late "
                f"({self.last:.2f}), so more labels promise nothing by themselves: look at the labels "
                "to check first. It also falls where harder poses are proposed."
            )
        about = "" if self.spread is None else f" ± {2 * self.spread:.2f}"
        if self.then - self.now < 0.005:
            return (
                f"{more} more {labels} {do} not expected to bring the estimates nearer than "
                f"{self.now:.2f}{about}."
            )
        return (
            f"{more} more {labels} may bring the estimates nearer, from about {self.now:.2f} to "
            f"{self.then:.2f}{about}."
        )


def forecast(counts: np.ndarray, values: np.ndarray, now: int, then: int) -> Forecast:
    """Extrapolates error = a (n + 1)^-b, b >= 0, fitted to the logarithms by least squares (learning curves
    follow power laws: Hestness et al. 2017).

    counts: (m,) labels each value was reached with, m >= 2; values: (m,) in 0..1; now, then: numbers of
    labels.
    """
    x = np.log(np.asarray(counts, float) + 1)
    y = np.log(np.maximum(1 - np.asarray(values, float), 1e-4))
    slope = 0.0 if np.ptp(x) == 0 else min(0.0, float(np.polyfit(x, y, 1)[0]))
    level = float((y - slope * x).mean())

    def value(labels: int) -> float:
        return 1 - min(1.0, float(np.exp(level + slope * np.log(labels + 1))))

    spread = None
    if len(x) > 2:
        spread = float(np.std(np.asarray(values) - [value(int(count)) for count in counts]))
    return Forecast(value(now), value(then), spread, float(values[0]), float(values[-1]))
