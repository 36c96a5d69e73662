"""YOLO-pose data sets: https://docs.ultralytics.com/datasets/pose, a text file of rows per image, beside
data.yaml.

A row is class, box (centre, size) and x, y, v of each joint, all but class and v as shares of the image.
Shares count from the image's corner and pixel indices from the centre of the first pixel, so half a pixel
lies between them.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from core.domain import Box, Skeleton, UserError
from core.formats.coco import CocoDataset, CocoImage, CocoPerson
from core.formats.image_names import frame_in_name
from core.formats.joints import joint_places
from core.formats.records import BEGIN_WITH_POSES, Record, read_text

DATA = "data.yaml"
MARK = "Exported by PoseTailor"  # first in the README.txt of an export
LISTS = ("classes.txt", "train.txt", "val.txt", "test.txt")  # beside the labels
BEYOND = 0.05  # of the image that what is placed may lie outside of it
Size = tuple[int, int]


def row(box: Box, points: np.ndarray, visibility: np.ndarray, size: Size) -> str:
    """One person. points: (K, 2) image pixels; visibility: (K,) COCO's v; size: width, height of the image in
    pixels.

    What lies outside of the image is brought to its border, as trainers refuse shares beyond 0..1.
    """
    corners = _shares(np.array(box, np.float64).reshape(2, 2), size)
    (cx, cy), (w, h) = corners.mean(0), corners[1] - corners[0]
    placed = visibility > 0
    shares = np.where(placed[:, None], _shares(np.where(placed[:, None], points, 0), size), 0)
    joints = (
        f"{x:.9g} {y:.9g} {v:d}" for (x, y), v in zip(shares.tolist(), visibility.tolist(), strict=True)
    )
    return " ".join(("0", *(f"{value:.9g}" for value in (cx, cy, w, h)), *joints))


def data_yaml(skeleton: Skeleton, validation: bool) -> str:
    """validation: whether there are images for it; trainers want some, so else they get those for training.
    Without a path in it, images are looked for beside it; "." would be wherever the trainer is started.
    """
    train, val = "./images/train", "./images/val"  # sleap-io looks for "/images" in them
    content = {
        "train": train,
        "val": val if validation else train,
        "kpt_shape": [len(skeleton), 3],
        "flip_idx": skeleton.flip_index.tolist(),
        "names": {0: "person"},
        "kpt_names": {0: list(skeleton.joints)},
        "node_names": list(skeleton.joints),  # of sleap-io
        "skeleton": [list(edge) for edge in skeleton.edges],
    }
    return yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=120)


def read(description: Path, skeleton: Skeleton, size_of: Callable[[CocoImage], Size | None]) -> CocoDataset:
    """What the folder of a data.yaml holds in labels/, in the order of its files.

    Without kpt_names the joints are those of the skeleton in its order, if there are as many. size_of: of an
    image in pixels, None for one that is of no interest. Raises UserError for the first record that breaks a
    rule.
    """
    folder, record = description.parent, _description(description)
    persons = _persons(record)
    columns, joints, ignored = _joints(record, skeleton, persons)
    ours = _is_ours(folder)
    dataset = CocoDataset(skeleton, ignored=ignored, ours=ours)
    pictures = {path.stem: path.name for path in _inside(folder, "images", "*.*")}
    passed: Counter[str] = Counter()
    paths = [path for path in _inside(folder, "labels", "*.txt") if path.name not in LISTS]
    if not paths:
        lie = next(
            (
                f", which lie in {record.fields[key]}"
                for key in ("path", "train")
                if record.has(key) and record.fields[key] != "."
            ),
            "",
        )
        record.fail(
            f"there is no folder labels with text files beside it{lie[:120]}; put {description.name} "
            "beside them"
        )
    for path in paths:
        name = path.relative_to(folder).as_posix()
        number = len(dataset.images) + 1
        where = Record({}, name, name)
        frame = frame_in_name(path.name, where)
        picture = path.relative_to(folder).with_name(pictures.get(path.stem, path.name)).as_posix()
        image = CocoImage(number, picture, frame, labelled=True, numbered=ours)
        dataset.images[number] = image
        size = size_of(image)
        if size is None:
            continue
        for line, text in enumerate(read_text(path).splitlines(), 1):
            if text.strip():
                record = Record({}, f"line {line} of {name}", name)
                cells = text.split()
                if persons and cells[0] not in persons:
                    passed["rows of another class"] += 1
                    continue
                if len(cells) == 5:
                    passed["boxes without keypoints"] += 1
                    continue
                person = _person(cells, record, columns, joints, len(skeleton), size)
                dataset.people.append(CocoPerson(len(dataset.people) + 1, number, *person))
    return replace(dataset, passed=passed)


def description_of(path: Path) -> Path | None:
    """The data.yaml, whatever it is called, that a path is or that is in it; None for none."""
    found = [path] if path.is_file() else [path / DATA, *sorted(path.glob("*.y*ml"))] if path.is_dir() else []
    known = [one for one in found if one.suffix.lower() in (".yaml", ".yml") and one.is_file()]
    return next((one for one in known if one.name == DATA or "kpt_shape" in read_text(one)), None)


def _is_ours(folder: Path) -> bool:
    """Whether the number in an image's name is the frame."""
    readme = folder / "README.txt"
    return readme.is_file() and readme.read_bytes()[: len(MARK)] == MARK.encode()


def _shares(pixels: np.ndarray, size: Size) -> np.ndarray:
    return np.clip((pixels + 0.5) / size, 0, 1)


def _person(
    cells: list[str], record: Record, columns: int, joints: np.ndarray, count: int, size: Size
) -> tuple[np.ndarray, np.ndarray, Box]:
    """Points, visibility and box. columns: numbers per joint."""
    wanted = 5 + columns * len(joints)
    if len(cells) in (wanted + 1, wanted + 2):
        record.fail(
            f"it has {len(cells)} columns, {wanted} and a confidence or a track, as a model's poses have; "
            f"give labels without them, or {BEGIN_WITH_POSES}"
        )
    if len(cells) != wanted:
        record.fail(f"it has {len(cells)} columns, exactly {wanted} are needed for {len(joints)} joints")
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:
        wrong = next(cell for cell in cells if not _is_number(cell))
        record.fail(f"{wrong[:40]!r} is not a number")
    table = values[5:].reshape(-1, columns)
    shares = np.concatenate([values[1:5], table[:, :2].ravel()])
    if not ((shares >= -BEYOND) & (shares <= 1 + BEYOND)).all():
        record.fail("it has a coordinate that is not a share between 0 and 1")
    seen = table[:, 2] if columns == 3 else 2.0 * np.any(table > 0, axis=1)
    if not np.isin(seen, (0, 1, 2)).all():
        record.fail("it has a visibility that is not 0, 1 or 2")
    points, visibility = np.zeros((count, 2)), np.zeros(count, np.int8)
    known = (joints >= 0) & (seen > 0)
    points[joints[known]] = table[known, :2] * size - 0.5
    visibility[joints[known]] = seen[known]
    centre, half = values[1:3], values[3:5] / 2
    box = Box(*map(float, np.concatenate([(centre - half) * size, (centre + half) * size]) - 0.5))
    return points, visibility, box


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _inside(folder: Path, kind: str, pattern: str) -> list[Path]:
    """Files in folders of this name: labels/train as ultralytics writes them, train/labels as Roboflow and
    sleap-io do.
    """
    return sorted(path for path in folder.rglob(pattern) if kind in path.relative_to(folder).parts[:-1])


def _persons(record: Record) -> set[str]:
    """The classes that are people, where others are named beside them; else none, for all."""
    names = record.fields.get("names")
    named = dict(enumerate(names)) if isinstance(names, list) else names if isinstance(names, dict) else {}
    people = {
        str(number)
        for number, name in named.items()
        if str(name).strip().casefold() in ("person", "persons", "people", "human")
    }
    return people if len(named) > len(people) else set()


def _description(path: Path) -> Record:
    try:
        content = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise UserError(f"{path.name} in {path.parent} is not YAML: {str(error).splitlines()[0]}.") from error
    return Record(content if isinstance(content, dict) else {}, path.name, path.name)


def _joints(record: Record, skeleton: Skeleton, persons: set[str]) -> tuple[int, np.ndarray, tuple[str, ...]]:
    """Numbers per joint, (joints of the file,) places in the skeleton, and the names that it lacks."""
    shape = record.numbers("kpt_shape")
    if len(shape) != 2 or shape[1] not in (2, 3) or not shape[0].is_integer() or shape[0] < 1:
        record.fail("kpt_shape must be how many joints there are, and 2 or 3")
    count, columns = int(shape[0]), int(shape[1])
    names = record.fields.get("kpt_names") or record.fields.get("node_names")  # of sleap-io
    if isinstance(names, dict):  # by class
        of_people = [value for number, value in names.items() if str(number) in persons]
        names = next(iter([*of_people, *names.values()]), None)
    if names is None:
        if count != len(skeleton):
            record.fail(
                f"it names no joints (kpt_names), and its {count} are not the {len(skeleton)} of "
                f"{skeleton.name}"
            )
        return columns, np.arange(count), ()
    if not isinstance(names, list) or len(names) != count:
        record.fail(f"kpt_names must be a list of {count} names")
    return columns, *joint_places([str(name) for name in names], skeleton, record)
