"""Small real projects on disk, with poses nobody had to estimate."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.domain import SampleId, Silent
from core.project.project import DATABASE, Project
from core.project.store.segments import SAMPLES, TRACKS
from core.project.store.shards import write_shard
from core.project.store.store import QueueItem
from core.video.source import content_id
from tests.estimates import place_estimates

# A standing person in a box of 1 x 1: COCO's 17 joints, far enough apart to be told apart with a mouse.
STANDING = np.array(
    [
        (0.50, 0.06), (0.56, 0.02), (0.44, 0.02), (0.64, 0.06), (0.36, 0.06),
        (0.70, 0.20), (0.30, 0.20), (0.85, 0.35), (0.15, 0.35), (0.95, 0.50), (0.05, 0.50),
        (0.64, 0.52), (0.36, 0.52), (0.68, 0.74), (0.32, 0.74), (0.70, 0.97), (0.30, 0.97),
    ]
)  # fmt: skip

_templates = TemporaryDirectory(prefix="projects", ignore_cleanup_errors=True)
_made: dict[tuple[str, int, int], Path] = {}  # by the clip, the people and the queue


def make_project(folder: Path, clip: Path, people: int = 2, queued: int = 6) -> Path:
    """A project with round 0 estimated for `people` standing side by side, and `queued` samples of the first
    proposed.

    Joint 9 of every sample has a confidence of 0.05; the last person leaves after half of the frames. Copied
    from the one that was made of the same clip before, where there is such.
    """
    key = (content_id(clip), people, queued)
    if key not in _made:
        _made[key] = _new_project(Path(_templates.name) / str(len(_made)), clip, people, queued)
    shutil.copytree(_made[key], folder, dirs_exist_ok=True)
    with closing(sqlite3.connect(folder / DATABASE)) as database, database:
        database.execute("UPDATE videos SET path = ?", (str(clip.absolute()),))
    return folder


def _new_project(folder: Path, clip: Path, people: int, queued: int) -> Path:
    with Project(folder, create=True) as project:
        first = add_people(project, clip, people)
        frames = project.videos()[0].frame_count
        step = max(1, frames // max(queued, 1))
        reason = {"thc": 0.9, "wpu": 0.5, "distance": 0.3}
        project.store.append_to_queue(
            [QueueItem(SampleId(first, n * step), 0, False, reason) for n in range(queued)]
        )
    return folder


def add_video(folder: Path, clip: Path, people: int = 1, queued: tuple[int, ...] = ()) -> int:
    """Another estimated video, the first of whose people is queued in the given frames; returns their
    number.
    """
    with Project(folder) as project:
        first = add_people(project, clip, people)
        reason = {"thc": 0.8, "wpu": 0.4, "distance": 0.2}
        project.store.append_to_queue(
            [QueueItem(SampleId(first, frame), 0, False, reason) for frame in queued]
        )
    return first


def add_round(folder: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    """The next round of every video, with the estimates of the one before as `change` leaves them."""
    with Project(folder) as project:
        number = project.latest_round() + 1
        project.store.add_round(
            number, {"steps": 20, "loss": 0.3, "seconds": 4.0, "device": "cpu", "epochs": 2}
        )
        for video in project.videos():
            before = project.predictions(video.id, number - 1).computed()
            columns = {
                "track": before.track.copy(),
                "frame": before.frame.copy(),
                "boxes": before.boxes.copy(),
                "points": before.points.copy(),
                "confidence": before.confidence.copy(),
                "embedding": project.computed.embeddings(video.id, number - 1)[before.stored],
            }
            change(columns)
            criteria = {name: values * 0.5 for name, values in before.criteria.items()}
            criteria = {name: values[: len(columns["frame"])] for name, values in criteria.items()}
            place_estimates(project, video.id, number, columns, criteria)


def add_people(project: Project, clip: Path, people: int) -> int:
    """Registers the video as estimated in round 0; returns the number of the first of its people."""
    video = project.add_video(clip)
    first = project.store.next_track()
    frames = [np.arange(video.frame_count)] * people
    if people > 1:
        frames[-1] = frames[-1][: video.frame_count // 2]
    boxes = [_boxes(place, people, video.width, video.height, len(own)) for place, own in enumerate(frames)]
    where = {"frame": np.concatenate(frames), "boxes": np.concatenate(boxes).astype(np.float32)}

    numbers = [first + n for n in range(people)]
    track = np.repeat(numbers, [len(own) for own in frames])
    order = np.lexsort((track, where["frame"]))
    names = {n: f"Person {n - first + 1}" for n in numbers}
    _write_round(project, video.id, {"track": track[order], **{k: v[order] for k, v in where.items()}}, names)
    return first


def _boxes(place: int, people: int, width: int, height: int, frames: int) -> np.ndarray:
    """(frames, 4): one column of the image per person, drifting a little to the right."""
    column = width / people
    x0 = (place + 0.15) * column + np.arange(frames) * 0.1 * column / max(frames, 1)
    return np.stack([x0, np.full(frames, 0.1 * height), x0 + 0.6 * column, np.full(frames, 0.9 * height)], 1)


def _write_round(project: Project, video: int, columns: dict[str, np.ndarray], names: dict[int, str]) -> None:
    boxes = columns["boxes"]
    size = boxes[:, None, 2:] - boxes[:, None, :2]
    count = len(boxes)
    confidence = np.full((count, len(STANDING)), 0.8, np.float32)
    confidence[:, 9] = 0.05
    columns |= {
        "points": (boxes[:, None, :2] + size * STANDING).astype(np.float32),
        "confidence": confidence,
        "embedding": np.arange(count * 4, dtype=np.float16).reshape(count, 4),
    }
    wave = np.abs(np.sin(np.arange(count) / 5)).astype(np.float32)
    criteria = {
        name: wave + n
        for n, name in enumerate(("lc", "thc.ours", "thc.paper", "wpu.ours", "wpu.paper", "td"))
    }
    place_estimates(project, video, 0, columns, criteria, names)


def make_fragments(folder: Path, clip: Path, parts: int, ghosts: int) -> Path:
    """A project with Ann, who is there all the time; Bob in so many parts, one after the other, each a
    person; and ghosts who are there for three frames.
    """
    with Project(folder, create=True) as project:
        video = project.add_video(clip)
        frames, width, height = video.frame_count, video.width, video.height
        length = frames // parts
        spans = [range(frames), *(range(n * length, (n + 1) * length) for n in range(parts))]
        spans += [
            range(first, first + 3) for first in np.linspace(0, frames - 3, ghosts).astype(int).tolist()
        ]
        names = ["Ann", *(f"Bob {n + 1}" for n in range(parts)), *(f"Ghost {n + 1}" for n in range(ghosts))]
        places = [(0.05, 0.3), *[(0.4, 0.7)] * parts, *[(0.8, 0.9)] * ghosts]
        track = np.repeat(np.arange(1, len(spans) + 1), [len(span) for span in spans])
        frame = np.concatenate([np.array(span) for span in spans])
        left, right = np.array(places).T * width
        top, bottom = 0.1 * height, np.where(track == 1, 0.6, 0.8) * height  # Ann is smaller
        boxes = np.stack([left[track - 1], np.full(len(track), top), right[track - 1], bottom], 1).astype(
            np.float32
        )
        order = np.lexsort((track, frame))
        columns = {"track": track[order], "frame": frame[order], "boxes": boxes[order]}
        _write_round(project, video.id, columns, dict(enumerate(names, 1)))
    return folder


def make_returning(folder: Path, clip: Path) -> Path:
    """A project with Ann, who leaves and returns three times, each time as another person (1 to 4), and Bob
    (5), who is there all the time and looks another way.
    """
    with Project(folder, create=True) as project:
        video = project.add_video(clip)
        stay, width, height = video.frame_count // 6, video.width, video.height
        spans = [range(n * 3 * stay // 2, n * 3 * stay // 2 + stay) for n in range(4)] + [
            range(video.frame_count)
        ]
        track = np.repeat(np.arange(1, 6), [len(span) for span in spans])
        frame = np.concatenate([np.array(span) for span in spans])
        x0 = np.where(track == 5, 0.6, 0.05 * track) * width
        sides = [x0, np.full(len(x0), 0.1 * height), x0 + 0.3 * width, np.full(len(x0), 0.9 * height)]
        boxes = np.stack(sides, 1).astype(np.float32)
        order = np.lexsort((track, frame))
        names = {n: f"Ann {n}" for n in range(1, 5)} | {5: "Bob"}
        columns = {"track": track[order], "frame": frame[order], "boxes": boxes[order]}
        _write_round(project, video.id, columns, names)
        looks = np.zeros((6, 96), np.float32)
        looks[1:5, 0], looks[5, 40] = 0.9, 0.9
        looks[range(1, 5), range(1, 5)] = 0.1 * np.arange(1, 5)
        (people,) = project.computed.segments(TRACKS, video.id)
        described = looks[columns["track"]].astype(np.float16)
        write_shard(project.folder / people.path, {**columns, "appearance": described})
    return folder


class Impatient(Silent):
    """Has enough once so many segments were finished."""

    def __init__(self, project: Project, segments: int) -> None:
        self._project, self._segments = project, segments

    def cancelled(self) -> bool:
        return len(self._project.computed.segments(SAMPLES, 1)) >= self._segments
