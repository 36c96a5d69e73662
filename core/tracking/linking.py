"""Tracklets of neighbouring segments that are one person, whatever the order in which the segments come."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.tracking.detector import paired_iou
from core.tracking.joining import SAME_PLACE

NOBODY = 0


class Ends(NamedTuple):
    """Where a tracklet begins and ends. first, last: frames; first_box, last_box: (4,) image pixels."""

    first: int
    last: int
    first_box: np.ndarray
    last_box: np.ndarray


@dataclass
class Linked:
    """joins: by origin the track it belongs to, where that is not its own; merges: tracks that are one."""

    joins: dict[int, int] = field(default_factory=dict)
    merges: list[tuple[int, int]] = field(default_factory=list)


class Links:
    """Tracklets by the number they were found under, the origin. longest_gap: frames that somebody may be lost for.

    Compared are those only that end and begin within the gap, so that it takes the same time however long the video is.
    compared: pairs of boxes so far.
    """

    def __init__(self, longest_gap: float) -> None:
        self.compared = 0
        self._gap = longest_gap
        self._width = max(1.0, longest_gap)  # frames of a bucket
        self._ends: dict[int, Ends] = {}
        self._track: dict[int, int] = {}
        self._members: dict[int, list[int]] = defaultdict(list)  # by track
        self._stays: dict[int, list[tuple[int, int]]] = defaultdict(list)  # of a track: first and last frames, in order
        self._beginning: dict[int, list[int]] = defaultdict(list)  # bucket of the first frame -> origins
        self._ending: dict[int, list[int]] = defaultdict(list)
        self._followed: set[int] = set()  # origins that somebody follows on, or that follow on somebody
        self._following: set[int] = set()

    def know(self, origin: int, ends: Ends, track: int) -> None:
        """One that was found before. track: NOBODY for none."""
        self._ends[origin], self._track[origin] = ends, track
        if track != NOBODY:
            self._members[track].append(origin)
            insort(self._stays[track], (ends.first, ends.last))
        self._beginning[int(ends.first // self._width)].append(origin)
        self._ending[int(ends.last // self._width)].append(origin)

    def add(self, found: Mapping[int, Ends]) -> Linked:
        """New ones, all of one segment, and what they make of those known."""
        linked = Linked()
        pairs = sorted(self._pairs(found))
        for origin, ends in found.items():
            self.know(origin, ends, origin)
        for _, one, other in pairs:
            if one in self._followed or other in self._following:
                continue
            if self._unite(self._track[one], self._track[other], linked, found):
                self._followed.add(one)
                self._following.add(other)
        linked.joins = {o: self._track[o] for o in found if self._track[o] != o}
        return linked

    def _pairs(self, found: Mapping[int, Ends]) -> Iterator[tuple[float, int, int]]:
        """Cost, origin that ends, origin that begins."""
        for origin, ends in found.items():
            for known in self._near(self._ending, ends.first, -self._gap, 0):
                cost = self._cost(self._ends[known], ends)
                if cost is not None and known not in self._followed:
                    yield cost, known, origin
            for known in self._near(self._beginning, ends.last, 0, self._gap):
                cost = self._cost(ends, self._ends[known])
                if cost is not None and known not in self._following:
                    yield cost, origin, known

    def _cost(self, one: Ends, other: Ends) -> float | None:
        gap = other.first - one.last
        if not 0 < gap <= self._gap:
            return None
        self.compared += 1
        overlap = float(paired_iou(one.last_box, other.first_box))
        return None if overlap <= SAME_PLACE else (1 - overlap) + gap / self._gap

    def _unite(self, one: int, other: int, linked: Linked, found: Mapping[int, Ends]) -> bool:
        if NOBODY in (one, other) or one == other or self._meet(one, other):
            return False
        into, gone = min(one, other), max(one, other)  # who was found later has the higher number
        if gone not in found:
            linked.merges.append((gone, into))
        for stay in self._stays.pop(gone):
            insort(self._stays[into], stay)
        members = self._members.pop(gone)
        self._track.update(dict.fromkeys(members, into))
        self._members[into] += members
        return True

    def _meet(self, one: int, other: int) -> bool:
        """Whether two tracks are anywhere at the same time."""
        few, many = sorted((self._stays[one], self._stays[other]), key=len)
        for first, last in few:
            place = bisect_left(many, (first, first))
            if place < len(many) and many[place][0] <= last:
                return True
            if place and many[place - 1][1] >= first:
                return True
        return False

    def _near(self, buckets: dict[int, list[int]], frame: int, low: float, high: float) -> Iterator[int]:
        for bucket in range(int((frame + low) // self._width), int((frame + high) // self._width) + 1):
            yield from buckets.get(bucket, ())
