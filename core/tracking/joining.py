"""Parts of people that belong together, and people who are lost where they stand.

Only those are compared who end and begin within a few seconds of one another, so that what it takes grows
with the length of the video, not with its square.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush

import numpy as np

from core.domain import Monitor, Silent, raise_if_cancelled
from core.domain.overlap import paired_iou
from core.tracking.settings import USUAL

SAME_PLACE = 0.3  # intersection over union
BORDER = 0.01  # of the image: a box that ends there is of somebody who walks in or out
UNKNOWN = -1
SILENT = Silent()
Rows = tuple[np.ndarray, np.ndarray]  # frames (n,), boxes (n, 5)


@dataclass(frozen=True)
class Person:
    """A track to be: frames (n,) int64, ascending; boxes (n, 4) float32 image pixels; score: mean of its
    detections; appearance: see core.tracking.appearance, None where nobody has looked; detected: (n,) float32
    in 0..1, the score of the detection that a box goes back to, 0 where it was held on to or bridges a gap,
    None where that is not known; cuts: the frame with which the shot begins that they were found in, and the
    one with which the next begins, UNKNOWN where no cut is known.
    """

    frames: np.ndarray
    boxes: np.ndarray
    score: float
    appearance: np.ndarray | None = None
    detected: np.ndarray | None = None
    cuts: tuple[int, int] = (UNKNOWN, UNKNOWN)

    def only(self, rows: np.ndarray) -> "Person":
        """In some of its frames. rows: (n,) bool."""
        detected = None if self.detected is None else self.detected[rows]
        return replace(self, frames=self.frames[rows], boxes=self.boxes[rows], detected=detected)


@dataclass(frozen=True)
class _Part:
    """A chain of the parts given. first: its first frame; begin, end: which of them, and which row of it, the
    first and the last sure detection are; sure: whether there is one, else they are the first and last of
    all.
    """

    first: int
    begin: tuple[int, int]
    end: tuple[int, int]
    sure: bool

    def before(self, other: "_Part") -> "_Part":
        begin = self.begin if self.sure or not other.sure else other.begin
        end = other.end if other.sure or not self.sure else self.end
        return _Part(self.first, begin, end, self.sure or other.sure)


def stitch(
    parts: list[Rows], longest_gap: float, assured: float = USUAL.score, monitor: Monitor = SILENT
) -> list[Rows]:
    """Joins parts that end and begin again at nearly the same place, as when somebody was hidden for a while.

    parts: (frames (n,), boxes (n, 5)) each; longest_gap: in frames; assured: the score of a sure detection.
    Only those are compared: the last ones before somebody is lost are often of something else, and are
    dropped where parts are joined. The best overlap comes first. Raises Cancelled when the monitor says so.
    """
    chains = _Chains(parts, longest_gap, assured)
    for done in range(len(parts)):
        raise_if_cancelled(monitor)
        monitor.report("Joining people", done, len(parts))
        if not chains.join_best():
            break
    return chains.rows()


class _Chains:
    """Parts that are joined one pair after the other; what may be joined lies in a heap, the best first.

    compared: pairs of boxes so far.
    """

    def __init__(self, given: list[Rows], longest_gap: float, assured: float) -> None:
        self.compared = 0
        self._given, self._gap = given, longest_gap
        self._width = max(1.0, longest_gap)  # frames of a bucket
        self._from = [0] * len(given)  # rows of each that are left
        self._to = [len(frames) for frames, _ in given]
        self._next: dict[int, int] = {}  # which of those given follows on which
        self._head: dict[int, int] = {}  # by number of a part: with which of those given it begins
        # those that were not joined yet, by number, in the order they were made
        self._parts: dict[int, _Part] = {}
        self._begin: dict[int, set[int]] = defaultdict(set)  # bucket of the first sure frame -> numbers
        self._end: dict[int, set[int]] = defaultdict(set)
        self._heap: list[tuple[float, int, int]] = []
        self._number = 0
        for place, (frames, boxes) in enumerate(given):
            rows = np.flatnonzero(boxes[:, 4] >= assured)
            first, last = (int(rows[0]), int(rows[-1])) if len(rows) else (0, len(boxes) - 1)
            self._add(_Part(int(frames[0]), (place, first), (place, last), len(rows) > 0), place)

    def join_best(self) -> bool:
        """False where nothing is left to be joined."""
        while self._heap:
            _, one, other = heappop(self._heap)
            if one in self._parts and other in self._parts:
                self._join(one, other)
                return True
        return False

    def rows(self) -> list[Rows]:
        return [self._rows_from(self._head[number]) for number in self._parts]

    def _rows_from(self, place: int | None) -> Rows:
        pieces = []
        while place is not None:
            pieces.append([column[self._from[place] : self._to[place]] for column in self._given[place]])
            place = self._next.get(place)
        frames, boxes = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
        return frames, boxes

    def _join(self, one: int, other: int) -> None:
        earlier, later = self._remove(one), self._remove(other)
        (last, stop), (first, start) = earlier.end, later.begin
        self._to[last], self._from[first] = stop + 1, start
        self._next[last] = first
        self._add(earlier.before(later), self._head[one])

    def _add(self, part: _Part, head: int) -> None:
        number, self._number = self._number, self._number + 1
        self._parts[number], self._head[number] = part, head
        after = self._near(self._begin, self._frame(part.end), 0, self._gap)
        before = self._near(self._end, self._frame(part.begin), -self._gap, 0)
        self._compare(
            number, [n for n in before if self._may_follow(self._parts[n], part)], number_first=False
        )
        self._compare(number, [n for n in after if self._may_follow(part, self._parts[n])], number_first=True)
        self._begin[self._bucket(part.begin)].add(number)
        self._end[self._bucket(part.end)].add(number)

    def _remove(self, number: int) -> _Part:
        part = self._parts.pop(number)
        self._begin[self._bucket(part.begin)].discard(number)
        self._end[self._bucket(part.end)].discard(number)
        return part

    def _compare(self, number: int, others: list[int], number_first: bool) -> None:
        if not others:
            return
        part = self._parts[number]
        mine = self._box(part.end if number_first else part.begin)
        boxes = [self._box(self._parts[n].begin if number_first else self._parts[n].end) for n in others]
        self.compared += len(others)
        overlaps = paired_iou(mine, np.stack(boxes))
        for overlap, n in zip(overlaps.tolist(), others, strict=True):
            if overlap > SAME_PLACE:
                heappush(self._heap, (-overlap, *((number, n) if number_first else (n, number))))

    def _may_follow(self, one: _Part, other: _Part) -> bool:
        return one.first < other.first and 0 < self._frame(other.begin) - self._frame(one.end) <= self._gap

    def _near(self, buckets: dict[int, set[int]], frame: int, low: float, high: float) -> Iterator[int]:
        for bucket in range(int((frame + low) // self._width), int((frame + high) // self._width) + 1):
            yield from buckets.get(bucket, ())

    def _bucket(self, at: tuple[int, int]) -> int:
        return int(self._frame(at) // self._width)

    def _frame(self, at: tuple[int, int]) -> int:
        return int(self._given[at[0]][0][at[1]])

    def _box(self, at: tuple[int, int]) -> np.ndarray:
        return self._given[at[0]][1][at[1]]


def hold(people: list[Person], size: tuple[int, int], span: tuple[int, int], longest: int) -> list[Person]:
    """Those who are lost in the middle of the picture keep their first and last box for a while: they did not
    walk out.

    size: width and height of the image; span: first frame and the one after the last; longest: frames. It
    ends where somebody else is in the same place.
    """
    present = _Present(people, max(1, longest))
    held = []
    for place, person in enumerate(people):
        first, last = int(person.frames[0]), int(person.frames[-1])
        before = range(first - 1, max(span[0], first - longest) - 1, -1)
        after = range(last + 1, min(span[1], last + 1 + longest))
        free = [
            present.free(place, box, frames) if _is_inside(box, size) else 0
            for box, frames in ((person.boxes[0], before), (person.boxes[-1], after))
        ]
        frames = np.concatenate([before[: free[0]][::-1], person.frames, after[: free[1]]]).astype(np.int64)
        ends = [person.boxes[:1].repeat(free[0], 0), person.boxes, person.boxes[-1:].repeat(free[1], 0)]
        detected = None if person.detected is None else np.pad(person.detected, free)
        held.append(replace(person, frames=frames, boxes=np.concatenate(ends), detected=detected))
    return held


class _Present:
    """Who is there, by stretches of so many frames. compared: pairs of boxes so far."""

    def __init__(self, people: list[Person], width: int) -> None:
        self.compared = 0
        self._people, self._width = people, width
        self._at: dict[int, list[int]] = defaultdict(list)
        for place, person in enumerate(people):
            for bucket in range(int(person.frames[0]) // width, int(person.frames[-1]) // width + 1):
                self._at[bucket].append(place)

    def free(self, place: int, box: np.ndarray, frames: range) -> int:
        """How many of the frames, from the first on, nobody else is at the box in. place: whose box it is."""
        if not frames:
            return 0
        low, high = min(frames[0], frames[-1]), max(frames[0], frames[-1])
        buckets = range(low // self._width, high // self._width + 1)
        count = len(frames)
        for other in {other for bucket in buckets for other in self._at.get(bucket, ())} - {place}:
            there = self._people[other]
            start, stop = max(low, int(there.frames[0])), min(high, int(there.frames[-1])) + 1
            if start < stop:
                first = int(there.frames[0])
                boxes = there.boxes[start - first : stop - first]
                self.compared += len(boxes)
                taken = start + np.flatnonzero(paired_iou(box, boxes) > SAME_PLACE)
                if len(taken):
                    count = min(count, int(np.abs(taken - frames[0]).min()))
        return count


def _is_inside(box: np.ndarray, size: tuple[int, int]) -> bool:
    """False for a box at the border."""
    border = BORDER * np.array(size)
    return not ((box[:2] < border).any() or (box[2:] > np.array(size) - border).any())
