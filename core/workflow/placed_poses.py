"""Poses of a file as poses of a video: in its frames, of the skeleton that is wanted, and each of
somebody.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.domain import Skeleton, UserError
from core.domain.conversion import Conversion
from core.domain.skeleton import USUAL_SIGMA
from core.domain.skeletons import SKELETONS
from core.formats.found_poses import FoundPoses
from core.formats.joint_order import order_warnings
from core.tracking.chains import chains
from core.tracking.following import pose_boxes
from core.workflow.label_frames import Numbering

FEWEST_JOINTS = 3  # of a pose that is taken
SMALLEST = 8.0  # pixels of a side of a box
LONGEST_NAME = 60
GAP = 1.0  # seconds over which a joint that was not found is drawn between where it was
NEVER = "poses outside of the frames that are wanted"
AGAIN = "poses that are there twice"
FEW = f"poses of fewer than {FEWEST_JOINTS} joints"


@dataclass(frozen=True)
class PlacedPoses:
    """N poses in the order of frames, then of people.

    frame: (N,) int64; person: (N,) int64, a place among names; points: (N, K, 2) float64 image pixels,
    guessed where a joint was not found; confidence: (N, K) float64 in 0..1, 0 there; boxes: (N, 4) float64;
    passed: how many were not taken, by what they are; notes: sentences on what is lost or to be looked at.
    """

    frame: np.ndarray
    person: np.ndarray
    names: list[str]
    points: np.ndarray
    confidence: np.ndarray
    boxes: np.ndarray
    passed: Mapping[str, int]
    notes: list[str]

    def __len__(self) -> int:
        return len(self.frame)


def place(
    found: FoundPoses,
    name: str,
    skeleton: Skeleton,
    times: np.ndarray,
    wanted: np.ndarray,
    named: Mapping[str, int],
    numbering: Numbering | None,
) -> PlacedPoses:
    """name: of the file; times: (n,) seconds of the video's frames; wanted: (n,) bool; named: frames by the
    names of images, where these are the video; numbering: how the file counts, None where nobody said.

    Raises UserError for frames that the video does not have, joints that are not those of the skeleton, and
    without any pose that is left.
    """
    passed, notes = Counter(found.passed), [*found.notes]
    frame, note = _frames(found, name, times, named, numbering)
    notes += [note] if note else []
    source = _skeleton_of(found.joints, name)
    notes += order_warnings(found.points, found.confidence > 0, source)
    points, confidence, lost = _converted(found, source, skeleton, name)
    notes += [lost] if lost else []
    there = np.isfinite(points).all(2)
    few = there.sum(1) < FEWEST_JOINTS
    passed[FEW] += int(few.sum())
    passed[NEVER] += int((~few & ~wanted[frame]).sum())
    again = _again(frame, points)
    passed[AGAIN] += int((~few & wanted[frame] & again).sum())
    kept = np.flatnonzero(~few & wanted[frame] & ~again)
    if not len(kept):
        raise UserError(
            f"{name} has no pose of {FEWEST_JOINTS} joints or more in the frames that are wanted."
        )
    kept = kept[np.argsort(frame[kept], kind="stable")]
    frame, points, confidence, there = (column[kept] for column in (frame, points, confidence, there))
    boxes = _boxes(points, there)
    fps = _fps(times)
    person, names = _people([found.person[row] for row in kept.tolist()], frame, boxes, round(fps))
    order = np.lexsort((person, frame))
    frame, person, points, confidence, boxes = (
        column[order] for column in (frame, person, points, confidence, boxes)
    )
    for one in range(len(names)):
        rows = np.flatnonzero(person == one)
        points[rows] = completed(points[rows], frame[rows], GAP * fps, skeleton)
    passed = Counter({what: count for what, count in passed.items() if count})
    return PlacedPoses(frame, person, names, points, confidence, boxes, passed, notes)


def _again(frame: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N,) bool: a pose that there is before in the same frame, joint by joint."""
    found, last = np.zeros(len(frame), bool), None
    seen: set[bytes] = set()  # in one frame: of all frames they would be as large as the poses themselves
    for row in np.argsort(frame, kind="stable").tolist():
        if frame[row] != last:
            seen, last = set(), frame[row]
        pose = points[row].tobytes()
        found[row] = pose in seen
        seen.add(pose)
    return found


def completed(points: np.ndarray, frame: np.ndarray, gap: float, skeleton: Skeleton) -> np.ndarray:
    """One person's poses (n, K, 2) in the order of frames, with a place for joints that are NaN.

    It is on the line between where the joint was before and after, at most `gap` frames apart, else at the
    nearest joint along the limbs, else in the middle of the others.
    """
    points = points.copy()
    missing = ~np.isfinite(points).all(2)
    for joint in np.flatnonzero(missing.any(0) & ~missing.all(0)).tolist():
        known, unknown = np.flatnonzero(~missing[:, joint]), np.flatnonzero(missing[:, joint])
        after = np.searchsorted(known, unknown)
        inside = (after > 0) & (after < len(known))
        left, right = known[after[inside] - 1], known[after[inside]]
        near = frame[right] - frame[left] <= gap
        rows = unknown[inside][near]
        for axis in (0, 1):
            points[rows, joint, axis] = np.interp(frame[rows], frame[known], points[known, joint, axis])
    for joint, others in enumerate(_nearest_joints(skeleton)):
        rows = np.flatnonzero(~np.isfinite(points[:, joint]).all(1))
        for other in others:
            rows = rows[~np.isfinite(points[rows, joint]).all(1)]
            points[rows, joint] = np.where(missing[rows, other, None], np.nan, points[rows, other])
    middle = np.where(missing[..., None], 0, points).sum(1) / np.maximum((~missing).sum(1), 1)[:, None]
    return np.where(np.isfinite(points), points, middle[:, None])


def _nearest_joints(skeleton: Skeleton) -> list[list[int]]:
    """Of each joint the others that limbs lead to, the nearest first."""
    beside: list[set[int]] = [set() for _ in skeleton.joints]
    for a, b in skeleton.edges:
        beside[a].add(b)
        beside[b].add(a)
    found = []
    for joint in range(len(skeleton)):
        order, seen = [joint], {joint}
        for one in order:
            new = sorted(beside[one] - seen)
            seen.update(new)
            order += new
        found.append(order[1:])
    return found


def _frames(
    found: FoundPoses, name: str, times: np.ndarray, named: Mapping[str, int], numbering: Numbering | None
) -> tuple[np.ndarray, str]:
    """(N,) frame of each pose, and what to say of it."""
    count = len(times)
    number, note = found.number.copy(), ""
    if numbering is None:
        first, note = _first(found, name, count)
        numbering = Numbering(first)
    number = (number - numbering.first) * numbering.every
    timed = np.isfinite(found.seconds)
    if timed.any():
        seconds = found.seconds[timed]
        counted = bool((seconds == np.round(seconds)).all() and times[-1] + 1 < seconds.max() < count)
        number[timed] = seconds if counted else _frames_at(seconds, times)
        note = (
            f"The times of {name} go beyond the video: taken as the numbers of frames." if counted else note
        )
    of_image = [named.get(image) for image in found.image] if named else []
    for row, known in enumerate(of_image):
        if known is not None:
            number[row] = known
    outside = (number < 0) | (number >= count)
    if outside.any():
        row = int(outside.argmax())
        if timed[row]:
            raise UserError(
                f"{name} has a pose at {found.seconds[row]:.3g} s, the video ends at {times[-1]:.3g} s. "
                "Choose the video that it is of, or give the file whose times are this video's."
            )
        raise UserError(
            f"{name} has a pose in frame {number[row]} (from 0), and the video has {count} frames. Say "
            "what it calls the first frame, or choose the video that it is of.",
            "Give it with --first-frame.",
        )
    return number, note if not of_image else ""


def _first(found: FoundPoses, name: str, count: int) -> tuple[int, str]:
    """What the file calls the first frame, as far as it shows, and what to say where it does not."""
    if found.first is not None:
        return found.first, ""
    numbers = found.number[found.number >= 0]
    if len(numbers) and numbers.min() == 1 and numbers.max() == count:
        return 1, ""
    if len(numbers) and numbers.min() == 1:
        note = f"The frames of {name} begin with 1. If it counts from 1, import it again with first frame 1."
        return 0, note
    return 0, ""


def _frames_at(seconds: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(n,) the frame nearest in time; beyond the video by half a frame and more, one that is not there."""
    at = np.searchsorted((times[1:] + times[:-1]) / 2, seconds, "right")
    late = seconds - times[-1] > 0.5 / _fps(times) + 1e-6
    return np.where(late, len(times), at)


def _fps(times: np.ndarray) -> float:
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 25.0


def _skeleton_of(joints: tuple[str, ...], name: str) -> Skeleton:
    """The built-in one with these joints, by any of their names, else one without limbs, called as the
    file.
    """
    for known in SKELETONS.values():
        if len(known) == len(joints) and (known.places_of(joints) == np.arange(len(joints))).all():
            return replace(known, joints=known.joints)
    return Skeleton(name, joints, (), (), (USUAL_SIGMA,) * len(joints))


def _converted(
    found: FoundPoses, source: Skeleton, skeleton: Skeleton, name: str
) -> tuple[np.ndarray, np.ndarray, str]:
    """Points and confidences of the skeleton that is wanted, and what is lost."""
    if source.joints == skeleton.joints:
        return found.points, found.confidence, ""
    conversion = Conversion(source, skeleton)
    known = len(skeleton) - len(conversion.missing)
    if known < FEWEST_JOINTS or 2 * known < min(len(source), len(skeleton)):
        some = ", ".join(found.joints[:6])
        raise UserError(
            f"Only {known} of the {len(skeleton)} joints of {skeleton.name} are among those of {name} "
            f"({some} …). Choose an estimator with the joints of the file, or name them as they are "
            "called there."
        )
    said = conversion.sentence if conversion.missing or conversion.lost else ""
    return conversion.points(found.points), conversion.confidence(found.confidence), said


def _boxes(points: np.ndarray, there: np.ndarray) -> np.ndarray:
    boxes = pose_boxes(points, there)
    grow = np.maximum(0, SMALLEST - (boxes[:, 2:] - boxes[:, :2])) / 2
    return np.concatenate([boxes[:, :2] - grow, boxes[:, 2:] + grow], 1)


def _people(
    person: list[str], frame: np.ndarray, boxes: np.ndarray, max_gap: int
) -> tuple[np.ndarray, list[str]]:
    """(n,) whose each pose is, and their names: as the file says, where it tells all of a frame apart, else
    by where they are.
    """
    told = all(person) and len(set(zip(frame.tolist(), person, strict=True))) == len(person)
    if not told:
        whose = chains(frame, boxes, max_gap)
        return whose, [f"Person {number + 1}" for number in range(int(whose.max()) + 1)]
    order = sorted(
        set(person), key=lambda one: (not one.isdecimal(), int(one) if one.isdecimal() else 0, one)
    )
    places = {one: place for place, one in enumerate(order)}
    return np.array([places[one] for one in person]), _names(order)


def _names(told: list[str]) -> list[str]:
    """As a project has them: on one line, not too long, and each its own."""
    names: dict[str, None] = {}  # in order
    for one in told:
        name = f"Person {one}" if one.isdecimal() else " ".join(one.split())[:LONGEST_NAME] or "Person"
        own, number = name, 1
        while own in names:
            number += 1
            own = f"{name} ({number})"
        names[own] = None
    return list(names)
