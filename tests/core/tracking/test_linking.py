"""Tracklets of one person become one track, in whatever order they are found."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tracking.appearance import DIMENSIONS
from core.tracking.joining import UNKNOWN
from core.tracking.linking import NEAR, NOBODY, OTHER, Ends, Links

GAP = 60
LEFT, RIGHT = np.array([0, 0, 40, 90.0]), np.array([100, 0, 140, 90.0])


def look(seed: int, noise: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    value = random.random(DIMENSIONS) ** 4 + noise * np.random.default_rng(seed + 1000).random(DIMENSIONS)
    return (value / np.linalg.norm(value)).astype(np.float32)


def ends(segment: int, box: np.ndarray, appearance: np.ndarray | None = None) -> Ends:
    """In all 60 frames of a segment."""
    return Ends(60 * segment, 60 * segment + 59, box, box, appearance)


def tracks_of(links: Links) -> set[frozenset[int]]:
    return {frozenset(members) for members in links._members.values()}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_neighbours_are_joined_by_place_in_any_order(order: tuple[int, ...]) -> None:
    links, names, joined = Links(GAP), set(), {}
    for place, segment in enumerate(order):
        found = {2 * place + 1: ends(segment, LEFT), 2 * place + 2: ends(segment, RIGHT)}
        linked = links.add(found)
        names |= found.keys() - linked.joins.keys()
        joined |= linked.joins
        for gone, into in linked.merges:
            joined = {origin: into if track == gone else track for origin, track in joined.items()} | {
                gone: into
            }
    assert tracks_of(links) == {frozenset((1, 3, 5)), frozenset((2, 4, 6))}
    assert {joined.get(origin, origin) for origin in (1, 3, 5)} == {1}


def test_far_apart_only_appearance_tells() -> None:
    links = Links(GAP)
    assert links.add({1: ends(0, LEFT, look(1)), 2: ends(0, RIGHT, look(2))}).joins == {}
    assert links.add({3: ends(9, RIGHT, look(1, 0.05)), 4: ends(9, LEFT, look(3))}).joins == {3: 1}
    assert links.add({5: ends(20, LEFT)}).joins == {}  # nobody has looked


def test_two_who_look_alike_stay_apart_until_somebody_says_who_it_is() -> None:
    links = Links(GAP)
    links.add({1: ends(0, LEFT, look(1)), 2: ends(0, RIGHT, look(1, 0.02))})
    assert links.add({3: ends(9, LEFT, look(1, 0.01))}).joins == {}


def test_two_parts_that_may_be_one_person_do_not_keep_a_third_from_both() -> None:
    one, other, between = (a_side(share) for share in (0.0, 0.4, 0.22))
    links = Links(GAP)
    links.add({1: ends(0, LEFT, one)})
    assert links.add({2: ends(10, LEFT, other)}).joins == {}
    assert links.add({3: ends(20, LEFT, between)}).joins in ({3: 1}, {3: 2})  # about as far


def a_side(share: float) -> np.ndarray:
    value = (1 - share) * look(1) + share * look(2)
    return (value / np.linalg.norm(value)).astype(np.float32)


def test_somebody_is_known_by_all_their_sides_however_often_one_was_seen() -> None:
    sides, links = [look(1, noise) for noise in np.linspace(0, 1.5, 12)], Links(GAP)
    for place in range(60):
        links.add({place + 1: ends(3 * place, LEFT, sides[0])})
    for place, side in enumerate(sides[1:], 60):
        links.add({place + 1: ends(3 * place, LEFT, side)})
    assert len(tracks_of(links)) == 1
    assert links.add({100: ends(300, RIGHT, sides[-1])}).joins == {100: 1}


def test_nobody_is_joined_with_whoever_is_beside_them() -> None:
    links = Links(GAP)
    links.add({1: ends(0, LEFT, look(1))})
    linked = links.add({2: ends(1, LEFT, look(1)), 3: ends(1, RIGHT, look(1))})
    assert linked.joins == {2: 1}
    assert tracks_of(links) == {frozenset((1, 2)), frozenset((3,))}


def test_somebody_else_who_takes_the_place_is_not_joined() -> None:
    links = Links(GAP)
    links.add({1: ends(0, LEFT, look(1))})
    assert links.add({2: ends(1, LEFT, look(2))}).joins == {}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("known_before", [True, False])
def test_over_a_cut_the_place_tells_nothing(order: tuple[int, int], known_before: bool) -> None:
    cut = (UNKNOWN, 60) if known_before else (60, UNKNOWN)
    links, parts = Links(GAP), [ends(0, LEFT), ends(1, LEFT)]
    parts[not known_before] = parts[not known_before]._replace(cut_before=cut[0], cut_after=cut[1])
    links.add({1: parts[order[0]]})
    assert links.add({2: parts[order[1]]}).joins == {}


def test_who_comes_to_the_place_later_must_look_more_alike_than_who_is_there_next() -> None:
    one, distance = look(1), (OTHER + NEAR) / 2
    other = np.roll(one, 1)
    between = next(
        mixed / np.linalg.norm(mixed)
        for share in np.linspace(0, 1, 200)
        if np.linalg.norm((mixed := one + share * (other - one)) / np.linalg.norm(mixed) - one) >= distance
    )
    for pause, joins in ((0, {2: 1}), (20, {})):
        links = Links(GAP)
        links.add({1: Ends(0, 59, LEFT, LEFT, one)})
        assert links.add({2: Ends(60 + pause, 119, LEFT, LEFT, between)}).joins == joins


def test_who_was_taken_away_stays_away() -> None:
    links = Links(GAP)
    links.know(1, ends(0, LEFT, look(1)), NOBODY)
    assert links.add({2: ends(1, LEFT, look(1))}).joins == {}


@settings(max_examples=40)
@given(st.permutations(list(range(12))))
def test_tracks_never_hold_one_frame_twice(order: list[int]) -> None:
    links, origin = Links(GAP), 0
    for segment in order:
        found = {}
        for box, who in ((LEFT, segment % 3), (RIGHT, (segment + 1) % 3)):
            origin += 1
            found[origin] = ends(segment, box, look(who, 0.1))
        links.add(found)
    for stays in links._stays.values():
        assert all(one[1] < other[0] for one, other in itertools.pairwise(stays))


def test_comparisons_grow_with_the_tracklets_and_not_with_their_square() -> None:
    def compared(count: int) -> int:
        links = Links(GAP)
        for segment in range(count):
            links.add({2 * segment + 1: ends(segment, LEFT), 2 * segment + 2: ends(segment, RIGHT)})
        return links.compared

    assert compared(400) <= 2.2 * compared(200)
