"""What is expected of an estimator before labels say how good it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.competence import ON_NEIGHBOUR, blended, expected_oks


@given(st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_more_confidence_never_lets_expect_less(values: list[float]) -> None:
    confidence = np.sort(np.array(values))[:, None].repeat(17, 1)
    expected = expected_oks(confidence, np.zeros(len(values), bool))
    assert (np.diff(expected) >= 0).all()
    assert ((expected >= 0) & (expected <= 1)).all()


def test_a_pose_on_a_neighbour_is_expected_to_be_wrong_however_sure() -> None:
    expected = expected_oks(np.full((2, 17), 0.9), np.array([True, False]))
    assert expected[0] == ON_NEIGHBOUR
    assert expected[1] > 0.9


def test_labels_drawn_at_random_soon_count_for_more_than_the_prior() -> None:
    assert blended(0.8, 0.2, 0) == 0.8
    assert blended(0.8, 0.2, 5) == pytest.approx(0.5)
    assert blended(0.8, 0.2, 1000) == pytest.approx(0.2, abs=0.01)
