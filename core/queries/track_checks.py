"""People and stretches that look wrong, to be looked at first: nothing here changes anything.

The limits were measured on clips of people who walk, run, jump, do squats and help one another: see the
tests.
"""

import math
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.domain import SampleId, Skeleton
from core.domain.overlap import paired_iou
from core.evaluation.shared_bodies import SharedBodies
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.store import Video
from core.project.store.track_assignments import FOUND, TrackAssignments
from core.queries.pose_mistakes import pose_mistakes
from core.queries.stray_poses import UNSURE, UNSURE_SECONDS, doubtful_labels, shared_stretches
from core.refinement.mistakes import FROZEN, JUMPING, LABEL, PEOPLE, SIDES, Mistake
from core.tracking.meetings import meetings

# longer sides of the box away from half-way between where it was and where it will be
JUMP, JUMP_SECONDS = 0.25, 0.3
EDGE_SECONDS = 0.5  # from the video's beginning and end: nobody has to come or go there
BORDER = 0.03  # of the picture: a box that ends there is of somebody who comes or goes
HANDED_OVER, HANDED_SECONDS = (
    0.2,
    2.0,
)  # intersection over union of where one is lost and another begins, and how much later
SHORT_SECONDS = 1.0
SHORT, MANY_SHORT = "short", 3  # from so many on they are listed as one
SAME_PLACE, SAME_POSE, TOGETHER_SECONDS = 0.5, 0.1, 1.0  # intersection over union; longer sides; for how long
CROSSING, APART, CROSSING_SECONDS = 0.2, 0.05, 2.0  # intersection over union; and for how long at most
# badness of a pose on another's body; that two boxes are of one person is the better reason
ON_ANOTHER = 0.95
NEAR_SECONDS = 0.5  # within which two suspicions of somebody are one


@dataclass(frozen=True)
class TrackCheck:
    """Somebody in frames first to last. worst: the frame to look at; badness: above 0, the higher the worse;
    reason: words that go on from the name; kind: of reason; times: how often there is one of the kind, this
    the worst; weight: badness, less for whoever is seen less; other: the track that this one probably is,
    where that is the reason; mistake: in the poses, where that is it, see core.queries.pose_mistakes.
    """

    track: int
    name: str
    first: int
    last: int
    worst: int
    badness: float
    reason: str
    kind: str = ""
    times: int = 1
    weight: float = 0.0
    other: int | None = None
    mistake: Mistake | None = None

    @property
    def sample(self) -> SampleId:
        return SampleId(self.track, self.worst)

    @property
    def frames(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"

    @property
    def sentence(self) -> str:
        frames = f"frame {self.frames}" if self.first == self.last else f"frames {self.frames}"
        more = (
            ""
            if self.times == 1
            else f" The same {self.times - 1} {'time' if self.times == 2 else 'times'} more."
        )
        return f"{self.name}, {frames}: {self.reason}{'' if self.reason.endswith('?') else '.'}{more}"

    def to_json(self) -> dict:
        return {
            "person": self.name,
            "first": self.first,
            "last": self.last,
            "look_at": self.worst,
            "badness": round(self.badness, 3),
            "reason": self.reason,
            "kind": self.kind,
            "times": self.times,
            "weight": round(self.weight, 3),
        }


def check_tracks(project: Project, video: Video) -> list[TrackCheck]:
    """Of the people of interest of a video, by weight; of two of the same stretch of somebody only the worse,
    and of one kind of somebody only the worst. All who are there for a moment only are one, where they are
    many.
    """
    names = project.store.track_names(video.id)
    labels = {sample: label for sample, label in project.labels().items() if sample.track in names}
    doubtful = doubtful_labels(project, labels.values())
    predictions = project.predictions(video.id)
    shared = None if predictions is None else project.shared_bodies(video.id)
    view = _View(
        video, project.assignments_of_interest(video.id), predictions, names, set(labels), doubtful, shared
    )
    listed: list[TrackCheck] = []
    for track in view.people:
        listed += [*_unsure(view, track), *_jumps(view, track), *_lost(view, track), *_short(view, track)]
    listed += _on_others(view)
    listed += [
        _of_mistake(view, project.skeleton, track, one) for track, one in pose_mistakes(project, video)
    ]
    for encounter in _encounters(view):
        listed += [*_doubles(view, encounter), *_swaps(view, encounter)]
    short = [one for one in listed if one.kind == SHORT]
    if len(short) >= MANY_SHORT:
        moments = {one.track for one in short}
        longest = max(short, key=lambda one: (one.last - one.first, -one.first))
        reason = f"there for less than {SHORT_SECONDS:g} s, as {len(short) - 1} others are"
        listed = [one for one in listed if one.track not in moments] + [replace(longest, reason=reason)]
    return _by_weight(view, _one_of_each_kind(_worst_of_each(listed, NEAR_SECONDS * video.fps)))


def _one_of_each_kind(listed: list[TrackCheck]) -> list[TrackCheck]:
    """listed: the worst first."""
    times = Counter((one.track, one.kind) for one in listed)
    worst: dict[tuple[int, str], TrackCheck] = {}
    for one in listed:
        worst.setdefault((one.track, one.kind), replace(one, times=times[one.track, one.kind]))
    return list(worst.values())


def _by_weight(view: "_View", listed: list[TrackCheck]) -> list[TrackCheck]:
    frames = {track: len(known) for track, (known, _, _) in view.people.items()}
    most = max(frames.values(), default=1)
    weighed = [
        replace(one, weight=one.badness * math.sqrt(frames.get(one.track, 0) / most)) for one in listed
    ]
    return sorted(weighed, key=lambda one: (-one.weight, one.track, one.first))


def _worst_of_each(listed: list[TrackCheck], near: float) -> list[TrackCheck]:
    """The worst first, without those of the same person within `near` frames of a worse one."""
    kept: list[TrackCheck] = []
    # by track, first and last of those kept: apart, so ascending
    stretches: dict[int, list[tuple[int, int]]] = {}
    for one in sorted(listed, key=lambda one: (-one.badness, one.track, one.first)):
        own = stretches.setdefault(one.track, [])
        place = bisect(own, (one.first, one.last))
        beside = own[max(0, place - 1) : place + 1]
        if any(one.first - near <= last and first - near <= one.last for first, last in beside):
            continue
        own.insert(place, (one.first, one.last))
        kept.append(one)
    return kept


@dataclass(frozen=True, eq=False)
class _View:
    """labelled: samples with an accepted label; doubtful: those of them that lie on another's body or on
    nobody; shared: of the predictions.
    """

    video: Video
    assignments: TrackAssignments
    predictions: Predictions | None
    names: dict[int, str]
    labelled: set[SampleId]
    doubtful: set[SampleId]
    shared: SharedBodies | None

    @cached_property
    def people(self) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Frames (n,), boxes (n, 4) and where they come from (n,), by track."""
        assignments = self.assignments
        return {
            track: (
                assignments.frame[own],
                assignments.boxes[own].astype(np.float64),
                assignments.source[own],
            )
            for track, own in assignments.rows_by_track.items()
        }

    @cached_property
    def labelled_frames(self) -> dict[int, np.ndarray]:
        """(n,) by track, of the accepted labels."""
        frames: dict[int, list[int]] = {}
        for track, frame in self.labelled:
            frames.setdefault(track, []).append(frame)
        return {track: np.array(own) for track, own in frames.items()}

    @cached_property
    def beginnings(self) -> np.ndarray:
        """(n,) rows of the assignments in whose frame somebody begins who was not in the frame before."""
        frame = self.assignments.frame
        rows = [own[np.diff(frame[own], prepend=-2) > 1] for own in self.assignments.rows_by_track.values()]
        return np.sort(np.concatenate(rows)) if rows else np.empty(0, np.int64)

    def check(
        self, track: int, first: int, last: int, worst: int, badness: float, reason: str, kind: str
    ) -> TrackCheck:
        return TrackCheck(
            track, self.names[track], int(first), int(last), int(worst), float(badness), reason, kind
        )

    def frames(self, seconds: float) -> int:
        return max(1, round(seconds * self.video.fps))


def _unsure(view: _View, track: int) -> Iterator[TrackCheck]:
    """Stretches in which the joints are hardly seen, but for those that a human accepted."""
    if view.predictions is None:
        return
    rows = view.predictions.rows_of_track(track)
    frames = view.predictions.frame[rows]
    doubted = ~np.isin(frames, view.labelled_frames.get(track, ()))
    mean = view.predictions.confidence[rows].mean(1)
    for first, last in _stretches(frames, (mean < UNSURE) & doubted):
        if last - first + 1 >= view.frames(UNSURE_SECONDS):
            inside = _between(frames, first, last)
            value, seconds = float(mean[inside].mean()), len(inside) / view.video.fps
            worst = frames[inside[mean[inside].argmin()]]
            reason = f"hardly to be seen for {seconds:.1f} s, the mean confidence is {value:.2f}"
            yield view.check(track, first, last, worst, 1 - value / UNSURE / 2, reason, "hardly seen")


def _of_mistake(view: _View, skeleton: Skeleton, track: int, mistake: Mistake) -> TrackCheck:
    joint = "" if mistake.joint is None else skeleton.joints[mistake.joint].replace("_", " ")
    reason = {
        SIDES: "left and right are exchanged",
        FROZEN: f"{joint} stays on one spot",
        JUMPING: f"{joint} jumps away and back",
        PEOPLE: f"has the pose of {view.names.get(mistake.other or 0, '')}, who has this one's",
        LABEL: "the label fits nothing around it",
    }[mistake.kind]
    worst = (mistake.first + mistake.last) // 2
    found = view.check(track, mistake.first, mistake.last, worst, mistake.badness, reason, mistake.kind)
    return replace(found, mistake=mistake)


def _on_others(view: _View) -> Iterator[TrackCheck]:
    """Stretches in which somebody's pose lies on another's body, but for poses that a human settled."""
    predictions = view.predictions
    if view.shared is None or predictions is None:
        return
    settled = view.labelled - view.doubtful
    for stretch in shared_stretches(predictions, view.shared, view.video.fps):
        waiting = [row for row in stretch.rows.tolist() if predictions.sample(row) not in settled]
        if waiting and stretch.thief in view.people:
            first, last = (int(predictions.frame[waiting[place]]) for place in (0, -1))
            worst = stretch.worst if stretch.worst in waiting else waiting[len(waiting) // 2]
            reason = f"the pose lies on {view.names[stretch.owner]}"
            yield view.check(
                stretch.thief, first, last, predictions.frame[worst], ON_ANOTHER, reason, "on a neighbour"
            )


def _jumps(view: _View, track: int) -> Iterator[TrackCheck]:
    """Boxes that are not between those of a moment before and after, neither in place nor in size."""
    frames, boxes, source = view.people[track]
    lag = view.frames(JUMP_SECONDS)
    if len(frames) <= 2 * lag:
        return
    middle = np.arange(lag, len(frames) - lag)
    whole = frames[middle + lag] - frames[middle - lag] == 2 * lag
    found = np.lib.stride_tricks.sliding_window_view(source == FOUND, 2 * lag + 1).all(1)
    side = (boxes[middle, 2:] - boxes[middle, :2]).max(1).clip(1)
    away = np.abs(boxes[middle] - (boxes[middle - lag] + boxes[middle + lag]) / 2).max(1) / side
    at = frames[middle]
    for first, last in _stretches(at, (away > JUMP) & whole & found):
        inside = _between(at, first, last)
        worst = inside[away[inside].argmax()]
        reason = f"the box jumps, or its size does, by {2 * away[worst]:.0%} of its longer side"
        yield view.check(track, first, last, at[worst], 0.5 + away[worst], reason, "jump")


def _lost(view: _View, track: int) -> Iterator[TrackCheck]:
    """Who begins or ends in the middle of the picture."""
    frames, boxes, _ = view.people[track]
    size = np.tile((view.video.width, view.video.height), 2)
    edge = view.frames(EDGE_SECONDS)
    away = np.concatenate([boxes[:, :2] > BORDER * size[:2], boxes[:, 2:] < (1 - BORDER) * size[2:]], axis=1)
    inside = np.all(away, axis=1)
    for first, last in _stretches(frames, np.ones(len(frames), bool)):
        begin, end = np.searchsorted(frames, (first, last))
        if last + edge < view.video.frame_count and inside[end]:
            follower = _follower(view, track, last, boxes[end])
            reason = "ends in the middle of the picture"
            if follower is not None:
                reason += f", where {view.names[follower]} begins: the same person?"
            yield view.check(track, last, last, last, 0.8, reason, "lost")
        if first >= edge and inside[begin]:
            yield view.check(track, first, first, first, 0.7, "begins in the middle of the picture", "lost")


def _follower(view: _View, track: int, last: int, box: np.ndarray) -> int | None:
    """Somebody else who begins soon after, about where this one ended."""
    assignments, begin = view.assignments, view.beginnings
    at = assignments.frame[begin]
    rows = begin[slice(*np.searchsorted(at, (last + 1, last + view.frames(HANDED_SECONDS) + 1)))]
    rows = rows[assignments.track[rows] != track]
    near = rows[paired_iou(box, assignments.boxes[rows]) >= HANDED_OVER]
    return int(assignments.track[near[0]]) if len(near) else None


def _short(view: _View, track: int) -> Iterator[TrackCheck]:
    frames, _, source = view.people[track]
    seconds = len(frames) / view.video.fps
    if seconds < min(SHORT_SECONDS, view.video.frame_count / view.video.fps) and (source == FOUND).all():
        reason = f"there for {seconds:.1f} s only"
        yield view.check(track, frames[0], frames[-1], frames[len(frames) // 2], 0.6, reason, SHORT)


@dataclass(frozen=True, eq=False)
class _Encounter:
    """Two people about the time that their boxes overlap. frames: (n,) that they share, mine, theirs: (n,
    4) boxes there.
    """

    one: int
    other: int
    frames: np.ndarray
    mine: np.ndarray
    theirs: np.ndarray

    @cached_property
    def overlap(self) -> np.ndarray:
        """(n,) intersection over union."""
        return paired_iou(self.mine, self.theirs)


def _encounters(view: _View) -> Iterator[_Encounter]:
    """By pair and time, each with what lies before and after it that tells whether two changed places."""
    assignments, lag = view.assignments, view.frames(JUMP_SECONDS)
    one, other, _ = meetings(assignments.frame, assignments.boxes)
    tracks = np.sort(np.stack([assignments.track[one], assignments.track[other]], 1), axis=1)
    at = assignments.frame[one]
    order = np.lexsort((at, tracks[:, 1], tracks[:, 0]))
    tracks, at = tracks[order], at[order]
    new = (np.diff(tracks, axis=0) != 0).any(1) | (np.diff(at) > lag + 2)
    firsts = np.flatnonzero(np.r_[True, new]) if len(at) else ()
    lasts = np.flatnonzero(np.r_[new, True]) if len(at) else ()
    for first, last in zip(firsts, lasts, strict=True):
        pair = tracks[first].tolist()
        span = at[first] - 1 - lag, at[last] + 1
        frames, boxes = [], []
        for track in pair:
            known, own, _ = view.people[track]
            inside = _between(known, *span)
            frames.append(known[inside])
            boxes.append(own[inside])
        shared, mine, theirs = np.intersect1d(frames[0], frames[1], assume_unique=True, return_indices=True)
        yield _Encounter(pair[0], pair[1], shared, boxes[0][mine], boxes[1][theirs])


def _doubles(view: _View, met: _Encounter) -> Iterator[TrackCheck]:
    """Two in the same place, with the same pose where there are poses."""
    one, other, frames, overlap = met.one, met.other, met.frames, met.overlap
    for first, last in _stretches(frames, overlap >= SAME_PLACE):
        inside = _between(frames, first, last)
        shorter = min((one, other), key=lambda track: len(view.people[track][0]))
        least = min(view.frames(TOGETHER_SECONDS), len(view.people[shorter][0]))
        if len(inside) < least or _distance(view, one, other, frames[inside], met.mine[inside]) > SAME_POSE:
            continue
        name = view.names[other if shorter == one else one]
        worst = frames[inside[overlap[inside].argmax()]]
        badness = 0.5 + overlap[inside].mean()
        reason = f"in the same place as {name}: twice the same person?"
        yield view.check(shorter, first, last, worst, badness, reason, "twice")


def _distance(view: _View, one: int, other: int, frames: np.ndarray, boxes: np.ndarray) -> float:
    """Median distance of two people's joints in longer sides of the box, 0 without poses."""
    if view.predictions is None:
        return 0.0
    distances = []
    for frame, box in zip(frames.tolist(), boxes, strict=True):
        first, second = (view.predictions.row(SampleId(track, frame)) for track in (one, other))
        if first is not None and second is not None:
            points = view.predictions.points[[first, second]]
            distances.append(np.linalg.norm(points[0] - points[1], axis=1).mean() / max(box[2:] - box[:2]))
    return float(np.median(distances)) if distances else 0.0


def _swaps(view: _View, met: _Encounter) -> Iterator[TrackCheck]:
    """Two who cross, and afterwards each goes on where the other was heading."""
    frames, mine, theirs, overlap = met.frames, met.mine, met.theirs, met.overlap
    lag = view.frames(JUMP_SECONDS)
    for first, last in _stretches(frames, overlap > APART):
        begin, end = np.searchsorted(frames, (first, last))
        before, after = begin - 1, end + 1
        if before - lag < 0 or after + 1 > len(frames) or overlap[begin : end + 1].max() < CROSSING:
            continue
        if frames[after] - frames[before - lag] != after - before + lag or last - first > view.frames(
            CROSSING_SECONDS
        ):
            continue
        expected = [
            boxes[before] + (boxes[before] - boxes[before - lag]) * (after - before) / lag
            for boxes in (mine, theirs)
        ]
        stayed = np.linalg.norm(expected[0] - mine[after]) + np.linalg.norm(expected[1] - theirs[after])
        swapped = np.linalg.norm(expected[0] - theirs[after]) + np.linalg.norm(expected[1] - mine[after])
        if swapped < stayed:
            reason = f"may have changed places with {view.names[met.other]} where they cross"
            yield view.check(met.one, first, last, frames[after], float(2 - swapped / stayed), reason, "swap")


def _stretches(frames: np.ndarray, chosen: np.ndarray) -> list[tuple[int, int]]:
    """First and last of the frames that are chosen and follow one another. frames: (n,) ascending; chosen:
    (n,) bool.
    """
    picked = frames[chosen]
    if not len(picked):
        return []
    parts = np.split(picked, np.flatnonzero(np.diff(picked) > 1) + 1)
    return [(int(part[0]), int(part[-1])) for part in parts]


def _between(frames: np.ndarray, first: int, last: int) -> np.ndarray:
    """Rows of the frames from the first to the last. frames: (n,) ascending."""
    return np.arange(*np.searchsorted(frames, (first, last + 1)))
