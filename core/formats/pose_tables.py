"""Tables of poses, a row per frame and person or per joint: of MediaPipe, SLEAP, PoseTailor, and whoever
writes their own.

Columns go by their names: nose_x, nose.x or "nose x" with _y and _score, _confidence, _likelihood,
_visibility; x0, y0, z0, v0 or x1, y1, z1, v1 of MediaPipe's landmarks; or, a row per joint, joint or landmark
with x and y. inst0.nose.x, Ann_nose_x: a row holds several people.
"""

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from core.domain import UserError
from core.domain.joint_names import SIDES
from core.domain.skeletons import MEDIAPIPE33
from core.formats.found_poses import FoundPoses, PoseList
from core.formats.given import Given
from core.formats.image_names import frame_in_name, frame_number
from core.formats.records import Record
from core.formats.sheet import is_empty

FRAMES = (
    "frame",
    "frame_idx",
    "frame_id",
    "frame_number",
    "frame_index",
    "frame_no",
    "image",
    "image_name",
    "filename",
)
SECONDS = {
    "time": 1.0,
    "time_s": 1.0,
    "seconds": 1.0,
    "timestamp": 1.0,
    "timestamp_ms": 1e-3,
    "time_ms": 1e-3,
}
PERSONS = (
    "track",
    "person",
    "person_id",
    "track_id",
    "id",
    "instance",
    "pose_id",
    "pose",
    "individual",
    "individuals",
)
JOINTS = (
    "joint",
    "node",
    "landmark",
    "landmark_name",
    "landmark_id",
    "keypoint",
    "bodypart",
    "landmark_index",
)
SURE = ("score", "confidence", "conf", "likelihood", "visibility", "v", "c", "presence", "prob")
OF_JOINT = re.compile(rf"(.+?)[._ ](x|y|{'|'.join(SURE)})")
NUMBERED = re.compile(r"(?:landmark_?)?([xyv])_?(\d+)|landmark_(\d+)_(x|y|v|visibility)")
FEWEST = 3  # joints of a table of poses

T = TypeVar("T")


class _Columns(NamedTuple):
    """Where things stand: frame, seconds, person -1 for nowhere; joints: x, y and confidence (-1 for none)
    by name.
    """

    frame: int
    seconds: int
    scale: float
    person: int
    joints: dict[str, list[int]]


def looks_like(lines: list[list[str]]) -> bool:
    return bool(lines and lines[0]) and (
        _is_long(_header(lines)) or len(_columns(_header(lines)).joints) >= FEWEST
    )


def read(given: Given, names: Container[str]) -> FoundPoses:
    """names: of the video, where the table speaks of several. Raises UserError for the first row that is
    wrong.
    """
    header = _header(given.lines)
    check_columns(header, given.name)
    if any(cell.endswith("_ncams") for cell in header):
        raise UserError(f"{given.name} holds points in space, of anipose. Give the poses of one camera.")
    rows = [(n, line) for n, line in enumerate(given.lines[1:], 2) if line]
    for number, line in rows:
        if len(line) != len(header):
            raise UserError(
                f"line {number} of {given.name}: it has {len(line)} columns, the first line has "
                f"{len(header)}."
            )
    if (video := _at(header, "video")) >= 0 and len({line[video] for _, line in rows}) > 1:
        rows = [(number, line) for number, line in rows if line[video] in names]
    if _is_long(header):
        return _long(given.name, header, rows)
    return _wide(given.name, header, rows, given.lines[0])


def check_columns(header: Sequence[str], name: str) -> None:
    """Raises UserError where two are of the same place of the same joint. name: the file's."""
    twice = [cell for cell, count in Counter(header).items() if count > 1 and OF_JOINT.fullmatch(cell)]
    if twice:
        raise UserError(
            f"Two columns of {name} are called {twice[0][:40]}. Give each joint a name of its own."
        )


def _header(lines: list[list[str]]) -> list[str]:
    return [cell.casefold() for cell in lines[0]]


def _is_long(header: Sequence[str]) -> bool:
    return {"x", "y"} <= set(header) and any(name in header for name in JOINTS)


def _columns(header: list[str]) -> _Columns:
    seconds = next((name for name in SECONDS if name in header), "")
    joints: dict[str, list[int]] = {}
    ranks: dict[str, int] = {}
    for at, name in enumerate(header):
        axis, sure = "", 0
        if found := NUMBERED.fullmatch(name):
            joint, axis = found[2] or found[3], (found[1] or found[4])[0]
        elif found := OF_JOINT.fullmatch(name):
            joint, axis = found[1], found[2] if found[2] in "xy" else "v"
            sure = SURE.index(found[2]) if axis == "v" else 0
        if axis and (axis != "v" or sure <= ranks.get(joint, len(SURE))):  # confidence before visibility
            joints.setdefault(joint, [-1, -1, -1])["xyv".index(axis)] = at
            ranks[joint] = sure if axis == "v" else ranks.get(joint, len(SURE))
    joints = {joint: places for joint, places in joints.items() if places[0] >= 0 and places[1] >= 0}
    return _Columns(
        column_of(header, FRAMES),
        _at(header, seconds),
        SECONDS.get(seconds, 1.0),
        column_of(header, PERSONS),
        joints,
    )


def column_of(header: Sequence[str], names: Sequence[str]) -> int:
    """The first of these names that there is a column of; -1 for none."""
    return next((list(header).index(name) for name in names if name in header), -1)


def _at(header: list[str], name: str) -> int:
    return header.index(name) if name in header else -1


def _wide(
    name: str, header: list[str], rows: list[tuple[int, list[str]]], as_written: Sequence[str]
) -> FoundPoses:
    columns, poses, human = _columns(header), PoseList(), _at(header, "source")
    people = people_in(columns.joints)
    tracks = {whose: _at(header, f"{whose}.track") for whose in people}  # of SLEAP's instances in a row
    names = {whose: as_written_in(whose, as_written) for whose in people}
    for place, (number, line) in enumerate(rows):
        record = Record({}, f"line {number} of {name}", name)
        if human >= 0 and line[human] == "human":
            poses.pass_over("rows of a human")
            continue
        for whose, own in people.items():
            values = np.array([[_number(line, at, record) for at in places] for places in own.values()])
            if not np.isfinite(values[:, :2]).any():
                continue
            person = line[columns.person] if columns.person >= 0 else names[whose] or "Person 1"
            person = line[tracks[whose]] if tracks[whose] >= 0 else person
            poses.add(_sure(values), record.where, person=person, **_when(line, columns, record, place))
    joints = list(next(iter(people.values())))
    return poses.done(name, _landmarks(joints), 0 if columns.frame < 0 else None)


def people_in(joints: Mapping[str, T]) -> dict[str, dict[str, T]]:
    """Joints by what stands before each of them, as inst0 of inst0.nose, where a row holds several people
    with the same joints; else all under ''.
    """
    for width in (1, 2):
        people: dict[str, dict[str, T]] = {}
        for joint, places in joints.items():
            parts = re.split(r"([._ ])", joint, maxsplit=width)
            people.setdefault("".join(parts[: 2 * width - 1]), {})["".join(parts[2 * width :])] = places
        alike = len({frozenset(own) for own in people.values()}) == 1
        several = len(people) > 1 or next(iter(people), "")[-1:].isdecimal()
        if (
            alike
            and several
            and not SIDES.keys() & people.keys()
            and len(next(iter(people.values()))) >= FEWEST
        ):
            order = list(next(iter(people.values())))
            return {whose: {joint: own[joint] for joint in order} for whose, own in people.items()}
    return {"": dict(joints)}


def as_written_in(whose: str, header: Sequence[str]) -> str:
    """As it is written in the header, whose case does not matter otherwise."""
    return (
        next((cell[: len(whose)] for cell in header if cell.casefold().startswith(whose)), "")
        if whose
        else ""
    )


def _long(name: str, header: list[str], rows: list[tuple[int, list[str]]]) -> FoundPoses:
    columns, human = _columns(header), _at(header, "source")
    joint_at, x, y, sure = (
        column_of(header, JOINTS),
        header.index("x"),
        header.index("y"),
        column_of(header, SURE),
    )
    names = list(dict.fromkeys(line[joint_at].casefold() for _, line in rows))
    people: dict[tuple, tuple[np.ndarray, str, dict, str]] = {}
    passed = 0
    for number, line in rows:
        record = Record({}, f"line {number} of {name}", name)
        if human >= 0 and line[human] == "human":
            passed += 1
            continue
        if columns.frame < 0 and columns.seconds < 0:
            record.fail("there is no column frame")
        when, person = _when(line, columns, record, 0), line[columns.person] if columns.person >= 0 else ""
        key = (*when.values(), person)
        values = people.setdefault(key, (np.full((len(names), 3), np.nan), record.where, when, person))[0]
        values[names.index(line[joint_at].casefold())] = [_number(line, at, record) for at in (x, y, sure)]
    poses = PoseList()
    for values, where, when, person in people.values():
        poses.add(_sure(values), where, person=person, **when)
    if passed:
        poses.pass_over("rows of a human", passed)
    return poses.done(name, _landmarks(names))


def _when(line: list[str], columns: _Columns, record: Record, place: int) -> dict:
    """The frame by its number or the name of its image, by its time, else by the row's place."""
    if columns.frame >= 0:
        cell = line[columns.frame]
        number = frame_number(cell, record)
        return (
            {"number": frame_in_name(cell, record), "image": cell} if number is None else {"number": number}
        )
    if columns.seconds >= 0:
        return {"seconds": _number(line, columns.seconds, record) * columns.scale}
    return {"number": place}


def _number(line: list[str], at: int, record: Record) -> float:
    if at < 0 or is_empty(line[at]):
        return np.nan
    try:
        return float(line[at])
    except ValueError:
        record.fail(f"{line[at][:40]!r} is not a number")


def _sure(values: np.ndarray) -> np.ndarray:
    """With a confidence of 1 where the table has none."""
    if not np.isfinite(values[:, 2]).any():
        values[:, 2] = np.isfinite(values[:, 0])
    return values


def _landmarks(names: list[str]) -> list[str]:
    """The names of MediaPipe's landmarks where they are numbers, from 0 or from 1."""
    numbers = [int(name) for name in names if name.isdecimal()]
    count = len(MEDIAPIPE33)
    if not names or len(numbers) < len(names) or max(numbers) - min(numbers) >= count or max(numbers) > count:
        return names
    return [MEDIAPIPE33.joints[number - (max(numbers) == count or 0 not in numbers)] for number in numbers]
