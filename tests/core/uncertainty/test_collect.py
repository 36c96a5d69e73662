"""Criteria of poses that nobody has heatmaps of."""

import numpy as np
import pytest

from core.domain import COCO17
from core.project.estimators.models import SHIPPED_PRIORS
from core.uncertainty.collect import criteria_of_poses
from core.uncertainty.pose_prior import load_prior
from tests.projects import STANDING

HEAD, FRAMES = 5, 6


def criteria(points: np.ndarray, confidence: np.ndarray) -> dict[str, np.ndarray]:
    count = len(points)
    boxes = np.tile([0.0, 0.0, 60.0, 120.0], (count, 1))
    priors = {name: load_prior(path) for name, path in SHIPPED_PRIORS.items()}
    frame = np.arange(count)
    return criteria_of_poses(
        np.zeros(count, np.int64), frame, frame / 25, boxes, points, confidence, priors, COCO17
    )


@pytest.fixture
def points() -> np.ndarray:
    return STANDING * (60, 120) + np.arange(FRAMES)[:, None, None]


def test_what_looks_at_heatmaps_says_nothing(points: np.ndarray) -> None:
    found = criteria(points, np.full((FRAMES, 17), 0.8))
    told = {name for name, values in found.items() if np.isfinite(values).all()}
    assert told == {"lc", "td", "tpc.ours", "tpc.paper", "wpu.ours", "wpu.paper"}
    assert all(np.isnan(found[name]).all() for name in found.keys() - told)
    assert {"thc.ours", "entropy", "dropout", "ensemble"} < found.keys()


def test_joints_that_are_never_found_do_not_count(points: np.ndarray) -> None:
    confidence = np.full((FRAMES, 17), 0.8)
    confidence[:, :HEAD] = 0
    elsewhere = points.copy()
    elsewhere[:, :HEAD] = 1000
    for name in ("td", "tpc.ours", "wpu.ours", "lc"):
        np.testing.assert_allclose(criteria(points, confidence)[name], criteria(elsewhere, confidence)[name])


def test_the_prior_says_nothing_without_its_joints(points: np.ndarray) -> None:
    confidence = np.full((FRAMES, 17), 0.8)
    confidence[:, COCO17.joints.index("left_knee")] = 0
    found = criteria(points, confidence)
    assert np.isnan(found["wpu.ours"]).all()
    assert np.isfinite(found["td"]).all()
