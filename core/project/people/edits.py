"""What a human can say of people. Each is a change of rows, made at once by Store.exchange and undone by
its reverse.
"""

from collections.abc import Callable, Collection, Mapping
from itertools import islice

import numpy as np

from core.domain import Box, SampleId, UserError
from core.project.people.interest import rows_of_interest
from core.project.project import Project
from core.project.store.coverage import merged
from core.project.store.integrity import LONGEST_NAME
from core.project.store.people_rows import (
    DrawnBox,
    PeopleEdit,
    Rows,
    SingleEstimate,
    setting_rows,
    single_row,
)
from core.project.store.segments import TRACKS
from core.project.store.settings import APART, INTEREST
from core.project.store.store import Video
from core.project.store.track_assignments import BETWEEN, DRAWN, owners

MOVED = ("labels", "queue")  # what goes along with a sample


def delete_people(project: Project, video: Video, tracks: Collection[int]) -> Rows:
    """They are nowhere any more."""
    rows = _give(project, dict.fromkeys(tracks), 0, video.frame_count)
    return _with_interest(project, rows, lambda chosen: chosen - set(tracks))


def delete_in(project: Project, video: Video, track: int, start: int, stop: int) -> Rows:
    """Somebody is not there from frame start to before stop. Raises UserError where that changes nothing."""
    if not _frames(project, video, track, start, stop).size:
        raise UserError(
            f"{_name(project, video, track)} is not in this frame, so there is nothing to delete."
        )
    return _give(project, {track: None}, start, stop)


def merge_people(project: Project, video: Video, tracks: Collection[int], into: int) -> Rows:
    """All of them are one person. Where two of them are in one frame, one who was only held on to there gives
    way. Raises UserError where both were seen, or a human spoke of them.
    """
    tracks = [track for track in tracks if track != into]
    held = _held_on_to(project, video, [into, *tracks])
    rows = _give(project, dict.fromkeys(tracks, into), 0, video.frame_count)
    rows.added["people_edits"] = _numbered(
        project,
        [
            (track, start, stop, None)
            for track, frames in held.items()
            for start, stop in merged((frame, frame + 1) for frame in frames)
        ],
        [(track, 0, video.frame_count, into) for track in tracks],
    )
    rows = _still_apart(project, rows, tracks, into)
    return _with_interest(
        project,
        rows,
        lambda chosen: chosen - set(tracks) | ({into} if chosen.intersection(tracks) else set()),
    )


def _held_on_to(project: Project, video: Video, tracks: list[int]) -> dict[int, list[int]]:
    """The frames in which each of some who are one person gives way to another of them."""
    assignments, names = project.assignments(video.id), project.store.track_names(video.id)
    spoken = {
        row[:2] for table in MOVED for row in project.store.rows_of(table, tracks, 0, video.frame_count)
    }
    sure = {track: {*assignments.frames_seen(track).tolist()} for track in tracks}
    owner: dict[int, int] = {}  # of a frame
    gives_way: dict[int, list[int]] = {}
    for track in tracks:
        shared: list[int] = []
        for frame in assignments.frames_of(track).tolist():
            other = owner.setdefault(frame, track)
            if other == track:
                continue
            weaker = [one for one in (track, other) if frame not in sure[one] and (one, frame) not in spoken]
            if not weaker:
                shared.append(frame)
                continue
            gives_way.setdefault(weaker[0], []).append(frame)
            owner[frame] = other if weaker[0] == track else track
        if shared:
            both = f"{names[track]} and {names[owner[shared[0]]]}"
            where = f"frame {shared[0]}"
            if len(shared) > 1:
                where = f"{len(shared)} frames (the first is {shared[0]})"
            raise UserError(
                f"{both} are both in {where}, so they are two people. Delete one of them there first."
            )
    return gives_way


def rename_person(project: Project, video: Video, track: int, name: str) -> Rows:
    """Raises UserError for a name that somebody else of the video has, or that is none."""
    names, name = project.store.track_names(video.id), " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise UserError(f"That is not a name. Give one of at most {LONGEST_NAME} letters.")
    if any(other == name and number != track for number, other in names.items()):
        raise UserError(f"There is a {name} already. Choose another name, or merge the two.")
    return Rows({"tracks": [(track, video.id, names[track])]}, {"tracks": [(track, video.id, name)]})


def split_person(project: Project, video: Video, track: int, frame: int) -> tuple[Rows, int]:
    """From a frame on it is somebody new, whose number comes second. Raises UserError where nothing would
    be left.
    """
    frames = _frames(project, video, track, 0, video.frame_count)
    if (frames < frame).all() or (frames >= frame).all():
        where = "from this one on" if (frames < frame).any() else "before this one"
        name = _name(project, video, track)
        raise UserError(f"{name} is in no frame {where}, so there is nothing to split.")
    new = project.store.next_track()
    rows = _give(project, {track: new}, frame, video.frame_count)
    rows.added["tracks"] = [(new, video.id, _new_name(project, video))]
    return _with_interest(project, rows, lambda chosen: chosen | ({new} if track in chosen else set())), new


def swap_people(project: Project, video: Video, track: int, other: int, frame: int) -> Rows:
    """From a frame on each is the other. Raises UserError where neither is."""
    if not any(_frames(project, video, number, frame, video.frame_count).size for number in (track, other)):
        names = f"{_name(project, video, track)} and {_name(project, video, other)}"
        raise UserError(f"{names} are in no frame from this one on, so there is nothing to swap.")
    return _give(project, {track: other, other: track}, frame, video.frame_count)


def draw_person(
    project: Project, video: Video, frame: int, box: Box, track: int | None = None
) -> tuple[Rows, int]:
    """A box of somebody new, or one more of a person who has none in this frame; the person's number comes
    second.

    Boxes drawn of one person are joined by straight lines. Raises UserError.
    """
    store = project.store
    if not project.computed.segments(TRACKS, video.id):
        raise UserError("Nobody is estimated yet. Estimate the poses first, then draw who is missing.")
    rows = Rows({}, {})
    if track is None:
        track = origin = store.next_track()
        rows.added["tracks"] = [(track, video.id, _new_name(project, video))]
    else:
        known = _origin(project, video, track, frame)
        origin = store.next_track() if known is None else known
        if known is None:  # the box keeps a number of its own, so that it follows the edits to come
            rows.added["people_edits"] = _edits(project, {origin: track}, 0, video.frame_count)
        rows.removed["single_estimates"] = store.rows_of("single_estimates", [origin], frame, frame + 1)
    rows.added["drawn_boxes"] = [(origin, frame, video.id, *map(float, box))]
    if "tracks" in rows.added and project.of_interest(video.id) is not None:
        rows = _with_interest(project, rows, lambda chosen: chosen | {track})
    return rows, track


def move_box(project: Project, video: Video, sample: SampleId, box: Box) -> Rows:
    """A drawn box elsewhere, or a drawn one in the place of one between two. Raises UserError."""
    assignments = project.assignments(video.id)
    row = assignments.row(*sample)
    if row is None or assignments.source[row] != DRAWN:
        return draw_person(project, video, sample.frame, box, sample.track)[0]
    origin, frame = int(assignments.origin[row]), sample.frame
    gone = {
        table: project.store.rows_of(table, [origin], frame, frame + 1)
        for table in ("drawn_boxes", "single_estimates")
    }
    return Rows(gone, {"drawn_boxes": [(origin, frame, video.id, *map(float, box))]})


def with_poses(project: Project, rows: Rows) -> Rows:
    """A change that was made, with the poses that were estimated in its drawn boxes since: they go and
    come with them.
    """
    boxes = rows.added.get("drawn_boxes", ())
    poses = [
        row
        for box in boxes
        for row in project.store.rows_of("single_estimates", [box[0]], box[1], box[1] + 1)
    ]
    return Rows(rows.removed, rows.added | {"single_estimates": poses}) if poses else rows


def place_estimate(project: Project, video: Video, estimate: SingleEstimate, unlabel: bool = False) -> Rows:
    """A pose in the place of that of the same sample and round. unlabel: the sample's label goes."""
    track, frame = estimate.sample
    assignments = project.assignments(video.id)
    origin = int(assignments.origin[assignments.row(track, frame)])
    before = project.store.rows_of("single_estimates", [origin], frame, frame + 1)
    removed = {"single_estimates": [row for row in before if row[2] == estimate.pose.round]}
    if unlabel:
        removed["labels"] = project.store.rows_of("labels", [track], frame, frame + 1)
    return Rows(removed, {"single_estimates": [single_row(estimate, origin, video.id)]})


def _give(project: Project, owner: Mapping[int, int | None], start: int, stop: int) -> Rows:
    """The samples of each track from frame start to before stop, and what was said of them, to its new
    owner.
    """
    rows = Rows({table: [] for table in MOVED}, {table: [] for table in MOVED})
    for table in MOVED:
        gone = project.store.rows_of(table, owner, start, stop)
        rows.removed[table].extend(gone)
        rows.added[table].extend((new, *row[1:]) for row in gone if (new := owner[row[0]]) is not None)
    rows.added["people_edits"] = _edits(project, owner, start, stop)
    return rows


def _with_interest(project: Project, rows: Rows, change: Callable[[set[int]], set[int]]) -> Rows:
    """A change with what it makes of the people of interest."""
    interest = rows_of_interest(project, change(set(project.setting(INTEREST) or ())))
    return _with_settings(rows, interest)


def _still_apart(project: Project, rows: Rows, tracks: list[int], into: int) -> Rows:
    """What was said of those who are merged is said of the one they are now."""
    before = project.setting(APART) or []
    now = {tuple(sorted(into if track in tracks else track for track in pair)) for pair in before}
    after = sorted(list(pair) for pair in now if pair[0] != pair[1])
    if after == sorted(before):
        return rows
    return _with_settings(rows, setting_rows(APART, before, after))


def _with_settings(rows: Rows, more: Rows) -> Rows:
    def both(one: dict[str, list[tuple]], other: dict[str, list[tuple]]) -> dict[str, list[tuple]]:
        meta = one.get("meta", []) + other.get("meta", [])
        return one | ({"meta": meta} if meta else {})

    return Rows(both(rows.removed, more.removed), both(rows.added, more.added))


def _edits(project: Project, owner: Mapping[int, int | None], start: int, stop: int) -> list[tuple]:
    return _numbered(project, [(track, start, stop, new) for track, new in owner.items()])


def _numbered(project: Project, *groups: list[tuple[int, int, int, int | None]]) -> list[tuple]:
    """Rows of edits, each a track, start, stop and owner; those of a group happen at once, after the group
    before.
    """
    known = project.store.people_edits()
    edit = max((one.edit for one in known), default=0)
    first = max((one.id for one in known), default=0)
    numbered = [(edit + n, *one) for n, group in enumerate(filter(None, groups), 1) for one in group]
    return [(first + n, *one) for n, one in enumerate(numbered, 1)]


def _frames(project: Project, video: Video, track: int, start: int, stop: int) -> np.ndarray:
    """(n,) frames in which a person is."""
    frames = project.assignments(video.id).frames_of(track)
    return frames[(frames >= start) & (frames < stop)]


def _origin(project: Project, video: Video, track: int, frame: int) -> int | None:
    """The number under which a person's nearest drawn box lies, where everything between is that person's
    too.

    Raises UserError where the person has a box of their own in this frame.
    """
    assignments = project.assignments(video.id)
    row = assignments.row(track, frame)
    if row is not None:
        if assignments.source[row] != BETWEEN:
            name = _name(project, video, track)
            raise UserError(f"{name} has a box in this frame already; move that one.")
        return int(assignments.origin[row])
    edits = project.store.people_edits()
    for box in sorted(project.store.drawn_boxes(video.id), key=lambda box: abs(box.frame - frame)):
        if _joins(box, frame, track, edits):
            return box.track
    return None


def _joins(box: DrawnBox, frame: int, track: int, edits: list[PeopleEdit]) -> bool:
    between = np.arange(min(box.frame, frame), max(box.frame, frame) + 1)
    return bool((owners(np.full(len(between), box.track), between, edits) == track).all())


def _name(project: Project, video: Video, track: int) -> str:
    return project.store.track_names(video.id)[track]


def _new_name(project: Project, video: Video) -> str:
    (name,) = new_names(project, video, 1)
    return name


def new_names(project: Project, video: Video, count: int) -> list[str]:
    """For people who come."""
    return free_names(set(project.store.track_names(video.id).values()), count)


def free_names(known: set[str], count: int) -> list[str]:
    """Which nobody has."""
    names = (f"Person {n}" for n in range(len(known) + 1, 2 * len(known) + 1 + count))
    return list(islice((name for name in names if name not in known), count))
