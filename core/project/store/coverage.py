"""How much of a video is computed: by the present round, by an earlier one, or not yet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from core.project.store.segments import Segment

NEVER = -1  # in place of a round
Rows = np.ndarray | slice


@dataclass(frozen=True, eq=False)
class Coverage:
    """The n stretches of a video that differ from their neighbours, in order, without gaps.

    start, stop: (n,) int64 frames; rounds: (n,) int64, the newest round that has estimated them, NEVER for
    none; wanted: (n,) bool, false where nobody asked for it; number: the round that it is about.
    """

    start: np.ndarray
    stop: np.ndarray
    rounds: np.ndarray
    wanted: np.ndarray
    number: int

    @classmethod
    def of(
        cls, parts: Sequence[Segment], number: int, frames: int, spans: Sequence[tuple[int, int]]
    ) -> "Coverage":
        """parts: in the order of rounds; frames: of the video; spans: start and stop of those that are
        wanted.
        """
        newest, wanted = np.full(frames, NEVER, np.int64), frames_in(spans, frames)
        for part in parts:
            newest[part.start : part.stop] = NEVER if part.round is None else part.round
        changes = np.flatnonzero((np.diff(newest) != 0) | (np.diff(wanted.view(np.int8)) != 0)) + 1
        start = np.concatenate([[0], changes]).astype(np.int64)
        stop = np.concatenate([changes, [frames]]).astype(np.int64)
        return cls(start, stop, newest[start], wanted[start], number)

    @property
    def frames(self) -> int:
        """That are wanted."""
        return int((self.stop - self.start)[self.wanted].sum())

    @property
    def done(self) -> int:
        """Of them, those that the round has estimated."""
        return int((self.stop - self.start)[self.wanted & (self.rounds == self.number)].sum())

    @property
    def seen(self) -> int:
        """Of them, those that any round has estimated."""
        return int((self.stop - self.start)[self.wanted & (self.rounds != NEVER)].sum())

    @property
    def share(self) -> float:
        """0..1, of what is wanted, what the round has estimated."""
        return self.done / self.frames if self.frames else 0.0

    def round_at(self, frame: int) -> int:
        """The newest that has estimated a frame, NEVER for none."""
        return int(self.rounds[np.searchsorted(self.start, frame, "right") - 1])

    def missing(self) -> np.ndarray:
        """(frames of the video,) bool: wanted, and not estimated by the round."""
        return np.repeat(self.wanted & (self.rounds != self.number), self.stop - self.start)


def merged(spans: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Spans, [start, stop], in order and apart from one another, that hold the same frames."""
    found: list[list[int]] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], stop)
        else:
            found.append([start, stop])
    return found


def frames_in(spans: Iterable[tuple[int, int]], frames: int) -> np.ndarray:
    """(frames,) bool: those of a video that lie in spans, start and stop."""
    inside = np.zeros(frames, bool)
    for start, stop in spans:
        inside[start:stop] = True
    return inside


class Piece(NamedTuple):
    """A shard that some frames are to be read from. mine: given the frames (n,) of all its rows, which of
    them.
    """

    path: str
    round: int | None
    mine: Callable[[np.ndarray], Rows]


def _of_group(owner: np.ndarray, group: int, frame: np.ndarray) -> Rows:
    return _mine(owner[frame] == group)


def pieces(parts: Sequence[Segment], frames: int) -> Iterator[Piece]:
    """The shards that any frame is to be read from. parts: later ones go before earlier ones; frames: of
    the video.
    """
    groups: dict[object, int] = {}  # what has frames together: mostly a shard by itself
    paths = {part.path: (part.round, ("whole", part.round) if part.whole else part.path) for part in parts}
    owner = np.full(frames, -1, np.int64)
    for part in parts:
        owner[part.start : part.stop] = groups.setdefault(paths[part.path][1], len(groups))
    used = np.bincount(owner[owner >= 0], minlength=len(groups))
    for path, (number, group) in paths.items():
        if used[groups[group]]:
            yield Piece(path, number, partial(_of_group, owner, groups[group]))


def _mine(rows: np.ndarray) -> Rows:
    return slice(None) if rows.all() else np.flatnonzero(rows)
