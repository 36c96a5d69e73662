"""The bundled clip's reference poses, and the same for a video turned upside down."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.domain import Box
from core.formats.coco import CocoDataset, CocoPerson

ASSISTED = Path(__file__).parent / "data" / "assisted_cam04.json"


def upside_down(dataset: CocoDataset, width: int, height: int) -> CocoDataset:
    """Points and boxes of a video of width x height pixels that is shown turned by 180 degrees; left stays left."""
    return replace(dataset, people=[_turned(person, width - 1, height - 1) for person in dataset.people])


def _turned(person: CocoPerson, right: int, bottom: int) -> CocoPerson:
    """right, bottom: the last pixel, which the first becomes."""
    points = np.where(person.visibility[:, None] > 0, (right, bottom) - person.points, 0.0)
    box = person.box and Box(
        right - person.box.x1, bottom - person.box.y1, right - person.box.x0, bottom - person.box.y0
    )
    return replace(person, points=points, box=box)
