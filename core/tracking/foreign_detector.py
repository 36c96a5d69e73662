"""Person detectors of others, as ONNX: what they take and give is found out on a picture whose people are
known.

Known are the outputs in core.tracking.box_layouts, with and without the suppression of overlaps in the graph.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.domain import UserError
from core.domain.overlap import iou
from core.tracking.box_layouts import LAYOUTS
from core.tracking.detector import OneNetwork, suppress_overlaps
from core.tracking.settings import USUAL, FindSettings
from core.video.imaging import cv2

GREY = 114  # around a picture that does not fill the input, as YOLO's kin are trained
USUAL_SIDE = 640  # of networks that take any size
MATCH = 0.5  # intersection over union of a box with a known person
LEAST = 0.2  # score of a known person that is found
FALSE = 0.3  # score from which a box on nobody counts against a reading
MOST = 300  # boxes of a picture
MOST_CLASSES = 100  # of which people are one

# (1, 3, H, W) float32 -> outputs by name
Network = Callable[[np.ndarray], Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class Preparation:
    """What is done to the levels 0..255 of a picture. blue_first: the order of colours; the rest: (x -
    mean) / std.
    """

    title: str
    blue_first: bool
    mean: tuple[float, float, float] = (0, 0, 0)
    std: tuple[float, float, float] = (1, 1, 1)

    def apply(self, image: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 RGB -> (1, 3, H, W) float32."""
        levels = image[..., ::-1] if self.blue_first else image
        values = (levels.astype(np.float32) - np.array(self.mean, np.float32)) / np.array(
            self.std, np.float32
        )
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


IMAGENET, SPREAD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
PREPARATIONS = (
    Preparation("red first, 0 to 1", False, std=(255, 255, 255)),
    Preparation("blue first, 0 to 255", True),
    Preparation("blue first, ImageNet's mean and spread", True, IMAGENET[::-1], SPREAD[::-1]),
    Preparation("red first, ImageNet's mean and spread", False, IMAGENET, SPREAD),
    Preparation("red first, 0 to 255", False),
    Preparation("blue first, 0 to 1", True, std=(255, 255, 255)),
)


@dataclass(frozen=True)
class Reading:
    """How a detector is fed and understood. layout: a key of LAYOUTS; label: that of people."""

    preparation: Preparation
    layout: str
    label: int

    @property
    def sentence(self) -> str:
        return f"it gives {self.layout}, people are class {self.label}, and it takes {self.preparation.title}"


class ForeignDetector(OneNetwork):
    """size: width and height of its input, None where it takes any. settings: the lowest score is theirs, and
    the size of the picture where the input has none of its own.
    """

    def __init__(
        self, network: Network, reading: Reading, size: tuple[int, int] | None, settings: FindSettings = USUAL
    ) -> None:
        self._network, self._reading, self.size = network, reading, size
        self._lowest = settings.lowest_score
        self.side = max(size) if size else settings.size or USUAL_SIDE

    def in_picture(self, image: np.ndarray) -> np.ndarray:
        """image: (H, W, 3) uint8 RGB -> (M, 5) float32 in its pixels, best first."""
        filled, scale = fitted(image, self.size)
        outputs = list(self._network(self._reading.preparation.apply(filled)).values())
        return people_in(outputs, self._reading, filled.shape[1::-1], image.shape[1::-1], scale, self._lowest)


def fitted(image: np.ndarray, size: tuple[int, int] | None) -> tuple[np.ndarray, float]:
    """The picture at the top left of an input of that width and height, by default one that is a little
    larger, so that its sides are multiples of 32; and how many pixels of the input a pixel became.
    """
    height, width = image.shape[:2]
    full = size or (-(-width // 32) * 32, -(-height // 32) * 32)
    scale = min(full[0] / width, full[1] / height) if size else 1.0
    if scale != 1:
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    filled = np.full((full[1], full[0], 3), GREY, np.uint8)
    filled[: image.shape[0], : image.shape[1]] = image[: full[1], : full[0]]
    return filled, scale


def people_in(
    outputs: Sequence[np.ndarray],
    reading: Reading,
    size: tuple[int, int],
    picture: tuple[int, int],
    scale: float,
    lowest: float,
) -> np.ndarray:
    """(M, 5) in pixels of the picture. size: of the input, picture: of the picture, width and height;
    scale: see fitted.
    """
    nothing = np.empty((0, 5), np.float32)
    found = LAYOUTS[reading.layout](outputs, size)
    if found is None:
        return nothing
    mine = (
        (np.asarray(found.label) == reading.label) & (found.score > lowest) & np.isfinite(found.xyxy).all(1)
    )
    corners = np.asarray(found.xyxy, np.float32)[mine]
    if not len(corners):
        return nothing
    if np.abs(corners).max() <= 2:  # shares of the input
        corners = corners * np.tile(np.array(size, np.float32), 2)
    corners = (corners / scale).clip(0, np.tile(np.array(picture, np.float32), 2))
    boxes = np.concatenate([corners, np.asarray(found.score, np.float32)[mine, None]], 1)
    boxes = boxes[(boxes[:, 2] - boxes[:, 0] > 2) & (boxes[:, 3] - boxes[:, 1] > 2)]
    return suppress_overlaps(boxes[np.argsort(-boxes[:, 4])[:MOST]])


def recognise(
    network: Network, size: tuple[int, int] | None, picture: np.ndarray, people: np.ndarray, name: str
) -> Reading:
    """How a detector is to be fed and understood: as it finds the known people of a picture best, and nobody
    else.

    picture: (H, W, 3) uint8 RGB; people: (M, 4) x0, y0, x1, y1 in its pixels; name: of the file. Raises
    UserError where it finds none of them in any way.
    """
    best, most, seen = None, 0.0, ""
    filled, scale = fitted(picture, size)
    for preparation in PREPARATIONS:
        outputs = network(preparation.apply(filled))
        seen = ", ".join(f"{title} {' x '.join(map(str, values.shape))}" for title, values in outputs.items())
        for reading in _readings(preparation, list(outputs.values()), filled.shape[1::-1]):
            found = people_in(
                list(outputs.values()), reading, filled.shape[1::-1], picture.shape[1::-1], scale, LEAST / 2
            )
            worth = _worth(found, people)
            if worth > most:
                best, most = reading, worth
    if best is None:
        raise UserError(
            f"{name} found nobody in a picture of {len(people)} people, however its output ({seen}) was "
            "read. Choose a detector of people: YOLOX, RTMDet, YOLOv5 or later, RT-DETR, D-FINE, DETR or "
            "torchvision's. One that gives joints, too, is given to --poses, or to Import poses… in "
            "the window."
        )
    return best


def _readings(
    preparation: Preparation, outputs: list[np.ndarray], size: tuple[int, int]
) -> Iterator[Reading]:
    for layout, read in LAYOUTS.items():
        if (found := read(outputs, size)) is not None:
            for label in sure_labels(found.score, found.label):
                yield Reading(preparation, layout, label)


def sure_labels(score: np.ndarray, label: np.ndarray) -> list[int]:
    """Classes of which something is found, of whatever outputs read so; none that are no scores."""
    sure = (score > LEAST / 2) & (score <= 1.01)
    return np.unique(np.asarray(label)[sure]).astype(int)[:MOST_CLASSES].tolist()


def _worth(found: np.ndarray, people: np.ndarray) -> float:
    """Overlap times score of the known people that are found, less the scores of whom else there is; 0 for
    none of them.
    """
    if not len(found):
        return 0.0
    overlap = iou(found, people)
    hits = [(overlap[:, i] * found[:, 4]).max() for i in range(len(people))]
    certain = [found[overlap[:, i] >= MATCH, 4].max(initial=0) for i in range(len(people))]
    if max(certain) < LEAST:
        return 0.0
    others = found[(overlap.max(1) < MATCH) & (found[:, 4] > FALSE), 4].sum()
    return float(sum(hits) - 0.5 * others)
