"""DeepLabCut's tables of labels and predictions, as CSV and HDF5: https://deeplabcut.github.io/DeepLabCut.

Four header rows (scorer, individuals, bodyparts, coords) over x and y, with predictions also likelihood.
Labels are indexed by labeled-data, video, img<frame>.png, predictions by the frame. There is no visibility: a
joint is placed or not.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from core.domain import Skeleton, UserError
from core.formats.coco import CocoDataset, CocoImage, CocoPerson
from core.formats.hdf import open_hdf
from core.formats.image_names import frame_in_name, frame_number
from core.formats.joints import joint_places
from core.formats.pandas_hdf import find_frame, read_frame
from core.formats.poses import PoseRows
from core.formats.records import BEGIN_WITH_POSES, LARGEST_NUMBER, Record
from core.formats.sheet import is_empty

SCORER = "PoseTailor"
LABELS = f"CollectedData_{SCORER}.csv"
COORDS = ("x", "y", "likelihood")
HDF = (".h5", ".hdf5")
LEVELS = ("scorer", "individuals", "bodyparts", "coords")


def image_name(frame: int) -> str:
    return f"img{frame:06d}.png"


def write(rows: PoseRows, people: dict[int, str], joints: Sequence[str], video: str, labels: bool) -> str:
    """people: names by track, each its own; video: the name of the folder in labeled-data; labels: else
    predictions.
    """
    tracks = np.unique(rows.track).tolist()
    coords = ("x", "y") if labels else ("x", "y", "likelihood")
    columns = [
        (SCORER, people[track], joint, coord) for track in tracks for joint in joints for coord in coords
    ]
    index = 3 if labels else 1
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    for level, name in enumerate(LEVELS):
        table.writerow([name, *[""] * (index - 1), *(column[level] for column in columns)])
    width = len(joints) * len(coords)
    values = rows.points if labels else np.concatenate([rows.points, rows.confidence[..., None]], axis=2)
    frames, starts = np.unique(rows.frame, return_index=True)
    for frame, here in zip(frames.tolist(), np.split(np.arange(len(rows)), starts[1:]), strict=True):
        cells = [""] * len(columns)
        for i in here:
            start = tracks.index(int(rows.track[i])) * width
            cells[start : start + width] = [
                "" if np.isnan(v) else repr(v) for v in values[i].ravel().tolist()
            ]
        table.writerow([*(["labeled-data", video, image_name(frame)] if labels else [frame]), *cells])
    return out.getvalue()


class Table(NamedTuple):
    """What such a table says. columns: (individual, bodypart, coord) of each; lines: of each row what a
    message calls it and its index; values: (rows, columns) float64, NaN where nothing is; ours: written by
    PoseTailor.
    """

    name: str
    columns: list[tuple[str, str, str]]
    lines: list[tuple[str, tuple[str, ...]]]
    values: np.ndarray
    ours: bool

    @property
    def bodyparts(self) -> list[str]:
        return list(dict.fromkeys(part for _, part, _ in self.columns))

    @property
    def is_predicted(self) -> bool:
        """A table with likelihoods: a model made it."""
        likely = [i for i, (_, _, coord) in enumerate(self.columns) if coord == "likelihood"]
        return bool(np.isfinite(self.values[:, likely]).any())

    @property
    def poses(self) -> int:
        """How many there are."""
        return int(sum(np.isfinite(own[..., :2]).all(2).any(1).sum() for own in self.arrays().values()))

    def arrays(self) -> dict[str, np.ndarray]:
        """(rows, bodyparts, 3) x, y and likelihood of each individual, NaN where nothing is."""
        parts = {part: place for place, part in enumerate(self.bodyparts)}
        found: dict[str, np.ndarray] = {}
        for at, (who, part, coord) in enumerate(self.columns):
            own = found.setdefault(who, np.full((len(self.lines), len(parts), 3), np.nan))
            own[:, parts[part], COORDS.index(coord)] = self.values[:, at]
        return found


def looks_like(lines: list[list[str]]) -> bool:
    return bool(lines and lines[0] and lines[0][0] == "scorer")


def from_lines(lines: list[list[str]], name: str) -> Table:
    """lines: the cells of a CSV; name: the file's. Raises UserError for the first that is wrong."""
    header = {line[0]: line for line in lines[:4] if line and line[0] in LEVELS}
    top = Record({}, f"the header of {name}", name)
    for level in ("scorer", "bodyparts", "coords"):
        if level not in header:
            top.fail(f"it has no row {level}")
    start = next((i for i, cell in enumerate(header["coords"]) if cell == "x"), None)
    if start is None or len(header["coords"]) != len(header["bodyparts"]):
        top.fail("its rows bodyparts and coords must be equally long and hold x, y")
    whose = header.get("individuals", [""] * len(header["bodyparts"]))
    if len(whose) != len(header["bodyparts"]):
        top.fail("its row individuals is not as long as bodyparts")
    columns = list(zip(whose, header["bodyparts"], header["coords"], strict=True))[start:]
    rows = [(n, line) for n, line in enumerate(lines[len(header) :], len(header) + 1) if line]
    values = np.full((len(rows), len(columns)), np.nan)
    for at, (number, line) in enumerate(rows):
        record = Record({}, f"line {number} of {name}", name)
        if len(line) != start + len(columns):
            record.fail(f"it has {len(line)} columns, {start + len(columns)} are needed")
        values[at] = [_number(cell, record) for cell in line[start:]]
    places = [(f"line {number} of {name}", tuple(line[:start])) for number, line in rows]
    return _checked(Table(name, columns, places, values, SCORER in header["scorer"]))


def from_hdf(path: Path) -> Table:
    """CollectedData_*.h5, or what analyze_videos writes, also by way of movement. Raises UserError."""
    with open_hdf(path) as root:
        group = find_frame(root)
        if group is None:
            raise ValueError("there is no table of DeepLabCut in it")
        frame = read_frame(group)
        if not all(3 <= len(column) <= 4 for column in frame.columns):
            raise ValueError("the columns are not those of DeepLabCut")
        columns = [("" if len(own) == 3 else own[1], own[-2], own[-1]) for own in frame.columns]
        lines = [(f"row {n} of {path.name}", index) for n, index in enumerate(frame.rows, 1)]
        ours = any(own[0] == SCORER for own in frame.columns)
        return _checked(Table(path.name, columns, lines, frame.values, ours))


def read(table: Table, skeleton: Skeleton) -> CocoDataset:
    """The people of a table of labels, single-animal ones too. Raises UserError for the first that is
    wrong.
    """
    if table.is_predicted:
        raise UserError(
            f"{table.name} has likelihoods, so it holds predictions of a model, which do not become "
            "labels of a human. Give a table that was labelled, such as CollectedData, or "
            f"{BEGIN_WITH_POSES}."
        )
    top = Record({}, f"the header of {table.name}", table.name)
    places, ignored = joint_places(table.bodyparts, skeleton, top)
    known = places >= 0
    dataset = CocoDataset(skeleton, ignored=ignored, ours=table.ours)
    people = table.arrays()
    for at, (where, index) in enumerate(table.lines):
        record = Record({}, where, table.name)
        image = replace(_image(index, record, len(dataset.images) + 1), numbered=table.ours)
        dataset.images[image.id] = image
        for person, values in people.items():
            xy = values[at, :, :2]
            given = np.isfinite(xy)
            if (wrong := given.any(1) & ~given.all(1) & known).any():
                joint = skeleton.joints[places[int(wrong.argmax())]]
                record.fail(f"joint {joint} has only one of x and y")
            placed = given.all(1) & known
            if placed.any():
                points, visibility = np.zeros((len(skeleton), 2)), np.zeros(len(skeleton), np.int8)
                points[places[placed]], visibility[places[placed]] = xy[placed], 2
                dataset.people.append(
                    CocoPerson(len(dataset.people) + 1, image.id, points, visibility, name=person)
                )
    return dataset


def frame_of(table: Table, row: int) -> CocoImage:
    """The frame that a row is of. Raises UserError."""
    where, index = table.lines[row]
    return _image(index, Record({}, where, table.name), row + 1)


def _checked(table: Table) -> Table:
    top = Record({}, f"the header of {table.name}", table.name)
    if len(set(table.columns)) < len(table.columns):
        top.fail("two of its columns are of the same joint")
    if wrong := {coord for *_, coord in table.columns} - set(COORDS):
        top.fail(f"it has coords {', '.join(sorted(wrong))[:60]}, they must be x, y and likelihood")
    beyond = np.abs(table.values) > LARGEST_NUMBER
    if beyond.any():
        where = table.lines[int(beyond.any(1).argmax())][0]
        raise UserError(f"{where}: it has a number beyond {LARGEST_NUMBER}.")
    return table


def _image(index: tuple[str, ...], record: Record, number: int) -> CocoImage:
    """Of labeled-data, video, image in one cell or three, or of a frame's number."""
    path = PurePosixPath("/".join(index).replace("\\", "/"))
    frame = frame_number(path.name, record)
    if frame is not None:
        return CocoImage(number, f"{frame}.png", frame)
    video = path.parent.name or None
    return CocoImage(number, path.name, frame_in_name(path.name, record), video, labelled=True)


def _number(cell: str, record: Record) -> float:
    try:
        value = np.nan if is_empty(cell) else float(cell)
    except ValueError:
        record.fail(f"{cell[:40]!r} is not a number")
    if np.isinf(value):
        record.fail(f"{cell[:40]} is not a number up to {LARGEST_NUMBER}")
    return value
