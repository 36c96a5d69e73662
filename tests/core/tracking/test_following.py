"""Boxes follow labels and sure poses, and nothing else."""

import tracemalloc

import numpy as np
import pytest

from core.tracking.following import follow_poses, pose_box

FRAMES = np.arange(100, 160)
WHERE = np.array([200.0, 100, 400, 500])  # where the person is
POSE = np.random.default_rng(0).uniform((240, 180), (360, 420), (17, 2))
TRUTH = pose_box(POSE, np.ones(17, bool))


def follow(
    boxes: np.ndarray, confidence: float, placed: dict | None = None, points: np.ndarray = POSE
) -> np.ndarray:
    n = len(FRAMES)
    shape = (n, 17, 2)
    return follow_poses(
        FRAMES, boxes, np.broadcast_to(points, shape), np.full((n, 17), confidence), placed or {}, fps=30
    )


def test_sure_poses_place_a_box_that_is_far_from_them():
    beside = np.tile(WHERE + np.array([60, 0, 60, 0]), (60, 1))
    assert np.allclose(follow(beside, 0.9), TRUTH, atol=1e-3)


def test_a_box_that_is_near_its_poses_stays():
    assert np.array_equal(follow(np.tile(WHERE, (60, 1)), 0.9), np.tile(WHERE, (60, 1)))


def test_the_box_of_a_slim_person_stays_whatever_room_there_is_beside():
    slim = POSE * (0.3, 1) + (200, 0)  # the box about it is two times as wide as the person
    around = np.array([262.0, 170, 318, 430])
    assert np.array_equal(follow(np.tile(around, (60, 1)), 0.9, points=slim), np.tile(around, (60, 1)))
    beside = around + np.array([80, 0, 80, 0])  # where the next might stand
    assert np.allclose(follow(np.tile(beside, (60, 1)), 0.9, {100: around}, points=slim)[0], around, atol=40)


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


def test_a_box_that_a_label_put_right_goes_on_moving_with_the_person():
    moving = WHERE + 8 * np.arange(60)[:, None] * (1, 0, 1, 0)
    beside = moving + np.array([180.0, 0, 180, 0])
    followed = follow(beside, 0.2, {100: TRUTH})
    assert np.allclose(followed[:28], moving[:28] + (TRUTH - WHERE), atol=40)
    assert np.array_equal(followed[40:], beside[40:].astype(np.float32))


def test_memory_grows_with_the_frames_and_not_faster():
    """Of 54,000 frames it once wanted 21.7 GiB."""

    def peak(frames: int) -> int:
        points = np.broadcast_to(POSE.astype(np.float32), (frames, 17, 2))
        boxes = np.broadcast_to(WHERE, (frames, 4))
        confidence = np.full((frames, 17), 0.9, np.float32)
        tracemalloc.start()
        try:
            follow_poses(np.arange(frames), boxes, points, confidence, {}, fps=30)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(6750), peak(27_000)
    assert many < 4.4 * few
    assert many < 27_000 * 4000  # bytes
