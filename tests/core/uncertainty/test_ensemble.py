import numpy as np
import pytest

from core.uncertainty.ensemble import disagreement


def test_members_that_agree_have_no_disagreement():
    members = np.tile(np.random.default_rng(0).random((1, 4, 17, 2)), (3, 1, 1, 1))
    assert disagreement(members, np.ones(4)).tolist() == pytest.approx([0] * 4)


def test_it_is_the_spread_in_body_sizes():
    members = np.zeros((2, 1, 3, 2))
    members[1, 0, 0] = (6.0, 8.0)  # one of three joints, 10 apart: 5 from the mean
    assert disagreement(members, np.array([10.0])) == pytest.approx([0.5 / 3])


def test_a_missing_member_does_not_count():
    members = np.zeros((3, 1, 2, 2))
    members[2] = np.nan
    assert disagreement(members, np.ones(1)) == pytest.approx([0])
