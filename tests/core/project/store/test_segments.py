"""What is computed is registered segment by segment, and says who is one person."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import SampleId
from core.project.store.coverage import NEVER, Coverage, pieces
from core.project.store.segments import (
    SAMPLES,
    NewPeople,
    Segment,
    cut_out,
    forget_video,
    joins,
    register,
    segments,
)
from core.project.store.store import QueueItem, Store
from tests.core.project.store.test_store import with_a_track

FRAMES = 10


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = with_a_track(tmp_path)
    yield store
    store.close()


def test_new_people_take_the_place_of_others_together_with_their_estimates(store: Store) -> None:
    assert store.next_track() == 2
    bob = NewPeople("computed/bob.h5", 0, 10, {2: "Bob"})
    with pytest.raises(sqlite3.IntegrityError):
        register(store, 1, Segment("computed/bob.h5", 0, 0, 10), bob, anew=True)
    assert store.track_names(1) == {1: "Ann"}
    assert store.shard_paths() == {"computed/people.h5", "computed/a.h5"}
    register(store, 1, Segment("computed/c.h5", 0, 0, 10), bob, anew=True)
    assert store.track_names(1) == {2: "Bob"}
    assert store.shard_paths() == {"computed/bob.h5", "computed/c.h5"}


def test_a_round_of_which_nothing_is_estimated_is_forgotten(store: Store) -> None:
    store.add_round(0, {})
    register(store, 1, Segment("computed/r.h5", 0, 0, 10))
    store.start_round(1, {"steps": 5})
    store.drop_unestimated_rounds()
    assert [entry.id for entry in store.rounds()] == [0]
    store.start_round(1, {"steps": 5})
    register(store, 1, Segment("computed/s.h5", 1, 2, 5))
    store.drop_unestimated_rounds()
    assert [(entry.id, entry.estimated) for entry in store.rounds()] == [(0, True), (1, True)]
    assert store.shard_paths() == {"computed/people.h5", "computed/r.h5", "computed/s.h5"}


def stored(store: Store) -> list[tuple[str, int, int]]:
    return sorted((part.path[9:10], part.start, part.stop) for part in segments(store, SAMPLES, 1))


def test_a_segment_takes_its_frames_from_those_before_it(store: Store) -> None:
    store.add_round(0, {})
    register(store, 1, Segment("computed/b.h5", 0, 3, 6))
    assert stored(store) == [("a", 0, 3), ("a", 6, 10), ("b", 3, 6)]
    register(store, 1, Segment("computed/c.h5", 0, 5, 10))
    assert stored(store) == [("a", 0, 3), ("b", 3, 5), ("c", 5, 10)]
    register(store, 1, Segment("computed/d.h5", 0, 0, 5))
    assert stored(store) == [("c", 5, 10), ("d", 0, 5)]
    assert store.shard_paths() == {"computed/people.h5", "computed/c.h5", "computed/d.h5"}


@given(st.lists(st.tuples(st.integers(0, FRAMES - 1), st.integers(1, FRAMES)), max_size=8))
def test_every_frame_is_told_of_by_the_segment_that_came_last(spans: list[tuple[int, int]]) -> None:
    parts, owner = [], np.full(FRAMES, -1)
    for number, (start, length) in enumerate(spans):
        stop = min(FRAMES, start + length)
        parts.append(Segment(f"computed/{number}.h5", 0, start, stop))
        owner[start:stop] = number
    frame = np.repeat(np.arange(FRAMES), 2)
    found = {int(piece.path[9:-3]): frame[piece.mine(frame)] for piece in pieces(parts, FRAMES)}
    assert set(found) == set(owner.tolist()) - {-1}
    for number, frames in found.items():
        assert sorted(set(frames.tolist())) == np.flatnonzero(owner == number).tolist()
        assert len(frames) == 2 * len(set(frames.tolist()))


def test_coverage_tells_the_present_round_from_earlier_ones_and_from_nothing() -> None:
    parts = [Segment("a", 0, 0, 4), Segment("b", 0, 6, 8), Segment("c", 1, 2, 3)]
    coverage = Coverage.of(parts, 1, FRAMES, [(0, 9)])
    assert list(zip(coverage.start.tolist(), coverage.stop.tolist(), coverage.rounds.tolist(),
    strict=True)) == [
        (0, 2, 0), (2, 3, 1), (3, 4, 0), (4, 6, NEVER), (6, 8, 0), (8, 9, NEVER), (9, 10, NEVER),
    ]  # fmt: skip
    assert (coverage.frames, coverage.done, coverage.seen) == (9, 1, 6)
    assert coverage.share == pytest.approx(1 / 9)
    assert np.flatnonzero(~coverage.missing()).tolist() == [2, 9]


def found(store: Store, path: str, start: int, **who: object) -> None:
    register(
        store,
        1,
        Segment(f"computed/s{path}.h5", 0, start, start + 1),
        NewPeople(path, start, start + 1, **who),
    )


def test_a_tracklet_joins_the_person_it_goes_on_with(store: Store) -> None:
    store.add_round(0, {})
    found(store, "x", 3, names={2: "Bob"}, joins={3: 1})
    assert store.track_names(1) == {1: "Ann", 2: "Bob"}
    assert joins(store, 1) == {3: 1}
    assert store.next_track() == 4
    found(store, "y", 4, joins={4: 2}, merges=[(2, 1)])
    assert store.track_names(1) == {1: "Ann"}
    assert joins(store, 1) == {2: 1, 3: 1, 4: 1}
    found(store, "z", 5, joins={5: 2})  # who was another when this was found
    assert joins(store, 1)[5] == 1


def test_two_of_whom_a_human_spoke_are_not_made_one(store: Store) -> None:
    store.add_round(0, {})
    found(store, "x", 3, names={2: "Bob", 3: "Cleo"})
    store.append_to_queue([QueueItem(SampleId(2, 3), 0, False, {})])
    found(store, "y", 4, merges=[(2, 1)])  # the one who is queued stays
    assert store.track_names(1) == {2: "Bob", 3: "Cleo"}
    assert joins(store, 1) == {1: 2}
    store.append_to_queue([QueueItem(SampleId(3, 3), 0, False, {})])
    found(store, "z", 5, merges=[(2, 3)])
    assert store.track_names(1) == {2: "Bob", 3: "Cleo"}


def test_a_video_in_which_nobody_is_leaves_nothing(store: Store) -> None:
    store.add_round(0, {})
    register(store, 1, Segment("computed/b.h5", 0, 0, 10))
    assert store.rounds()[0].estimated
    forget_video(store, 1)
    assert not store.rounds()[0].estimated
    assert store.shard_paths() == set()


def test_what_gives_way_can_be_put_back(store: Store) -> None:
    cut = cut_out(store, SAMPLES, 1, 0, [(2, 4)])
    assert cut.before == [("computed/a.h5", 0, 10, "")]
    assert cut.rest == [("computed/a.h5", 0, 2, ""), ("computed/a.h5", 4, 10, "")]
    assert cut.shards == []
    cut = cut_out(store, SAMPLES, 1, 0, [(0, 2), (4, 6), (20, 30)])
    assert cut.before == [("computed/a.h5", 0, 10, "")]
    assert cut.rest == [("computed/a.h5", 2, 4, ""), ("computed/a.h5", 6, 10, "")]
    assert cut_out(store, SAMPLES, 1, 0, [(0, 5), (5, 10)]).shards == [("computed/a.h5", SAMPLES, 1, 0)]
    assert cut_out(store, SAMPLES, 1, 0, [(10, 12)]) == ([], [], [])
