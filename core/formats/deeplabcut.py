"""DeepLabCut's tables of labels and predictions, of multi-animal projects: https://deeplabcut.github.io/DeepLabCut.

Four header rows (scorer, individuals, bodyparts, coords) over x and y, with predictions also likelihood. Labels are
indexed by labeled-data, video, img<frame>.png, predictions by the frame. There is no visibility: a joint is placed or not.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from core.domain import Skeleton, UserError
from core.formats.coco import CocoDataset, CocoImage, CocoPerson, frame_in_name
from core.formats.joints import joint_places
from core.formats.poses import PoseRows
from core.formats.records import LARGEST_FRAME, LARGEST_NUMBER, Record

SCORER = "PoseTailor"
LABELS = f"CollectedData_{SCORER}.csv"
LEVELS = ("scorer", "individuals", "bodyparts", "coords")


def image_name(frame: int) -> str:
    return f"img{frame:06d}.png"


def write(rows: PoseRows, people: dict[int, str], joints: Sequence[str], video: str, labels: bool) -> str:
    """people: names by track, each its own; video: the name of the folder in labeled-data; labels: else predictions."""
    tracks = np.unique(rows.track).tolist()
    coords = ("x", "y") if labels else ("x", "y", "likelihood")
    columns = [(SCORER, people[track], joint, coord) for track in tracks for joint in joints for coord in coords]
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
            cells[start : start + width] = ["" if np.isnan(v) else repr(v) for v in values[i].ravel().tolist()]
        table.writerow([*(["labeled-data", video, image_name(frame)] if labels else [frame]), *cells])
    return out.getvalue()


def looks_like(text: str) -> bool:
    return text.startswith("scorer,")


def refuse_predictions(text: str, name: str) -> None:
    """Raises UserError for a table with likelihoods: a model made it, and it does not become a human's labels."""
    lines = list(csv.reader(io.StringIO(text)))
    coords = next((line for line in lines[:4] if line and line[0] == "coords"), [])
    places = [i for i, coord in enumerate(coords) if coord.strip().casefold() == "likelihood"]
    if any(_given(line[i]) for line in lines[4:] for i in places if i < len(line)):
        raise UserError(
            f"{name} has likelihoods, so it holds predictions of a model, which do not become labels of a human. Give a "
            "table that was labelled, such as CollectedData."
        )


def read(text: str, name: str, skeleton: Skeleton) -> CocoDataset:
    """The people of a table, single-animal ones too; name: the file's. Raises UserError for the first that is wrong."""
    lines = list(csv.reader(io.StringIO(text)))
    header = {line[0]: line for line in lines[:4] if line and line[0] in LEVELS}
    top = Record({}, f"the header of {name}", name)
    for level in ("scorer", "bodyparts", "coords"):
        if level not in header:
            top.fail(f"it has no row {level}")
    coords, parts = header["coords"], header["bodyparts"]
    start = next((i for i, cell in enumerate(coords) if cell == "x"), None)
    if start is None or len(coords) != len(parts):
        top.fail("its rows bodyparts and coords must be equally long and hold x, y")
    names = list(dict.fromkeys(parts[start:]))
    places, ignored = joint_places(names, skeleton, top)
    whose = header.get("individuals", [""] * len(parts))
    if len(whose) != len(parts):
        top.fail("its row individuals is not as long as bodyparts")
    columns = [(whose[i], int(places[names.index(parts[i])]), coords[i]) for i in range(start, len(parts))]
    ours = SCORER in header["scorer"]
    dataset = CocoDataset(skeleton, ignored=ignored, ours=ours)
    for number, line in enumerate(lines[len(header) :], len(header) + 1):
        if line:
            _read_line(line, Record({}, f"line {number} of {name}", name), start, columns, dataset, ours)
    return dataset


def _given(cell: str) -> bool:
    return cell.strip().casefold() not in ("", "nan")


def _read_line(
    line: list[str],
    record: Record,
    start: int,
    columns: list[tuple[str, int, str]],
    dataset: CocoDataset,
    numbered: bool,
) -> None:
    if len(line) != start + len(columns):
        record.fail(f"it has {len(line)} columns, {start + len(columns)} are needed")
    image = replace(_image(line[:start], record, len(dataset.images) + 1), numbered=numbered)
    dataset.images[image.id] = image
    values: dict[tuple[str, int], dict[str, float]] = {}
    for (person, joint, coord), cell in zip(columns, line[start:], strict=True):
        if joint >= 0 and _given(cell):
            values.setdefault((person, joint), {})[coord] = _number(cell, record)
    for person in dict.fromkeys(person for person, _ in values):
        points = np.zeros((len(dataset.skeleton), 2))
        visibility = np.zeros(len(points), np.int8)
        for (whose, joint), at in values.items():
            if whose == person:
                if not {"x", "y"} <= at.keys():
                    record.fail(f"joint {dataset.skeleton.joints[joint]} has only one of x and y")
                points[joint], visibility[joint] = (at["x"], at["y"]), 2
        dataset.people.append(CocoPerson(len(dataset.people) + 1, image.id, points, visibility, name=person))


def _image(index: list[str], record: Record, number: int) -> CocoImage:
    """Of labeled-data, video, image in one cell or three, or of a frame's number."""
    path = PurePosixPath("/".join(index).replace("\\", "/"))
    if path.name.isdecimal():
        if int(path.name) > LARGEST_FRAME:
            record.fail(f"its frame {path.name[:20]} is too large")
        return CocoImage(number, f"{path.name}.png", int(path.name))
    video = path.parent.name or None
    return CocoImage(number, path.name, frame_in_name(path.name, record), video, labelled=True)


def _number(cell: str, record: Record) -> float:
    try:
        value = float(cell)
    except ValueError:
        record.fail(f"{cell[:40]!r} is not a number")
    if not abs(value) <= LARGEST_NUMBER:
        record.fail(f"{cell[:40]} is not a number up to {LARGEST_NUMBER}")
    return value
