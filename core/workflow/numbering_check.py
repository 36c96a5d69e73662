"""Whether the labels of a file fit other frames better than those they are numbered as."""

import warnings
from collections.abc import Mapping

import numpy as np

from core.formats.coco import CocoImage, CocoPerson
from core.project.store.predictions import Predictions
from core.workflow.label_frames import AS_WRITTEN, Miscounted, Numbering

MOST = 80  # people looked at
LEAST = 5
LARGEST_STEP = 60
BETTER = (
    (0.7, 1.5),
    (0.95, 4.0),
)  # share of the distance as written that is left, and by how many standard errors less
WORSE = -2.0  # standard errors by which labels contradict that numbers from 1 on count from 1
FAR = 1.0  # times a person's size; a greater distance says no more


FROM_ONE = Numbering(1)


def miscounted(name: str, numbering: Numbering) -> Miscounted:
    """name: of the file; numbering: that fits its labels better."""
    first, every = numbering.first, numbering.every
    why = (
        "are nearer to what was estimated there" if every > 1 else "have no 0, and its labels fit there, too"
    )
    told = f"--first-frame {first}" if every == 1 else f"--every {every} --first-frame {first}"
    how = f"from {first}" if every == 1 else f"every {every} frames, from {first}"
    return Miscounted(
        f"The numbers of {name} seem to count {how}: they {why}.",
        f"Say {told} to read it so, or --first-frame 0 if they are the frames, counted from 0.",
        (numbering, AS_WRITTEN),
    )


def better_numbering(
    predictions: Predictions,
    images: Mapping[int, CocoImage],
    people: Mapping[int, list[CocoPerson]],
    frames: int,
) -> Numbering | None:
    """None where none is clearly better.

    images: by number; people: by image; frames: how many the video has.
    """
    labelled = [(number, person) for number, image in images.items() for person in people.get(image.id, ())]
    labelled = [(number, person) for number, person in labelled if person.extent and person.visibility.any()]
    if len(labelled) < LEAST:
        return None
    labelled = [labelled[i] for i in np.linspace(0, len(labelled) - 1, min(MOST, len(labelled))).astype(int)]
    numbers = np.array([number for number, _ in labelled])
    as_written = _distances(predictions, labelled, AS_WRITTEN)
    best, least = None, np.inf
    if numbers.min() == 1 and {1, 2, 3} <= set(images):
        gain = _gain(as_written, _distances(predictions, labelled, FROM_ONE))
        best = FROM_ONE if gain is not None and gain[1] > WORSE else None
    for numbering in _possible(numbers, frames):
        there = _distances(predictions, labelled, numbering)
        gain = _gain(as_written, there)
        if (
            gain is not None
            and gain[0] < least
            and any(gain[0] < left and gain[1] > sure for left, sure in BETTER)
        ):
            best, least = numbering, gain[0]
    return best


def _gain(as_written: np.ndarray, there: np.ndarray) -> tuple[float, float] | None:
    """Share of the distance that is left, and by how many standard errors it is less; None where too few
    are known.
    """
    both = ~np.isnan(there) & ~np.isnan(as_written)
    if both.sum() < LEAST:
        return None
    less = as_written[both] - there[both]
    return (
        float(there[both].mean() / max(as_written[both].mean(), 1e-9)),
        float(less.mean() / max(less.std() / np.sqrt(both.sum()), 1e-9)),
    )


def _possible(numbers: np.ndarray, frames: int) -> list[Numbering]:
    found = [FROM_ONE]
    found += [Numbering(first, every) for every in range(2, LARGEST_STEP + 1) for first in (0, 1)]
    lowest, highest = int(numbers.min()), int(numbers.max())
    return [one for one in found if one.frame(lowest) >= 0 and one.frame(highest) < frames]


def _distances(
    predictions: Predictions, labelled: list[tuple[int, CocoPerson]], numbering: Numbering
) -> np.ndarray:
    """(n,): how far each labelled person is from the nearest one that was predicted, over their size; NaN for
    unknown.

    What a track's joints are always off by is no matter: annotators and networks mean different points by a
    hip.
    """
    apart = np.full((len(labelled), *predictions.points.shape[1:]), np.nan)
    tracks, sizes = np.full(len(labelled), -1), np.ones(len(labelled))
    for i, (number, person) in enumerate(labelled):
        rows = predictions.rows_at(numbering.frame(number))
        if rows.stop > rows.start:
            placed = person.visibility > 0
            away = person.points[placed] - predictions.points[rows][:, placed]
            nearest = int(np.median(np.linalg.norm(away, axis=2), axis=1).argmin())
            apart[i, placed], tracks[i] = away[nearest], predictions.track[rows.start + nearest]
            sizes[i] = max(np.sqrt(person.extent.area if person.extent else 0.0), 1.0)
    result = np.full(len(labelled), np.nan)
    for track in set(tracks[tracks >= 0].tolist()):
        mine = np.flatnonzero(tracks == track)
        if len(mine) >= LEAST:
            with warnings.catch_warnings():  # joints that are never placed
                warnings.simplefilter("ignore", RuntimeWarning)
                usual = np.nanmedian(apart[mine], axis=0)
                off = np.linalg.norm(apart[mine] - usual, axis=2)
                result[mine] = np.minimum(np.nanmedian(off, axis=1) / sizes[mine], FAR)
    return result
