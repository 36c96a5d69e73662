"""Labels as a table with a row for each frame and person, or for each frame (Ann_nose_x, Bob_nose_x), and x
and y of each joint in columns of their own, as `csv-wide` and tools for measuring in videos write them.

What a model made is passed over: rows that say so, and in tables without a column source rows with a
confidence.
"""

from collections import Counter
from collections.abc import Sequence

from core.domain import Skeleton
from core.formats.coco import CocoDataset, CocoImage
from core.formats.image_names import frame_in_name, frame_number
from core.formats.named_people import NamedPerson, dataset_of
from core.formats.pose_tables import (
    FRAMES,
    OF_JOINT,
    PERSONS,
    as_written_in,
    check_columns,
    column_of,
    people_in,
)
from core.formats.records import Record
from core.formats.sheet import is_empty
from core.formats.tables import HUMAN, ROWS

SEEN = ("visibility", "v")
FEWEST = 3  # joints
Places = dict[str, dict[str, int]]  # by joint, the columns of x, y, and of what else there is


def looks_like(lines: list[list[str]]) -> bool:
    header = [cell.casefold() for cell in lines[0]] if lines else []
    return column_of(header, FRAMES) >= 0 and len(_joints(header)) >= FEWEST


def read(lines: list[list[str]], name: str, skeleton: Skeleton) -> CocoDataset:
    """lines: the cells; name: the file's. Raises UserError for the first row that is wrong."""
    header = [cell.casefold() for cell in lines[0]]
    check_columns(header, name)
    joints, frame_at, person_at = _joints(header), column_of(header, FRAMES), column_of(header, PERSONS)
    video_at, source_at = column_of(header, ("video",)), column_of(header, ("source",))
    here = people_in(joints)
    names = {whose: as_written_in(whose, lines[0]) for whose in here}
    images: dict[tuple[str, str], CocoImage] = {}
    people: list[NamedPerson] = []
    passed: Counter[str] = Counter()
    for number, line in enumerate(lines[1:], 2):
        record = Record({}, f"line {number} of {name}", name)
        if not line:
            continue
        if len(line) != len(header):
            record.fail(f"it has {len(line)} columns, the first line has {len(header)}")
        if _is_of_a_model(line, joints, source_at):
            passed[ROWS] += 1
            continue
        video = line[video_at] if video_at >= 0 else ""
        image = images.setdefault(
            (video, line[frame_at]), _image(len(images) + 1, video, line[frame_at], record)
        )
        for whose, own in here.items():
            person = NamedPerson(image.id, name=line[person_at] if person_at >= 0 else names[whose])
            for joint, columns in own.items():
                x, y = (_number(line[columns[axis]], record) for axis in "xy")
                if x is not None and y is not None and (v := _visibility(line, columns, record)):
                    person.place(joint, x, y, v, record)
            if person.joints or not whose:
                people.append(person)
    return dataset_of(
        people, {one.id: one for one in images.values()}, skeleton, Record({}, name, name), passed
    )


def _joints(header: Sequence[str]) -> Places:
    found: Places = {}
    for at, cell in enumerate(header):
        if told := OF_JOINT.fullmatch(cell):
            found.setdefault(told[1], {})[told[2]] = at
    return {joint: columns for joint, columns in found.items() if {"x", "y"} <= columns.keys()}


def _is_of_a_model(line: list[str], joints: Places, source_at: int) -> bool:
    if source_at >= 0 and line[source_at]:
        return line[source_at] != HUMAN
    sure = [
        at for columns in joints.values() for what, at in columns.items() if what not in ("x", "y", *SEEN)
    ]
    seen = [line[at] for columns in joints.values() for what, at in columns.items() if what in SEEN]
    shares = any(not is_empty(cell) and cell.removesuffix(".0") not in ("0", "1", "2") for cell in seen)
    return shares or any(not is_empty(line[at]) for at in sure)


def _image(number: int, video: str, cell: str, record: Record) -> CocoImage:
    frame = frame_number(cell, record)
    if frame is not None:
        return CocoImage(number, f"frame {frame}", frame, video or None, labelled=True, numbered=True)
    return CocoImage(number, cell, frame_in_name(cell, record), video or None, labelled=True)


def _visibility(line: list[str], columns: dict[str, int], record: Record) -> int:
    """Without a word of it, a joint with coordinates is visible."""
    cell = next((line[columns[what]] for what in SEEN if what in columns), "")
    return 2 if is_empty(cell) else int(cell.removesuffix(".0"))


def _number(cell: str, record: Record) -> float | None:
    try:
        return None if is_empty(cell) else float(cell)
    except ValueError:
        record.fail(f"{cell[:40]!r} is not a number")
