"""Every deterministic sampler against a slow and obvious reference: all distances, double precision, plain
loops.
"""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.selection.pool import Pool
from core.selection.registry import SAMPLERS
from tests.core.selection.pools import pools

TIE = 1e-6  # relative: two rows whose values differ by less are equally right

# (pool, centres so far, rows that are open) -> the value of each open row
Value = Callable[[Pool, list[int], list[int]], dict[int, float]]


def open_rows(pool: Pool, picks: list[int]) -> list[int]:
    """Candidates that are not taken and keep the minimum gap to every pick."""

    def near(a: int, b: int) -> bool:
        same = pool.track[a] == pool.track[b]
        return a == b or (same and abs(pool.seconds[a] - pool.seconds[b]) < pool.minimum_gap)

    return [
        row
        for row in range(len(pool.taken))
        if pool.candidates[row] and not pool.taken[row] and not any(near(row, pick) for pick in picks)
    ]


def distances(pool: Pool, centres: list[int], rows: list[int]) -> dict[int, float]:
    features = pool.embeddings.astype(np.float64)
    full = [[np.linalg.norm(a - b) for b in features] for a in features]
    return {row: min(full[row][centre] for centre in centres) for row in rows}


def greedy(weight: float, scaled: bool, competence: float | None = None) -> Value:
    """(1 - G) d + weight G u, d over its largest value when the first centre was there; u alone before
    there is one.
    """

    def value(pool: Pool, picks: list[int], rows: list[int]) -> dict[int, float]:
        u, g = pool.uncertainty, pool.competence if competence is None else competence
        taken = [int(row) for row in np.flatnonzero(pool.taken)]
        if not taken + picks:
            return {row: u[row] for row in rows}
        first = picks[: 0 if taken else 1]
        largest = max(distances(pool, taken + first, open_rows(pool, first)).values()) or 1.0
        d = distances(pool, taken + picks, rows)
        return {row: (1 - g) * d[row] / (largest if scaled else 1.0) + weight * g * u[row] for row in rows}

    return value


def most_uncertain(pool: Pool, picks: list[int], rows: list[int]) -> dict[int, float]:
    return {row: pool.uncertainty[row] for row in rows}


REFERENCES = {
    "duw": greedy(1.0, scaled=True),
    "duw-fixed": greedy(1.0, scaled=True, competence=0.5),
    "duw.paper": greedy(0.01, scaled=False),
    "duw-jrdb": greedy(1000.0, scaled=False),
    "core-set": greedy(0.0, scaled=True, competence=0.0),
    "top": most_uncertain,
}


@pytest.mark.parametrize("name", REFERENCES)
@given(pool=pools, size=st.integers(1, 8))
def test_every_pick_has_the_highest_value(name, pool, size):
    picks, _ = SAMPLERS[name].pick(pool, size, 0)
    for i, pick in enumerate(picks):
        values = REFERENCES[name](pool, picks[:i], open_rows(pool, picks[:i]))
        assert pick in values
        assert values[pick] >= max(values.values()) * (1 - TIE)
    assert len(picks) == size or not open_rows(pool, picks)


@given(pools, st.integers(1, 8))
def test_stride_takes_the_middles_of_equal_stretches(pool, size):
    order = sorted(open_rows(pool, []), key=lambda row: (pool.track[row], pool.seconds[row]))
    middles = [round((i + 0.5) * len(order) / size - 0.5) for i in range(size)]
    away = {row: min(abs(place - middle) for middle in middles) for place, row in enumerate(order)}
    picks, _ = SAMPLERS["stride"].pick(pool, size, 0)
    for i, pick in enumerate(picks):
        assert away[pick] == min(away[row] for row in open_rows(pool, picks[:i]))
    assert len(picks) == size or not open_rows(pool, picks)
