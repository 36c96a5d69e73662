"""THC rewards stillness of the person, not of the box."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.estimation.maps import Maps
from core.uncertainty.temporal_heatmap_continuity import TrackContinuity, change_of, move
from tests.core.estimation.test_decode import gaussian

SQUARE = np.array([100, 50, 480, 480])


def one(heatmaps: np.ndarray) -> Maps:
    return Maps((heatmaps[None],))


def thc(frames: list[tuple[float, np.ndarray, np.ndarray]], variant: str) -> np.ndarray:
    criterion = TrackContinuity()
    for seconds, heatmaps, square in frames:
        criterion.add(seconds, one(heatmaps), square)
    return criterion.values(variant)


@pytest.mark.parametrize("variant", ["ours", "paper"])
def test_sum_over_both_neighbours_as_the_formula_says(variant):
    maps = [gaussian(x, 20)[None] for x in (10, 12, 20)]
    values = thc([(i / 30, m, SQUARE) for i, m in enumerate(maps)], variant)
    first, second = np.abs(maps[0] - maps[1]).sum(), np.abs(maps[1] - maps[2]).sum()
    assert np.allclose(values, [2 * first, first + second, 2 * second], rtol=1e-5)


def test_mean_over_joints():
    a, b = np.stack([gaussian(10, 10), gaussian(20, 20)]), np.stack([gaussian(10, 10), gaussian(25, 20)])
    assert np.isclose(change_of(one(a), one(b)), np.abs(a[1] - b[1]).sum() / 2)


def test_a_trembling_box_adds_nothing_to_ours():
    still = (300.0, 200.0)
    frames = []
    for i, shift in enumerate((0, 10, -6, 14, 0)):
        square = SQUARE + np.array([shift, -shift, 0, 0])
        x, y = ((still[j] - square[j] + 0.5) / 10 - 0.5 for j in range(2))
        frames.append((i / 30, gaussian(x, y)[None], square))
    assert thc(frames, "ours").max() < 0.1 * thc(frames, "paper").max()


def test_a_neighbour_more_than_a_fifth_of_a_second_away_is_none():
    maps = [gaussian(x, 20)[None] for x in (10, 12)]
    frames = [(0.0, maps[0], SQUARE), (0.5, maps[1], SQUARE)]
    assert np.isnan(thc(frames, "ours")).all()
    assert (thc(frames, "paper") > 0).all()


def test_a_single_sample_has_no_value():
    frames = [(0.0, gaussian(10, 10)[None], SQUARE)]
    assert np.isnan(thc(frames, "ours")).all()
    assert thc(frames, "paper").tolist() == [0]


@given(st.integers(-60, 60), st.integers(-60, 60), st.integers(400, 600))
def test_moved_heatmaps_have_their_peak_at_the_same_place_of_the_image(dx, dy, side):
    target = np.array([100 + dx, 50 + dy, side, side])
    moved = move(one(gaussian(24, 24)[None]), SQUARE, target).parts[0][0]
    ys, xs = np.mgrid[:48, :48]
    centre = [(moved[0] * axis).sum() / moved[0].sum() for axis in (xs, ys)]
    at = [(centre[j] + 0.5) * side / 48 + target[j] for j in range(2)]
    wanted = [24.5 * 480 / 48 + SQUARE[j] for j in range(2)]
    assert np.allclose(at, wanted, atol=2)
