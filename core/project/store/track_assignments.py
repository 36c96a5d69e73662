"""Who is where: the people as they were found, with everything that a human said of them since.

Neither boxes nor estimates on disk change when people do. They stay under the number they were made with, the
origin; joins say which origins are one person as far as the program can tell, and the list of edits, applied
in order after them, whose they are now.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np

from core.domain import Box, SampleId, Track
from core.project.store.people_rows import DrawnBox, PeopleEdit, SingleEstimate
from core.project.store.predictions import Predictions

REMOVED = 0  # owner of samples that are nobody's; people count from 1
# where a box comes from; BETWEEN: interpolated from one that was drawn to the next
FOUND, DRAWN, BETWEEN = 0, 1, 2


@dataclass(frozen=True, eq=False)
class TrackAssignments:
    """The n samples of a video, ordered by frame, then track; nobody is twice in a frame.

    track, origin, frame: (n,) int64; boxes: (n, 4) float32 x0, y0, x1, y1 image pixels; source: (n,) int8,
    FOUND, DRAWN or BETWEEN; detected: (n,) float16, the score in 0..1 of the detection that a box goes back
    to, 0 where it was only held on to, NaN where that is not known.
    """

    track: np.ndarray
    origin: np.ndarray
    frame: np.ndarray
    boxes: np.ndarray
    source: np.ndarray
    detected: np.ndarray

    def row(self, track: int, frame: int) -> int | None:
        """In the time that a search by frame takes, however long the video."""
        here = self.tracks_at(frame)
        return int(np.searchsorted(self.frame, frame)) + here.index(track) if track in here else None

    def tracks_at(self, frame: int) -> list[int]:
        """Everyone in a frame, as fast."""
        return self.track[slice(*np.searchsorted(self.frame, (frame, frame + 1)))].tolist()

    def box(self, sample: SampleId) -> Box | None:
        row = self.row(*sample)
        return None if row is None else Box(*map(float, self.boxes[row]))

    @cached_property
    def samples(self) -> frozenset[tuple[int, int]]:
        """Everyone everywhere, as track and frame."""
        return frozenset(zip(self.track.tolist(), self.frame.tolist(), strict=True))

    def frames_of(self, track: int) -> np.ndarray:
        """(m,) ascending."""
        return self.frame[self.rows_of(track)]

    def frames_seen(self, track: int) -> np.ndarray:
        """(m,) those of them in which somebody was found or drawn, not only held on to."""
        rows = self.rows_of(track)
        return self.frame[rows][self.detected[rows] != 0]

    def rows_of(self, track: int) -> np.ndarray:
        """(m,) in the order of frames."""
        return self.rows_by_track.get(track, np.empty(0, np.int64))

    @cached_property
    def rows_by_track(self) -> dict[int, np.ndarray]:
        """The rows of everyone who is anywhere, each (m,) in the order of frames; sorted once."""
        order = np.argsort(self.track, kind="stable")
        tracks, starts = np.unique(self.track[order], return_index=True)
        return dict(zip(tracks.tolist(), np.split(order, starts[1:]), strict=True)) if len(tracks) else {}

    def only(self, tracks: Collection[int]) -> "TrackAssignments":
        """Nobody but these."""
        rows = np.isin(self.track, list(tracks))
        columns = (self.track, self.origin, self.frame, self.boxes, self.source, self.detected)
        return TrackAssignments(*(column[rows] for column in columns))

    def tracks(self, video: int, names: Mapping[int, str]) -> list[Track]:
        """Those of the people named who are anywhere."""
        return [
            Track(number, video, name, self.frame[rows], self.boxes[rows])
            for number, name in names.items()
            if len(rows := self.rows_of(number))
        ]

    def origins(self, track: np.ndarray, frame: np.ndarray) -> np.ndarray:
        """(m,) of samples of the assignments. track, frame: (m,)."""
        keys, order = self._by_sample
        return self.origin[order[np.searchsorted(keys, _keys(track, frame, self._span))]]

    @cached_property
    def _by_sample(self) -> tuple[np.ndarray, np.ndarray]:
        keys = _keys(self.track, self.frame, self._span)
        order = np.argsort(keys)
        return keys[order], order

    @property
    def _span(self) -> int:
        return int(self.frame[-1]) + 1 if len(self.frame) else 1


def make_assignments(
    origin: np.ndarray,
    frame: np.ndarray,
    boxes: np.ndarray,
    drawn: Sequence[DrawnBox],
    edits: Sequence[PeopleEdit],
    joins: Mapping[int, int] | None = None,
    detected: np.ndarray | None = None,
) -> TrackAssignments:
    """The people found, those drawn, and all edits. origin, frame: (n,), boxes: (n, 4), of those that were
    found; joins: see owners; detected: (n,), see TrackAssignments, None where it is not known.
    """
    detected = np.full(len(origin), np.nan) if detected is None else detected
    parts: list[tuple[np.ndarray, ...]] = [(origin, frame, boxes, np.full(len(origin), FOUND), detected)]
    parts += [_stretch(list(own)) for _, own in groupby(sorted(drawn), key=lambda box: box.track)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[1], kind="stable")
    origin, frame, boxes, source, detected = (column[order] for column in columns)
    track = owners(origin, frame, edits, joins)
    order = np.lexsort((source, track, frame))  # a box that was found goes before one that was drawn
    again = np.zeros(len(order), bool)
    again[1:] = (np.diff(track[order]) == 0) & (np.diff(frame[order]) == 0)
    rows = order[(track[order] != REMOVED) & ~again]
    return TrackAssignments(
        track[rows],
        origin[rows].astype(np.int64),
        frame[rows].astype(np.int64),
        boxes[rows].astype(np.float32),
        source[rows].astype(np.int8),
        detected[rows].astype(np.float16),
    )


def owners(
    origin: np.ndarray, frame: np.ndarray, edits: Sequence[PeopleEdit], joins: Mapping[int, int] | None = None
) -> np.ndarray:
    """(n,) int64, whose each sample is after the edits. origin, frame: (n,), in the order of frames; joins:
    the tracks of origins that are not their own, REMOVED for nobody's.
    """
    owner = origin.astype(np.int64)
    if joins:
        joined = np.array(sorted(joins.items()), np.int64)
        place = np.searchsorted(joined[:, 0], owner).clip(max=len(joined) - 1)
        owner = np.where(joined[place, 0] == owner, joined[place, 1], owner)
    for _, together in groupby(edits, key=lambda edit: edit.edit):
        moves = []
        for (start, stop), alike in groupby(together, key=lambda edit: (edit.start, edit.stop)):
            part = owner[slice(*np.searchsorted(frame, (start, stop)))]
            moves.append((part, _replaced(part, {edit.track: edit.owner or REMOVED for edit in alike})))
        for part, new in moves:
            changed = new >= 0
            part[changed] = new[changed]
    return owner


def _replaced(owner: np.ndarray, new: Mapping[int, int]) -> np.ndarray:
    """(n,) the new owners, -1 where it stays; one search however many change."""
    tracks = np.array(sorted(new), np.int64)
    place = np.searchsorted(tracks, owner).clip(max=len(tracks) - 1)
    return np.where(tracks[place] == owner, np.array([new[track] for track in tracks.tolist()])[place], -1)


def _stretch(drawn: list[DrawnBox]) -> tuple[np.ndarray, ...]:
    """The columns of make_assignments of one person's drawn boxes, in the order of frames, and of those
    between.
    """
    at = np.array([box.frame for box in drawn])
    frame = np.arange(at[0], at[-1] + 1)
    corners = np.array([box.box for box in drawn])
    boxes = np.stack([np.interp(frame, at, corners[:, side]) for side in range(4)], 1)
    source = np.where(np.isin(frame, at), DRAWN, BETWEEN)
    return np.full(len(frame), drawn[0].track), frame, boxes, source, np.full(len(frame), np.nan)


def edited(
    stored: Predictions, assignments: TrackAssignments, single: Sequence[SingleEstimate]
) -> Predictions:
    """The estimates as they lie on disk, under their origins, handed out to the people of the assignments.

    single: poses estimated by themselves, those of a sample in the order of rounds; they take the place of
    what is of the same round or an earlier one, or stand where there is none.
    """
    place = find_samples(assignments.origin, assignments.frame, stored.track, stored.frame)
    rows = np.flatnonzero(place >= 0)
    track = assignments.track[place[rows]]
    if not single and len(rows) == len(stored) and np.array_equal(track, stored.track):
        return stored
    values = (stored.frame, stored.boxes, stored.points, stored.confidence, stored.rounds, stored.stored)
    columns = [track, *(column[rows] for column in values)]
    if stored.motion is not None:
        columns.append(stored.motion[rows])
    criteria = {name: values[rows] for name, values in stored.criteria.items()}
    if single:
        single = list({one.sample: one for one in single}.values())
        sample = np.array([one.sample for one in single])
        place = find_samples(assignments.origin, assignments.frame, sample[:, 0], sample[:, 1])
        there = np.flatnonzero(place >= 0)
        columns, criteria = _with_single(
            columns, criteria, assignments.track[place[there]], [single[n] for n in there]
        )
    order = np.lexsort((columns[0], columns[1]))
    track, frame, boxes, points, confidence, rounds, rows, *motion = (column[order] for column in columns)
    criteria = {name: values[order] for name, values in criteria.items()}
    return Predictions(
        stored.video, stored.round, track, frame, boxes, points, confidence, criteria, rows, rounds, *motion
    )


def _with_single(
    columns: list[np.ndarray],
    criteria: dict[str, np.ndarray],
    track: np.ndarray,
    single: list[SingleEstimate],
) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    """The columns with single estimates, of these tracks, in place of others of the same sample, and else
    after them.
    """
    if not single:
        return columns, criteria
    values = [
        track,
        np.array([one.sample.frame for one in single]),
        np.array([one.box for one in single], np.float32),
        np.stack([one.pose.points for one in single]),
        np.stack([one.pose.confidence for one in single]),
        np.array([one.pose.round for one in single]),
        np.full(len(single), -1),
    ]
    if len(columns) > len(values):  # there is motion
        values.append(np.full((len(single), *columns[-1].shape[1:]), np.nan, columns[-1].dtype))
    place = find_samples(columns[0], columns[1], values[0], values[1])
    newer = place >= 0
    newer[newer] = values[5][newer] >= columns[5][place[newer]]
    for column, new in zip(columns[2:6], values[2:6], strict=True):
        column[place[newer]] = new[newer]
    further = np.flatnonzero(place < 0)
    columns = [np.concatenate([column, new[further]]) for column, new in zip(columns, values, strict=True)]
    unknown = np.full(len(further), np.nan, np.float32)
    return columns, {name: np.concatenate([known, unknown]) for name, known in criteria.items()}


def _keys(track: np.ndarray, frame: np.ndarray, span: int) -> np.ndarray:
    """(n,) int64, one number per sample. span: more than the last frame."""
    return track.astype(np.int64) * span + frame


def find_samples(track: np.ndarray, frame: np.ndarray, tracks: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(m,) the row of each of the samples tracks, frames (m,) among the samples track, frame (n,); -1
    where it is not.
    """
    if not len(frame):
        return np.full(len(frames), -1)
    span = int(max(frame.max(), frames.max(initial=0))) + 1
    keys, wanted = _keys(track, frame, span), _keys(tracks, frames, span)
    order = np.argsort(keys, kind="stable")
    place = np.searchsorted(keys[order], wanted).clip(max=len(keys) - 1)
    rows = order[place]
    return np.where(keys[rows] == wanted, rows, -1)
