"""Labels at a uniform stride, and straight lines between."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.benchmark.keyframes import interpolated, keyframes, simulate_keyframes
from core.benchmark.plan import Protocol
from tests.core.benchmark.synthetic import dataset

SIGMAS = np.full(3, 0.05)


def straight(count: int) -> np.ndarray:
    """Three joints that go to the right by 4 pixels a sample."""
    start = np.array([[10.0, 10], [20, 40], [30, 80]])
    return start + np.arange(count)[:, None, None] * np.array([4.0, 0])


def marked(count: int, *rows: int) -> np.ndarray:
    annotated = np.zeros(count, bool)
    annotated[list(rows)] = True
    return annotated


def test_a_straight_motion_is_right_with_two_labels():
    nothing, one, two = simulate_keyframes(dataset(straight(11)), Protocol(labels=(1, 2)), SIGMAS)
    assert (nothing.right60, nothing.ap60, nothing.pck, nothing.oks) == (0, 0, 0, 0)
    assert 0 < one.right75 < 1
    assert (two.right60, two.right75, two.right90, two.pck) == (1, 1, 1, 1)
    assert two.oks == pytest.approx(1)
    assert two.labels_per_minute == 1


def test_the_nearest_label_holds_outside_of_the_labels():
    points = interpolated(dataset(straight(6)), marked(6, 2, 4))
    assert points[:, 0, 0].tolist() == [18, 18, 18, 22, 26, 26]


def test_a_joint_that_one_label_lacks_is_taken_from_the_other():
    labelled = np.ones((5, 3), bool)
    labelled[0, 0] = labelled[[0, 4], 1] = False
    points = interpolated(dataset(straight(5), labelled=labelled), marked(5, 0, 4))
    assert points[2, 0].tolist() == [26, 10]
    assert np.isinf(points[2, 1]).all()
    assert points[2, 2].tolist() == [38, 80]


def test_a_track_without_a_label_is_wrong():
    data = dataset(straight(8), track=np.array([0] * 5 + [1] * 3), image=np.array([*range(5), *range(3)]))
    entry = list(simulate_keyframes(data, Protocol(labels=(1,)), SIGMAS))[-1]
    assert np.isinf(interpolated(data, marked(8, 2))[5:]).all()
    assert entry.right60 <= 5 / 8


def test_labels_are_spread_in_proportion_and_take_the_ends_in():
    track, seconds = np.repeat([0, 1], [20, 10]), np.concatenate([np.arange(20), np.arange(10)]) / 10
    assert keyframes(track, seconds, 6).tolist() == [0, 6, 13, 19, 20, 29]
    assert keyframes(track, seconds, 1).tolist() == [10]
    assert len(keyframes(track, seconds, 2)) == 2
    assert set(track[keyframes(track, seconds, 2)]) == {0, 1}


@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=4), data=st.data())
def test_each_label_is_another_sample(lengths, data):
    count = data.draw(st.integers(1, sum(lengths)))
    track = np.repeat(np.arange(len(lengths)), lengths)
    rows = keyframes(track, np.concatenate([np.arange(n) for n in lengths]), count)
    assert len(set(rows.tolist())) == count


def test_the_first_label_of_a_track_is_placed_whole_and_the_next_from_it():
    points = straight(11)
    points[:, 2] = [30, 80]  # a joint that never moves
    *_, last = simulate_keyframes(dataset(points), Protocol(labels=(3,)), SIGMAS)
    assert last.moved_so_far == 3 + 2 + 2
    assert last.touches_per_1000 == pytest.approx((7 + 3) / 0.011)
