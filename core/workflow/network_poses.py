"""Poses of a video by a network that finds people and their joints at once."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from core.domain import Monitor, UserError, raise_if_cancelled
from core.estimation.device import threads
from core.formats.found_poses import FoundPoses, joints_of_count
from core.project.estimators.single_stage import open_single_stage
from core.tracking.joining import stitch
from core.tracking.people import LOST_SECONDS, associate
from core.tracking.settings import USUAL, FindSettings
from core.tracking.single_stage import SingleStage
from core.video.source import VideoSource

AHEAD = 2  # frames in a row for each thread


def poses_of_network(
    path: Path, source: VideoSource, wanted: np.ndarray, device: str, monitor: Monitor
) -> FoundPoses:
    """path: of an ONNX file; wanted: (frames,) bool. People are followed from frame to frame as those of a
    detector are, and left out where they are there for a moment only. Raises UserError, Cancelled.
    """
    network = open_single_stage(path, device, USUAL.lowest_score)
    boxes: dict[int, np.ndarray] = {}
    joints: list[np.ndarray] = []
    count = 0
    for number, (found, points) in _looks(network, source, wanted, path.name, monitor):
        rows = np.arange(count, count + len(found))[:, None]  # goes along as a sixth column
        boxes[number] = np.concatenate([found, rows], 1)
        joints.append(points)
        count += len(found)
    people = _followed(boxes, source.fps, USUAL, monitor)
    if not people:
        raise UserError(
            f"{path.name} found nobody in {source.path.name}. Begin without --poses, or with another network."
        )
    frames = np.concatenate([frames for frames, _ in people])
    values = np.concatenate(joints)[np.concatenate([rows for _, rows in people])]
    person = [str(place + 1) for place, (frames, _) in enumerate(people) for _ in frames]
    return FoundPoses(
        joints_of_count(network.reading.joints, path.name),
        [""] * len(frames),
        frames,
        np.full(len(frames), np.nan),
        person,
        values[..., :2],
        values[..., 2],
        0,
        named=False,
    )


def _looks(
    network: SingleStage, source: VideoSource, wanted: np.ndarray, name: str, monitor: Monitor
) -> Iterator[tuple[int, tuple[np.ndarray, np.ndarray]]]:
    """What is found in each frame that is wanted, in order."""
    first, last = np.flatnonzero(wanted)[[0, -1]].tolist()
    done, total, running = 0, int(wanted.sum()), deque[tuple[int, Future]]()
    with ThreadPoolExecutor(threads(), "poses") as pool:
        for number, frame in source.stream(first, last + 1):
            if not wanted[number]:
                continue
            raise_if_cancelled(monitor)
            running.append((number, pool.submit(network.find, network.shrink(frame))))
            if len(running) > AHEAD * threads():
                at, future = running.popleft()
                yield at, future.result()
            done += 1
            monitor.report(f"Estimating with {name}", done, total)
        for at, future in running:
            yield at, future.result()


def _followed(
    boxes: dict[int, np.ndarray], fps: float, settings: FindSettings, monitor: Monitor
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Frames (n,) and rows (n,) of each person, who is there the most first. boxes: (M, 6) by frame."""
    parts = associate(boxes, fps, settings.score, monitor)
    parts = stitch(parts, LOST_SECONDS * fps, settings.score, monitor)
    least = min(settings.shortest * fps, len(boxes))
    people = [
        (frames, held[:, 5].astype(np.int64))
        for frames, held in parts
        if len(frames) >= least and held[:, 4].mean() >= settings.lowest_mean
    ]
    return sorted(people, key=lambda person: -len(person[0]))
