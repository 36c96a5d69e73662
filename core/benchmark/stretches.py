"""Groups of samples that are hard in their own way: what a data set says of its frames, and what its
annotations show.
"""

from pathlib import Path

import numpy as np

from core.domain import UserError
from core.formats.records import parse, read_text

# the first two go by sight and overlap the rest, where a sample is in the first group that fits it
GROUPS = (
    "in sight",
    "hidden by more than a third",
    "rare motion",
    "dark, blur or lens",
    "odd camera",
    "crossing",
    "mostly unseen",
    "easy",
)
RARE = "rare:"  # how the name of a rare motion begins
LIGHTS = ("dark", "blur", "lens")
CAMERAS = ("overhead", "low", "tilt75", "tilt_60", "close")
IN_SIGHT, HIDDEN = 0.9, 2 / 3  # share of the labelled joints in sight: at least, less than
COVERED = 0.35  # share of a box that another one covers, from which people cross
# share of the labelled joints in sight, labelled joints; less is mostly unseen
LEAST_SEEN, LEAST_PLACED = 0.45, 13


def beside(media: Path) -> Path | None:
    """The stretches of a video: NAME.stretches.json, per frame camera, light, and what each person does."""
    path = media.with_suffix(".stretches.json")
    return path if path.is_file() else None


def by_sight(in_sight: np.ndarray) -> np.ndarray:
    """(N, len(GROUPS)) bool, the groups by sight alone. in_sight: (N,) share of the labelled joints, NaN
    where unknown.
    """
    groups = np.zeros((len(in_sight), len(GROUPS)), bool)
    groups[:, GROUPS.index("in sight")] = in_sight >= IN_SIGHT
    groups[:, GROUPS.index("hidden by more than a third")] = in_sight < HIDDEN
    return groups


def by_stretch(
    path: Path,
    track: np.ndarray,
    frame: np.ndarray,
    boxes: np.ndarray,
    labelled: np.ndarray,
    in_sight: np.ndarray,
) -> np.ndarray:
    """(N, len(GROUPS)) bool, all groups.

    track, frame: (N,) int64, of everybody in the video; boxes: (N, 4) image pixels; labelled: (N, K) bool;
    in_sight: (N,) as above. Raises UserError.
    """
    frames = parse(read_text(path), path.name).records("frames", "frame")
    if frame.max() >= len(frames):
        raise UserError(f"{path.name} has {len(frames)} frames, but there are people in frame {frame.max()}.")
    here = [frames[number] for number in frame]
    actions = [str(now.record("people").fields.get(str(t), "")) for now, t in zip(here, track, strict=True)]
    found = {
        "rare motion": np.array([action.startswith(RARE) for action in actions]),
        "dark, blur or lens": np.isin([now.text("light") for now in here], LIGHTS),
        "odd camera": np.isin([now.text("camera") for now in here], CAMERAS),
        "crossing": covered(frame, boxes) > COVERED,
        "mostly unseen": (in_sight < LEAST_SEEN) | (labelled.sum(1) < LEAST_PLACED),
        "easy": np.ones(len(frame), bool),
    }
    groups, free = by_sight(in_sight), np.ones(len(frame), bool)
    for name, rows in found.items():
        groups[:, GROUPS.index(name)] = rows & free
        free &= ~rows
    return groups


def covered(frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(N,) the largest share of each box that one other box of its frame covers. frame: (N,); boxes: (N,
    4).
    """
    shares = np.zeros(len(frame))
    for number in np.unique(frame):
        rows = np.flatnonzero(frame == number)
        here = boxes[rows]
        low, high = (
            np.maximum(here[:, None, :2], here[None, :, :2]),
            np.minimum(here[:, None, 2:], here[None, :, 2:]),
        )
        shared = (high - low).clip(0).prod(2)
        np.fill_diagonal(shared, 0)
        shares[rows] = shared.max(1) / (here[:, 2:] - here[:, :2]).prod(1)
    return shares
