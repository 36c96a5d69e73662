"""Who is probably the same person, after a gap or a cut, where that is not sure enough to be decided
without a human.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
UNLIKE = 1.0  # the same of somebody who is there just while another is not, as in a picture that is turned
SOON_SECONDS = 0.5  # from where the one is lost to where the other begins
CLEARLY = 0.03  # distance from one who is about as alike
RIVALS = (
    2  # so many who are about as alike as the nearest and are seen with them: then appearance tells little
)
DETECTED = 0.7  # of somebody's frames, in which they were found and not only held on to


@dataclass(frozen=True)
class Reunion:
    """track: who is probably `other`, who is there longer; distance: of their appearances."""

    track: int
    other: int
    distance: float


def reunions(project: Project, video: Video) -> list[Reunion]:
    """The surest first; each person at most once as the one who is somebody else. None of two who are
    context, who are ever in one frame, or of whom a human has said that they are not the same; nor of
    somebody who looks as much like others who may be meant or like somebody beside them, so that appearance
    tells little, or who was held on to for most of the time.
    """
    assignments, context = project.assignments(video.id), project.context()
    apart = {frozenset(pair) for pair in project.setting(APART) or ()}
    least = LEAST_SECONDS * video.fps
    long = [track for track, rows in assignments.rows_by_track.items() if len(rows) >= least]
    order = sorted(long, key=lambda track: -len(assignments.rows_by_track[track]))[:MOST]
    looks = _appearances(project, video, assignments, order)
    return reunions_among(assignments, looks, video.fps, apart, context)


def reunions_among(
    assignments: TrackAssignments,
    appearances: Mapping[int, np.ndarray],
    fps: float,
    apart: Collection[frozenset[int]] = (),
    context: Collection[int] = (),
) -> list[Reunion]:
    """The same of some people. appearances: (m, 96) of each; apart: pairs who are not the same."""
    lengths = {track: len(assignments.rows_of(track)) for track in appearances}
    present = _present(assignments, appearances)
    alike = defaultdict[int, list[tuple[float, int]]](list)  # who somebody may be
    beside: dict[int, float] = {}  # distance of the most alike who is there at the same time
    for distance, one, other in _pairs(appearances, _in_the_place(assignments, list(appearances), fps)):
        if (present[one] & present[other]).any():
            for track in (one, other):
                beside[track] = min(beside.get(track, distance), distance)
        elif frozenset((one, other)) not in apart and not {one, other} <= set(context):
            less, more = sorted((one, other), key=lambda track: (lengths[track], -track))
            alike[less].append((distance, more))
    found = []
    for track, others in alike.items():
        distance, other = min(others)
        rivals = [
            rival
            for far, rival in others
            if far < distance + CLEARLY and (present[rival] & present[other]).any()
        ]
        tells = len(rivals) < RIVALS and distance < beside.get(track, np.inf)
        if tells and _share_detected(assignments, track) >= DETECTED:
            found.append(Reunion(track, other, distance))
    return sorted(found, key=lambda one: one.distance)


def _in_the_place(assignments: TrackAssignments, tracks: Sequence[int], fps: float) -> set[frozenset[int]]:
    """Pairs of whom one begins soon after the other was last seen, and ends soon before they come back."""
    soon, found = SOON_SECONDS * fps, set()
    frames = [assignments.frames_of(track) for track in tracks]
    first, last = (np.array([own[place] for own in frames]) for place in (0, -1))
    for track, own in zip(tracks, frames, strict=True):
        place = np.searchsorted(own, first)
        before = first - own[(place - 1).clip(0)] <= soon
        after = own[place.clip(max=len(own) - 1)] - last <= soon
        inside = np.searchsorted(own, last) == place
        within = (place == 0) | before, (place == len(own)) | after, (place > 0) | (place < len(own))
        found |= {frozenset((track, tracks[n])) for n in np.flatnonzero(inside & np.all(within, 0)).tolist()}
    return found


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
        badness = BADNESS * (1 - one.distance / UNLIKE / 2)
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


def _pairs(
    appearances: Mapping[int, np.ndarray], further: Collection[frozenset[int]]
) -> Iterator[tuple[float, int, int]]:
    """Distance and the two, of those who look alike, and of further pairs up to UNLIKE. It is that of each
    appearance of the one of whom fewer are known to the nearest of the other, half way between the least and
    the middle one: a single one may be of a moment in which both were in one box.
    """
    tracks = sorted(appearances, key=lambda track: len(appearances[track]))
    if len(tracks) < 2:
        return
    every = np.concatenate([appearances[track] for track in tracks])
    starts = np.cumsum([0, *(len(appearances[track]) for track in tracks[:-1])])
    lengths = (every**2).sum(1)
    for place, track in enumerate(tracks[:-1]):
        mine = appearances[track]
        apart = np.sqrt(((mine**2).sum(1)[:, None] + lengths - 2 * mine @ every.T).clip(0))
        nearest = np.minimum.reduceat(apart, starts, axis=1)[:, place + 1 :]
        distances = (nearest.min(0) + np.median(nearest, axis=0)) / 2
        for other in np.flatnonzero(distances < UNLIKE).tolist():
            distance, second = float(distances[other]), tracks[place + 1 + other]
            if distance < LIKE or frozenset((track, second)) in further:
                yield distance, track, second
