"""Labels where they mend most for what they cost."""

from dataclasses import replace

import numpy as np
import pytest

from core.selection import facility_location as module
from core.selection.facility_location import facility_location
from core.selection.pool import Pool


def one_person(uncertainty: np.ndarray, seconds: np.ndarray | None = None) -> Pool:
    """Every pose looks like no other."""
    count = len(uncertainty)
    return Pool(
        embeddings=np.random.default_rng(0).normal(size=(count, 64)).astype(np.float16),
        uncertainty=np.asarray(uncertainty, float),
        taken=np.zeros(count, bool),
        candidates=np.ones(count, bool),
        competence=0.5,
        track=np.ones(count, int),
        seconds=np.arange(count) / 30 if seconds is None else seconds,
    )


def test_a_doubtful_stretch_is_labelled_in_it_or_right_beside_it_where_that_costs_less() -> None:
    doubt = np.full(300, 0.01)
    doubt[100:131] = 0.6
    picks, _ = facility_location(one_person(doubt), 3, 0)
    assert all(90 <= pick <= 140 for pick in picks)
    assert any(100 <= pick <= 130 for pick in picks)


def test_beside_a_label_little_is_left_to_mend() -> None:
    pool = one_person(np.full(300, 0.5))
    taken = np.zeros(300, bool)
    taken[:150] = True
    (pick,), _ = facility_location(replace(pool, taken=taken), 1, 0)
    assert pick > 170


def test_of_two_that_mend_the_same_the_one_with_fewer_touches_is_taken() -> None:
    doubt = np.full(61, 0.3)
    doubt[30] = 0.9
    (pick,), _ = facility_location(one_person(doubt), 1, 0)
    assert pick != 30
    assert abs(pick - 30) < 6


def test_those_that_look_the_same_need_one_label() -> None:
    groups = np.repeat(np.arange(4), 25)
    pool = one_person(np.full(100, 0.5), seconds=np.arange(100) * 60.0)  # nothing holds from one to the next
    pool.embeddings[:] = 100 * np.eye(64, dtype=np.float16)[groups] + pool.embeddings
    assert sorted(groups[facility_location(pool, 4, 0)[0]]) == [0, 1, 2, 3]


def test_where_nothing_is_doubtful_those_that_look_alike_need_one_label() -> None:
    groups = np.repeat(np.arange(4), 25)
    pool = one_person(np.zeros(100), seconds=np.arange(100) * 60.0)
    pool.embeddings[:] = 100 * np.eye(64, dtype=np.float16)[groups] + pool.embeddings
    assert sorted(groups[facility_location(pool, 4, 0)[0]]) == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(3))
def test_a_second_that_is_hard_is_found_in_an_hour(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    doubt = np.full(108_000, 0.02)
    doubt[70_000:70_030] = 1.0
    looked_at = []
    to = module._Likeness.to
    monkeypatch.setattr(
        module._Likeness, "to", lambda self, rows: (looked_at.append(len(rows)), to(self, rows))[1]
    )
    picks, _ = facility_location(one_person(doubt), 5, seed)
    assert any(69_985 <= pick < 70_045 for pick in picks)  # in it, or where it costs less right beside it
    assert sum(looked_at) <= module.CANDIDATES + 1
