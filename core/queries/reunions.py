"""Who is probably the same person, after a gap or a cut, where that is not sure enough to be decided
without a human.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core.project.project import Project
from core.project.store.people_rows import Rows
from core.project.store.settings import APART
from core.project.store.store import Video
from core.project.store.track_assignments import TrackAssignments
from core.queries.track_checks import TrackCheck

LEAST_SECONDS = 1.0  # that somebody is there: of shorter ones too little is seen
MOST = 400  # people who are compared, those who are there longest
EXAMPLES = 12  # appearances of one person
BADNESS = 0.9  # of the surest
LIKE = 0.45  # distance of appearances up to which it is asked
DETECTED = 0.7  # of somebody's frames, in which they were found and not only held on to


@dataclass(frozen=True)
class Reunion:
    """track: who is probably `other`, who is there longer; distance: of their appearances."""

    track: int
    other: int
    distance: float


def reunions(project: Project, video: Video) -> list[Reunion]:
    """The surest first; each person at most once as the one who is somebody else. None of two who are
    context, who are ever in one frame, or of whom a human has said that they are not the same; nor where one
    of them looks more like a third who is beside them, so that appearance tells little, or was held on to for
    most of the time.
    """
    assignments, context = project.assignments(video.id), project.context()
    lengths = {track: len(rows) for track, rows in assignments.rows_by_track.items()}
    least = LEAST_SECONDS * video.fps
    order = sorted(
        (track for track, length in lengths.items() if length >= least), key=lambda track: -lengths[track]
    )
    appearances = _appearances(project, video, assignments, order[:MOST])
    present = _present(assignments, appearances)
    apart = {frozenset(pair) for pair in project.setting(APART) or ()}
    found: dict[int, Reunion] = {}
    beside: set[int] = set()  # those who look like somebody beside them, more than like anybody else
    for distance, one, other in sorted(_pairs(appearances)):
        track, into = sorted((one, other), key=lambda track: (lengths[track], -track))
        pair = frozenset((one, other))
        if (present[one] & present[other]).any():
            beside |= pair
        elif track in found or pair in apart or pair <= context or pair & beside:
            continue
        elif _share_detected(assignments, track) >= DETECTED:
            found[track] = Reunion(track, into, distance)
    return list(found.values())


def _present(assignments: TrackAssignments, tracks: Iterable[int]) -> dict[int, np.ndarray]:
    """By track in which frames they are, as bits."""
    frames = int(assignments.frame[-1]) + 1 if len(assignments.frame) else 0
    found = {}
    for track in tracks:
        there = np.zeros(frames, bool)
        there[assignments.frames_of(track)] = True
        found[track] = np.packbits(there)
    return found


def _share_detected(assignments: TrackAssignments, track: int) -> float:
    """Of somebody's frames; those of which it is not known count as such."""
    return float((assignments.detected[assignments.rows_of(track)] != 0).mean())


def as_track_checks(project: Project, video: Video) -> list[TrackCheck]:
    """The same among what is to be looked at."""
    names, assignments = project.store.track_names(video.id), project.assignments(video.id)
    listed = []
    for one in reunions(project, video):
        frames = assignments.frames_of(one.track)
        badness = BADNESS * (1 - one.distance / LIKE / 2)
        reason = f"probably {names[one.other]}, by what they look like"
        look_at = int(frames[0])
        first, last = look_at, int(frames[-1])
        listed.append(TrackCheck(one.track, names[one.track], first, last, look_at, badness, reason,
        "reunion",
                              weight=badness, other=one.other))  # fmt: skip
    return listed


def say_apart(project: Project, one: int, other: int) -> Rows:
    """They are two people, whatever they look like."""
    before = project.setting(APART) or []
    after = [*before, sorted((one, other))]
    return Rows(
        {"meta": [(APART, json.dumps(before))] if before else []}, {"meta": [(APART, json.dumps(after))]}
    )


def appearances(project: Project, video: Video) -> dict[int, np.ndarray]:
    """(m, 96) appearances of everyone of whom any is known, at most of the MOST who are there longest."""
    assignments = project.assignments(video.id)
    tracks = sorted(assignments.rows_by_track, key=lambda track: -len(assignments.rows_of(track)))
    return _appearances(project, video, assignments, tracks[:MOST])


def distances(appearances: Mapping[int, np.ndarray], track: int) -> dict[int, float]:
    """Of everybody's appearance from one person's, as far as both are known."""
    if track not in appearances:
        return {}
    mine = appearances[track]
    return {
        other: float(np.linalg.norm(mine[:, None] - theirs[None], axis=2).min())
        for other, theirs in appearances.items()
    }


def _appearances(
    project: Project, video: Video, assignments: TrackAssignments, tracks: list[int]
) -> dict[int, np.ndarray]:
    """(m, 96) appearances of each person, of the parts they were found in; of those alone of whom any is
    known.
    """
    appearance = project.computed.appearance(video.id)
    origin = project.found(video.id)[0]
    if len(appearance) != len(origin):  # damaged, or written before there was one
        return {}
    _, first = np.unique(origin, return_index=True)
    known = first[appearance[first].any(1)]
    rows_of = dict(zip(origin[known].tolist(), known.tolist(), strict=True))
    found = {}
    for track in tracks:
        origins = np.unique(assignments.origin[assignments.rows_of(track)])
        rows = [rows_of[one] for one in origins.tolist() if one in rows_of][:EXAMPLES]
        if rows:
            found[track] = appearance[rows].astype(np.float32)
    return found


def _pairs(appearances: dict[int, np.ndarray]) -> Iterator[tuple[float, int, int]]:
    """Distance and the two, of those who look alike."""
    tracks = list(appearances)
    if len(tracks) < 2:
        return
    every = np.concatenate([appearances[track] for track in tracks])
    starts = np.cumsum([0, *(len(appearances[track]) for track in tracks[:-1])])
    lengths = (every**2).sum(1)
    for place, track in enumerate(tracks[:-1]):
        mine = appearances[track]
        squared = (mine**2).sum(1)[:, None] + lengths - 2 * mine @ every.T
        nearest = np.sqrt(np.minimum.reduceat(squared.min(0), starts).clip(0))
        for other in np.flatnonzero(nearest[place + 1 :] < LIKE).tolist():
            yield float(nearest[place + 1 + other]), track, tracks[place + 1 + other]
