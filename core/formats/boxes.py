"""People given as boxes: COCO JSON with bbox, or MOTChallenge text (https://arxiv.org/abs/1603.00831,
table 3).
"""

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.domain import UserError
from core.formats.coco import annotations, read_box, read_images, read_track
from core.formats.records import LARGEST_FRAME, Record, parse, read_text
from core.tracking.chains import chains

MOT_ENDINGS = (".txt", ".csv")


class BoxTrack(NamedTuple):
    """A person. frames: (n,) int64, ascending; boxes: (n, 4) float32 x0, y0, x1, y1 image pixels."""

    name: str
    frames: np.ndarray
    boxes: np.ndarray


class _Row(NamedTuple):
    """where: what a message calls it; track: None when the file does not say; box: (4,) float32 corners."""

    where: str
    frame: int
    track: int | None
    box: np.ndarray


def read_file(
    path: Path, frame_count: int, max_gap: int, clip: str = "", frames: Mapping[str, int] | None = None
) -> list[BoxTrack]:
    return read(read_text(path), path.name, frame_count, max_gap, clip, frames)


def read(
    text: str,
    name: str,
    frame_count: int,
    max_gap: int,
    clip: str = "",
    frames: Mapping[str, int] | None = None,
) -> list[BoxTrack]:
    """The people of a video, in the order of their numbers.

    name: the file's, which also tells its format; frame_count: of the video; max_gap: two boxes of a person
    that many frames apart or less get boxes in between; clip: the video's name without ending, for files that
    speak of several; frames: of the images by their names, where they are the video. Raises UserError for the
    first record that breaks a rule.
    """
    is_text = name.lower().endswith(MOT_ENDINGS)
    rows = sorted(
        _mot_rows(text, name) if is_text else _coco_rows(text, name, clip, frames or {}),
        key=lambda row: row.frame,
    )
    if not rows:
        raise UserError(
            f"{name} holds no boxes of people{f' in {clip}' if clip else ''}; choose another file."
        )
    if rows[-1].frame >= frame_count:
        raise UserError(
            f"{rows[-1].where}: its frame {rows[-1].frame} (from 0) is outside of the video, "
            f"which has {frame_count} frames."
        )
    nameless = [row for row in rows if row.track is None]
    if nameless and len(nameless) < len(rows):
        raise UserError(f"{nameless[0].where}: it has no track number, although others have one.")
    people = _associated(rows, max_gap) if nameless else _by_number(rows)
    return [_track(f"Person {number}", people[number], max_gap) for number in sorted(people)]


def _coco_rows(text: str, name: str, clip: str, frames: Mapping[str, int]) -> Iterable[_Row]:
    root = parse(text, name)
    images = read_images(root)
    records = annotations(root, images)
    categories = root.records("categories", "category") if root.has("categories") else []
    persons = {c.integer("id") for c in categories if str(c.fields.get("name")).casefold() == "person"}
    several = len({image.clip for image in images.values()}) > 1
    for record in records:
        image = images[record.integer("image_id")]
        other_clip = several and clip and not image.is_of(clip)
        if other_clip or record.fields.get("iscrowd") == 1:
            continue
        if persons and record.integer("category_id") not in persons:
            continue
        yield _Row(
            record.where, image.frame_among(frames), read_track(record), _sized(read_box(record), record)
        )


def _mot_rows(text: str, name: str) -> Iterable[_Row]:
    """frame (from 1), id (-1 for none), left, top, width, height, confidence (0: to be ignored), ..."""
    for number, line in enumerate(text.splitlines(), 1):
        record = Record({}, f"line {number} in {name}", name)
        cells = [cell.strip() for cell in line.split(",")]
        if not line.strip() or (number == 1 and cells[0].casefold() == "frame"):
            continue
        if len(cells) < 6:
            record.fail(f"it has {len(cells)} columns, at least 6 are needed: frame, id, x, y, width, height")
        frame, track, x, y, width, height, *more = (_number(cell, record) for cell in cells[:7])
        if not (frame.is_integer() and track.is_integer()):
            record.fail("frame and id must be whole numbers")
        if frame < 1:
            record.fail(f"its frame is {frame:g}, frames count from 1")
        if more and more[0] == 0:
            continue
        box = _sized((x, y, x + width, y + height), record)
        yield _Row(record.where, int(frame) - 1, None if track == -1 else int(track), box)


def _number(cell: str, record: Record) -> float:
    try:
        value = float(cell)
    except ValueError:
        record.fail(f"{cell[:40]!r} is not a number")
    if not math.isfinite(value) or abs(value) > LARGEST_FRAME:
        record.fail(f"{cell[:40]} is not a number up to {LARGEST_FRAME}")
    return value


def _sized(corners: Iterable[float], record: Record) -> np.ndarray:
    box = np.array(tuple(corners), np.float32)
    if not (box[2] > box[0] and box[3] > box[1]):
        record.fail("its box has no size, width and height must be positive")
    return box


def _by_number(rows: list[_Row]) -> dict[int, list[_Row]]:
    people: dict[int, list[_Row]] = {}
    for row in rows:
        assert row.track is not None
        person = people.setdefault(row.track, [])
        if person and person[-1].frame == row.frame:
            raise UserError(f"{row.where}: track {row.track} has another box in frame {row.frame} (from 0).")
        person.append(row)
    return people


def _associated(rows: list[_Row], max_gap: int) -> dict[int, list[_Row]]:
    """Numbers from 1, see chains."""
    people: dict[int, list[_Row]] = {}
    frame, boxes = np.array([row.frame for row in rows]), np.array([row.box for row in rows])
    for row, person in zip(rows, chains(frame, boxes, max_gap).tolist(), strict=True):
        people.setdefault(person + 1, []).append(row)
    return people


def _track(name: str, rows: list[_Row], max_gap: int) -> BoxTrack:
    """The boxes of a person, and between those that are max_gap frames apart or less what lies on a
    straight line.
    """
    known = np.array([row.frame for row in rows], np.int64)
    boxes = np.array([row.box for row in rows], np.float64)
    frames = np.concatenate(
        [np.arange(a, b if b - a <= max_gap else a + 1) for a, b in pairwise(known)] + [known[-1:]]
    )
    filled = np.stack([np.interp(frames, known, edge) for edge in boxes.T], axis=1)
    return BoxTrack(name, frames, filled.astype(np.float32))
