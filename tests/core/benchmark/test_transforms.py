"""A changed frame and its changed points still belong together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.benchmark.transforms import TRANSFORMS

GEOMETRIC = ("none", "upside-down", "sideways", "squashed")


def frame_with_square(x: int, y: int) -> np.ndarray:
    frame = np.zeros((90, 120, 3), np.uint8)
    frame[y - 4 : y + 5, x - 4 : x + 5] = 255
    return frame


def centre(frame: np.ndarray) -> np.ndarray:
    weights = frame.sum(2).astype(float)
    ys, xs = np.mgrid[: frame.shape[0], : frame.shape[1]]
    return np.array([(xs * weights).sum(), (ys * weights).sum()]) / weights.sum()


@pytest.mark.parametrize("name", GEOMETRIC)
@given(x=st.integers(10, 109), y=st.integers(10, 79))
def test_a_point_moves_with_the_picture(name, x, y):
    transform = TRANSFORMS[name]
    changed = transform.frame(frame_with_square(x, y), np.random.default_rng(0))
    wanted = transform.points(np.array([[float(x), float(y)]]), (120, 90))[0]
    assert np.allclose(centre(changed), wanted, atol=0.05)


@pytest.mark.parametrize("name", GEOMETRIC)
def test_a_box_stays_a_box(name):
    box = TRANSFORMS[name].boxes(np.array([[10.0, 20.0, 50.0, 80.0]]), (120, 90))[0]
    assert box[0] < box[2]
    assert box[1] < box[3]


@pytest.mark.parametrize("name", sorted(set(TRANSFORMS) - set(GEOMETRIC)))
def test_the_others_change_the_picture_alone(name):
    frame = np.random.default_rng(1).integers(0, 255, (90, 120, 3), np.uint8)
    changed = TRANSFORMS[name].frame(frame, np.random.default_rng(0))
    assert changed.shape == frame.shape
    assert changed.dtype == np.uint8
    assert not np.array_equal(changed, frame)
    points = np.array([[3.0, 4.0]])
    assert np.array_equal(TRANSFORMS[name].points(points, (120, 90)), points)


def test_noise_is_the_same_every_time():
    frame = np.full((40, 40, 3), 100, np.uint8)
    first, second = (TRANSFORMS["dark"].frame(frame, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, second)
