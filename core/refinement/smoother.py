"""Paths of joints through time that fit what was seen of them and what is known for certain, in one banded
solve.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import solveh_banded

ROUNDS = 6  # of reweighting; ten change a joint by less than a tenth of its noise
OUTLIER = 1.25  # standard deviations from which a joint is no longer noise but an error (Cauchy's weight)
SUDDEN = 2.0  # the same of an acceleration
CERTAIN = 1e4  # times as much as anything else weighs


@dataclass(frozen=True, eq=False)
class Seen:
    """Of m joints in n frames at equal distances of time.

    points: (n, m, 2) image pixels; noise: (n, m) standard deviation of an error that is another one in each
    frame, inf where nothing was seen; bias: (n, m) that of an error that lasts, both in pixels; lasting: in
    0..1, correlation of the latter from one frame to the next; acceleration: (n, m) usual one, pixels per
    frame squared; known: (n, m, 2) where a joint certainly is, NaN where nobody knows; steps: (n, m, 2) how
    far the pictures say it moved since the frame before; slip: (n, m) standard deviation of that, inf where
    they say nothing.
    """

    points: np.ndarray
    noise: np.ndarray
    bias: np.ndarray
    lasting: float
    acceleration: np.ndarray
    known: np.ndarray
    steps: np.ndarray
    slip: np.ndarray


class _Weights(NamedTuple):
    """Of what was seen (n, m), of accelerations (n - 2, m), of steps (n - 1, m), and of what is known
    (n, m): one over a variance.
    """

    seen: np.ndarray
    stiff: np.ndarray
    steps: np.ndarray
    anchor: np.ndarray


def smooth(seen: Seen) -> np.ndarray:
    """(n, m, 2) image pixels, the likeliest paths.

    A joint moves by its acceleration (a random walk of its velocity); what is seen of it is off by noise and
    by a bias that decays (an Ornstein-Uhlenbeck process), and the bias shows where a joint is known. Noise,
    accelerations and steps have heavy tails: weights go down with the square of what does not fit, over
    ROUNDS solutions (iteratively reweighted least squares). The work is linear in n and m.
    """
    certain = np.isfinite(seen.known[..., 0])
    known = np.where(certain[..., None], seen.known, 0.0)
    usual, slip = seen.acceleration[1:-1], seen.slip[1:]
    precision, stiffness, hold = 1 / seen.noise**2, 1 / usual**2, 1 / slip**2
    highest = max(float(values.max(initial=0)) for values in (precision, stiffness, hold))
    weights = _Weights(precision, stiffness, hold, np.where(certain, CERTAIN * highest, 0.0))
    for left in reversed(range(ROUNDS)):
        path, bias = _solve(seen, known, weights)
        if not left:
            break
        off = np.linalg.norm(path + bias - seen.points, axis=-1) / seen.noise
        change = np.linalg.norm(path[2:] - 2 * path[1:-1] + path[:-2], axis=-1) / usual
        slipped = np.linalg.norm(np.diff(path, axis=0) - seen.steps[1:], axis=-1) / slip
        weights = weights._replace(
            seen=precision / (1 + (off / OUTLIER) ** 2),
            stiff=stiffness / (1 + (change / SUDDEN) ** 2),
            steps=hold / (1 + (slipped / OUTLIER) ** 2),
        )
    return np.where(certain[..., None], known, path)


def _solve(seen: Seen, known: np.ndarray, weights: _Weights) -> tuple[np.ndarray, np.ndarray]:
    """Paths and biases, (n, m, 2) each, that minimise, over all frames t of each joint, with the weights'
    names,

    seen (z - x - b u)^2 + anchor (known - x)^2 + stiff (x[t-1] - 2 x[t] + x[t+1])^2
    + steps (x[t] - x[t-1] - step)^2 + (u[t] - lasting u[t-1])^2 / (1 - lasting^2)

    for x the path, z what was seen, b the deviation of the bias and u its course. The normal equations are
    one symmetric matrix with x and u of a frame beside one another and one joint after the other: bands[4 -
    d] holds what couples an unknown with the one d places before it.
    """
    n, m = weights.seen.shape
    bands = np.zeros((5, m, n, 2))
    on, before, two_before, four_before = bands[4], bands[3], bands[2], bands[0]
    weight, stiff, hold, anchor = (values.T for values in weights)
    deviation = seen.bias.T
    on[:, :, 0] = weight + anchor + 1e-9 * (weight.max() + stiff.max(initial=0))
    on[:, :, 1] = weight * deviation**2
    before[:, :, 1] = weight * deviation
    on[:, :-2, 0] += stiff
    on[:, 1:-1, 0] += 4 * stiff
    on[:, 2:, 0] += stiff
    two_before[:, 1:-1, 0] -= 2 * stiff
    two_before[:, 2:, 0] -= 2 * stiff
    four_before[:, 2:, 0] += stiff
    on[:, :-1, 0] += hold
    on[:, 1:, 0] += hold
    two_before[:, 1:, 0] -= hold
    decay = 1 / (1 - seen.lasting**2)
    on[:, 0, 1] += 1
    on[:, 1:, 1] += decay
    on[:, :-1, 1] += decay * seen.lasting**2
    two_before[:, 1:, 1] -= decay * seen.lasting
    right = np.empty((m, n, 2, 2))
    weighted = weight[..., None] * seen.points.transpose(1, 0, 2)
    held = hold[..., None] * seen.steps[1:].transpose(1, 0, 2)
    right[:, :, 0] = weighted + anchor[..., None] * known.transpose(1, 0, 2)
    right[:, 1:, 0] += held
    right[:, :-1, 0] -= held
    right[:, :, 1] = weighted * deviation[..., None]
    solved = solveh_banded(
        bands.reshape(5, -1), right.reshape(-1, 2), overwrite_ab=True, overwrite_b=True, check_finite=False
    ).reshape(m, n, 2, 2)
    path, course = solved[:, :, 0].transpose(1, 0, 2), solved[:, :, 1].transpose(1, 0, 2)
    return path, course * seen.bias[..., None]
