"""People found once more in a span of frames with other settings, and their poses estimated again.

Nothing of a human's is lost. The estimates before may stay on disk until the next estimation, so that all of
it can be taken back.
"""

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace

import numpy as np

from core.domain import Box, Monitor, NobodyFound, SampleId, UserError
from core.estimation.device import threads
from core.project.estimators.detectors import open_detector
from core.project.estimators.models import ready_estimator, wanted_device
from core.project.people.edits import new_names
from core.project.people.reidentification import FoundAgain, place_found
from core.project.project import Project
from core.project.store.coverage import frames_in, merged
from core.project.store.people_rows import DrawnBox, PeopleEdit, Rows, setting_rows, single_estimate
from core.project.store.segments import SAMPLES, TRACKS, Segment, cut_out, forget_aside
from core.project.store.settings import FINDING
from core.project.store.store import ASIDE, Video
from core.project.store.track_assignments import FOUND, TrackAssignments, make_assignments
from core.project.videos import open_located
from core.queries.coverage import percent
from core.tracking.detector import PersonDetector
from core.tracking.joining import Person
from core.tracking.people import find_people, upright_turn
from core.tracking.settings import USUAL, FindSettings
from core.video.frame import Frame
from core.video.source import VideoSource
from core.workflow.estimate_round import (
    check_span,
    estimation,
    note_device,
    remove_leftovers,
)
from core.workflow.follow_boxes import RoundBoxes
from core.workflow.found_people import where_present, write_found
from core.workflow.join_shards import bring_up_to_date

NAMED = 3  # people of whom a sentence gives the names, if there are many


@dataclass(frozen=True)
class Found:
    """rows: the change as it was made, to be taken back with rows.back; sentence: what came of it."""

    rows: Rows
    sentence: str


def find_again(
    project: Project,
    video_id: int,
    monitor: Monitor,
    *,
    start: int = 0,
    stop: int | None = None,
    settings: FindSettings = USUAL,
    device: str | None = None,
    keep: bool = False,
) -> Found:
    """Finds the people in frames start to before stop anew, then estimates their poses in the latest round.

    In a whole video these are the frames in which people have been looked for before; those that were not
    reached yet are looked at with the same settings once they are. Whoever is where somebody was keeps that
    person's number, name, labels and place in the queue; the others are new; where nobody is found, nobody is
    any more. Drawn boxes, labels, poses that were estimated in a box of the user's, and deletions stay. keep:
    what it replaces stays on disk, so that it can be taken back.
    A cancelled, failed or killed one leaves the project as it was.

    Raises UserError, Cancelled.
    """
    number = project.latest_round()
    if number is None:
        raise UserError("Nobody is estimated yet. Estimate the poses first; that finds the people too.")
    video = next(v for v in project.videos() if v.id == video_id)
    if not project.computed.segments(TRACKS, video_id):
        raise UserError(
            f"Nobody is known in {video.path.name} yet. Estimate its poses first; that finds the people too."
        )
    device = wanted_device(project, device)
    with project.alone(), open_located(project, video) as source:
        check_span(start, stop, source)
        stop = len(source) if stop is None else stop
        whole = (start, stop) == (0, len(source))
        parts = _reached(project, video) if whole else [(start, stop)]
        project.store.drop_unestimated_rounds()
        bring_up_to_date(project, video)
        remove_leftovers(project)
        ready = ready_estimator(project, number, device, monitor)
        detector = open_detector(device, monitor, settings)
        people = _people_in(source, detector, monitor, parts, settings)
        before, known = project.assignments(video_id), _known(project, video)
        found = _placed(project, video, people, known, start, stop)
        assignments = _assignments(found, known)
        new = dict(zip(found.new, new_names(project, video, len(found.new)), strict=True))
        wanted = project.of_interest(video_id)
        names = project.store.track_names(video_id) | new
        names = {track: name for track, name in names.items() if wanted is None or track in wanted}
        with estimation(project, number, ready.session, {video_id: source}, device, monitor) as work:
            boxes = RoundBoxes(project, video, number, assignments, names)
            tracks = [track for part in parts for track in boxes.tracks(*part)]
            written = work.write(video, _Parts(source, parts), tracks, assignments.origins, monitor)
            found = _seen(
                found, assignments, written.columns, _kept(project, video, start, stop), (start, stop)
            )
            further = ",".join(sorted(work.further))
            samples = [Segment(written.path, number, *part, further) for part in parts]
            rows = _register(
                project,
                video,
                found,
                _detected(found, people),
                _assignments(found, known),
                new,
                known,
                samples,
                _changed(project, video, settings) if whole else Rows({}, {}),
            )
            if not keep:
                forget_aside(project.store)
        note_device(project, number, ready)
        yours = _kept(project, video, start, stop).keys()
        assignments = project.assignments(video_id)
    names = project.store.track_names(video_id)
    share = sum(b - a for a, b in parts) / len(source) if whole else None
    return Found(rows, _sentence(video, before, assignments, list(new), names, yours, (start, stop), share))


def _placed(
    project: Project, video: Video, people: list[Person], known: "_Known", start: int, stop: int
) -> FoundAgain:
    """Those who were found among those who were known. Raises UserError where nobody would be left."""
    found = place_found(
        people,
        project.found(video.id),
        project.assignments(video.id),
        known.edits,
        _kept(project, video, start, stop),
        (start, stop),
        video.fps,
        project.store.next_track(),
        known.joins,
    )
    if not len(_assignments(found, known).frame):
        raise UserError(
            f"Nobody was found in {video.path.name} with these settings, and nobody would be left, so "
            "nothing was changed. Use less strict ones, or choose fewer frames."
        )
    return found


def _assignments(found: FoundAgain, known: "_Known") -> TrackAssignments:
    edits = [*known.edits, *found.edits]
    return make_assignments(found.origin, found.frame, found.boxes, known.drawn, edits, known.joins)


def _reached(project: Project, video: Video) -> list[tuple[int, int]]:
    """Frames in which people were looked for."""
    segments = project.computed.segments(TRACKS, video.id)
    return [(start, stop) for start, stop in merged((part.start, part.stop) for part in segments)]


def _changed(project: Project, video: Video, settings: FindSettings) -> Rows:
    """What is yet to be reached is looked at with these settings."""
    before = project.setting(FINDING) or {}
    return setting_rows(FINDING, before, before | {str(video.id): asdict(settings)})


@dataclass(frozen=True)
class _Parts:
    """Of a video, with nothing read of the frames between them."""

    source: VideoSource
    parts: list[tuple[int, int]]

    def stream(self, start: int, stop: int) -> Iterator[tuple[int, Frame]]:
        for first, end in self.parts:
            if first < stop and end > start:
                yield from self.source.stream(max(first, start), min(end, stop))


class _Within:
    """Says of work on one part after the other how far all of it is. total: frames of all parts."""

    def __init__(self, monitor: Monitor, total: int) -> None:
        self._monitor, self._total, self.before = monitor, total, 0

    def report(self, stage: str, done: int, total: int, **values: float | str) -> None:
        self._monitor.report(stage, self.before + done, self._total, **values)

    def cancelled(self) -> bool:
        return self._monitor.cancelled()

    def enough(self) -> bool:
        return self._monitor.enough()


def _people_in(
    source: VideoSource,
    detector: PersonDetector,
    monitor: Monitor,
    parts: list[tuple[int, int]],
    settings: FindSettings,
) -> list[Person]:
    """Looks a little beyond the frames asked for: nobody is too short only because a border cuts them."""
    margin = math.ceil((settings.shortest + 1 / settings.per_second) * source.fps)
    if settings.turn is None and len(parts) > 1:
        with ThreadPoolExecutor(threads(), "detection") as pool:
            turn = 90 * upright_turn(source, detector, pool, parts[0][0], parts[-1][1])
        settings = replace(settings, turn=turn)
    wider = [(max(0, start - margin), min(len(source), stop + margin)) for start, stop in parts]
    within, found = _Within(monitor, sum(stop - start for start, stop in wider)), []
    for (start, stop), around in zip(parts, wider, strict=True):
        try:
            people = find_people(source, detector, within, *around, threads(), settings)
        except NobodyFound:
            people = []
        inside = [(person, (person.frames >= start) & (person.frames < stop)) for person in people]
        found += [person.only(rows) for person, rows in inside if rows.any()]
        within.before += around[1] - around[0]
    return found


@dataclass(frozen=True)
class _Known:
    """What the new people were put together with."""

    edits: list[PeopleEdit]
    drawn: list[DrawnBox]
    joins: dict[int, int]


def _known(project: Project, video: Video) -> _Known:
    joins = project.computed.joins(video.id)
    return _Known(project.store.people_edits(), project.store.drawn_boxes(video.id), joins)


def _kept(project: Project, video: Video, start: int, stop: int) -> dict[SampleId, Box]:
    """The samples of the span that a human spoke of, each with the box to keep it in."""
    store, assignments = project.store, project.assignments(video.id)
    owner = dict(
        zip(
            zip(assignments.origin.tolist(), assignments.frame.tolist(), strict=True),
            assignments.track.tolist(),
            strict=True,
        )
    )
    kept: dict[SampleId, Box] = {}
    latest = project.latest_round()
    for row in () if latest is None else store.single_rows(video.id, latest):
        single = single_estimate(row)
        track = owner.get((single.sample.track, single.sample.frame))
        if track is not None:
            kept[SampleId(track, single.sample.frame)] = single.box
    names = store.track_names(video.id)
    kept |= {s: label.pose.box for s, label in store.labels(accepted_only=False).items() if s.track in names}
    return {sample: box for sample, box in kept.items() if start <= sample.frame < stop}


def _seen(
    found: FoundAgain,
    assignments: TrackAssignments,
    samples: Mapping[str, np.ndarray],
    kept: Container[tuple],
    span: tuple[int, int],
) -> FoundAgain:
    """Without the boxes of the span in which nobody was seen, but for those that a human spoke of."""
    empty = ~where_present(samples, assignments.track, assignments.origin, assignments.frame)
    empty &= (assignments.frame >= span[0]) & (assignments.frame < span[1])
    columns = (
        column[empty].tolist() for column in (assignments.track, assignments.origin, assignments.frame)
    )
    dropped = {
        (origin, frame) for track, origin, frame in zip(*columns, strict=True) if (track, frame) not in kept
    }
    rows = [key not in dropped for key in zip(found.origin.tolist(), found.frame.tolist(), strict=True)]
    return replace(found, origin=found.origin[rows], frame=found.frame[rows], boxes=found.boxes[rows])


def _detected(found: FoundAgain, people: Sequence[Person]) -> np.ndarray:
    """(n,) the scores of the detections that boxes go back to; NaN of those that were there before."""
    score = {
        (frame, *box): value
        for person in people
        if person.detected is not None
        for frame, box, value in zip(
            person.frames.tolist(), person.boxes.tolist(), person.detected.tolist(), strict=True
        )
    }
    rows = zip(found.frame.tolist(), found.boxes.astype(np.float32).tolist(), strict=True)
    return np.array([score.get((frame, *box), np.nan) for frame, box in rows])


def _register(
    project: Project,
    video: Video,
    found: FoundAgain,
    detected: np.ndarray,
    assignments: TrackAssignments,
    new: dict[int, str],
    known: _Known,
    samples: list[Segment],
    changed: Rows,
) -> Rows:
    """All at once; returns the change with what can be set aside when it is taken back.

    detected: (n,) of those found, see TrackAssignments; samples: what was estimated, of the frames in which
    people were found again; changed: settings.
    """
    store, spans = project.store, [(part.start, part.stop) for part in samples]
    inside = frames_in(spans, video.frame_count)[found.frame]
    columns = (found.origin[inside], found.frame[inside], found.boxes[inside])
    path = write_found(project, video, *columns, detected=detected[inside])
    fresh = [(TRACKS, [Segment(path, None, *span) for span in spans]), (SAMPLES, samples)]
    gone, segments_before, after = [], [], []
    segments_after = [(s.path, s.start, s.stop, s.further) for _, parts in fresh for s in parts]
    for kind, (first, *_) in fresh:
        cut = cut_out(project.store, kind, video.id, first.round, spans)
        gone += cut.shards
        segments_before += cut.before
        segments_after += cut.rest
        after.append((first.path, kind, video.id, first.round))
    there, were = assignments.samples, project.assignments(video.id).samples
    queued = store.rows_of("queue", store.track_names(video.id), 0, video.frame_count)
    removed: dict[str, list[tuple]] = {
        "queue": [row for row in queued if row[:2] not in there],
        "segments": segments_before,
        **changed.removed,
    }
    added: dict[str, list[tuple]] = {
        "tracks": [(track, video.id, name) for track, name in new.items()],
        "people_edits": [tuple(edit) for edit in found.edits],
        "shards": [*_aside(gone), *after],
        "segments": segments_after,
        **changed.added,
    }

    def check() -> None:
        lost = were & _kept(project, video, 0, video.frame_count).keys() - there
        if lost or _known(project, video) != known:
            raise UserError(
                "The people were changed meanwhile, so they were not found anew. Find them again."
            )

    store.exchange(Rows(removed | {"shards": gone}, added), check)
    return Rows(removed | {"shards": [*gone, *_aside(after)]}, added)


def _aside(rows: list[tuple]) -> list[tuple]:
    return [(path, ASIDE, video, None) for path, _, video, _ in rows]


def _sentence(
    video: Video,
    before: TrackAssignments,
    after: TrackAssignments,
    new: Sequence[int],
    names: Mapping[int, str],
    yours: Set[tuple[int, int]],
    span: tuple[int, int],
    share: float | None,
) -> str:
    """yours: samples of the span that stay whoever was found, besides those that were drawn; share: of a
    whole video, how much of it was reached.
    """
    start, stop = span
    had, have = (
        {key for key in assignments.samples if start <= key[1] < stop} for assignments in (before, after)
    )
    columns = (column[after.source != FOUND].tolist() for column in (after.track, after.frame))
    kept = have & (yours | set(zip(*columns, strict=True)))
    count = len({track for track, _ in have})
    people = "nobody is" if not count else "1 person is" if count == 1 else f"{count} people are"
    known = f"new: {_listed(names[track] for track in new)}" if new else "nobody is new"
    if gone := sorted(set(before.track.tolist()) - set(after.track.tolist())):
        known += f", in no frame any more: {_listed(names[track] for track in gone)}"
    boxes = f"{len(have - kept):,} found, {len(had - have):,} removed, {len(kept):,} of yours kept"
    frames = f"frame {start}" if stop - start == 1 else f"frames {start} to {stop - 1}"
    place, rest = f"{frames} of {video.path.name}", ""
    if share is not None and share < 1:
        place = f"the {percent(share)} of {video.path.name} that are estimated"
        rest = " The rest is looked at in the same way once it is."
    return f"People were found again in {place}: {people} there now, {known}. Boxes: {boxes}.{rest}"


def _listed(names: Iterable[str]) -> str:
    """Few by name, the others by their number."""
    names = list(names)
    if len(names) <= NAMED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
