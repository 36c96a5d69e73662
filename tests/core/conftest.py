"""Small real projects on disk, estimated by nobody."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.domain import SampleId
from core.project.project import Project
from core.project.store.store import QueueItem
from tests.clips import make_clip
from tests.estimates import place_estimates
from tests.projects import STANDING

FRAMES = 12
WIDTH, HEIGHT = 160, 96
ANN, BOB = (10, 10, 60, 90), (40, 14, 90, 94)  # boxes that overlap
Boxes = dict[str, np.ndarray]  # (FRAMES, 4) by the person's name


def standing(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """(FRAMES, 4) float32: a box that stays where it is."""
    return np.tile(np.array([x0, y0, x1, y1], np.float32), (FRAMES, 1))


def fill(project: Project, path: Path, people: Boxes, number: int = 0, seed: int = 0) -> list[int]:
    """Adds a video with people in every frame and synthetic estimates of them in a round; returns their
    tracks.
    """
    video = project.add_video(path)
    frame = np.tile(np.arange(FRAMES), len(people))
    first = project.store.next_track()
    names = project.store.track_names(video.id) or dict(enumerate(people, first))
    tracks = list(names)
    random = np.random.default_rng(seed + 1000 * number)
    track = np.repeat(tracks, FRAMES)
    boxes = np.concatenate([*people.values()])
    order = np.lexsort((track, frame))
    share = random.uniform(0.1, 0.9, (len(frame), 17, 2))
    samples = {
        "track": track,
        "frame": frame,
        "boxes": boxes,
        "points": (boxes[:, None, :2] + share * (boxes[:, None, 2:] - boxes[:, None, :2])).astype(np.float32),
        "confidence": random.uniform(0.2, 0.9, (len(frame), 17)).astype(np.float32),
        "embedding": random.normal(size=(len(frame), 8)).astype(np.float16),
    }
    criteria = {
        name: random.random(len(frame)).astype(np.float32) for name in ("lc", "thc.ours", "wpu.ours", "td")
    }
    ordered = {name: values[order] for name, values in samples.items()}
    place_estimates(project, video.id, number, ordered, criteria, None if number else names)
    return tracks


def enqueue(project: Project, *samples: tuple[int, int]) -> None:
    """samples: track and frame of each."""
    project.store.append_to_queue(
        [QueueItem(SampleId(*s), project.latest_round(), False, {}) for s in samples]
    )


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", FRAMES, width=WIDTH, height=HEIGHT)


@pytest.fixture
def new_project(tmp_path: Path, clip: Path) -> Iterator[Callable[[Boxes], Project]]:
    """Makes a project of one video, estimated in round 0, its tracks numbered from 1."""
    opened = []

    def make(people: Boxes) -> Project:
        project = Project(tmp_path / f"project-{len(opened)}", create=True)
        opened.append(project)
        fill(project, clip, people)
        return project

    yield make
    for project in opened:
        project.close()


@pytest.fixture
def project(new_project: Callable[[Boxes], Project]) -> Project:
    """Two people, apart: tracks 1 (left) and 2 (right)."""
    return new_project({"Ann": standing(10, 10, 60, 90), "Bob": standing(90, 12, 150, 92)})


@pytest.fixture
def crowded(new_project: Callable) -> Callable[..., Project]:
    """Ann (1) and Bob (2) side by side, their boxes overlapping."""

    def make(
        on_bob: range = range(0), unsure: range = range(0), held: range = range(0), sure: float = 0.1
    ) -> Project:
        """on_bob: frames in which Ann's pose lies on Bob; unsure: in which Ann is hardly seen, as surely as
        that; held: in which nobody was detected where Ann is.
        """
        project = new_project({"Ann": standing(*ANN), "Bob": standing(*BOB)})
        predictions = project.predictions(1)
        boxes = predictions.boxes.copy()
        stolen = (predictions.track == 1) & np.isin(predictions.frame, on_bob)
        where = np.where(stolen[:, None], np.array(BOB), boxes)
        points = (where[:, None, :2] + STANDING * (where[:, None, 2:] - where[:, None, :2])).astype(
            np.float32
        )
        confidence = np.full(points.shape[:2], 0.6, np.float32)
        confidence[(predictions.track == 1) & np.isin(predictions.frame, unsure)] = sure
        columns = {"track": predictions.track, "frame": predictions.frame, "boxes": boxes, "points": points}
        columns |= {"confidence": confidence, "embedding": project.embeddings(1, 0)}
        detected = np.where((predictions.track == 1) & np.isin(predictions.frame, held), 0.0, 0.8)
        names = project.store.track_names(1)
        place_estimates(project, 1, 0, columns, predictions.criteria, names, detected if held else None)
        return project

    return make
