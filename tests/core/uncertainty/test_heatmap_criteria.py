"""Criteria that look at single heatmaps, at jumping joints, and at the pool."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.estimation.maps import Maps
from core.uncertainty.collect import CriteriaCollector
from core.uncertainty.entropy import heatmap_entropy
from core.uncertainty.influence import directions, influence
from core.uncertainty.least_confidence import least_confidence
from core.uncertainty.margin import margin
from core.uncertainty.multiple_peak_entropy import multiple_peak_entropy
from core.uncertainty.peaks import find_peaks
from core.uncertainty.temporal_pose_continuity import temporal_pose_continuity
from tests.core.estimation.test_decode import gaussian


def one_joint(*peaks: tuple[float, float, float], sigma: float = 1.5) -> np.ndarray:
    """(1, 1, 48, 48): Gaussians (x, y, height)."""
    return np.max([h * gaussian(x, y, sigma) for x, y, h in peaks], axis=0)[None, None]


def test_peaks_are_found_highest_first_and_near_ones_are_one():
    found = find_peaks(one_joint((10, 10, 0.5), (30, 30, 0.9), (32, 31, 0.7)))
    assert found[0, 0] == pytest.approx([0.9, 0.5, 0, 0, 0])


@given(st.integers(0, 1000))
def test_peaks_are_those_of_a_plain_search(seed):
    heatmap = np.random.default_rng(seed).random((12, 12)).astype(np.float32)
    plain = sorted(
        (
            float(heatmap[y, x])
            for y in range(12)
            for x in range(12)
            if heatmap[y, x] == heatmap[max(0, y - 5) : y + 6, max(0, x - 5) : x + 6].max()
        ),
        reverse=True,
    )[:5]
    assert find_peaks(heatmap[None, None])[0, 0][: len(plain)] == pytest.approx(plain)


def test_two_equal_peaks_are_more_doubtful_than_one():
    clear, double = one_joint((10, 10, 0.9)), one_joint((10, 10, 0.9), (35, 35, 0.9))
    assert multiple_peak_entropy(find_peaks(clear))[0] == pytest.approx(0)
    assert multiple_peak_entropy(find_peaks(double))[0] == pytest.approx(np.log(2))
    assert margin(find_peaks(double))[0] == pytest.approx(0)
    assert margin(find_peaks(clear))[0] == pytest.approx(-0.9)


def test_a_spread_heatmap_has_more_entropy():
    assert heatmap_entropy(one_joint((24, 24, 1), sigma=5))[0] > heatmap_entropy(one_joint((24, 24, 1)))[0]


def test_a_heatmap_without_any_peak_has_finite_values():
    measured = CriteriaCollector().measure(Maps((np.zeros((2, 3, 48, 48), np.float32),)), np.zeros(0), None)
    assert set(measured) == {"mpe", "margin", "entropy"}
    assert all(np.isfinite(values).all() and values.shape == (2,) for values in measured.values())


def test_least_confidence_sums_the_highest_values():
    assert least_confidence(np.array([[0.5, 0.25], [1, 1]])).tolist() == [-0.75, -2]


def test_jumping_joints_are_counted_against_both_neighbours():
    points = np.zeros((3, 4, 2))
    points[1, :3, 0] = 1.1  # three of four joints jump there, and back again
    values = temporal_pose_continuity(points, np.full(3, 100.0**2), np.arange(3) / 30, "ours")
    assert values.tolist() == [6, 6, 6]
    assert temporal_pose_continuity(points, np.full(3, 120.0**2), np.arange(3) / 30, "ours").tolist() == [
        0,
        0,
        0,
    ]


def test_a_far_neighbour_counts_in_the_paper_only():
    points = np.zeros((2, 4, 2))
    points[1] = 50
    seconds = np.array([0.0, 1.0])
    assert np.isnan(temporal_pose_continuity(points, np.full(2, 100.0), seconds, "ours")).all()
    assert temporal_pose_continuity(points, np.full(2, 100.0), seconds, "paper").tolist() == [8, 8]


@given(st.integers(0, 1000))
def test_influence_is_the_mean_cosine_distance(seed):
    embeddings = np.random.default_rng(seed).normal(size=(6, 5)).astype(np.float32)
    unit = directions(embeddings)
    plain = (1 - unit @ unit.T).mean(1)
    assert influence(unit.mean(0), embeddings) == pytest.approx(plain, abs=1e-5)
