"""Criteria become comparable before they are added."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.domain import UserError
from core.uncertainty.combine import combine, minmax
from core.uncertainty.criteria import parse

values = arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6))


@given(values)
def test_minmax_spans_zero_to_one_or_is_zero(raw):
    scaled = minmax(raw)
    assert ((scaled >= 0) & (scaled <= 1)).all()
    if raw.max() == raw.min():
        assert (scaled == 0).all()
    else:
        assert scaled.max() == 1
        assert scaled.min() == 0


def test_missing_values_count_as_the_median():
    assert minmax(np.array([0, 1, np.nan, 4])).tolist() == [0, 0.25, 0.25, 1]


def test_labelled_samples_do_not_set_the_scale():
    assert minmax(np.array([0, 1, 100.0]), np.array([True, True, False])).tolist() == [0, 1, 1]


def test_all_missing_is_zero():
    assert minmax(np.full(3, np.nan)).tolist() == [0, 0, 0]


def test_sum_is_of_normalised_criteria():
    assert combine([np.array([0, 1.0, 0.5]), np.array([0, 1000.0, 1000.0])]).tolist() == [0, 1, 0.75]


def test_names_become_columns():
    assert parse("thc+wpu", "paper") == ["thc.paper", "wpu.paper"]
    assert parse("LC", "ours") == ["lc"]


@pytest.mark.parametrize(("criterion", "variant"), [("magic", "ours"), ("thc+", "ours"), ("thc", "mine")])
def test_unknown_names_are_refused(criterion, variant):
    with pytest.raises(UserError, match="Choose"):
        parse(criterion, variant)
