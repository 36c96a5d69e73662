"""How time and memory of what a user waits for grow with the samples.

python benchmarks/growth.py [--most 100000] [--long] [--only NAME ...]

Doubles the work five times, up to --most samples (a million with --long), spread over six videos: one person
is there all the time, others come one after the other, so that there are the more of them the longer the
videos are. Fits the exponent of the processor's time, and of the most memory that Python and numpy hold at a
time, to a line on a log-log scale: 1 is twice as much for twice the work. Fitted are the four largest, where
what every call costs counts little. Nobody else on the machine is counted. Exit status 1 where an exponent is
above 1.15.
"""

import argparse
import gc
import os
import shutil
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from app.frames.hover_previews import HoverPreviews  # noqa: E402
from app.session.changes import Change  # noqa: E402
from app.session.editing import accepted, label_of  # noqa: E402
from app.session.session import CHOSEN, Session  # noqa: E402
from app.timeline import series  # noqa: E402
from app.timeline.hover_preview import HoverPreview  # noqa: E402
from app.timeline.timeline import Timeline  # noqa: E402
from core.domain import SampleId  # noqa: E402
from core.project.project import Project  # noqa: E402
from core.project.store.segments import NewPeople, Segment, register  # noqa: E402
from core.project.store.shards import CRITERION, write_shard  # noqa: E402
from core.queries.scores import scores  # noqa: E402
from core.queries.track_checks import check_tracks  # noqa: E402
from core.tracking.following import follow_poses  # noqa: E402
from core.tracking.joining import Person, hold, stitch  # noqa: E402
from core.tracking.linking import Ends, Links  # noqa: E402
from core.workflow.propose import propose  # noqa: E402
from core.workflow.segments import spread  # noqa: E402
from tests.projects import STANDING  # noqa: E402

MOST, LONG, DOUBLINGS = 100_000, 1_000_000, 5
FITTED = 4  # sizes
LIMIT = 1.15
REPEATS = 3  # the quickest counts
VIDEOS, FPS, WIDTH, HEIGHT = 6, 25.0, 1280, 720
STAY = 500  # frames that a passer-by is there
SEGMENT = 2048  # frames of a shard
STRETCH = 60  # frames of a segment, of two people
BATCH, LABELS = 20, 40
EMBEDDING = 16
MB = 1 << 20

Work = Callable[[], object]


@dataclass(frozen=True)
class Measured:
    """samples: of each size; seconds, bytes: what the operation took."""

    samples: list[int]
    seconds: list[float]
    bytes: list[int]

    @property
    def exponents(self) -> tuple[float, float]:
        return _slope(self.samples, self.seconds), _slope(self.samples, self.bytes)


def _slope(samples: list[int], values: list) -> float:
    logs = np.log(samples[-FITTED:]), np.log(np.maximum(values[-FITTED:], 1e-9))
    return float(np.polyfit(*logs, 1)[0])


# the work


def _boxes(frames: np.ndarray, x: float, speed: float) -> np.ndarray:
    """(n, 4) float32, somebody who walks from x on and turns at the border."""
    left = 20 + np.abs((x + speed * frames) % (2 * (WIDTH - 160)) - (WIDTH - 160))
    return np.stack([left, left * 0 + 200, left + 100, left * 0 + 500], 1).astype(np.float32)


def _people(frames: int, first: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Track, frame and boxes of one person all the time and of passers-by, ordered by frame, then track."""
    random = np.random.default_rng(first)
    parts = [(first, np.arange(frames), _boxes(np.arange(frames), 50.0, 1.0))]
    for place, start in enumerate(range(0, frames, STAY), first + 1):
        own = np.arange(start, min(start + STAY, frames))
        parts.append((place, own, _boxes(own, float(random.uniform(0, WIDTH)), float(random.normal(0, 2)))))
    track = np.concatenate([np.full(len(own), place) for place, own, _ in parts])
    frame, boxes = (np.concatenate([part[column] for part in parts]) for column in (1, 2))
    order = np.lexsort((track, frame))
    return track[order], frame[order], boxes[order]


def make_project(folder: Path, samples: int) -> None:
    """Estimated in round 0, without the files of the videos."""
    frames, random = max(STAY, samples // VIDEOS // 2), np.random.default_rng(0)
    with Project(folder, create=True) as project:
        project.store.add_round(0, {})
        first = 1
        for number in range(1, VIDEOS + 1):
            video = project.store.add_video(
                folder / f"{number}.mp4", f"{number:064x}", WIDTH, HEIGHT, frames, FPS
            )
            track, frame, boxes = _people(frames, first)
            names = {int(n): f"Person {n}" for n in np.unique(track)}
            first = max(names) + 1
            place = f"computed/video-{video.id}"
            write_shard(folder / place / "people-0.h5", {"track": track, "frame": frame, "boxes": boxes})
            people = NewPeople(f"{place}/people-0.h5", 0, frames, names)
            for start in range(0, frames, SEGMENT):
                stop = min(start + SEGMENT, frames)
                part = slice(*np.searchsorted(frame, (start, stop)))
                size = (boxes[part, 2:] - boxes[part, :2])[:, None]
                count = len(size)
                columns = {
                    "track": track[part],
                    "frame": frame[part],
                    "boxes": boxes[part],
                    "points": (boxes[part, None, :2] + size * STANDING).astype(np.float32),
                    "confidence": random.uniform(0.3, 0.9, (count, len(STANDING))).astype(np.float32),
                    "embedding": random.normal(0, 1, (count, EMBEDDING)).astype(np.float16),
                }
                for name in ("lc", "thc.ours", "wpu.ours"):
                    columns[f"{CRITERION}{name}"] = random.random(count).astype(np.float32)
                path = f"{place}/round-0/samples-{start:08d}.h5"
                write_shard(folder / path, columns)
                register(project.store, video.id, Segment(path, 0, start, stop), people)
                people = None


def following(samples: int, _: Path) -> Iterator[Work]:
    frames = np.arange(samples)
    boxes = _boxes(frames, 50.0, 1.0)
    points = boxes[:, None, :2] + (boxes[:, 2:] - boxes[:, :2])[:, None] * STANDING
    confidence = np.random.default_rng(0).uniform(0.4, 0.9, points.shape[:2])
    yield lambda: follow_poses(frames, boxes, points, confidence, {0: boxes[0]}, FPS)


def _parts(samples: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Ten detections each, five frames apart, most of which go on after a gap."""
    random = np.random.default_rng(0)
    parts = []
    for start in range(0, samples, 50):
        frames = start + np.arange(0, 50, 5) + int(random.integers(0, 3))
        boxes = _boxes(frames, float(random.choice([50.0, 60.0, 500.0])), 1.0)
        parts.append((frames, np.column_stack([boxes, np.full(10, 0.9, np.float32)])))
    return parts


def stitching(samples: int, _: Path) -> Iterator[Work]:
    parts = _parts(samples)
    yield lambda: stitch(parts, 2 * FPS)


def holding(samples: int, _: Path) -> Iterator[Work]:
    people = []
    for frames, boxes in _parts(samples):
        every = np.arange(frames[0], frames[-1] + 1)
        people.append(Person(every, np.repeat(boxes[:1, :4], len(every), 0), 0.9))
    yield lambda: hold(people, (WIDTH, HEIGHT), (0, samples + 100), round(FPS))


def linking(samples: int, _: Path) -> Iterator[Work]:
    """Two people in each segment, in the order in which segments come."""
    count, random = max(1, samples // (2 * STRETCH)), np.random.default_rng(0)
    looks = random.random((3, 96)).astype(np.float32) / 5.5
    found = []
    for segment in spread(count):
        first = segment * STRETCH
        boxes = _boxes(np.array([first, first + STRETCH - 1]), 50.0, 1.0)
        ends = [Ends(first, first + STRETCH - 1, *(boxes + 400 * n), looks[n]) for n in range(2)]
        found.append({2 * segment + 1 + n: end for n, end in enumerate(ends)})

    def run() -> None:
        links = Links(2 * FPS)
        for one in found:
            links.add(one)

    yield run


def going_on(samples: int, folder: Path) -> Iterator[Work]:
    """Segment after segment is registered, and all of them are counted at the end."""
    count = max(1, samples // (2 * STRETCH))

    def run() -> None:
        place = folder / "going-on"
        shutil.rmtree(place, ignore_errors=True)
        with Project(place, create=True) as project:
            video = project.store.add_video(place / "1.mp4", "0" * 64, WIDTH, HEIGHT, count * STRETCH, FPS).id
            project.store.add_round(0, {})
            for segment in spread(count):
                start, stop = segment * STRETCH, (segment + 1) * STRETCH
                first = project.store.reserve_tracks(2)
                people = NewPeople(f"computed/people-{segment}.h5", start, stop, {first: f"Person {first}"})
                samples = Segment(f"computed/samples-{segment}.h5", 0, start, stop)
                register(project.store, video, samples, people, overlaps=False)
            project.coverage(video)

    yield run


def looking_at_people(_: int, folder: Path) -> Iterator[Work]:
    with Project(folder) as project:
        videos = project.videos()
        for video in videos:
            project.predictions(video.id)
        yield lambda: [check_tracks(project, video) for video in videos]


def proposing(_: int, folder: Path) -> Iterator[Work]:
    with Project(folder) as project:

        def run() -> None:
            items = propose(project, size=BATCH)
            project.store.remove_from_queue([item.sample for item in items])

        yield run


def opening(_: int, folder: Path) -> Iterator[Work]:
    def run() -> None:
        with Project(folder) as project:
            Session(project, project.videos()[0])

    yield run


@contextmanager
def _session(folder: Path) -> Iterator[Session]:
    with Project(folder) as project:
        session = Session(project, project.videos()[0])
        labels = [
            accepted(label_of(session.person_at(SampleId(1, n)), len(STANDING), 0))
            for n in range(0, 2 * LABELS, 2)
        ]
        session.write({label.sample: label for label in labels})
        yield session


def editing_a_label(_: int, folder: Path) -> Iterator[Work]:
    """Its writing, and everything the window reads and draws anew because of it."""
    with _session(folder) as session:
        host, hover_previews = QWidget(), HoverPreviews()
        times = np.arange(session.video.frame_count) / FPS
        timeline = Timeline(session, times, [CHOSEN, "thc", "wpu"], HoverPreview(hover_previews, host), host)
        timeline.resize(1200, 300)
        sample = SampleId(1, 101)
        label = accepted(label_of(session.person_at(sample), len(STANDING), 0))

        def run() -> None:
            session.write({sample: None if sample in session.labels else label})
            session.refresh(Change.ROUNDS)

        yield run
        host.deleteLater()


def drawing_curves(_: int, folder: Path) -> Iterator[Work]:
    """Every curve of every video from nothing."""
    with Project(folder) as project:
        videos = project.videos()
        drawn = [(v, project.predictions(v.id), scores(project, v.id, "thc")) for v in videos]

        def run() -> None:
            for video, predictions, values in drawn:
                tracks = frozenset(np.unique(predictions.track).tolist())
                pyramids = [series.pyramid_of(predictions, values, track) for track in tracks]
                pyramids.append(series.worst_of_all(predictions, values, tracks, video.frame_count))
                for pyramid in pyramids:
                    pyramid.line(0, video.frame_count, 1200)

        yield run


OPERATIONS: dict[str, Callable[[int, Path], Iterator[Work]]] = {
    "following": following,
    "stitching": stitching,
    "holding": holding,
    "linking": linking,
    "going on": going_on,
    "track checks": looking_at_people,
    "propose": proposing,
    "opening": opening,
    "label edit": editing_a_label,
    "curves": drawing_curves,
}


# measuring


def _measure(prepare: Callable[[int, Path], Iterator[Work]], samples: int, folder: Path) -> tuple[float, int]:
    """Seconds of the processor, the quickest of a few, and the most bytes held at a time."""
    with contextmanager(prepare)(samples, folder) as work:
        work()
        quickest = min(_seconds(work) for _ in range(REPEATS))
        gc.collect()
        tracemalloc.start()
        work()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    gc.collect()
    return quickest, most


def _seconds(work: Work) -> float:
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def sizes(most: int) -> list[int]:
    return [most >> (DOUBLINGS - n) for n in range(DOUBLINGS + 1)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=MOST, help="samples")
    parser.add_argument("--long", action="store_true", help="up to a million samples")
    parser.add_argument("--only", nargs="*", choices=list(OPERATIONS), help="operations")
    arguments = parser.parse_args()
    most = LONG if arguments.long else arguments.most
    app = QApplication.instance() or QApplication(sys.argv[:1])
    wanted = arguments.only or list(OPERATIONS)
    taken: dict[str, list[tuple[float, int]]] = {name: [] for name in wanted}
    place = Path(tempfile.mkdtemp(prefix="growth-"))
    try:
        for samples in sizes(most):
            folder = place / str(samples)
            make_project(folder, samples)
            for name in wanted:
                taken[name].append(_measure(OPERATIONS[name], samples, folder))
                app.processEvents()
                print(f"{samples:>9,} {name:<12}{taken[name][-1][0]:8.3f} s", file=sys.stderr, flush=True)
            with suppress(OSError):
                shutil.rmtree(folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return report(
        {name: Measured(sizes(most), *map(list, zip(*found, strict=True))) for name, found in taken.items()}
    )


def report(measured: dict[str, Measured]) -> int:
    """As a table; 1 where something grows faster than it may."""
    most = next(iter(measured.values())).samples[-1]
    print(f"| with {most:,} samples | s | exponent | MB | exponent |")
    print("|---|--:|--:|--:|--:|")
    worst = 0.0
    for name, found in measured.items():
        of_time, of_memory = found.exponents
        worst = max(worst, of_time, of_memory)
        print(
            f"| {name} | {found.seconds[-1]:.3f} | {of_time:.2f} | {found.bytes[-1] / MB:.1f} | "
            f"{of_memory:.2f} |"
        )
    print(f"The largest exponent is {worst:.2f}; at most {LIMIT} is allowed.")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
