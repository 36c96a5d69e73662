"""Tracklets that are one person, in whatever order they are found: by where they end and begin, and by
appearance.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.domain.overlap import paired_iou
from core.tracking.joining import SAME_PLACE, UNKNOWN

NOBODY = 0


OTHER = 0.5  # distance of two appearances: of the same person 90 % had below, of different ones 60 % above
NEAR = 0.4  # the same of two in one place, one some time after the other
# the same for two who were never seen side by side: different ones had below in less than 1 % of all pairs
ALIKE = 0.3
CLEARLY = 0.03  # so much nearer than anybody else
EXAMPLES = 48  # appearances kept of a track
NEW = 0.08  # distance from all that are kept, up to which one more shows nothing new


class Ends(NamedTuple):
    """Where a tracklet begins and ends. first, last: frames; first_box, last_box: (4,) image pixels;
    appearance: (96,), see core.tracking.appearance, None or zeros where it is not known; cut_before,
    cut_after: frames with which a shot begins, the one that it is in and the next, UNKNOWN where no cut is
    known.
    """

    first: int
    last: int
    first_box: np.ndarray
    last_box: np.ndarray
    appearance: np.ndarray | None = None
    cut_before: int = UNKNOWN
    cut_after: int = UNKNOWN

    @property
    def known(self) -> bool:
        return self.appearance is not None and bool(self.appearance.any())


@dataclass
class Linked:
    """joins: by origin the track it belongs to, where that is not its own; merges: tracks that are one."""

    joins: dict[int, int] = field(default_factory=dict)
    merges: list[tuple[int, int]] = field(default_factory=list)


class Links:
    """Tracklets by the number they were found under, the origin. longest_gap: frames that somebody may be
    lost for.

    Compared are those only that end and begin within the gap, so that it takes the same time however long the
    video is. compared: pairs of boxes so far.
    """

    def __init__(self, longest_gap: float) -> None:
        self.compared = 0
        self._gap = longest_gap
        self._width = max(1.0, longest_gap)  # frames of a bucket
        self._ends: dict[int, Ends] = {}
        self._track: dict[int, int] = {}
        self._members: dict[int, list[int]] = defaultdict(list)  # by track
        self._examples: dict[int, list[np.ndarray]] = defaultdict(list)  # appearances, by track
        # of a track: first and last frames, in order
        self._stays: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._beginning: dict[int, list[int]] = defaultdict(list)  # bucket of the first frame -> origins
        self._ending: dict[int, list[int]] = defaultdict(list)
        self._followed: set[int] = set()  # origins that somebody follows on, or that follow on somebody
        self._following: set[int] = set()

    def know(self, origin: int, ends: Ends, track: int) -> None:
        """One that was found before. track: NOBODY for none."""
        self._ends[origin], self._track[origin] = ends, track
        if track != NOBODY:
            self._members[track].append(origin)
            if ends.appearance is not None and ends.known:
                self._remember(track, [ends.appearance])
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
        self._join_by_appearance({self._track[origin] for origin in found}, linked, found)
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
        if not 0 < gap <= self._gap or one.last < other.cut_before or UNKNOWN < one.cut_after <= other.first:
            return None
        self.compared += 1
        overlap = float(paired_iou(one.last_box, other.first_box))
        if overlap <= SAME_PLACE:
            return None
        unlike = ALIKE
        if one.known and other.known and one.appearance is not None and other.appearance is not None:
            unlike = float(np.linalg.norm(one.appearance - other.appearance))
        most = OTHER if gap == 1 else NEAR
        return None if unlike > most else (1 - overlap) + gap / self._gap + unlike

    def _join_by_appearance(self, tracks: set[int], linked: Linked, found: Mapping[int, Ends]) -> None:
        """Over gaps, cuts and absences: with whoever is clearly more alike than anybody else who may be
        meant.
        """
        pairs = [pair for track in tracks if self._examples[track] for pair in self._alike(track)]
        for _, track, other in sorted(pairs):
            if track in self._members and other in self._members:  # else they have become another's
                self._unite(track, other, linked, found)

    def _alike(self, track: int) -> list[tuple[float, int, int]]:
        """Distance, track and the most alike of those who may be meant, where there is one. Somebody who is
        about as alike stands against it only if seen beside that one: else the two may be one person, too.
        """
        mine = np.stack(self._examples[track])
        near: list[tuple[float, int]] = []
        for other, examples in self._examples.items():
            if other != track and examples and not self._meet(track, other):
                self.compared += len(mine) * len(examples)
                theirs = np.stack(examples)
                squared = (mine**2).sum(1)[:, None] + (theirs**2).sum(1) - 2 * mine @ theirs.T
                near.append((float(np.sqrt(squared.min().clip(min=0))), other))
        near.sort()
        if not near or near[0][0] > ALIKE:
            return []
        least, most_alike = near[0]
        rivals = (other for distance, other in near[1:] if distance < least + CLEARLY)
        return [] if any(self._meet(most_alike, other) for other in rivals) else [(least, track, most_alike)]

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
        self._remember(into, self._examples.pop(gone, []))
        return True

    def _remember(self, track: int, appearances: Sequence[np.ndarray]) -> None:
        """As far as they differ from those that are kept, so that somebody is known by all their sides."""
        kept = self._examples[track]
        for one in appearances:
            if len(kept) < EXAMPLES and all(np.linalg.norm(one - other) > NEW for other in kept):
                kept.append(one)

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
