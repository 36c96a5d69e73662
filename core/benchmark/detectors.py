"""Person detectors side by side on pictures or a video whose people are known."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.benchmark.references import Reference, find_reference, parse_name
from core.benchmark.transforms import TRANSFORMS
from core.domain import Monitor, Silent, UserError, raise_if_cancelled
from core.domain.overlap import iou, matched
from core.project.estimators.detectors import detector_choice, detector_title, open_detector
from core.tracking.detector import PersonDetector
from core.tracking.joining import Person
from core.tracking.people import detection_step, people_of
from core.tracking.settings import USUAL, FindSettings
from core.video.frame import Frame
from core.video.source import open_video

SCORES = (0.1, 0.3, 0.5)
OVERLAP = 0.5  # intersection over union of a box with who it is of
THERE = 0.5  # share of the frames of somebody who counts as found, or as nobody's
IN_SIGHT = 0.5  # share of somebody's joints from which on they can be seen
LOWEST = 0.25  # score that is asked of the detectors; they give what has 0.4 of it


@dataclass(frozen=True)
class MeasuredDetector:
    """One detector on one set, changed in one way.

    recall: share of the known people, by the score from which on a box counts; false: boxes a picture on
    nobody who is known, by score; missed, ghosts: of a video, how many of its people were not followed for
    half of their frames, and how many were followed who are none of them, None of pictures; uncovered: share
    of the known people's frames in which none who is followed is where they are; milliseconds: a picture.
    """

    detector: str
    change: str
    pictures: int
    people: int
    recall: dict[float, float]
    false: dict[float, float]
    missed: int | None
    ghosts: int | None
    uncovered: float | None
    milliseconds: float


def compare_detectors(
    data: str,
    choices: Sequence[str],
    monitor: Monitor,
    *,
    changes: Sequence[str] = ("none",),
    settings: FindSettings = USUAL,
    device: str = "cpu",
) -> list[MeasuredDetector]:
    """data: see references.parse_name, a single part; choices: as --detector takes them; changes: keys of
    TRANSFORMS. settings: but for the detector. Raises UserError, Cancelled.
    """
    parts = parse_name(data)
    if len(parts) != 1 or parts[0].transform != "none":
        raise UserError("Give one video or file of annotations; how it is changed is said with --change.")
    for change in changes:
        if change not in TRANSFORMS:
            raise UserError(f"There is no change {change!r}. Choose one of {', '.join(TRANSFORMS)}.")
    reference = find_reference(parts[0].source, None)
    wanted = [replace(settings, detector=detector_choice(choice)) for choice in choices]
    detectors = [open_detector(device, monitor, replace(one, score=LOWEST)) for one in wanted]
    found = []
    for change in changes:
        measures = [_Measure(*pair, reference) for pair in zip(detectors, wanted, strict=True)]
        for done, (number, frame, boxes) in enumerate(_pictures(reference, change, settings)):
            raise_if_cancelled(monitor)
            monitor.report(f"Looking at pictures ({change})", done, 0)
            for measure in measures:
                measure.look(number, frame, boxes)
        found += [measure.done(change) for measure in measures]
    return found


def _pictures(
    reference: Reference, change: str, settings: FindSettings
) -> Iterator[tuple[int, Frame, np.ndarray]]:
    """Number, frame and the boxes (n, 4) of the known people in it who can be seen."""
    transform, rng = TRANSFORMS[change], np.random.default_rng(0)
    seen = ~(reference.in_sight < IN_SIGHT)
    for number, frame in _frames(reference, settings):
        boxes = reference.boxes[(reference.frame == number) & seen]
        if change != "none":
            image = frame.to_array("rgb")
            boxes = transform.boxes(boxes, (image.shape[1], image.shape[0]))
            frame = Frame.of_image(transform.frame(image, rng))
        yield number, frame, boxes


def _frames(reference: Reference, settings: FindSettings) -> Iterator[tuple[int, Frame]]:
    """All pictures, or so many of a video as are looked at to find people in it."""
    if isinstance(reference.media, dict):
        for number, _, image in reference.frames():
            assert isinstance(image, np.ndarray)
            yield number, Frame.of_image(image)
        return
    with open_video(reference.media) as source:
        first, last = int(reference.frame.min()), int(reference.frame.max())
        yield from source.stream(first, last + 1, detection_step(source.fps, settings))


class _Measure:
    """Gathers what one detector finds."""

    def __init__(self, detector: PersonDetector, settings: FindSettings, reference: Reference) -> None:
        self._detector, self._settings, self._reference = detector, settings, reference
        self._found: dict[int, np.ndarray] = {}
        self._known: dict[int, np.ndarray] = {}
        self._rows: list[tuple[float, bool]] = []
        self._people, self._seconds, self._size = 0, 0.0, (0, 0)

    def look(self, number: int, frame: Frame, boxes: np.ndarray) -> None:
        """boxes: (n, 4) of the known people."""
        image = self._detector.shrink(frame)
        if not self._found:  # the first call makes things ready
            self._detector.find(image, frame.width, frame.height, 0)
        started = time.perf_counter()
        found = self._detector.find(image, frame.width, frame.height, 0)
        self._seconds += time.perf_counter() - started
        self._found[number], self._known[number] = found, boxes
        self._size = (frame.width, frame.height)
        self._people += len(boxes)
        hits = (matched(found, boxes, OVERLAP) >= 0).tolist()
        self._rows += [(float(score), hit) for score, hit in zip(found[:, 4], hits, strict=True)]

    def done(self, change: str) -> MeasuredDetector:
        count = len(self._found)
        recall = {s: sum(hit for score, hit in self._rows if score >= s) / self._people for s in SCORES}
        false = {s: sum(not hit for score, hit in self._rows if score >= s) / count for s in SCORES}
        missed, ghosts, uncovered = self._followed()
        return MeasuredDetector(
            detector_title(self._settings.detector),
            change,
            count,
            self._people,
            recall,
            false,
            missed,
            ghosts,
            uncovered,
            1000 * self._seconds / count,
        )

    def _followed(self) -> tuple[int | None, int | None, float | None]:
        """Missed, ghosts and uncovered of a video."""
        media = self._reference.media
        if isinstance(media, dict):
            return None, None, None
        with open_video(media) as source:
            fps = source.fps
        low = self._settings.lowest_score
        detections = {number: found[found[:, 4] > low] for number, found in self._found.items()}
        span = (min(detections), max(detections) + 1)
        people = people_of(detections, self._size, fps, span, self._settings, Silent())
        numbers = [number for number, boxes in self._known.items() if len(boxes)]
        covered: dict[int, list[bool]] = {}
        seen = ~(self._reference.in_sight < IN_SIGHT)
        for number in numbers:
            here = _boxes_at(people, number)
            rows = np.flatnonzero((self._reference.frame == number) & seen)
            overlap = iou(self._known[number], here) if len(here) else np.zeros((len(rows), 1))
            for row, best in zip(rows.tolist(), overlap.max(1).tolist(), strict=True):
                covered.setdefault(int(self._reference.track[row]), []).append(best >= OVERLAP)
        missed = sum(np.mean(one) < THERE for one in covered.values())
        ghosts = sum(self._is_ghost(person) for person in people)
        return int(missed), int(ghosts), 1 - float(np.mean(np.concatenate([*covered.values()])))

    def _is_ghost(self, person: Person) -> bool:
        """Whether they are on nobody who is known in most of the frames that were looked at."""
        beside = [
            iou(box[None], self._known[int(number)]).max(initial=0) < OVERLAP
            for number, box in zip(person.frames, person.boxes, strict=True)
            if int(number) in self._known
        ]
        return bool(beside) and float(np.mean(beside)) > THERE


def _boxes_at(people: Sequence[Person], number: int) -> np.ndarray:
    """(n, 4)"""
    rows = [person.boxes[person.frames == number] for person in people]
    return np.concatenate(rows) if rows else np.empty((0, 4), np.float32)
