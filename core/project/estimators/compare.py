"""Several estimators side by side on a few frames of a video: how sure, how steady, how right and how
quick each is.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.domain import COCO17, Monitor, Skeleton, Track, UserError, raise_if_cancelled
from core.estimation import pipeline
from core.estimation.device import threads
from core.estimation.session import EstimatorSession
from core.evaluation.neighbour_guard import in_own_place
from core.evaluation.oks import oks
from core.project.estimators.detectors import open_detector
from core.project.estimators.models import ESTIMATOR, own_file, shipped_model, wanted_device
from core.project.project import Project
from core.project.store.store import Label, Video
from core.project.videos import open_located
from core.torch_process import supervisor
from core.torch_process.import_estimator import ImportEstimator
from core.tracking.people import find_people
from core.video.source import VideoSource

PLACES = 12  # pairs of neighbouring frames over the video
SPAN_SECONDS = 3.0  # of the middle of a video in which nobody was looked for yet


@dataclass(frozen=True)
class Compared:
    """One estimator on the samples that all were tried on.

    confidence: mean peak of the joints; jitter: mean way of a joint from one frame to the next as a share of
    the box's height, part of which is the people's own; oks: mean against the labels among the samples, None
    without any or where the skeletons differ; milliseconds: a sample, decoding not counted; device: where it
    ran.
    """

    name: str
    joints: int
    confidence: float
    jitter: float
    oks: float | None
    milliseconds: float
    device: str


def compare(
    project: Project, video: Video, names: list[str], monitor: Monitor, device: str | None = None
) -> list[Compared]:
    """names: as for `estimate --estimator`. Writes nothing. Raises UserError, Cancelled."""
    wanted = wanted_device(project, device)
    labels = list(project.labels().values())
    with open_located(project, video) as source, tempfile.TemporaryDirectory() as scratch:
        files = [_onnx(name, Path(scratch) / str(place), monitor) for place, name in enumerate(names)]
        # a bad one is refused before others run
        sessions = [EstimatorSession(file, wanted) for file in files]
        tracks = _samples(project.tracks(video.id), labels) or _found(source, wanted, monitor)
        found = []
        for place, (name, session) in enumerate(zip(names, sessions, strict=True)):
            raise_if_cancelled(monitor)
            monitor.report(f"Trying {Path(name).name}", place, len(names))
            found.append(_try(Path(name).name, session, source, tracks, labels, project.skeleton, monitor))
    return found


def _onnx(name: str, scratch: Path, monitor: Monitor) -> Path:
    """The ONNX file of an estimator; made in the folder scratch of weights that lie alone."""
    file = own_file(name)
    if file is None:
        return shipped_model(name, monitor)
    for known in (file, file.with_name(ESTIMATOR)):
        if known.suffix == ".onnx" and known.is_file():
            return known
    supervisor.run(ImportEstimator(file, scratch), monitor)
    return scratch / ESTIMATOR


def _samples(tracks: list[Track], labels: list[Label]) -> list[Track]:
    """Pairs of neighbouring frames all over the video, and what is labelled."""
    if not tracks:
        return []
    last = max(int(track.frames[-1]) for track in tracks)
    first = np.unique(np.linspace(0, max(last - 1, 0), PLACES).astype(int))
    chosen = []
    for track in tracks:
        own = [label.sample.frame for label in labels if label.sample.track == track.id]
        rows = np.isin(track.frames, np.concatenate([first, first + 1, own]))
        if rows.any():
            chosen.append(Track(track.id, track.video, track.name, track.frames[rows], track.boxes[rows]))
    return chosen


def _found(source: VideoSource, device: str, monitor: Monitor) -> list[Track]:
    """The people of the middle of a video, looked for now."""
    detector = open_detector(device, monitor)
    length = min(len(source), max(2, round(SPAN_SECONDS * source.fps)))
    start = (len(source) - length) // 2
    people = find_people(source, detector, monitor, start, start + length, workers=threads())
    tracks = [Track(n, 0, f"Person {n}", person.frames, person.boxes) for n, person in enumerate(people, 1)]
    pairs = np.unique(np.linspace(0, max(length - 2, 0), PLACES).astype(int)) + start
    keep = np.concatenate([pairs, pairs + 1])
    return [
        Track(t.id, t.video, t.name, t.frames[rows], t.boxes[rows])
        for t in tracks
        if (rows := np.isin(t.frames, keep)).any()
    ]


def _try(
    name: str,
    session: EstimatorSession,
    source: VideoSource,
    tracks: list[Track],
    labels: list[Label],
    skeleton: Skeleton,
    monitor: Monitor,
) -> Compared:
    run, busy = session.run, [0.0]

    def timed(crops: np.ndarray) -> tuple[np.ndarray, ...]:
        started = time.perf_counter()
        result = run(crops)
        busy[0] += time.perf_counter() - started
        return result

    spec = session.spec
    run(np.zeros((session.batch, spec.height, spec.width, 3), np.uint8))  # the first call makes things ready
    session.run = timed  # type: ignore[method-assign]
    session.workers = 1  # else the time of one would hold that of another
    batches = list(
        in_own_place(pipeline.estimate(source, tracks, session, monitor), np.array(spec.skeleton.sigmas))
    )
    if not batches:
        raise UserError(
            f"No frame of {source.path.name} with a person in it could be decoded. Choose another video."
        )
    track, frame, boxes, points, confidence = (
        np.concatenate([getattr(batch, column) for batch in batches])
        for column in ("track", "frame", "boxes", "points", "confidence")
    )
    same = spec.skeleton.joints == (skeleton or COCO17).joints
    return Compared(
        name,
        len(spec.skeleton),
        float(confidence.mean()),
        _jitter(track, frame, boxes, points),
        _oks(track, frame, points, labels, skeleton) if same else None,
        1000 * busy[0] / len(frame),
        session.device.name,
    )


def _jitter(track: np.ndarray, frame: np.ndarray, boxes: np.ndarray, points: np.ndarray) -> float:
    """NaN where no two neighbouring frames have the same person."""
    order = np.lexsort((frame, track))
    pairs = (np.diff(track[order]) == 0) & (np.diff(frame[order]) == 1)
    before, after = order[:-1][pairs], order[1:][pairs]
    height = np.maximum(boxes[after, 3] - boxes[after, 1], 1e-6)
    way = np.hypot(*np.moveaxis(points[after] - points[before], 2, 0)).mean(1)
    return float((way / height).mean()) if len(way) else float("nan")


def _oks(
    track: np.ndarray, frame: np.ndarray, points: np.ndarray, labels: list[Label], skeleton: Skeleton
) -> float | None:
    rows = {(int(t), int(f)): row for row, (t, f) in enumerate(zip(track, frame, strict=True))}
    known = [(label.pose, rows[label.sample]) for label in labels if label.sample in rows]
    if not known:
        return None
    values = oks(
        np.stack([points[row] for _, row in known]),
        np.stack([pose.points for pose, _ in known]),
        np.stack([pose.labelled for pose, _ in known]),
        np.array([pose.box.area for pose, _ in known]),
        np.array(skeleton.sigmas),
    )
    return float(np.nanmean(values))
