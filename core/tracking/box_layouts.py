"""What the outputs of a person detector mean: of YOLOX, RTMDet (mmdeploy, rtmlib), YOLOv5 to YOLO26,
YOLO-NAS, RT-DETR and D-FINE, DETR and torchvision. A new layout is a function and a line in LAYOUTS.

A function gives None for outputs that are not its own. size: width and height of the input.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

STRIDES = (8, 16, 32)


class Boxes(NamedTuple):
    """xyxy: (M, 4) in pixels of the input, or in shares of it; score, label: (M,)."""

    xyxy: np.ndarray
    score: np.ndarray
    label: np.ndarray


Layout = Callable[[Sequence[np.ndarray], tuple[int, int]], Boxes | None]


def unbatched(outputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Without a batch of one. Networks that know no batch, as torchvision's, give one row where there is one
    person, which is left as it is.
    """
    tables = any(output.ndim == 3 and output.shape[2] in (4, 5) for output in outputs)
    fewest, most = (limit(output.ndim for output in outputs) for limit in (min, max))
    batched = all(len(output) == 1 for output in outputs if output.ndim > 1)
    if not batched or most < 3 or (fewest < 2 and not tables):
        return list(outputs)
    return [output[0] if output.ndim > 1 else output for output in outputs]


def as_corners(centred: np.ndarray) -> np.ndarray:
    """(M, 4) centre, width, height -> x0, y0, x1, y1."""
    half = centred[:, 2:4] / 2
    return np.concatenate([centred[:, :2] - half, centred[:, :2] + half], 1)


def _best(classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score and label of each row of (M, C)."""
    return classes.max(1), classes.argmax(1)


def boxes_scores_labels(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
    """torchvision, RT-DETR, D-FINE, YOLO-NAS: (N, 4) boxes, (N,) scores, (N,) whole labels, in any order."""
    flat = unbatched(outputs)
    boxes = [one for one in flat if one.ndim == 2 and one.shape[1] == 4]
    columns = [one for one in flat if one.ndim == 1]
    whole = [one for one in columns if np.issubdtype(one.dtype, np.integer)]
    scores = [one for one in columns if np.issubdtype(one.dtype, np.floating)]
    if len(boxes) != 1 or len(whole) < 1 or len(scores) != 1 or len(boxes[0]) != len(scores[0]):
        return None
    label = next((one for one in whole if len(one) == len(scores[0])), None)
    return None if label is None else Boxes(boxes[0], scores[0], label)


def scored_boxes_labels(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
    """mmdeploy and rtmlib: (N, 5) boxes with their score, and (N,) labels."""
    flat = unbatched(outputs)
    rows = [one for one in flat if one.ndim == 2 and one.shape[1] == 5]
    labels = [one for one in flat if one.ndim == 1 and np.issubdtype(one.dtype, np.integer)]
    if len(rows) != 1 or len(labels) != 1 or len(rows[0]) != len(labels[0]):
        return None
    return Boxes(rows[0][:, :4], rows[0][:, 4], labels[0])


def scored_boxes(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
    """YOLOX of one class with suppression: (N, 5) boxes with their score."""
    rows = unbatched(outputs)[0]
    if len(outputs) != 1 or rows.ndim != 2 or rows.shape[1] != 5:
        return None
    return Boxes(rows[:, :4], rows[:, 4], np.zeros(len(rows)))


def rows_of_six(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
    """YOLOv10, YOLO26: (N, 6) corners, score, label."""
    rows = unbatched(outputs)[0]
    if len(outputs) != 1 or rows.ndim != 2 or rows.shape[1] != 6 or (rows[:, 5] % 1).any():
        return None
    return Boxes(rows[:, :4], rows[:, 4], rows[:, 5])


def rows_of_seven(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
    """YOLOv7 with suppression: (N, 7) batch, corners, label, score."""
    rows = unbatched(outputs)[0]
    if len(outputs) != 1 or rows.ndim != 2 or rows.shape[1] != 7 or (rows[:, [0, 5]] % 1).any():
        return None
    return Boxes(rows[:, 1:5], rows[:, 6], rows[:, 5])


def columns_of_classes(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
    """YOLOv8 and later: (4 + C, A) centre, width, height and a score for each class."""
    table = unbatched(outputs)[0]
    if len(outputs) != 1 or table.ndim != 2 or not 4 < len(table) < table.shape[1]:
        return None
    return Boxes(as_corners(table[:4].T), *_best(table[4:].T))


def rows_of_classes(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
    """YOLOv5, YOLOX with its boxes decoded: (A, 5 + C) centre, width, height, objectness and a score for
    each class.
    """
    rows = unbatched(outputs)[0]
    if len(outputs) != 1 or rows.ndim != 2 or not 5 < rows.shape[1] < len(rows):
        return None
    score, label = _best(rows[:, 5:])
    return Boxes(as_corners(rows[:, :4]), rows[:, 4] * score, label)


def cells_of_classes(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
    """YOLOX as its authors export it: the same in cells of three grids, widths and heights as logarithms."""
    rows = unbatched(outputs)[0]
    grids = [np.meshgrid(np.arange(size[0] // stride), np.arange(size[1] // stride)) for stride in STRIDES]
    places = np.concatenate([np.stack(grid, -1).reshape(-1, 2) for grid in grids])
    steps = np.concatenate([np.full(grid[0].size, s) for grid, s in zip(grids, STRIDES, strict=True)])[
        :, None
    ]
    if len(outputs) != 1 or rows.ndim != 2 or rows.shape[1] <= 5 or len(rows) != len(places):
        return None
    centred = np.concatenate(
        [(rows[:, :2] + places) * steps, np.exp(np.minimum(rows[:, 2:4], 20)) * steps], 1
    )
    score, label = _best(rows[:, 5:])
    return Boxes(as_corners(centred), rows[:, 4] * score, label)


def logits_and_boxes(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
    """DETR and its kin without post-processing: (N, C) logits and (N, 4) centre, width, height in shares."""
    flat = unbatched(outputs)
    boxes = [one for one in flat if one.ndim == 2 and one.shape[1] == 4]
    logits = [one for one in flat if one.ndim == 2 and one.shape[1] != 4]
    if len(boxes) != 1 or len(logits) != 1 or len(boxes[0]) != len(logits[0]):
        return None
    return Boxes(as_corners(boxes[0]), *_best(1 / (1 + np.exp(-logits[0]))))


def class_scores_and_boxes(outputs: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes | None:
    """RTMDet and YOLO-NAS without suppression: (N, C) scores of 0 to 1 and (N, 4) boxes."""
    flat = unbatched(outputs)
    boxes = [one for one in flat if one.ndim == 2 and one.shape[1] == 4]
    scores = [one for one in flat if one.ndim == 2 and one.shape[1] != 4]
    if len(flat) != 2 or len(boxes) != 1 or len(scores) != 1 or len(boxes[0]) != len(scores[0]):
        return None
    if scores[0].min(initial=0) < 0 or scores[0].max(initial=0) > 1:
        return None
    return Boxes(boxes[0], *_best(scores[0]))


LAYOUTS: dict[str, Layout] = {
    "boxes, scores and labels": boxes_scores_labels,
    "boxes with scores, and labels": scored_boxes_labels,
    "boxes with scores": scored_boxes,
    "rows of six": rows_of_six,
    "rows of seven": rows_of_seven,
    "columns of classes": columns_of_classes,
    "rows of classes": rows_of_classes,
    "cells of classes": cells_of_classes,
    "logits and boxes": logits_and_boxes,
    "scores of classes and boxes": class_scores_and_boxes,
}
