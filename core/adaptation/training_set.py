"""Which labels are trained on, and the pictures they need."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.estimation.crops import crop_image, crop_rectangles, image_to_cells
from core.estimation.spec import EstimatorSpec
from core.video.source import open_video

STILL_WRONG_MARGIN = 0.05
BATCH = 8  # samples in a step
CONTEXT = 1.5  # size of the stored picture over the size of the crop: room to turn and shift


@dataclass(frozen=True)
class TrainingSample:
    """One label, ready to travel to the training process.

    video: file; box: (4,) image pixels; points: (K, 2) image pixels; labelled: (K,) bool.
    """

    video: Path
    frame: int
    box: np.ndarray
    points: np.ndarray
    labelled: np.ndarray


@dataclass(frozen=True)
class TrainingSet:
    """pictures: (M, H, W, 3) uint8 RGB, crops with room around; points: (M, K, 2) float64 in pixels of the
    picture; labelled: (M, K) bool; areas: (M,) of the people's boxes, in square pixels of the picture.
    """

    pictures: np.ndarray
    points: np.ndarray
    labelled: np.ndarray
    areas: np.ndarray

    def rows(self, chosen: np.ndarray) -> "TrainingSet":
        """chosen: (M,) bool."""
        return TrainingSet(
            self.pictures[chosen], self.points[chosen], self.labelled[chosen], self.areas[chosen]
        )

    def without_labels(self) -> "TrainingSet":
        """The same pictures, nothing known of them."""
        return replace(self, points=np.zeros_like(self.points), labelled=np.zeros_like(self.labelled))


def choose_samples(values: np.ndarray, latest: np.ndarray, tau: float, variant: str) -> np.ndarray:
    """Which labels to train on, (n,) bool.

    values: (n,) OKS of each label under the present estimator, NaN where unknown; latest: (n,) bool.
    "paper": the latest batch, and of the earlier labels what is still wrong (ACFT, Taketsugu & Ukita 2024,
    sec. 3.3). "ours": all of them. Labels are few, steps are bounded, and what is left out is forgotten
    (benchmarks/RESULTS.md).
    """
    if variant == "ours":
        return np.ones(len(values), bool)
    chosen = latest | ~(values > tau + STILL_WRONG_MARGIN)
    return chosen if chosen.any() else np.ones(len(values), bool)


def load_training_set(
    samples: list[TrainingSample], spec: EstimatorSpec, on_sample: Callable[[], None] = lambda: None
) -> TrainingSet:
    """Reads the frames, each video once from front to back. on_sample: called after each, may raise."""
    size = context_size(spec)
    pictures: dict[int, np.ndarray] = {}
    rectangles = context_rectangles(np.stack([s.box for s in samples]), spec)
    order = sorted(range(len(samples)), key=lambda i: (str(samples[i].video), samples[i].frame))
    source, image, shown = None, np.zeros(0), None
    try:
        for i in order:
            sample = samples[i]
            if source is None or source.path != sample.video:
                if source is not None:
                    source.close()
                source = open_video(sample.video)
            if shown != (sample.video, sample.frame):
                image, shown = source.read(sample.frame, "rgb"), (sample.video, sample.frame)
            pictures[i] = context_picture(image, rectangles[i], spec)
            on_sample()
    finally:
        if source is not None:
            source.close()
    points = image_to_cells(np.stack([s.points for s in samples]), rectangles, size)
    boxes = np.stack([s.box for s in samples])
    return TrainingSet(
        np.stack([pictures[i] for i in range(len(samples))]),
        points,
        np.stack([s.labelled for s in samples]),
        areas_in_picture(boxes, rectangles, size),
    )


def areas_in_picture(boxes: np.ndarray, rectangles: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(N,) square pixels of stored pictures. boxes: (N, 4) image pixels; rectangles: (N, 4) that the
    pictures show.
    """
    scale = np.array(size) / rectangles[:, 2:]
    return ((boxes[:, 2:] - boxes[:, :2]) * scale).prod(1)


def context_size(spec: EstimatorSpec) -> tuple[int, int]:
    """Width and height of a stored picture."""
    return round(spec.width * CONTEXT), round(spec.height * CONTEXT)


def central_crops(pictures: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The crops inside stored pictures (M, H, W, 3), as the estimator sees them: (M, height, width, 3)
    uint8.
    """
    top, left = ((pictures.shape[axis] - size[2 - axis]) // 2 for axis in (1, 2))
    return np.ascontiguousarray(pictures[:, top : top + size[1], left : left + size[0]])


def context_rectangles(boxes: np.ndarray, spec: EstimatorSpec) -> np.ndarray:
    """(N, 4) int64 rectangles with the crop's centre and CONTEXT times its size."""
    return crop_rectangles(boxes, spec.margin * CONTEXT, spec.width / spec.height)


def context_picture(image: np.ndarray, rectangle: np.ndarray, spec: EstimatorSpec) -> np.ndarray:
    """What is stored of a rectangle of an image (H, W, 3) uint8 RGB, black outside of it. Its grey levels are
    spread as those of the crop inside, so that the crop looks as it does when it is estimated.
    """
    return crop_image(image, rectangle, context_size(spec), spec.levels, spec.size)
