"""Joining and holding compare only who can meet: the same result as all with all, and no more work than a
video is long.
"""

import numpy as np
import pytest

from core.domain import Cancelled, Silent
from core.domain.overlap import iou
from core.tracking.joining import BORDER, SAME_PLACE, Person, _Chains, _Present, hold, stitch

SIZE = (640, 480)


def sure_rows(boxes: np.ndarray, assured: float) -> np.ndarray:
    rows = np.flatnonzero(boxes[:, 4] >= assured)
    return rows if len(rows) else np.arange(len(boxes))


def stitch_all(parts: list, longest_gap: float, assured: float) -> list:
    """Every part with every other, again after every join."""
    parts = list(parts)
    while True:
        best, pair = SAME_PLACE, None
        for i, (frames, boxes) in enumerate(parts):
            for j, (later, later_boxes) in enumerate(parts):
                end, begin = sure_rows(boxes, assured)[-1], sure_rows(later_boxes, assured)[0]
                if i != j and frames[0] < later[0] and 0 < later[begin] - frames[end] <= longest_gap:
                    overlap = iou(boxes[end][None], later_boxes[begin][None])[0, 0]
                    if overlap > best:
                        best, pair = overlap, (i, j, end + 1, begin)
        if pair is None:
            return parts
        i, j, stop, start = pair
        joined = tuple(np.concatenate([a[:stop], b[start:]]) for a, b in zip(parts[i], parts[j], strict=True))
        parts = [part for k, part in enumerate(parts) if k not in (i, j)] + [joined]


def some_parts(seed: int, count: int, length: int) -> list:
    """Short parts at a few places, some of their detections unsure."""
    random = np.random.default_rng(seed)
    parts = []
    for _ in range(count):
        start, rows = int(random.integers(0, length)), int(random.integers(1, 8))
        frames = start + np.cumsum(random.integers(1, 4, rows))
        x = random.choice([50, 90, 200, 400]) + random.normal(0, 12, (rows, 1))
        score = random.choice([0.1, 0.9], (rows, 1), p=[0.4, 0.6])
        parts.append((frames, np.hstack([x, x * 0 + 100, x + 80, x * 0 + 300, score]).astype(np.float32)))
    return parts


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("gap", [0.5, 10, 40])
def test_joined_are_the_same_as_by_comparing_all(seed, gap):
    parts = some_parts(seed, 30, 150)
    for (frames, boxes), (wanted, wanted_boxes) in zip(
        stitch(parts, gap, 0.5), stitch_all(parts, gap, 0.5), strict=True
    ):
        assert np.array_equal(frames, wanted)
        assert np.array_equal(boxes, wanted_boxes)


def hold_all(people: list[Person], size: tuple, span: tuple, longest: int) -> list[np.ndarray]:
    """The frames of each, looking at everybody in every frame."""

    def free(person: Person, box: np.ndarray, frames: range) -> list[int]:
        border = BORDER * np.array(size)
        if (box[:2] < border).any() or (box[2:] > np.array(size) - border).any():
            return []
        found = []
        for frame in frames[:longest]:
            there = [
                other.boxes[frame - other.frames[0]]
                for other in people
                if other is not person and other.frames[0] <= frame <= other.frames[-1]
            ]
            if there and iou(box[None], np.stack(there)).max() > SAME_PLACE:
                break
            found.append(frame)
        return found

    held = []
    for one in people:
        before = free(one, one.boxes[0], range(one.frames[0] - 1, span[0] - 1, -1))
        after = free(one, one.boxes[-1], range(one.frames[-1] + 1, span[1]))
        held.append(np.array([*before[::-1], *one.frames, *after]))
    return held


def some_people(seed: int, count: int, length: int) -> list[Person]:
    random = np.random.default_rng(seed)
    people = []
    for _ in range(count):
        start, rows = int(random.integers(0, length)), int(random.integers(1, 30))
        x = random.uniform(-5, 580) + np.cumsum(random.normal(0, 3, rows))
        boxes = np.stack([x, x * 0 + 100, x + 80, x * 0 + 300], 1).astype(np.float32)
        people.append(Person(np.arange(start, start + rows), boxes, 0.9))
    return people


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("longest", [0, 1, 12])
def test_held_are_the_same_as_by_looking_at_all(seed, longest):
    people = some_people(seed, 12, 120)
    span = (0, 160)
    held = hold(people, SIZE, span, longest)
    for one, frames, person in zip(held, hold_all(people, SIZE, span, longest), people, strict=True):
        assert np.array_equal(one.frames, frames)
        assert len(one.boxes) == len(frames)
        assert np.array_equal(
            one.boxes[one.frames < person.frames[0]],
            np.tile(person.boxes[0], (sum(frames < person.frames[0]), 1)),
        )


def test_comparisons_grow_with_the_length_of_the_video():
    """Twice as long with twice as many parts: twice the comparisons."""

    def joined(count: int) -> int:
        chains = _Chains(some_parts(0, count, 5 * count), 40, 0.5)
        while chains.join_best():
            pass
        return chains.compared

    def held(count: int) -> int:
        people = some_people(0, count, 10 * count)
        present = _Present(people, 12)
        for place, person in enumerate(people):
            present.free(place, person.boxes[-1], range(person.frames[-1] + 1, person.frames[-1] + 13))
        return present.compared

    for count in (joined, held):
        few, many = count(500), count(2000)
        assert 0 < many < 4.6 * few


def test_joining_can_be_cancelled():
    class Impatient(Silent):
        def cancelled(self):
            return True

    with pytest.raises(Cancelled):
        stitch(some_parts(0, 5, 50), 20, 0.5, Impatient())
