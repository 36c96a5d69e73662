"""TD: how far a pose lies off the path that the frames around make likely."""

import numpy as np
import pytest

from core.domain import COCO17
from core.uncertainty.criterion import Estimated
from core.uncertainty.temporal_disagreement import TemporalDisagreement


def somebody_walks(frames: int = 60, people: int = 1) -> Estimated:
    """At 50 frames a second, sure and exact; the rows of people follow one another frame by frame."""
    frame, track = np.divmod(np.arange(frames * people), people)
    middle = np.stack([100 + 400 * track + 2.0 * frame, 300 + 0 * frame], 1)
    half = np.array([40, 70])
    body = np.random.default_rng(0).uniform(-60, 60, (17, 2)) * (0.5, 1)
    nothing = np.zeros(len(frame))
    return Estimated(
        track=track,
        frame=frame,
        seconds=frame / 50,
        areas=nothing + 2e4,
        boxes=np.concatenate([middle - half, middle + half], 1),
        points=middle[:, None] + body,
        confidence=np.full((len(frame), 17), 0.6),
        measured={},
        mean_direction=np.zeros(1),
        embeddings=list,
        skeleton=COCO17,
    )


def disagreement(estimated: Estimated) -> np.ndarray:
    return TemporalDisagreement().values(estimated, "")


def test_a_steady_pose_lies_on_its_path() -> None:
    assert disagreement(somebody_walks()).max() < 0.01


def test_a_pose_that_leaves_for_a_frame_is_told_from_those_beside_it() -> None:
    walk = somebody_walks()
    walk.points[30, :8] += (0, 40)
    walk.confidence[30, :8] = 0.2
    found = disagreement(walk)
    assert found.argmax() == 30
    assert found[30] > 0.4  # eight of 17 joints
    assert np.delete(found, 30).max() < 0.05


def test_a_pose_on_the_body_of_another_is_off_its_path_however_sure() -> None:
    two = somebody_walks(people=2)
    rows = np.flatnonzero((two.track == 0) & (two.frame >= 20) & (two.frame < 24))
    two.points[rows] = two.points[rows + 1]
    found = disagreement(two)
    assert found[rows].min() > 0.5
    assert found[two.track == 1].max() < 0.05


def test_who_is_seen_once_has_no_path() -> None:
    assert np.isnan(disagreement(somebody_walks(frames=1))).all()


@pytest.mark.parametrize("people", [1, 3])
def test_the_order_of_rows_does_not_matter(people: int) -> None:
    walk = somebody_walks(people=people)
    walk.points[40, :8] += (0, 40)
    by_track = np.argsort(walk.track, kind="stable")
    columns = ("track", "frame", "seconds", "areas", "boxes", "points", "confidence")
    sorted_walk = Estimated(
        **{name: getattr(walk, name)[by_track] for name in columns},
        **{name: getattr(walk, name) for name in ("measured", "mean_direction", "embeddings", "skeleton")},
    )
    assert disagreement(walk)[by_track] == pytest.approx(disagreement(sorted_walk))
