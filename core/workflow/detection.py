"""The frames of one segment, decoded once for all that is done with them, and the people in them."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from core.estimation.device import threads
from core.tracking.appearance import describe, mean_appearance
from core.tracking.detector import PersonDetector
from core.tracking.joining import UNKNOWN, Person
from core.tracking.linking import NEAR
from core.tracking.people import detection_step, people_of, upright_turn
from core.tracking.settings import MOST_LOOKS, USUAL, FindSettings
from core.tracking.single_stage import FramePoses, SingleStage
from core.video.cuts import find_cuts, thumbnail
from core.video.decoder import Decoder
from core.video.frame import Frame
from core.video.hardware import HardwareDecoder
from core.video.images import ImageFolder
from core.video.source import VideoSource

AnyDecoder = Decoder | HardwareDecoder | ImageFolder

HELD = 192 << 20  # bytes of pictures that are held at most; a longer or larger segment is decoded twice
LOOKS = 6  # at somebody, to tell them by their appearance
LOST_LOOKS = 3  # in a row in which somebody was not found, before it is asked whether it is still they
BYTES = 1.5  # of a pixel, as most videos have it


@dataclass(frozen=True)
class SegmentFrames:
    """Some frames in a row, as far as they can be decoded. held: they, None where they are to be decoded
    again; people: who was found in them, the most present first, None where nobody was looked for; unread:
    those that are damaged; poses: by frame what a network found that gives boxes and joints at once, None
    without one.
    """

    source: VideoSource
    held: list[tuple[int, Frame]] | None
    people: list[Person] | None
    unread: list[int]
    poses: Mapping[int, FramePoses] | None = None

    def stream(self, start: int, stop: int) -> Iterator[tuple[int, Frame]]:
        """Those from start to before stop, in order."""
        if self.held is None:
            return self.source.stream(start, stop)
        return ((number, frame) for number, frame in self.held if start <= number < stop)


class Detection:
    """How people are found, video by video.

    settings: by video, the usual ones where there are none; a turn that is not known is found out when a
    video is first looked at, and kept here.
    """

    def __init__(
        self, open_detector: Callable[[FindSettings], PersonDetector], settings: Mapping[int, FindSettings]
    ):
        self.settings = dict(settings)
        self._open = open_detector
        self._detectors: dict[FindSettings, PersonDetector] = {}
        self._lock = Lock()
        self.pool = ThreadPoolExecutor(threads(), "detection")

    def __enter__(self) -> "Detection":
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(cancel_futures=True)

    def of(self, video: int, source: VideoSource) -> tuple[PersonDetector, FindSettings]:
        with self._lock:
            settings = self.settings.get(video, USUAL)
            same = replace(settings, turn=None)
            if same not in self._detectors:
                self._detectors[same] = self._open(same)
            detector = self._detectors[same]
            if settings.turn is None:
                turn = 90 * upright_turn(source, detector, self.pool, 0, len(source))
                settings = self.settings[video] = replace(settings, turn=turn)
            return detector, settings


def decode(
    source: VideoSource,
    decoder: AnyDecoder,
    video: int,
    start: int,
    stop: int,
    detection: Detection | None,
) -> SegmentFrames:
    """decoder: of the source, left open; detection: None where nobody is to be looked for."""
    step, running = 0, {}
    if detection is not None:
        detector, settings = detection.of(video, source)
        step, turn = detection_step(source.fps, settings), (settings.turn or 0) // 90
    hold = source.width * source.height * BYTES * (stop - start) <= HELD
    held: list[tuple[int, Frame]] = []
    looked_at: dict[int, Frame] = {}
    thumbnails: dict[int, np.ndarray] = {}
    seen = np.zeros(stop - start, bool)
    beyond = min(stop + 1, len(source)) if step else stop  # whether a cut is just between two segments
    for number, frame in source.stream(start, beyond, 1, decoder) if hold or step else ():
        if step:
            thumbnails[number] = thumbnail(frame)
        if number == stop:
            break
        seen[number - start] = True
        if hold:
            held.append((number, frame))
        if step and detection is not None and (number - start) % step == 0:
            looked_at[number] = frame
            image = detector.shrink(frame)
            running[number] = detection.pool.submit(detector.find, image, frame.width, frame.height, turn)
    people = None
    if step:
        detections = {number: future.result() for number, future in running.items()}
        people = _people(source, detections, start, stop, find_cuts(thumbnails), settings)
        people = _told_apart(people, looked_at)
    unread = (start + np.flatnonzero(~seen)).tolist() if hold or step else []
    return SegmentFrames(source, held if hold else None, people, unread)


def decode_with_poses(
    source: VideoSource,
    decoder: AnyDecoder,
    start: int,
    stop: int,
    network: SingleStage,
    pool: ThreadPoolExecutor,
) -> SegmentFrames:
    """The same with a network that finds people and their joints in every frame; no picture is held."""
    settings = replace(USUAL, per_second=min(source.fps, MOST_LOOKS))
    step = detection_step(source.fps, settings)
    few = detection_step(source.fps, USUAL)  # from one whose picture is held, for appearances, to the next
    running: dict[int, Future[FramePoses]] = {}
    thumbnails: dict[int, np.ndarray] = {}
    looked_at: dict[int, Frame] = {}
    for number, frame in source.stream(start, min(stop + 1, len(source)), 1, decoder):
        thumbnails[number] = thumbnail(frame)
        if number == stop:
            break
        running[number] = pool.submit(network.find, network.shrink(frame))
        if (number - start) % few == 0:
            looked_at[number] = frame
    poses = {number: future.result() for number, future in running.items()}
    looks = {number: boxes for number, (boxes, _) in poses.items() if (number - start) % step == 0}
    people = _people(source, looks, start, stop, find_cuts(thumbnails), settings)
    people = _told_apart(people, looked_at)
    unread = sorted(set(range(start, stop)) - poses.keys())
    return SegmentFrames(source, None, people, unread, poses)


def _people(
    source: VideoSource,
    detections: Mapping[int, np.ndarray],
    start: int,
    stop: int,
    cuts: Sequence[int],
    settings: FindSettings,
) -> list[Person]:
    """Shot by shot: nobody goes on beyond a cut. cuts: frames after `start`, up to `stop`, with which a shot
    begins.
    """
    people: list[Person] = []
    for first, end in itertools.pairwise(sorted({start, *cuts, stop})):
        found = {number: boxes for number, boxes in detections.items() if first <= number < end}
        if found:
            known = tuple(border if border in cuts else UNKNOWN for border in (first, end))
            goes_on = (first == start and start > 0, end == stop < len(source) and stop not in cuts)
            size = (source.width, source.height)
            shot = people_of(found, size, source.fps, (first, end), settings, goes_on=goes_on)
            people += [replace(person, cuts=(known[0], known[1])) for person in shot]
    return people


def _told_apart(people: Sequence[Person], looked_at: Mapping[int, Frame]) -> list[Person]:
    """With their appearances; who is found again in the place of one who is lost, and looks like somebody
    else, is somebody else.
    """
    parts = [part for person in people for part in _parts(person, looked_at)]
    return [_with_appearance(part, looked_at) for part in parts]


def _parts(person: Person, looked_at: Mapping[int, Frame]) -> list[Person]:
    """A person up to each long gap, and from it on, where they look otherwise behind it."""
    if person.detected is None:
        return [person]
    looked = np.flatnonzero(np.isin(person.frames, list(looked_at)))
    found = looked[person.detected[looked] > 0]
    gaps = np.flatnonzero(np.diff(np.searchsorted(looked, found)) > LOST_LOOKS)
    borders, parts = [0], []
    for gap in gaps.tolist():
        before, after = found[max(0, gap + 1 - LOOKS // 2) : gap + 1], found[gap + 1 : gap + 1 + LOOKS // 2]
        one, other = (_appearance(person, rows, looked_at) for rows in (before, after))
        if np.linalg.norm(one - other) > NEAR:
            parts.append((borders.pop(), int(found[gap]) + 1))
            borders.append(int(found[gap + 1]))
    rows = np.arange(len(person.frames))
    return [person.only((rows >= first) & (rows < stop)) for first, stop in [*parts, (borders[0], len(rows))]]


def _appearance(person: Person, rows: np.ndarray, looked_at: Mapping[int, Frame]) -> np.ndarray:
    return mean_appearance([describe(looked_at[int(person.frames[row])], person.boxes[row]) for row in rows])


def _with_appearance(person: Person, looked_at: Mapping[int, Frame]) -> Person:
    """In some of the frames that the detector has looked at, and has found somebody in where it could."""
    looked = np.isin(person.frames, list(looked_at))
    found = looked if person.detected is None else looked & (person.detected > 0)
    there = np.flatnonzero(found if found.any() else looked)
    chosen = (
        there[np.unique(np.linspace(0, len(there) - 1, LOOKS).round().astype(int))] if len(there) else there
    )
    return replace(person, appearance=_appearance(person, chosen, looked_at))
