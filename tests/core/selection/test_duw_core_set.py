"""What DUW is for: coverage while the estimator is weak, uncertainty once it is strong."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.selection import duw_core_set
from core.selection.duw_core_set import duw_fixed, duw_jrdb, duw_ours, duw_paper
from tests.core.selection.pools import KINDS, make_pool, pools


@given(pools, st.integers(1, 30))
def test_distances_are_shares_of_the_largest(pool, size):
    for choose in (duw_ours, duw_paper, duw_jrdb, duw_fixed):
        assert all(0 <= distance <= 1 for distance in choose(pool, size, 0)[1])


@given(st.integers(0, 1000), st.sampled_from(KINDS), st.integers(0, 3), st.floats(1e-3, 1e3))
def test_ours_does_not_depend_on_the_scale_of_the_features(seed, kind, taken, scale):
    pool, scaled = (make_pool(seed, 20, taken, 0.5, s, kind=kind) for s in (1.0, scale))
    assert duw_ours(pool, 5, 0)[0] == duw_ours(scaled, 5, 0)[0]
    assert duw_fixed(pool, 5, 0)[0] == duw_fixed(scaled, 5, 0)[0]


def test_a_strong_estimator_asks_for_the_most_uncertain():
    pool = make_pool(1, 20, 1, 1.0)
    rows = np.flatnonzero(~pool.taken)
    assert duw_ours(pool, 3, 0)[0] == list(rows[np.argsort(-pool.uncertainty[rows])][:3])


def test_a_fixed_trade_off_does_not_ask_how_strong_the_estimator_is():
    weak, strong = make_pool(1, 20, 1, 0.0), make_pool(1, 20, 1, 1.0)
    assert duw_fixed(weak, 5, 0) == duw_fixed(strong, 5, 0)


def test_a_large_pool_is_worked_through_in_chunks(monkeypatch):
    pool = make_pool(3, 25, 4, 0.3)
    whole = duw_ours(pool, 8, 0)
    monkeypatch.setattr(duw_core_set, "CHUNK", 7)
    in_chunks = duw_ours(pool, 8, 0)
    assert in_chunks[0] == whole[0]
    assert np.allclose(in_chunks[1], whole[1], atol=1e-6)


@pytest.mark.parametrize("dimensions", [8, 1280])
def test_samples_like_a_labelled_one_are_equally_near(dimensions):
    """Rounding must not pass for distance: all are copies of a few labelled samples, so uncertainty alone
    decides.
    """
    rng = np.random.default_rng(0)
    distinct = rng.normal(3, 1, (4, dimensions)).astype(np.float32)
    pool = make_pool(2, 40, 0, 0.3)
    pool = replace(pool, embeddings=distinct[np.arange(40) % 4], taken=np.arange(40) < 4)
    rows = np.arange(4, 40)
    picks, distances = duw_ours(pool, 6, 0)
    assert picks == list(rows[np.argsort(-pool.uncertainty[rows])][:6])
    assert distances == [0.0] * 6
