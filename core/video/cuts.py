"""Where one shot of a video ends and another begins."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from core.video.frame import Frame

SIZE = (32, 18)  # pixels
# mean difference of two normalised pictures; films that only move had below 0.25, cuts above 0.5
LEAST = 0.45
TIMES = 8.0  # as much as between the pictures around them
BESIDE = 5  # of these, on both sides
STILL = 0.025  # added to it, so that nothing is a cut in a picture that stands
SOFT = 8.0  # grey levels added to the contrast, so that a dark picture is not made of its noise


def thumbnail(frame: Frame) -> np.ndarray:
    """(18, 32, 3) float32 of the whole picture, without its brightness and contrast, which a lamp or the
    sun changes.
    """
    small = frame.resample(0, 0, frame.width, frame.height, *SIZE).astype(np.float32)
    small -= small.mean((0, 1))
    return small / (small.std() + SOFT)


def find_cuts(thumbnails: Mapping[int, np.ndarray]) -> list[int]:
    """The frames with which a new shot begins. thumbnails: by frame, of frames one after the other."""
    frames = sorted(thumbnails)
    change = np.array([np.abs(thumbnails[b] - thumbnails[a]).mean() for a, b in pairwise(frames)])
    found = []
    for place in np.flatnonzero(change >= LEAST):
        around = np.concatenate(
            [change[max(0, place - BESIDE) : place], change[place + 1 : place + 1 + BESIDE]]
        )
        if not len(around) or change[place] >= TIMES * (np.median(around) + STILL):
            found.append(frames[place + 1])
    return found
