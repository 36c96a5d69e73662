"""What every sampler promises, and what each is for."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import UserError
from core.selection.k_means import lloyd
from core.selection.registry import SAMPLERS, sampler
from tests.core.selection.pools import make_pool, pools

NAMES = sorted(SAMPLERS)


@given(pools, st.integers(0, 30), st.sampled_from(NAMES))
def test_what_is_picked_may_be_picked_once_and_the_size_is_honoured(pool, size, name):
    picks, distances = SAMPLERS[name].pick(pool, size, 0)
    may = pool.candidates & ~pool.taken
    assert may[picks].all()
    assert len(picks) == len(set(picks)) == len(distances) <= size
    assert pool.minimum_gap or len(picks) == min(size, may.sum())


@given(pools, st.integers(1, 30), st.sampled_from(NAMES))
def test_picks_of_one_person_keep_the_minimum_gap(pool, size, name):
    picks, _ = SAMPLERS[name].pick(pool, size, 0)
    for a, b in itertools.combinations(picks, 2):
        assert pool.track[a] != pool.track[b] or abs(pool.seconds[a] - pool.seconds[b]) >= pool.minimum_gap


@given(pools, st.integers(1, 30), st.integers(0, 5), st.sampled_from(NAMES))
def test_the_same_seed_picks_the_same(pool, size, seed, name):
    assert SAMPLERS[name].pick(pool, size, seed) == SAMPLERS[name].pick(pool, size, seed)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_changes_only_what_is_random(name):
    pool = make_pool(4, 60, 3, 0.4)
    differs = SAMPLERS[name].pick(pool, 7, 0) != SAMPLERS[name].pick(pool, 7, 1)
    assert differs == (name in {"random", "k-means", "weighted-k-means"})


def test_top_takes_the_most_uncertain():
    pool = make_pool(0, 30, 0, 0.5)
    assert SAMPLERS["top"].pick(pool, 4, 0)[0] == list(np.argsort(-pool.uncertainty)[:4])


def test_stride_spreads_over_people_and_time():
    picks = sorted(SAMPLERS["stride"].pick(make_pool(0, 40, 0, 0.5), 4, 0)[0])
    assert [p % 2 for p in picks].count(0) == 2
    assert picks[-1] - picks[0] > 18


def test_k_means_takes_one_of_each_group():
    groups = np.repeat(np.arange(5), 8)
    pool = make_pool(0, 40, 0, 0.5)
    pool.embeddings[:] = 100 * np.eye(8, dtype=np.float32)[groups] + 0.1 * pool.embeddings
    assert sorted(groups[SAMPLERS["k-means"].pick(pool, 5, 0)[0]]) == [0, 1, 2, 3, 4]


def test_weights_draw_the_centres():
    features = np.array([[0.0], [10.0]], np.float32)
    centre = lloyd(features, np.array([1.0, 4.0]), 1, np.random.default_rng(0))
    assert centre[0, 0] == pytest.approx(8)


def test_core_set_covers_whatever_the_uncertainty():
    pool = make_pool(7, 30, 1, 0.9)
    other = replace(pool, uncertainty=np.zeros(30))
    assert SAMPLERS["core-set"].pick(pool, 5, 0)[0] == SAMPLERS["core-set"].pick(other, 5, 0)[0]


def test_an_unknown_sampler_is_refused_with_the_known_ones():
    known = (
        "facility-location, duw, duw-jrdb, duw-fixed, core-set, weighted-k-means, k-means, top, "
        "stride, random"
    )
    with pytest.raises(UserError, match=known):
        sampler("best")
