"""How much several estimates of one pose differ: of other views of the crop, and of earlier rounds."""

import numpy as np

from core.uncertainty.criterion import Criterion, Estimated

SNAPSHOTS = 2  # earlier rounds whose estimates are members


class Ensemble(Criterion):
    """Members: the estimate, that of the mirrored and of the smaller crop, and those of the rounds before."""

    name = "ensemble"
    short = "disagreement"
    title = "Ensemble: several estimates of the same pose differ"
    further = True
    with_views = True

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        members = np.stack(
            [estimated.points, *(() if estimated.views is None else estimated.views), *estimated.earlier]
        )
        return disagreement(members, estimated.heights)


def disagreement(members: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Spread of M estimates of N poses: the root of the mean squared distance to their mean, averaged over
    joints.

    members: (M, N, K, 2) in any unit, NaN where one is missing; sizes: (N,) of the person in that unit.
    Returns (N,) >= 0.
    """
    off = members - np.nanmean(members, 0)
    return np.sqrt(np.nanmean((off**2).sum(-1), 0)).mean(-1) / np.maximum(sizes, 1e-9)
