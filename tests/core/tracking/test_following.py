"""Boxes follow labels and sure poses, and nothing else."""

import numpy as np
import pytest

from core.tracking.following import follow_poses, pose_box

FRAMES = np.arange(100, 160)
WHERE = np.array([200.0, 100, 400, 500])  # where the person is
POSE = np.random.default_rng(0).uniform((240, 180), (360, 420), (17, 2))
TRUTH = pose_box(POSE, np.ones(17, bool))


def follow(boxes: np.ndarray, confidence: float, placed: dict | None = None, points: np.ndarray = POSE) -> np.ndarray:
    n = len(FRAMES)
    shape = (n, 17, 2)
    return follow_poses(
        FRAMES, boxes, np.broadcast_to(points, shape), np.full((n, 17), confidence), placed or {}, fps=30
    )


def test_sure_poses_place_the_box():
    assert np.allclose(follow(np.tile(WHERE, (60, 1)), 0.9), TRUTH, atol=1e-3)


def test_unsure_poses_leave_the_box():
    assert np.allclose(follow(np.tile(WHERE, (60, 1)), 0.2), WHERE)


def test_a_sure_pose_of_somebody_elsewhere_is_not_followed():
    assert np.allclose(follow(np.tile(WHERE, (60, 1)), 0.9, points=POSE + 500), WHERE)


def test_a_label_brings_back_a_lost_box_and_speaks_for_a_second():
    lost = np.tile(WHERE + 900, (60, 1))
    followed = follow(lost, 0.2, {110: TRUTH})
    assert np.allclose(followed[5:35], TRUTH, atol=1)
    assert np.allclose(followed[-10:], WHERE + 900, atol=1)


def test_between_two_labels_the_box_moves_evenly():
    lost = np.tile(WHERE + 900, (60, 1))
    followed = follow(lost, 0.2, {110: TRUTH, 150: TRUTH + 40})
    assert followed[30] == pytest.approx(TRUTH + 20, abs=1)


def test_after_a_label_sure_poses_near_it_are_believed():
    lost = np.tile(WHERE + 900, (60, 1))
    assert np.allclose(follow(lost, 0.9, {110: TRUTH})[:35], TRUTH, atol=1)


def test_missing_estimates_are_nothing_to_follow():
    nothing = np.full((17, 2), np.nan)
    assert np.allclose(follow(np.tile(WHERE, (60, 1)), 0.0, points=nothing), WHERE)
