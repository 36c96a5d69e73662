"""Looking at the people compares those who come near one another, and takes twice as much for twice the
video.
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.domain import COCO17
from core.evaluation.shared_bodies import shared_bodies
from core.project.store.predictions import Predictions
from core.project.store.store import Video
from core.project.store.track_assignments import make_assignments
from core.queries import track_checks

LENGTH = 40  # frames that somebody is there


def passers_by(count: int) -> SimpleNamespace:
    """Stands for a project: people who come one after the other, and cross whoever is there."""
    random = np.random.default_rng(0)
    track = np.repeat(np.arange(1, count + 1), LENGTH)
    frame = (np.arange(count)[:, None] * 10 + np.arange(LENGTH)).ravel()
    x = (random.uniform(50, 300, (count, 1)) + random.normal(0, 4, (count, 1)) * np.arange(LENGTH)).ravel()
    boxes = np.stack([x, x * 0 + 40, x + 40, x * 0 + 160], 1).astype(np.float32)
    assignments = make_assignments(track, frame, boxes, (), ())
    order = np.lexsort((track, frame))
    points = np.repeat(boxes[order, None, :2], 17, 1)
    confidence = np.full((len(order), 17), 0.1, np.float32)
    columns = (track[order], frame[order], boxes[order], points, confidence)
    predictions = Predictions(1, 0, *columns, {}, np.arange(len(order)), order * 0)
    sigmas = np.array(COCO17.sigmas)
    return SimpleNamespace(
        frames=10 * count + LENGTH,
        store=SimpleNamespace(
            track_names=lambda _: {n: f"Person {n}" for n in range(1, count + 1)}, labels=dict, settings=dict
        ),
        setting=lambda _: None,
        folder=Path("project"),
        skeleton=COCO17,
        predictions=lambda _: predictions,
        labels=dict,
        assignments_of_interest=lambda _: assignments,
        shared_bodies=lambda _: shared_bodies(*columns[1:], sigmas),
    )


@pytest.fixture
def compared(monkeypatch):
    """Boxes that were compared, and rows that were looked through for one stretch."""
    counts = [0]
    iou, meet, between = track_checks.paired_iou, track_checks.meetings, track_checks._between

    def counted_iou(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        found = iou(one, other)
        counts[0] += found.size
        return found

    def counted_meetings(*columns: np.ndarray) -> tuple:
        found = meet(*columns)
        counts[0] += found[2]
        return found

    def counted_rows(frames: np.ndarray, first: int, last: int) -> np.ndarray:
        found = between(frames, first, last)
        counts[0] += len(found)
        return found

    monkeypatch.setattr(track_checks, "paired_iou", counted_iou)
    monkeypatch.setattr(track_checks, "meetings", counted_meetings)
    monkeypatch.setattr(track_checks, "_between", counted_rows)
    return counts


def test_comparisons_grow_with_the_people_and_not_with_their_square(compared):
    found = []
    for count in (50, 200):
        compared[0] = 0
        project = passers_by(count)
        assert track_checks.check_tracks(project, Video(1, Path("x"), "", 400, 200, project.frames, 25.0))
        found.append(compared[0])
    assert found[1] < 5 * found[0]  # the square would be 16
