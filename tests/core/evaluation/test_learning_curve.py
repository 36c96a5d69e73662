import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.learning_curve import area_under_curve, labels_needed


def test_the_area_of_a_line_is_its_middle():
    assert area_under_curve([0, 1], [0.4, 1.0]) == pytest.approx(0.7)
    assert area_under_curve([0, 0.2, 1], [0.5, 1, 1], end=0.2) == pytest.approx(0.75)


def test_an_end_between_two_measurements_is_interpolated():
    assert area_under_curve([0, 0.4], [0.0, 1.0], end=0.2) == pytest.approx(0.25)


def test_a_curve_that_ended_early_stays_where_it_was():
    assert area_under_curve([0, 0.1], [1.0, 1.0]) == pytest.approx(1)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_the_area_is_between_the_lowest_and_the_highest(values):
    shares = [i / (len(values) - 1) for i in range(len(values))]
    assert min(values) - 1e-9 <= area_under_curve(shares, values) <= max(values) + 1e-9


def test_labels_needed_are_read_between_the_rounds():
    assert labels_needed([0, 0.1, 0.2], [0.5, 0.9, 1.0], 0.95) == pytest.approx(0.15)


def test_a_curve_that_falls_again_has_not_arrived():
    assert labels_needed([0, 0.1, 0.2, 0.3], [0.5, 1.0, 0.9, 1.0], 0.95) == pytest.approx(0.25)


def test_a_curve_that_starts_there_needs_nothing_and_one_that_stays_below_never_arrives():
    assert labels_needed([0, 0.1], [0.96, 1.0], 0.95) == 0
    assert math.isnan(labels_needed([0, 0.1], [0.5, 0.6], 0.95))
