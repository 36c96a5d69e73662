"""Frames to tracks of boxes: detection on every n-th frame, association, and a smooth box for every frame
between.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from core.domain import Monitor, NobodyFound, Silent, raise_if_cancelled
from core.domain.overlap import iou
from core.tracking.detector import PersonDetector
from core.tracking.joining import SAME_PLACE, Person, hold, stitch
from core.tracking.settings import USUAL, FindSettings
from core.video.source import VideoSource

PROBES = 4
CLEAR_WIN = 1.1
LOST_SECONDS = 2.0
HELD_SECONDS = 1.0
SMOOTHING = 1.0  # standard deviation, in detections
SILENT = Silent()


def find_people(
    source: VideoSource,
    detector: PersonDetector,
    monitor: Monitor,
    start: int = 0,
    stop: int | None = None,
    workers: int = 1,
    settings: FindSettings = USUAL,
) -> list[Person]:
    """The people of a video between two frames, the most present first.

    workers: detections made side by side, while decoding goes on; settings: those that the detector was made
    with.

    Raises NobodyFound, Cancelled when the monitor says so.
    """
    stop = len(source) if stop is None else stop
    step = detection_step(source.fps, settings)
    with ThreadPoolExecutor(workers, "detection") as pool:
        turn = (
            upright_turn(source, detector, pool, start, stop)
            if settings.turn is None
            else settings.turn // 90
        )
        running: list[tuple[int, Future]] = []
        for number, frame in source.stream(start, stop, step):
            raise_if_cancelled(monitor)
            running.append(
                (number, pool.submit(detector.find, detector.shrink(frame), frame.width, frame.height, turn))
            )
            if len(running) > 2 * workers:
                running[-2 * workers][1].result()
            monitor.report("Finding people", min(number + 1, stop - 1) - start, stop - start)
        detections = {number: future.result() for number, future in running}
    people = people_of(
        detections, (source.width, source.height), source.fps, (start, stop), settings, monitor
    )
    if not people:
        raise nobody_in(source.path.name)
    monitor.report("Finding people", stop - start, stop - start)
    return people


def detection_step(fps: float, settings: FindSettings) -> int:
    """Frames from one that is looked at to the next."""
    return max(1, round(fps / settings.per_second))


def nobody_in(name: str) -> NobodyFound:
    return NobodyFound(
        f"No people were found in {name}. Search with a lower score, in a larger picture or in another "
        "part, or give their boxes."
    )


def people_of(
    detections: dict[int, np.ndarray],
    size: tuple[int, int],
    fps: float,
    span: tuple[int, int],
    settings: FindSettings = USUAL,
    monitor: Monitor = SILENT,
    goes_on: tuple[bool, bool] = (False, False),
) -> list[Person]:
    """The people that detections, (M, 5) by frame, are of, the most present first.

    size: width and height of the image; span: the first frame and the one after the last, of which every n-th
    was looked at; goes_on: whether the video does before and after it, so that somebody may be there for a
    moment only.
    """
    step = detection_step(fps, settings)
    parts = associate(detections, fps / step, settings.score, monitor)
    people = [
        person
        for frames, boxes in stitch(parts, LOST_SECONDS * fps, settings.score, monitor)
        if (person := _person(frames, boxes, step, span, fps, settings, goes_on))
    ]
    people = hold(people, size, span, round(HELD_SECONDS * fps))
    return sorted(people, key=lambda person: -len(person.frames) * person.score)


def upright_turn(
    source: VideoSource, detector: PersonDetector, pool: ThreadPoolExecutor, start: int, stop: int
) -> int:
    """Quarter turns, clockwise, that put the people upright: those with which the detector is surest.

    Looks at a few frames over the span. Squared scores let few sure people outweigh many chance finds; a turn
    must clearly win over leaving the picture as it is.
    """
    step = max(1, (stop - start) // PROBES)
    images = [detector.shrink(frame) for _, frame in source.stream(start, stop, step)]

    def certainty(turn: int) -> float:
        scores = [detector.find(image, source.width, source.height, turn)[:, 4] for image in images]
        return float(sum((found**2).sum() for found in scores))

    scores = list(pool.map(certainty, range(4)))
    best = int(np.argmax(scores))
    return best if scores[best] > CLEAR_WIN * scores[0] else 0


def associate(
    detections: dict[int, np.ndarray], rate: float, assured: float = USUAL.score, monitor: Monitor = SILENT
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Detections by frame, (M, 5) each, at `rate` frames per second, into persons, who begin with an assured
    score.

    Returns (frames (n,), boxes (n, 5)) for each. Association is ByteTrack's (Zhang et al. 2022).
    """
    if len(detections) == 1:  # the tracker believes nobody before the second frame
        ((number, boxes),) = detections.items()
        return [(np.array([number]), box[None]) for box in boxes if box[4] > assured]
    import supervision
    from trackers import ByteTrackTracker

    tracker = ByteTrackTracker(
        lost_track_buffer=round(LOST_SECONDS * 30),
        frame_rate=rate,
        track_activation_threshold=assured,
        high_conf_det_threshold=assured,
        minimum_consecutive_frames=1,
        minimum_iou_threshold=0.1,
    )
    found: dict[int, list[tuple[int, np.ndarray]]] = {}
    nobody = np.empty((0, 5), np.float32)
    before, taken = (0, nobody), list[int]()  # those of the detections before that are somebody's
    for done, (number, boxes) in enumerate(detections.items()):
        raise_if_cancelled(monitor)
        monitor.report("Following people", done, len(detections))
        if not len(boxes):
            tracker.update(supervision.Detections.empty())
            before, taken = (number, boxes), []
            continue
        tracked = tracker.update(
            supervision.Detections(
                xyxy=boxes[:, :4],
                confidence=boxes[:, 4],
                class_id=np.zeros(len(boxes), int),
                data={"index": np.arange(len(boxes))},
            )
        )
        ids = () if tracked.tracker_id is None else tracked.tracker_id
        known = [(int(i), int(n)) for i, n in zip(ids, tracked.data.get("index", ()), strict=True) if i >= 0]
        for person, index in known:
            rows = found.setdefault(person, [])
            if not rows:
                rows.extend(_earlier(boxes[index], *before, taken))
            rows.append((number, boxes[index]))
        before, taken = (number, boxes), [index for _, index in known]
    return [(np.array([n for n, _ in rows]), np.stack([box for _, box in rows])) for rows in found.values()]


def _earlier(
    box: np.ndarray, number: int, boxes: np.ndarray, taken: Sequence[int]
) -> list[tuple[int, np.ndarray]]:
    """The detection a frame earlier that a new person must have been: the tracker waits one frame before
    it believes. taken: those that are somebody else's.
    """
    if not len(boxes):
        return []
    overlap = iou(box[None], boxes)[0]
    best = int(overlap.argmax())
    return [(number, boxes[best])] if overlap[best] > SAME_PLACE and best not in taken else []


def _person(
    frames: np.ndarray,
    boxes: np.ndarray,
    step: int,
    span: tuple[int, int],
    fps: float,
    settings: FindSettings,
    goes_on: tuple[bool, bool],
) -> Person | None:
    """A box for every frame from the first to the last detection; None for what is too short or too
    unsure.
    """
    score, (start, stop) = float(boxes[:, 4].mean()), span
    from_start, to_stop = frames[0] - start < step, stop - 1 - frames[-1] < step
    cut = (from_start and goes_on[0]) or (to_stop and goes_on[1])
    short = frames[-1] - frames[0] + step < min(settings.shortest * fps, stop - start)
    if (short and not cut) or score < settings.lowest_mean:
        return None
    every = np.arange(start if from_start else int(frames[0]), stop if to_stop else int(frames[-1]) + 1)
    return Person(
        every, smooth(frames, boxes[:, :4], every), score, detected=_scores(frames, boxes[:, 4], every, step)
    )


def _scores(frames: np.ndarray, scores: np.ndarray, every: np.ndarray, step: int) -> np.ndarray:
    """Of the detections (n,) at some frames to every frame (m,) float32; 0 where none is as near as the
    next look.
    """
    after = np.searchsorted(frames, every).clip(max=len(frames) - 1)
    near = np.minimum(np.abs(frames[after] - every), np.abs(frames[(after - 1).clip(min=0)] - every)) < step
    return np.where(near, np.interp(every, frames, scores), 0).astype(np.float32)


def smooth(frames: np.ndarray, boxes: np.ndarray, every: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) at some frames to smooth boxes (m, 4) float32 at every frame; single outliers are
    dropped.
    """
    if len(frames) >= 3:
        boxes = median_filter(boxes, size=(3, 1), mode="nearest")
        boxes = gaussian_filter1d(boxes, SMOOTHING, axis=0, mode="nearest")
    return np.stack([np.interp(every, frames, boxes[:, i]) for i in range(4)], 1).astype(np.float32)
