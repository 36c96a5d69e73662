"""The bundled clip's reference poses, and the same for a video turned upside down or made smaller."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.domain import Box
from core.formats.coco import CocoDataset, CocoPerson

ASSISTED = Path(__file__).parents[1] / "resources" / "clips" / "assisted_cam04.json"


def upside_down(dataset: CocoDataset, width: int, height: int) -> CocoDataset:
    """Points and boxes of a video of width x height pixels that is shown turned by 180 degrees; left stays
    left.
    """
    return replace(dataset, people=[_turned(person, width - 1, height - 1) for person in dataset.people])


def scaled(dataset: CocoDataset, factor: float, frames: int) -> CocoDataset:
    """The same for the first frames of a video `factor` times as large; a pixel's centre is a whole number
    in both.
    """
    images = {
        key: replace(
            image, width=round(image.width * factor), height=round(image.height * factor), video=None
        )
        for key, image in dataset.images.items()
        if image.frame < frames
    }
    people = [_scaled(person, factor) for person in dataset.people if person.image in images]
    return replace(dataset, images=images, people=people)


def _scaled(person: CocoPerson, factor: float) -> CocoPerson:
    points = np.where(person.visibility[:, None] > 0, (person.points + 0.5) * factor - 0.5, 0.0)
    return replace(
        person, points=points, box=person.box and Box(*((np.array(person.box) + 0.5) * factor - 0.5))
    )


def _turned(person: CocoPerson, right: int, bottom: int) -> CocoPerson:
    """right, bottom: the last pixel, which the first becomes."""
    points = np.where(person.visibility[:, None] > 0, (right, bottom) - person.points, 0.0)
    box = person.box and Box(
        right - person.box.x1, bottom - person.box.y1, right - person.box.x0, bottom - person.box.y0
    )
    return replace(person, points=points, box=box)
