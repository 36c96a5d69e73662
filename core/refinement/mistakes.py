"""Mistakes that last: left and right exchanged, two people exchanged, a joint that is frozen or jumps, a
label that fits nothing around it. Each is told by how people move, so poses of the wrong person who moves
rightly are not found here.

The limits were chosen on exact poses of a rendered walker with mistakes put in, see benchmarks/mistakes.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.ndimage import median_filter

from core.domain import Skeleton
from core.evaluation.shared_bodies import TOLD, box_fit
from core.refinement.refine import Tracklet, around, refine, runs, units

# cost of changing sides, and of being exchanged for a frame; of a step its square
EXCHANGE, EXCHANGED = 3.0, 0.01
FARTHEST = 2.0  # units beyond which a joint costs no more
STILL, STILL_SECONDS = 0.01, 0.4  # units a frozen joint moves at most, and for how long
STRETCHED = 1.0  # units by which a limb with a frozen joint changes its length, at least
STEP, STEP_SECONDS = 1.5, 1.0  # units that a joint jumps in a frame at 30 a second, and is away at most
USUALLY = 5  # frames whose steps tell the usual one
SURE = 0.3  # of the usual confidence, below which a joint tells nothing
RETURNS = 0.6  # of the larger of the steps out and back, how far they may be from cancelling one another
WHOLE, SAME = 1.0, 0.5  # units that two whole poses jump at least, and what is left of them once exchanged
HEALED = 1.0  # units that a refined joint is away from the mistaken one, at least
CONTRADICTS = 0.3  # OKS of a label with what lies around it
RATE = 30.0


@dataclass(frozen=True)
class Mistake:
    """Of one person in frames first to last. kind: of KINDS; joint: of a frozen or jumping one; other: the
    track exchanged with; badness: above 0, the higher the surer.
    """

    kind: str
    first: int
    last: int
    badness: float
    joint: int | None = None
    other: int | None = None


SIDES, FROZEN, JUMPING, PEOPLE, LABEL = (
    "sides exchanged",
    "frozen joint",
    "jumping joint",
    "people exchanged",
    "odd label",
)
KINDS = (SIDES, PEOPLE, FROZEN, JUMPING, LABEL)


def mistakes(tracklet: Tracklet, skeleton: Skeleton) -> list[Mistake]:
    """Of one person alone, in the order of frames; see exchanged_people for two. Labels count in place of
    predictions.
    """
    points = np.where(np.isnan(tracklet.labels), tracklet.points, tracklet.labels)
    found: list[Mistake] = []
    for run in runs(tracklet, skeleton.flip_index):
        part, here = tracklet.rows(run), points[run]
        if len(here) < 3:
            continue
        unit = units(part)
        sides = list(_exchanged_sides(part, here, unit, skeleton))
        taken = np.zeros(len(here), bool)
        for one in sides:
            taken |= (part.frame >= one.first - 1) & (part.frame <= one.last + 1)
        found += sides
        found += _frozen(part, here, unit, skeleton)
        found += _jumping(part, here, unit, taken)
    spans = [(one.first, one.last) for one in found if one.kind == SIDES]
    odd = [
        one for one in _odd_labels(tracklet) if not any(first <= one.first <= last for first, last in spans)
    ]
    frames = {one.first for one in odd}
    found = [one for one in found if one.kind != JUMPING or frames.isdisjoint(range(one.first, one.last + 1))]
    return sorted([*found, *odd], key=lambda one: one.first)


def _exchanged_sides(
    tracklet: Tracklet, points: np.ndarray, unit: np.ndarray, skeleton: Skeleton
) -> Iterator[Mistake]:
    """The likeliest course of two states, as it is and exchanged (Viterbi 1967)."""
    flip, frame = skeleton.flip_index, tracklet.frame
    paired = flip != np.arange(len(flip))
    if not paired.any():
        return
    steps = np.maximum(np.diff(frame), 1)[:, None] ** 0.5
    sure = _sure(tracklet)
    sure = (sure & sure[:, flip])[:, paired]

    def cost(after: np.ndarray) -> np.ndarray:
        away = np.linalg.norm(after - points[:-1], axis=-1)[:, paired] / unit[paired] / steps
        return (np.where(sure, np.minimum(away, FARTHEST), 0) ** 2).sum(1)

    stay, change = cost(points[1:]), cost(points[1:][:, flip]) + EXCHANGE
    state = _likeliest(stay.tolist(), change.tolist())
    for first, last in _stretches(state == 1):
        edges = [t for t in (first - 1, last) if 0 <= t < len(stay)]
        left = max(((change[t] - EXCHANGE) / stay[t] for t in edges), default=1.0)
        if left < SAME:
            yield Mistake(SIDES, int(frame[first]), int(frame[last]), 2 - left)


def _likeliest(stay: list[float], change: list[float]) -> np.ndarray:
    """(n,) 0 or 1. stay, change: costs of keeping and of changing the state from one frame to the next, (n
    - 1) each.
    """
    plain, exchanged = 0.0, 0.0
    came: list[tuple[bool, bool]] = []
    for keep, turn in zip(stay, change, strict=True):
        to_plain, to_exchanged = exchanged + turn < plain + keep, plain + turn < exchanged + keep
        came.append((to_plain, to_exchanged))
        plain, exchanged = (
            exchanged + turn if to_plain else plain + keep,
            (plain + turn if to_exchanged else exchanged + keep) + EXCHANGED,
        )
    state = int(exchanged < plain)
    states = [state]
    for changed in reversed(came):
        state = 1 - state if changed[state] else state
        states.append(state)
    return np.array(states[::-1])


def _frozen(
    tracklet: Tracklet, points: np.ndarray, unit: np.ndarray, skeleton: Skeleton
) -> Iterator[Mistake]:
    """A joint that stays on the pixel while a limb that it ends in changes its length."""
    frame = tracklet.frame
    least = max(3, round(STILL_SECONDS * tracklet.fps))
    neighbours: dict[int, list[int]] = {}
    for a, b in skeleton.edges:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    moved = np.linalg.norm(np.diff(points, axis=0), axis=-1) / unit
    for joint in range(points.shape[1]):
        for first, last in _stretches(moved[:, joint] <= STILL):
            rows = slice(first, last + 2)
            if frame[last + 1] - frame[first] + 1 < least:
                continue
            lengths = [
                np.linalg.norm(points[rows, joint] - points[rows, other], axis=-1)
                for other in neighbours.get(joint, ())
            ]
            change = max((float(np.ptp(one)) for one in lengths), default=0.0) / unit[joint]
            if change >= STRETCHED:
                yield Mistake(FROZEN, int(frame[first]), int(frame[last + 1]), change / (1 + change), joint)


def _jumping(
    tracklet: Tracklet, points: np.ndarray, unit: np.ndarray, taken: np.ndarray
) -> Iterator[Mistake]:
    """A joint that leaves in one frame, unlike in the frames about it, and comes back soon, while no other
    leaps half as far: fast people move more than one. taken: (n,) bool, explained already.
    """
    frame, step = tracklet.frame, np.diff(points, axis=0)
    sure = _sure(tracklet) & (np.diff(frame) == 1)[:, None]
    alone = step - median_filter(step, (USUALLY, 1, 1), mode="nearest")
    limit = STEP * max(1.0, RATE / max(tracklet.fps, 1.0))
    size = np.where(sure, np.linalg.norm(alone, axis=-1) / unit, 0.0)
    size[(size >= limit / 2).sum(1) > 1] = 0
    for joint in range(points.shape[1]):
        leaps = [
            t for t in np.flatnonzero(size[:, joint] >= limit).tolist() if not (taken[t] or taken[t + 1])
        ]
        place = 0
        while place + 1 < len(leaps):
            out, back = leaps[place], leaps[place + 1]
            soon = frame[back] - frame[out] <= STEP_SECONDS * tracklet.fps
            left = np.linalg.norm(alone[out, joint] + alone[back, joint]) / unit[joint]
            if soon and left <= RETURNS * max(size[out, joint], size[back, joint]):
                badness = float(size[out, joint] / (1 + size[out, joint]))
                yield Mistake(JUMPING, int(frame[out + 1]), int(frame[back]), badness, joint)
                place += 1
            place += 1


def _sure(tracklet: Tracklet) -> np.ndarray:
    """(n - 1, K) bool: joints that are known in a frame and in the next."""
    known = (tracklet.confidence >= SURE * tracklet.usual) | np.isfinite(tracklet.labels).all(2)
    return known[1:] & known[:-1]


def _odd_labels(tracklet: Tracklet) -> Iterator[Mistake]:
    """Labels that are far from where everything around them puts this person."""
    for row in np.flatnonzero(np.isfinite(tracklet.labels).any((1, 2))).tolist():
        reach = round(tracklet.fps)
        near = slice(
            *map(
                int,
                np.searchsorted(
                    tracklet.frame, (tracklet.frame[row] - reach, tracklet.frame[row] + reach + 1)
                ),
            )
        )
        part, place = tracklet.rows(near), row - near.start
        label = part.labels[place]
        labels, astray = part.labels.copy(), part.astray.copy()
        labels[place], astray[place] = np.nan, True
        confidence = part.confidence.copy()
        confidence[place] = 0
        without = replace(part, confidence=confidence, astray=astray, labels=labels)
        known = np.isfinite(label).all(1)
        away = np.linalg.norm(refine(without)[place][known] - label[known], axis=1) / units(part)[known]
        alike = float(np.exp(-(away**2) / 2).mean()) if known.any() else 1.0
        if alike < CONTRADICTS:
            frame = int(tracklet.frame[row])
            yield Mistake(LABEL, frame, frame, 1 - alike)


def exchanged_people(one: Tracklet, other: Tracklet, track: int) -> list[Mistake]:
    """Stretches in which two people have each other's poses, as mistakes of the first: both jump to where the
    other was, and fit the other's box better. track: the other's number.
    """
    frame, mine, theirs = np.intersect1d(one.frame, other.frame, assume_unique=True, return_indices=True)
    if len(frame) < 2:
        return []
    a, b = (
        np.where(np.isnan(t.labels), t.points, t.labels)[rows] for t, rows in ((one, mine), (other, theirs))
    )
    unit = np.minimum(units(one), units(other))

    def away(before: np.ndarray, after: np.ndarray) -> np.ndarray:
        return np.median(np.linalg.norm(after - before, axis=-1) / unit, 1)

    follows = np.diff(frame) == 1
    stay, change = away(a[:-1], a[1:]) + away(b[:-1], b[1:]), away(a[:-1], b[1:]) + away(b[:-1], a[1:])
    changed = follows & (stay > WHOLE) & (change < SAME * stay)
    edges = [0, *(np.flatnonzero(changed) + 1).tolist(), len(frame)]
    sure = np.ones(a.shape[:2])
    found = []
    for first, stop in pairwise(edges):
        here = slice(first, stop)
        boxes = one.boxes[mine][here], other.boxes[theirs][here]
        own, others = (
            (box_fit(boxes[0], x[here], sure[here]) + box_fit(boxes[1], y[here], sure[here])).mean() / 2
            for x, y in ((a, b), (b, a))
        )
        if others - own > TOLD:
            found.append(
                Mistake(PEOPLE, int(frame[first]), int(frame[stop - 1]), float(others - own), other=track)
            )
    return found


def leaps(tracklet: Tracklet) -> np.ndarray:
    """(n - 1,) bool: frames after which the whole pose jumps, as it does where people are exchanged."""
    points = np.where(np.isnan(tracklet.labels), tracklet.points, tracklet.labels)
    away = np.median(np.linalg.norm(np.diff(points, axis=0), axis=-1) / units(tracklet), 1)
    return (away > WHOLE / 4) & (np.diff(tracklet.frame) == 1)


def heals(tracklet: Tracklet, mistake: Mistake) -> bool:
    """Whether refined poses leave a joint's mistake out by themselves; never where a human placed that
    joint.
    """
    if mistake.joint is None:
        return False
    near = tracklet.rows(around(tracklet.frame, mistake.first, mistake.last, tracklet.fps))
    inside = (near.frame >= mistake.first) & (near.frame <= mistake.last)
    if np.isfinite(near.labels[inside, mistake.joint]).any():
        return False
    away = np.linalg.norm(refine(near)[inside, mistake.joint] - near.points[inside, mistake.joint], axis=1)
    return bool(np.median(away) >= HEALED * units(near)[mistake.joint])


def mended(tracklet: Tracklet, mistake: Mistake, skeleton: Skeleton) -> dict[int, np.ndarray]:
    """(K, 2) by frame, how the poses of a stretch are without the mistake: with sides exchanged back, with
    the joint where its path before and after leads, without the label. Nothing of people who are exchanged.
    """
    inside = (tracklet.frame >= mistake.first) & (tracklet.frame <= mistake.last)
    points = np.where(np.isnan(tracklet.labels), tracklet.points, tracklet.labels)
    labels = tracklet.labels.copy()
    if mistake.kind == SIDES:
        points = points[:, skeleton.flip_index]
    elif mistake.kind == LABEL:
        labels[inside] = np.nan
        points = refine(replace(tracklet, labels=labels))
    elif mistake.joint is not None:
        joint, straight, confidence = mistake.joint, tracklet.points.copy(), tracklet.confidence.copy()
        confidence[inside, joint], labels[inside, joint] = 0, np.nan
        if not inside.all():
            straight[inside, joint] = _between(tracklet.frame, points[:, joint], inside)
        motion = None if tracklet.motion is None else tracklet.motion.copy()
        if motion is not None:  # it was followed from where it was not
            motion[inside, joint] = np.nan
        without = replace(tracklet, points=straight, confidence=confidence, labels=labels, motion=motion)
        points[:, joint] = refine(without)[:, joint]
    else:
        return {}
    return dict(zip(tracklet.frame[inside].tolist(), points[inside], strict=True))


def _between(frame: np.ndarray, path: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """(m, 2) on the straight line over the rows inside. path: (n, 2)."""
    return np.stack([np.interp(frame[inside], frame[~inside], path[~inside, axis]) for axis in (0, 1)], 1)


def _stretches(chosen: np.ndarray) -> list[tuple[int, int]]:
    """First and last of the rows that are chosen and follow one another. chosen: (n,) bool."""
    edges = np.flatnonzero(np.diff(np.r_[False, chosen, False].astype(np.int8)))
    return [(int(first), int(stop) - 1) for first, stop in zip(edges[::2], edges[1::2], strict=True)]
