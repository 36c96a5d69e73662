"""Where the learning curve leads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.learning_curve import forecast


def test_a_power_law_is_continued():
    counts = np.array([0, 10, 30])
    values = 1 - 0.5 * (counts + 1.0) ** -0.4
    found = forecast(counts, values, 60, 100)
    assert found.now == pytest.approx(1 - 0.5 * 61**-0.4)
    assert found.then == pytest.approx(1 - 0.5 * 101**-0.4)
    assert found.spread == pytest.approx(0, abs=1e-9)
    assert "may bring the estimates nearer" in found.sentence(40)


def test_two_rounds_are_met_exactly_and_have_no_spread():
    found = forecast(np.array([0, 10]), np.array([0.6, 0.9]), 10, 20)
    assert found.now == pytest.approx(0.9)
    assert found.spread is None


def test_a_curve_that_fell_promises_no_gain():
    found = forecast(np.array([0, 10]), np.array([0.9, 0.7]), 10, 20)
    assert found.then == pytest.approx(found.now)
    assert "at first (0.90) than of late (0.70)" in found.sentence(1)


def test_a_curve_that_stays_is_said_to_stay():
    found = forecast(np.array([0, 10]), np.array([0.9, 0.89]), 10, 20)
    assert "1 more label is not expected to bring the estimates nearer" in found.sentence(1)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6), st.integers(1, 50))
def test_more_labels_never_promise_less(values, more):
    counts = np.arange(len(values)) * 10
    found = forecast(counts, np.array(values), int(counts[-1]) + 10, int(counts[-1]) + 10 + more)
    assert 0 <= found.now <= found.then + 1e-12 <= 1 + 1e-9
