"""How far joints move from one frame to the next, by the pictures."""

import numpy as np
import pytest

from core.estimation.maps import Maps
from core.estimation.motion import with_motion
from core.estimation.pipeline import Estimates
from core.video.imaging import cv2

SIZE = 96  # of a crop


def texture() -> np.ndarray:
    """(240, 320, 3) uint8 with something to follow everywhere."""
    noise = np.random.default_rng(0).random((240, 320)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    grey = (255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def moved(picture: np.ndarray, by: tuple[float, float]) -> np.ndarray:
    matrix = np.array([[1, 0, by[0]], [0, 1, by[1]]], np.float64)
    return cv2.warpAffine(picture, matrix, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def estimate(
    frame: int,
    picture: np.ndarray,
    points: np.ndarray,
    rectangle: tuple[int, int, int, int] = (60, 40, 144, 144),
    track: int = 1,
) -> Estimates:
    left, top, width, height = rectangle
    crop = cv2.resize(picture[top : top + height, left : left + width], (SIZE, SIZE))
    return Estimates(
        track=np.array([track]),
        frame=np.array([frame]),
        boxes=np.zeros((1, 4)),
        rectangles=np.array([rectangle]),
        extents=np.zeros((1, 4)),
        points=points[None],
        confidence=np.ones((1, len(points))),
        maps=Maps((np.zeros((1, len(points), 2, 2)),)),
        embedding=np.zeros((1, 3)),
        measured={},
        crops=crop[None],
    )


POINTS = np.array([[100.0, 90.0], [130.0, 120.0], [160.0, 140.0]])


def motion(*batches: Estimates) -> np.ndarray:
    return np.stack([part.motion[0] for part in with_motion(batches)]).astype(np.float64)


def test_joints_move_as_the_picture_does_whatever_was_estimated_in_the_next_frame():
    picture, by = texture(), (4.0, -2.5)
    there = POINTS + 1.0
    _, found = motion(estimate(0, picture, POINTS), estimate(1, moved(picture, by), there))
    assert found[:, :2] == pytest.approx(np.tile(by, (3, 1)), abs=0.2)
    assert (found[:, 2] < 0.2).all()


def test_a_box_that_trembles_is_no_motion():
    picture = texture()
    _, found = motion(
        estimate(0, picture, POINTS), estimate(1, picture, POINTS, rectangle=(55, 47, 150, 150))
    )
    assert found[:, :2] == pytest.approx(np.zeros((3, 2)), abs=0.3)


def test_nothing_is_said_of_a_first_frame_a_gap_or_another_person():
    picture = texture()
    parts = [
        estimate(3, picture, POINTS),
        estimate(5, picture, POINTS),
        estimate(6, picture, POINTS, track=2),
    ]
    assert np.isnan(motion(*parts)).all()


def test_nothing_is_said_where_there_is_nothing_to_see_or_the_joint_is_outside():
    flat = np.full((240, 320, 3), 90, np.uint8)
    _, found = motion(estimate(0, flat, POINTS), estimate(1, flat, POINTS))
    assert np.isnan(found).all()
    picture, outside = texture(), np.array([[10.0, 90.0], [np.nan, np.nan], [100.0, 90.0]])
    _, found = motion(estimate(0, picture, outside), estimate(1, picture, outside))
    assert np.isnan(found[:, 0]).tolist() == [True, True, False]


def test_the_crops_are_let_go():
    picture = texture()
    assert [part.crops for part in with_motion([estimate(0, picture, POINTS)])] == [None]
