"""Whether the labels of a file fit other frames better than those they are numbered as."""

from collections.abc import Mapping

import numpy as np

from core.domain import UserError
from core.formats.coco import CocoImage, CocoPerson
from core.project.rounds.belonging import Numbering
from core.project.store.predictions import Predictions

MOST = 80  # people looked at
LEAST = 5
LARGEST_STEP = 60
GAIN = 0.9  # of the distance to what was predicted: it has to be less than so much of that as written
CERTAINTY = 4.0  # standard errors
FAR = 1.0  # times a person's size; a greater distance says no more


class Miscounted(UserError):
    """numbering: the one that fits better."""

    def __init__(self, name: str, numbering: Numbering) -> None:
        first, every = numbering.first, numbering.every
        told = f"--first-frame {first}" if every == 1 else f"--every {every} --first-frame {first}"
        how = f"from {first}" if every == 1 else f"every {every} frames, from {first}"
        super().__init__(
            f"The labels in {name} fit better if its numbers count {how}: what was estimated lies nearer to them there. "
            f"Say {told} to read it so, or --first-frame 0 if the numbers are right."
        )
        self.numbering = numbering


def better_numbering(
    predictions: Predictions, images: Mapping[int, CocoImage], people: Mapping[int, list[CocoPerson]], frames: int
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
    as_written = _distances(predictions, labelled, Numbering())
    best, least = None, np.inf
    for numbering in _possible(numbers, frames):
        there = _distances(predictions, labelled, numbering)
        both = ~np.isnan(there) & ~np.isnan(as_written)
        if both.sum() < LEAST:
            continue
        gain = as_written[both] - there[both]
        mean = there[both].mean()
        sure = gain.mean() > CERTAINTY * max(gain.std() / np.sqrt(both.sum()), 1e-9)
        if sure and mean < GAIN * as_written[both].mean() and mean < least:
            best, least = numbering, mean
    return best


def _possible(numbers: np.ndarray, frames: int) -> list[Numbering]:
    found = [Numbering(first) for first in (1,)]
    found += [Numbering(first, every) for every in range(2, LARGEST_STEP + 1) for first in (0, 1)]
    lowest, highest = int(numbers.min()), int(numbers.max())
    return [one for one in found if one.frame(lowest) >= 0 and one.frame(highest) < frames]


def _distances(predictions: Predictions, labelled: list[tuple[int, CocoPerson]], numbering: Numbering) -> np.ndarray:
    """(n,): from each labelled person to the nearest one that was predicted, over their size; NaN where there is none."""
    result = np.full(len(labelled), np.nan)
    for i, (number, person) in enumerate(labelled):
        rows = predictions.rows_at(numbering.frame(number))
        if rows.stop > rows.start:
            placed = person.visibility > 0
            apart = np.linalg.norm(predictions.points[rows][:, placed] - person.points[placed], axis=2)
            size = max(np.sqrt(person.extent.area), 1.0)
            result[i] = min(float(np.median(apart, axis=1).min()) / size, FAR)
    return result
