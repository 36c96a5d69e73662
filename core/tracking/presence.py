"""Where somebody who was found, and then held or followed on, is really to be seen."""

import numpy as np
from scipy.ndimage import median_filter

# of the usual confidence: held boxes had below 0.12 where nobody was, above 0.25 where somebody was
UNSEEN = 0.15
STEADY = 5  # frames: a single one says nothing


def present(confidence: np.ndarray) -> np.ndarray:
    """(n,) bool: false for the first and the last of somebody's frames, as far as nobody is seen in the box.

    confidence: (n,) of the frames in order, mean over the joints. Compared with the person's own, so that a
    video on which the estimator is unsure altogether loses nothing.
    """
    steady = median_filter(confidence, STEADY, mode="nearest")
    seen = np.flatnonzero(steady >= UNSEEN * np.median(confidence))
    if not len(seen):  # a few frames that jump between seen and not
        return np.ones(len(confidence), bool)
    inside = np.zeros(len(confidence), bool)
    inside[seen[0] : seen[-1] + 1] = True
    return inside
