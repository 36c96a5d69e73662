"""Frames and boxes to poses: decoding, inference and read-out run side by side, each frame is decoded
once.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np

from core.domain import Monitor, Track, raise_if_cancelled
from core.estimation.crops import cells_to_image, crop_rectangles, take_crop
from core.estimation.maps import Maps
from core.estimation.session import EstimatorSession
from core.estimation.spec import EstimatorSpec
from core.estimation.views import other_views
from core.video.frame import Frame

# maps, their crops (n, height, width, 3) and who estimated them -> values (n,) by name
Measure = Callable[[Maps, np.ndarray, EstimatorSession], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Estimates:
    """Some samples in the order of frames.

    track, frame: (n,) int64; boxes: (n, 4) float32, rectangles: (n, 4) int64 left, top, width, height of the
    crops, extents: (n, 4) float64 the same of what the maps cover, points: (n, K, 2) float32, all in image
    pixels; confidence: (n, K) float32; maps: where the joints are; embedding: (n, D) float32; measured: what
    was asked to be measured on the maps, (n,) each; views: (2, n, K, 2) image pixels, see other_views;
    frozen: points (n, K, 2) and confidence (n, K) as the network that came reads them, None where it is the
    only one; crops: (n, height, width, 3) uint8 RGB, None once they are no longer needed; motion: (n, K, 3)
    float16 image pixels, how far each joint moved since the frame before, in x and y, by the pictures, and by
    how much the way back misses, NaN where they do not tell, see core.estimation.motion.
    """

    track: np.ndarray
    frame: np.ndarray
    boxes: np.ndarray
    rectangles: np.ndarray
    extents: np.ndarray
    points: np.ndarray
    confidence: np.ndarray
    maps: Maps
    embedding: np.ndarray
    measured: dict[str, np.ndarray]
    views: np.ndarray | None = None
    frozen: tuple[np.ndarray, np.ndarray] | None = None
    crops: np.ndarray | None = None
    motion: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def rows(self, wanted: slice) -> "Estimates":
        """Some of them, without a copy."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        named = ("maps", "measured", "views", "frozen", "crops", "motion")
        return Estimates(
            **{name: values[wanted] for name, values in columns.items() if name not in named},
            maps=self.maps.rows(wanted),
            measured={name: values[wanted] for name, values in self.measured.items()},
            views=None if self.views is None else self.views[:, wanted],
            frozen=None if self.frozen is None else (self.frozen[0][wanted], self.frozen[1][wanted]),
            crops=None if self.crops is None else self.crops[wanted],
            motion=None if self.motion is None else self.motion[wanted],
        )


def estimate_crops(
    session: EstimatorSession,
    crops: np.ndarray,
    columns: dict[str, np.ndarray],
    measure: Measure,
    with_views: bool,
) -> Estimates:
    """crops: (n, height, width, 3) uint8 RGB; columns: their track, frame, boxes and rectangles; the rest
    as in estimate.
    """
    seen = session.estimate(crops)
    measured = measure(seen.maps, crops, session)
    spec = session.spec
    extents = spec.extents(columns["rectangles"])
    views = None
    if with_views:
        found = other_views(session, crops)
        views = np.stack([cells_to_image(view, extents, spec.cells) for view in found])

    def placed(cells: np.ndarray) -> np.ndarray:
        return cells_to_image(cells, extents, spec.cells).astype(np.float32)

    return Estimates(
        **columns,
        extents=extents,
        points=placed(seen.cells),
        confidence=seen.confidence,
        maps=seen.maps,
        embedding=seen.embedding,
        measured=measured,
        views=views,
        frozen=None if seen.frozen is None else (placed(seen.frozen[0]), seen.frozen[1]),
        crops=crops,
    )


class Frames(Protocol):
    """Where frames come from in order: a video, or what was decoded of it already."""

    def stream(self, start: int, stop: int) -> Iterator[tuple[int, Frame]]: ...


def estimate(
    source: Frames,
    tracks: list[Track],
    session: EstimatorSession,
    monitor: Monitor,
    measure: Measure = lambda maps, crops, session: {},
    with_views: bool = False,
) -> Iterator[Estimates]:
    """Estimates every sample of the tracks, batched across frames and people, in the order of frames.

    measure: see Measure, run beside inference; with_views: whether the mirrored and the smaller crop are
    estimated, too. A frame that cannot be decoded gives no samples. Raises Cancelled when the monitor says
    so.
    """
    people = _people_by_frame(tracks, session.spec)
    if not people:
        return
    first, last = min(people), max(people)
    total = sum(map(len, people.values()))
    done = 0
    running: deque[Future[Estimates]] = deque()
    rows: list[tuple[int, int, np.ndarray, np.ndarray]] = []
    crops: list[np.ndarray] = []

    with ThreadPoolExecutor(session.workers, "inference") as pool:

        def submit(count: int) -> None:
            columns = {
                "track": np.array([row[0] for row in rows[:count]]),
                "frame": np.array([row[1] for row in rows[:count]]),
                "boxes": np.stack([row[2] for row in rows[:count]]),
                "rectangles": np.stack([row[3] for row in rows[:count]]),
            }
            running.append(
                pool.submit(estimate_crops, session, np.stack(crops[:count]), columns, measure, with_views)
            )
            del rows[:count], crops[:count]

        try:
            for number, frame in source.stream(first, last + 1):
                raise_if_cancelled(monitor)
                for track, box, rectangle in people.get(number, ()):
                    crops.append(take_crop(frame, rectangle, session.spec.size, session.spec.levels))
                    rows.append((track, number, box, rectangle))
                    while len(rows) >= (size := session.batch):  # a worker may have halved it meanwhile
                        submit(size)
                while running and (running[0].done() or len(running) > 2 * session.workers):
                    batch = running.popleft().result()
                    done += len(batch)
                    monitor.report("Estimating poses", done, total)
                    yield batch
            while rows:
                submit(session.batch)
            while running:
                raise_if_cancelled(monitor)
                batch = running.popleft().result()
                done += len(batch)
                monitor.report("Estimating poses", done, total)
                yield batch
        finally:
            for future in running:
                future.cancel()


def _people_by_frame(
    tracks: list[Track], spec: EstimatorSpec
) -> dict[int, list[tuple[int, np.ndarray, np.ndarray]]]:
    """Frame number -> (track, box, rectangle) of everyone in it."""
    people: dict[int, list[tuple[int, np.ndarray, np.ndarray]]] = {}
    for track in tracks:
        rectangles = crop_rectangles(track.boxes, spec.margin, spec.width / spec.height)
        for row in zip(track.frames.tolist(), track.boxes, rectangles, strict=True):
            people.setdefault(row[0], []).append((track.id, *row[1:]))
    return people
