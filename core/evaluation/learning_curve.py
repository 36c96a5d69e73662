"""What a learning curve is worth: its area, and the labels it takes to get somewhere."""

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
    """Smallest share, between measurements by linear interpolation, from which the curve stays at or above the target;
    NaN when it does not get there.
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
