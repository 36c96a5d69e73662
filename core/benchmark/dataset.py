"""The samples of a data set, cut out of their frames once and kept on disk."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.adaptation.training_set import (
    CONTEXT,
    TrainingSet,
    areas_in_picture,
    context_picture,
    context_rectangles,
    context_size,
)
from core.benchmark.references import LEAST_IN_SIGHT, Part, Reference, find_reference, parse_name
from core.benchmark.stretches import GROUPS
from core.benchmark.transforms import TRANSFORMS
from core.domain import COCO17, Monitor, UserError, raise_if_cancelled
from core.estimation.crops import crop_image, crop_rectangles, image_to_cells, take_crop
from core.estimation.spec import EstimatorSpec
from core.video.frame import Frame
from core.video.source import content_id

COLUMNS = (
    "track",
    "image",
    "seconds",
    "points",
    "labelled",
    "boxes",
    "areas",
    "in_sight",
    "groups",
    "changed",
)
VERSION = 3  # of how samples are cut out; a new one makes them be cut again
CHANGE_STARTS = 0.4  # where the changed stretch of a mixed part begins, as a share of its frames


@dataclass(frozen=True)
class Dataset:
    """N samples in the order of parts and frames.

    crops: (N, h, w, 3) and pictures: (N, H, W, 3) uint8 RGB, on disk; rectangles, contexts: (N, 4) what they
    show; track, image: (N,) int64, numbered through all parts; seconds: (N,) in its video; points: (N, K, 2)
    image pixels; labelled: (N, K) bool; boxes: (N, 4); areas: (N,) square pixels, by which OKS measures;
    in_sight: (N,) share of the labelled joints, NaN where unknown; groups: (N, len(GROUPS)) bool; changed:
    (N,) bool, in a frame that a transform changed; minutes: of all videos; mark: changes with all of it.
    """

    name: str
    mark: str
    crops: np.ndarray
    pictures: np.ndarray
    rectangles: np.ndarray
    contexts: np.ndarray
    track: np.ndarray
    image: np.ndarray
    seconds: np.ndarray
    points: np.ndarray
    labelled: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    in_sight: np.ndarray
    groups: np.ndarray
    changed: np.ndarray
    minutes: float

    def __len__(self) -> int:
        return len(self.track)

    def training_set(self, rows: np.ndarray) -> TrainingSet:
        """What an annotator would hand over for these rows."""
        points = self.in_pictures(self.points[rows], rows)
        areas = areas_in_picture(self.boxes[rows], self.contexts[rows], self.pictures.shape[2:0:-1])
        return TrainingSet(self.pictures[rows], points, self.labelled[rows], areas)

    def in_pictures(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(n, K, 2) image pixels of these rows to those of their pictures."""
        return image_to_cells(points, self.contexts[rows], self.pictures.shape[2:0:-1])


def build(name: str, spec: EstimatorSpec, data: Path | None, cache: Path, monitor: Monitor) -> Dataset:
    """Cuts the samples out, or finds them in the cache. Raises UserError, Cancelled."""
    parts = parse_name(name)
    references = [find_reference(part.source, data) for part in parts]
    mark = _mark(parts, references, spec)
    folder = cache / mark
    if not (folder / "done").is_file():
        _cut(parts, references, spec, folder, monitor)
    columns = dict(np.load(folder / "columns.npz", allow_pickle=False))
    places = COCO17.places_of(spec.skeleton.joints)  # references speak of COCO-17
    if (places < 0).all():
        raise UserError(
            f"None of the estimator's joints, e.g. {spec.skeleton.joints[0]}, is one of COCO-17's to measure."
        )
    columns["points"] = columns["points"][:, places]
    columns["labelled"] = columns["labelled"][:, places] & (places >= 0)
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("crops", "pictures")}
    return Dataset(
        name,
        mark,
        **arrays,
        rectangles=crop_rectangles(columns["boxes"], spec.margin, spec.width / spec.height),
        contexts=context_rectangles(columns["boxes"], spec),
        **{column: columns[column] for column in COLUMNS},
        minutes=float(columns["minutes"]),
    )


def _mark(parts: list[Part], references: list[Reference], spec: EstimatorSpec) -> str:
    """Changes with everything that the cut samples depend on."""
    contents = []
    for reference in references:
        media = reference.media.values() if isinstance(reference.media, dict) else [reference.media]
        contents += [content_id(path) for path in (*reference.files, *media)]
    kept = [VERSION, COLUMNS, GROUPS, LEAST_IN_SIGHT]
    text = json.dumps(
        [[vars(part) for part in parts], contents, spec.size, spec.margin, spec.levels, CONTEXT, kept]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _cut(
    parts: list[Part], references: list[Reference], spec: EstimatorSpec, folder: Path, monitor: Monitor
) -> None:
    total = sum(len(reference.frame) for reference in references)
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {"crops": spec.size, "pictures": context_size(spec)}
    opened = {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, (total, height, width, 3))
        for name, (width, height) in sizes.items()
    }
    columns: dict[str, list] = {name: [] for name in COLUMNS}
    row = first_track = first_image = 0
    for part, reference in zip(parts, references, strict=True):
        transform, rng = TRANSFORMS[part.transform], np.random.default_rng(0)
        numbers = np.unique(reference.frame)
        changed = set() if part.transform == "none" else set(_changed(numbers, part).tolist())
        names = np.unique(reference.track)
        for number, seconds, frame in reference.frames():
            raise_if_cancelled(monitor)
            rows = np.flatnonzero(reference.frame == number)
            points, boxes = reference.points[rows], reference.boxes[rows]
            image = frame if isinstance(frame, np.ndarray) else frame.to_array("rgb")
            if number in changed:
                whole = (image.shape[1], image.shape[0])
                points, boxes = transform.points(points, whole), transform.boxes(boxes, whole)
                frame = image = np.ascontiguousarray(transform.frame(image, rng))
            shown, around = (
                crop_rectangles(boxes, spec.margin, spec.width / spec.height),
                context_rectangles(boxes, spec),
            )
            for i, source_row in enumerate(rows):
                opened["crops"][row] = _cut_out(frame, shown[i], sizes["crops"], spec.levels)
                opened["pictures"][row] = context_picture(image, around[i], spec)
                values = (
                    first_track + int(np.searchsorted(names, reference.track[source_row])),
                    first_image + int(np.searchsorted(numbers, number)),
                    seconds,
                    points[i],
                    reference.labelled[source_row],
                    boxes[i],
                    reference.areas[source_row] * _area(boxes[i]) / _area(reference.boxes[source_row]),
                    reference.in_sight[source_row],
                    reference.groups[source_row],
                    number in changed,
                )
                for column, value in zip(COLUMNS, values, strict=True):
                    columns[column].append(value)
                row += 1
            monitor.report("Cutting out the people", row, total)
        first_track, first_image = first_track + len(names), first_image + len(numbers)
    if row < total:
        raise UserError(
            f"{total - row} of {total} poses lie in frames that cannot be decoded; repair the video first."
        )
    minutes = sum(reference.minutes() for reference in references)
    arrays: dict[str, Any] = {name: np.array(values) for name, values in columns.items()}
    np.savez(folder / "columns.npz", minutes=minutes, **arrays)
    for file in opened.values():
        file.flush()
    (folder / "done").touch()


def _cut_out(
    frame: Frame | np.ndarray, rectangle: np.ndarray, size: tuple[int, int], levels: bool
) -> np.ndarray:
    """As an estimation cuts a video's frames, where it is one."""
    cut = crop_image if isinstance(frame, np.ndarray) else take_crop
    return cut(frame, rectangle, size, levels)  # type: ignore[arg-type]


def _area(box: np.ndarray) -> float:
    return float((box[2:] - box[:2]).prod())


def _changed(numbers: np.ndarray, part: Part) -> np.ndarray:
    """The frames that the part's transform changes: all, or a stretch from the middle on."""
    count = max(1, round(part.share * len(numbers)))
    start = min(round(CHANGE_STARTS * len(numbers)), len(numbers) - count)
    return numbers[start : start + count]
