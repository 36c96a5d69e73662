"""Tables of poses as CSV: long, a row per sample and joint, and wide, a row per sample.

Numbers are written in full, so that they are read again bit for bit. source: human, model, or refined, which
is a model's drawn to what is known of the frames around; a human's joint has a visibility (COCO's v) and no
confidence, a model's the other way round; a joint that was not placed has no x and y.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TextIO

import numpy as np

from core.domain import Skeleton
from core.formats.coco import CocoDataset, CocoImage, CocoPerson
from core.formats.joints import joint_places
from core.formats.poses import PoseRows
from core.formats.records import LARGEST_FRAME, LARGEST_NUMBER, Record
from core.formats.sheet import is_empty

HUMAN, MODEL, REFINED = "human", "model", "refined"
SAMPLE = ("video", "frame", "time_s", "track", "person", "source", "round")
LONG = (*SAMPLE, "joint", "x", "y", "confidence", "visibility")
ROWS = "rows of a model"
NEEDED = ("frame", "joint", "x", "y")


class Part(NamedTuple):
    """A video of a table. times: (n,) seconds of its frames; people: names by track."""

    video: str
    times: np.ndarray
    people: dict[int, str]
    rows: PoseRows


def write_long(parts: Sequence[Part], joints: Sequence[str], out: TextIO, step: Callable[[], None]) -> int:
    """Returns how many rows; step is called after each sample."""
    table = csv.writer(out, lineterminator="\n")
    table.writerow(LONG)
    for part, i in _samples(parts):
        sample, human = _sample(part, i), part.rows.human[i]
        joined = zip(joints, *(column[i].tolist() for column in _columns(part.rows)), strict=True)
        for joint, (x, y), confidence, v in joined:
            table.writerow([*sample, joint, _cell(x), _cell(y), _cell(confidence), v if human else ""])
        step()
    return len(joints) * sum(len(part.rows) for part in parts)


def write_wide(parts: Sequence[Part], joints: Sequence[str], out: TextIO, step: Callable[[], None]) -> int:
    """Returns how many rows; step is called after each sample."""
    table = csv.writer(out, lineterminator="\n")
    table.writerow(
        [*SAMPLE, *(f"{joint}_{what}" for joint in joints for what in ("x", "y", "confidence", "visibility"))]
    )
    for part, i in _samples(parts):
        cells, human = _sample(part, i), part.rows.human[i]
        for (x, y), confidence, v in zip(
            *(column[i].tolist() for column in _columns(part.rows)), strict=True
        ):
            cells += [_cell(x), _cell(y), _cell(confidence), v if human else ""]
        table.writerow(cells)
        step()
    return sum(len(part.rows) for part in parts)


def looks_like(header: Sequence[str]) -> bool:
    """Whether it is the first line of a long table."""
    return {cell.casefold() for cell in header} >= set(NEEDED)


def read_long(lines: list[list[str]], name: str, skeleton: Skeleton) -> CocoDataset:
    """What a human said in a long table, and all of one without a column source.

    lines: its cells; name: the file's. Raises UserError for the first record that breaks a rule.
    """
    header = [cell.casefold() for cell in lines[0]]
    rows = [(line, Record({}, f"line {n} of {name}", name)) for n, line in enumerate(lines[1:], 2) if line]
    for line, record in rows:
        if len(line) != len(header):
            record.fail(f"it does not have the {len(header)} columns of the first line")
    named = [(dict(zip(header, line, strict=True)), record) for line, record in rows]
    human = [(row, record) for row, record in named if (row.get("source") or HUMAN) == HUMAN]
    names = list(dict.fromkeys(row["joint"] for row, _ in human))
    places, ignored = joint_places(names, skeleton, Record({}, name, name)) if names else (np.empty(0), ())
    place = dict(zip(names, map(int, places), strict=True))
    passed = {ROWS: len(named) - len(human)} if len(human) < len(named) else {}
    dataset = CocoDataset(skeleton, ignored=ignored, passed=passed, ours=tuple(header) == LONG)
    images: dict[tuple[str, int], CocoImage] = {}
    people: dict[tuple[int, str], CocoPerson] = {}
    seen: set[tuple[int, int]] = set()
    for row, record in human:
        video, frame = row.get("video") or "", _whole(row["frame"], "frame", record)
        image = images.setdefault((video, frame), _image(len(images) + 1, video, frame))
        track, who = row.get("track") or "", row.get("person") or ""
        known = CocoPerson(
            len(people) + 1,
            image.id,
            np.zeros((len(skeleton), 2)),
            np.zeros(len(skeleton), np.int8),
            track=_whole(track, "track", record) if track else None,
            name=who,
        )
        person = people.setdefault((image.id, track or who), known)
        joint = place[row["joint"]]
        if joint < 0:
            continue
        if (person.id, joint) in seen:
            record.fail(f"this person has another {row['joint']} in frame {frame}")
        seen.add((person.id, joint))
        if v := _visibility(row, record):
            person.points[joint] = _number(row["x"], "x", record), _number(row["y"], "y", record)
            person.visibility[joint] = v
    dataset.images.update({image.id: image for image in images.values()})
    dataset.people.extend(people.values())
    return dataset


def _samples(parts: Sequence[Part]) -> Iterator[tuple[Part, int]]:
    return ((part, i) for part in parts for i in range(len(part.rows)))


def _columns(rows: PoseRows) -> tuple[np.ndarray, ...]:
    return rows.points, rows.confidence, rows.visibility


def _sample(part: Part, i: int) -> list:
    rows = part.rows
    frame, track = int(rows.frame[i]), int(rows.track[i])
    source = HUMAN if rows.human[i] else REFINED if rows.refined else MODEL
    return [
        part.video,
        frame,
        f"{part.times[frame]:.6f}",
        track,
        part.people[track],
        source,
        int(rows.round[i]),
    ]


def _cell(value: float) -> str:
    return "" if value != value else repr(value)


def _image(number: int, video: str, frame: int) -> CocoImage:
    return CocoImage(number, f"frame {frame}", frame, video or None, labelled=True, numbered=True)


def _visibility(row: dict, record: Record) -> int:
    """Without a word of it, a joint with coordinates is visible."""
    given = row.get("visibility") or ""
    if given and given.removesuffix(".0") not in ("0", "1", "2"):
        record.fail(f"its visibility is {given[:20]!r}, it must be 0, 1 or 2")
    placed = any(not is_empty(row[name]) for name in ("x", "y"))
    return int(float(given or 2)) * placed


def _whole(cell: str, what: str, record: Record) -> int:
    digits = cell.removesuffix(".0")  # as tables of floats have it
    if not digits.isdecimal() or len(digits) > 10 or int(digits) > LARGEST_FRAME:
        record.fail(f"its {what} is {cell[:20]!r}, a whole number up to {LARGEST_FRAME} is needed")
    return int(digits)


def _number(cell: str, what: str, record: Record) -> float:
    try:
        value = float(cell)
    except ValueError:
        record.fail(f"its {what} is {cell[:40]!r}, a number is needed")
    if not abs(value) <= LARGEST_NUMBER:
        record.fail(f"its {what} is {cell[:40]}, numbers up to {LARGEST_NUMBER} are allowed")
    return value
