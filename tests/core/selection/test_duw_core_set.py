"""DUW picks what the formula says, against a slow and obvious reference."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.selection.duw_core_set import PAPER_LAMBDA, duw_ours, duw_paper
from core.selection.sampler import Pool


def make_pool(seed: int, count: int, taken: int, competence: float, scale: float = 1.0, gap: float = 0.0) -> Pool:
    rng = np.random.default_rng(seed)
    mask = np.zeros(count, bool)
    mask[rng.permutation(count)[:taken]] = True
    return Pool(
        embeddings=(scale * rng.normal(size=(count, 8))).astype(np.float32),
        uncertainty=rng.random(count),
        taken=mask,
        candidates=np.ones(count, bool),
        competence=competence,
        track=np.arange(count) % 2,
        seconds=np.arange(count) / 30,
        minimum_gap=gap,
    )


def reference(pool: Pool, size: int, ours: bool) -> list[int]:
    """Every distance computed anew for every pick, in double precision."""
    features = pool.embeddings.astype(np.float64)
    centres = list(np.flatnonzero(pool.taken))
    picks: list[int] = []
    scale = None
    while len(picks) < size:
        rest = [i for i in range(len(features)) if i not in centres]
        if not rest:
            break
        if not centres:
            best = max(rest, key=lambda i: pool.uncertainty[i])
        else:
            d = {i: min(np.linalg.norm(features[i] - features[j]) for j in centres) for i in rest}
            scale = scale or max(d.values())
            weight, unit = (1.0, scale) if ours else (PAPER_LAMBDA, 1.0)
            g, u = pool.competence, pool.uncertainty
            best = max(rest, key=lambda i: (1 - g) * d[i] / unit + weight * g * u[i])
        picks.append(int(best))
        centres.append(best)
    return picks


pools = st.builds(
    make_pool,
    seed=st.integers(0, 10_000),
    count=st.integers(2, 25),
    taken=st.integers(0, 2),
    competence=st.sampled_from([0.0, 0.3, 0.9]),
)


@given(pools, st.integers(1, 8))
def test_picks_are_those_of_the_reference(pool, size):
    assert duw_ours(pool, size, 0)[0] == reference(pool, size, ours=True)
    assert duw_paper(pool, size, 0)[0] == reference(pool, size, ours=False)


@given(pools, st.integers(1, 30))
def test_no_duplicates_nothing_taken_and_the_size_honoured(pool, size):
    picks, distances = duw_ours(pool, size, 0)
    assert len(set(picks)) == len(picks) == min(size, (~pool.taken).sum())
    assert not pool.taken[picks].any()
    assert all(0 <= distance <= 1 for distance in distances)


@given(st.integers(0, 1000), st.sampled_from([1e-3, 10.0, 4096.0]))
def test_ours_does_not_depend_on_the_scale_of_the_features(seed, scale):
    small, large = make_pool(seed, 20, 1, 0.5), make_pool(seed, 20, 1, 0.5, scale)
    assert duw_ours(small, 5, 0)[0] == duw_ours(large, 5, 0)[0]


def test_a_strong_estimator_asks_for_the_most_uncertain():
    pool = make_pool(1, 20, 1, 1.0)
    open_rows = np.flatnonzero(~pool.taken)
    assert duw_ours(pool, 3, 0)[0] == list(open_rows[np.argsort(-pool.uncertainty[open_rows])][:3])


def test_picks_of_one_person_keep_the_minimum_gap():
    picks, _ = duw_ours(make_pool(3, 60, 0, 0.5, gap=0.3), 40, 0)
    for a in picks:
        assert all(a == b or a % 2 != b % 2 or abs(a - b) / 30 >= 0.3 - 1e-9 for b in picks)


def test_identical_samples_are_not_picked_twice():
    pool = make_pool(0, 6, 0, 0.0)
    pool.embeddings[:] = 1
    pool.uncertainty[:] = 0
    assert sorted(duw_ours(pool, 6, 0)[0]) == list(range(6))
