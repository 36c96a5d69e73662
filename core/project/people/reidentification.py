"""People found once more in a span of frames, beside those who are known: who is who, and what of a
human's stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.domain import Box, SampleId
from core.domain.overlap import paired_iou
from core.project.store.people_rows import PeopleEdit
from core.project.store.track_assignments import FOUND, REMOVED, TrackAssignments, owners
from core.tracking.joining import Person

SAME_PERSON = 0.3  # mean intersection over union of somebody's boxes with those of before
SAME_PLACE = 0.5  # of a box with one that a human left or took away there
BUCKET = 64  # frames
BORDER_SECONDS = 0.5  # what the boxes on both sides of a border weigh


@dataclass(frozen=True, eq=False)
class FoundAgain:
    """What takes the place of the people found before: origin, frame (n,), boxes (n, 4), by frame; new: the
    numbers of those who were not known; edits: give other numbers to people who were.
    """

    origin: np.ndarray
    frame: np.ndarray
    boxes: np.ndarray
    new: list[int]
    edits: list[PeopleEdit]


def find_identities(
    people: Sequence[Person], assignments: TrackAssignments, start: int, stop: int, fps: float
) -> list[int | None]:
    """Who of the assignments each of those found in frames start to before stop is; None for somebody new.

    Compared are the boxes in the frames that both are in, and those on both sides of a border of the span.
    Where several agree with one, the longest agreement comes first, and another part joins only where the two
    are never in one frame.
    """
    near = _rows_near(assignments, start, stop)
    known = _by_bucket(assignments, near)
    agreements = []
    for place, person in enumerate(people):
        first, last = int(person.frames[0]), int(person.frames[-1])
        beside = {track for bucket in _buckets(first - 1, last + 1) for track in known.get(bucket, ())}
        for track in sorted(beside):
            rows = near[track]
            frames = assignments.frame[rows]
            values, weights = [], []
            shared, mine, theirs = np.intersect1d(
                person.frames, frames, assume_unique=True, return_indices=True
            )
            values += paired_iou(person.boxes[mine], assignments.boxes[rows[theirs]]).tolist()
            weights += [1.0] * len(shared)
            for outside, inside, box in ((start - 1, start, 0), (stop, stop - 1, -1)):
                if outside in frames and inside == (first if box == 0 else last):
                    row = rows[np.searchsorted(frames, outside)]
                    values.append(float(paired_iou(person.boxes[box], assignments.boxes[row])))
                    weights.append(BORDER_SECONDS * fps)
            if values and np.average(values, weights=weights) >= SAME_PERSON:
                agreements.append((float(np.dot(values, weights)), place, track))
    who: list[int | None] = [None] * len(people)
    taken: dict[int, set[int]] = {}
    for _, place, track in sorted(agreements, reverse=True):
        frames = people[place].frames.tolist()
        own = taken.setdefault(track, set())
        if who[place] is None and own.isdisjoint(frames):
            who[place] = track
            own.update(frames)
    return who


def _rows_near(assignments: TrackAssignments, start: int, stop: int) -> dict[int, np.ndarray]:
    """By track the rows from the frame before the span to the one after it; only of those who are there."""
    found = {}
    for track, rows in assignments.rows_by_track.items():
        own = rows[slice(*np.searchsorted(assignments.frame[rows], (start - 1, stop + 1)))]
        if len(own):
            found[track] = own
    return found


def _by_bucket(assignments: TrackAssignments, rows_of: Mapping[int, np.ndarray]) -> dict[int, list[int]]:
    """Which tracks are about in each stretch of BUCKET frames."""
    known: dict[int, list[int]] = {}
    for track, rows in rows_of.items():
        for bucket in np.unique(assignments.frame[rows] // BUCKET).tolist():
            known.setdefault(bucket, []).append(track)
    return known


def _buckets(first: int, last: int) -> range:
    return range(first // BUCKET, last // BUCKET + 1)


def place_found(
    people: Sequence[Person],
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
    assignments: TrackAssignments,
    edits: Sequence[PeopleEdit],
    kept: Mapping[SampleId, Box],
    span: tuple[int, int],
    fps: float,
    first: int,
    joins: Mapping[int, int] | None = None,
) -> FoundAgain:
    """The people found in a span of frames in the place of those who were found there before.

    found: origin, frame and boxes as they lie on disk; kept: samples with the box they keep where they are
    not found again, for a human spoke of them; span: start and stop; first: a number nobody ever had; joins:
    see assignments.owners.

    Drawn boxes stay, and what was deleted by hand stays deleted: a new box of anybody else in such a place is
    dropped.
    """
    origin, frame, boxes = (column[np.argsort(found[1], kind="stable")] for column in found)
    start, stop = span
    inside = (frame >= start) & (frame < stop)
    gone = inside & (owners(origin, frame, edits, joins) == REMOVED)
    boxes_of = _by_frame(assignments, start, stop)
    numbers = iter(range(first, first + 2 * len(people)))
    who = [
        next(numbers) if track is None else track
        for track in find_identities(people, assignments, start, stop, fps)
    ]
    wanted = {
        SampleId(track, int(n)): box
        for track, person in zip(who, people, strict=True)
        for n, box in zip(person.frames, person.boxes, strict=True)
        if (before := boxes_of.get(int(n), {}).get(track)) is None or before.source == FOUND
    }
    held: dict[int, list[tuple[int, np.ndarray]]] = {}  # by frame: owner and box
    for row in np.flatnonzero(gone):
        held.setdefault(int(frame[row]), []).append((REMOVED, boxes[row]))
    for number, there in boxes_of.items():
        for track, before in there.items():
            sample = SampleId(track, number)
            if before.source != FOUND or (sample in kept and sample not in wanted):
                held.setdefault(number, []).append((track, np.array(kept.get(sample, before.box))))
    new = {sample: box for sample, box in wanted.items() if not _held(sample, box, held, boxes_of)}
    staying = [
        (before.origin, sample.frame, np.array(box))
        for sample, box in kept.items()
        if sample not in new
        and (before := boxes_of.get(sample.frame, {}).get(sample.track)) is not None
        and before.source == FOUND
    ]
    own: dict[int, int] = {}  # track -> the number under which new samples of it lie
    placed = list(staying)
    for sample, box in new.items():
        before = boxes_of.get(sample.frame, {}).get(sample.track)
        if before is None and sample.track >= first:
            number = sample.track
        elif before is None:
            number = own.get(sample.track) or own.setdefault(sample.track, next(numbers))
        else:
            number = before.origin
        placed.append((number, sample.frame, box))
    stays = ~inside | gone
    parts = [np.array(column) for column in zip(*placed, strict=True)] or [origin[:0], frame[:0], boxes[:0]]
    columns = [
        np.concatenate([old[stays], part]) for old, part in zip((origin, frame, boxes), parts, strict=True)
    ]
    order = np.argsort(columns[1], kind="stable")
    return FoundAgain(
        origin=columns[0][order],
        frame=columns[1][order],
        boxes=columns[2][order],
        new=sorted({sample.track for sample in new if sample.track >= first}),
        edits=list(_handing_over(own, edits, stop=int(max(stop, columns[1].max(initial=0) + 1)))),
    )


@dataclass(frozen=True)
class _Before:
    origin: int
    source: int
    box: Box


def _by_frame(assignments: TrackAssignments, start: int, stop: int) -> dict[int, dict[int, _Before]]:
    """Everyone in a span of frames, by frame and track."""
    everyone: dict[int, dict[int, _Before]] = {}
    for row in range(*np.searchsorted(assignments.frame, (start, stop))):
        before = _Before(
            int(assignments.origin[row]),
            int(assignments.source[row]),
            Box(*map(float, assignments.boxes[row])),
        )
        everyone.setdefault(int(assignments.frame[row]), {})[int(assignments.track[row])] = before
    return everyone


def _held(
    sample: SampleId,
    box: np.ndarray,
    held: Mapping[int, list[tuple[int, np.ndarray]]],
    boxes_of: Mapping[int, Mapping[int, _Before]],
) -> bool:
    """Whether a human's word of somebody else stands where the box is, more than the person did."""
    others = [other for track, other in held.get(sample.frame, ()) if track != sample.track]
    if not others:
        return False
    overlap = paired_iou(box, np.stack(others)).max()
    before = boxes_of.get(sample.frame, {}).get(sample.track)
    return bool(overlap >= SAME_PLACE and (before is None or overlap > paired_iou(box, np.array(before.box))))


def _handing_over(own: Mapping[int, int], edits: Sequence[PeopleEdit], stop: int) -> Iterator[PeopleEdit]:
    edit = max((one.edit for one in edits), default=0) + 1
    ids = max((one.id for one in edits), default=0) + 1
    for id, (track, number) in enumerate(own.items(), ids):
        yield PeopleEdit(id, edit, number, 0, stop, track)
