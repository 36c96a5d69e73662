"""Labels in any of the formats that are read: which one it is, is seen from the file."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.domain import Skeleton, UserError
from core.formats import (
    coco,
    cvat_xml,
    datumaro,
    deeplabcut,
    interchange,
    jrdb,
    label_studio,
    labelme,
    posetrack,
    supervisely,
    tables,
    via,
    wide_labels,
    yolo,
)
from core.formats.coco import CocoDataset, CocoImage
from core.formats.duplicates import once_each
from core.formats.given import Given
from core.formats.joint_order import order_warnings
from core.formats.joints import joint_places
from core.formats.pose_files import are_poses
from core.formats.records import BEGIN_WITH_POSES, Record
from core.formats.unread import why_unread
from core.formats.xml_file import parse_xml

MOST_DATA_SETS = 20  # files that are looked at in a folder
SizeOf = Callable[[CocoImage], tuple[int, int] | None]
Read = Callable[[Given, Skeleton, SizeOf], CocoDataset]


class LabelFormat(NamedTuple):
    """title: what a user calls it; fits: whether a file or folder is of it; read: what a human placed in
    it.
    """

    title: str
    fits: Callable[[Given], bool]
    read: Read


def read_labels(path: Path, skeleton: Skeleton, size_of: SizeOf) -> CocoDataset:
    """What a human placed, according to a file or folder, with the joints of the skeleton found by their
    names.

    size_of: width and height of an image in pixels, None for one that is of no interest. Raises UserError for
    the first record that breaks a rule.
    """
    path = Path(path)
    given = Given(path)
    if not given.path.exists():
        raise UserError(f"There is no file {path}; check the path.")
    found = next((one for one in LABELS if one.fits(given)), None)
    if found is None and (alone := _only_file(given)):
        return read_labels(alone, skeleton, size_of)
    if found is None:
        if why := why_unread(given):
            raise UserError(why)
        if are_poses(given):
            _refuse(given, skeleton, size_of)
        raise UserError(f"{given.name} is no file of labels that is known. Give {known_in_words()}.")
    dataset = once_each(found.read(given, skeleton, size_of), given.name)
    if dataset.ours or not dataset.people:
        return dataset
    visibility = np.array([person.visibility for person in dataset.people])
    points = np.array([person.points for person in dataset.people], np.float64)
    points[visibility == 0] = np.nan
    return replace(dataset, warnings=tuple(order_warnings(points, visibility == 2, skeleton)))


def known_in_words() -> str:
    """What can be given."""
    titles = [one.title for one in LABELS if one.title]
    return f"{', '.join(titles[:-1])}, or {titles[-1]}"


def _xml(given: Given, skeleton: Skeleton, size_of: SizeOf) -> CocoDataset:
    root = parse_xml(given.text, given.name)
    if not cvat_xml.looks_like(root):
        raise UserError(f"{given.name} is XML, but not CVAT's. Give {known_in_words()}.")
    return cvat_xml.read(root, given.name, skeleton)


def _deeplabcut_folder(given: Given, skeleton: Skeleton, size_of: SizeOf) -> CocoDataset:
    """Where a table is there as CSV and as HDF5, the former is read, which a human may have looked at."""
    found = {path.with_suffix(""): path for path in _collected(given)}
    read = [deeplabcut.read(_deeplabcut_table(Given(path)), skeleton) for path in found.values()]
    return _merged(read, skeleton)


def _coco_files(given: Given) -> list[Path]:
    """Data sets in a folder, as CVAT (annotations/) and Roboflow (train/, valid/, test/) pack them; not the
    images that lie without annotations beside them.
    """
    found = [(path, Given(path).object) for path in _files_inside(given, ".json")[:MOST_DATA_SETS]]
    return [path for path, known in found if coco.looks_like(known) and "annotations" in known]


def _files_inside(given: Given, *endings: str) -> list[Path]:
    """In a folder and the folders in it."""
    if not given.path.is_dir():
        return []
    return sorted(
        path for ending in endings for depth in ("", "*/") for path in given.path.glob(f"{depth}*{ending}")
    )


def _only_file(given: Given) -> Path | None:
    """The file of labels in a folder, as tools pack an export; None where there are several or none."""
    found = _files_inside(given, ".json", ".xml")[:MOST_DATA_SETS]
    known = [path for path in found if any(one.title and one.fits(Given(path)) for one in LABELS)]
    return known[0] if len(known) == 1 else None


def _coco_folder(given: Given, skeleton: Skeleton, size_of: SizeOf) -> CocoDataset:
    """Each as the kind that it is: PoseTrack's and JRDB's frames go by the names of images."""
    files = [Given(path) for path in _coco_files(given)]
    kinds = [next(one for one in LABELS if one.fits(file)) for file in files]
    return _merged(
        [kind.read(file, skeleton, size_of) for kind, file in zip(kinds, files, strict=True)], skeleton
    )


def _collected(given: Given) -> list[Path]:
    """Tables of labels, also in folders below."""
    if not given.path.is_dir():
        return []
    return [
        path for ending in ("h5", "csv") for path in sorted(given.path.rglob(f"CollectedData_*.{ending}"))
    ]


def _deeplabcut_table(given: Given) -> deeplabcut.Table:
    return deeplabcut.from_lines(given.lines, given.name) if given.lines else deeplabcut.from_hdf(given.path)


def _fitted(dataset: CocoDataset, skeleton: Skeleton, name: str) -> CocoDataset:
    """With the joints of another skeleton, by name."""
    if dataset.skeleton == skeleton:
        return dataset
    places, ignored = joint_places(list(dataset.skeleton.joints), skeleton, Record({}, name, name))
    known = places >= 0
    people = []
    for person in dataset.people:
        points, visibility = np.zeros((len(skeleton), 2)), np.zeros(len(skeleton), np.int8)
        points[places[known]], visibility[places[known]] = person.points[known], person.visibility[known]
        people.append(replace(person, points=points, visibility=visibility, box=person.extent))
    return replace(dataset, skeleton=skeleton, people=people, ignored=ignored)


def _merged(datasets: Iterable[CocoDataset], skeleton: Skeleton) -> CocoDataset:
    result, ours = CocoDataset(skeleton), True
    ignored: dict[str, None] = {}
    passed: Counter[str] = Counter()
    for dataset in datasets:
        passed.update(dataset.passed)
        ours = ours and dataset.ours
        start = max(result.images, default=-1) + 1
        for image in dataset.images.values():
            result.images[start + image.id] = replace(image, id=start + image.id)
        for person in dataset.people:
            result.people.append(replace(person, id=len(result.people) + 1, image=start + person.image))
        ignored |= dict.fromkeys(dataset.ignored)
    return replace(result, ignored=tuple(ignored), passed=passed, ours=ours)


def _record(given: Given) -> Record:
    return Record(given.object, given.name, given.name)


def _is_predicted(given: Given) -> bool:
    """Files that hold nothing but poses of a model."""
    results = bool(given.objects) and all("keypoints" in one for one in given.objects)
    return results or "people" in given.object or "instance_info" in given.object


def _refuse(given: Given, skeleton: Skeleton, size_of: SizeOf) -> CocoDataset:
    raise UserError(
        f"{given.name} holds predictions of a model, which do not become labels of a human. Give a file "
        f"that was labelled, or {BEGIN_WITH_POSES}."
    )


LABELS: tuple[LabelFormat, ...] = (
    LabelFormat(
        "PoseTrack21",
        lambda g: bool(g.object) and posetrack.looks_like(_record(g)),
        lambda g, s, _: _fitted(posetrack.read(g.text, g.name), s, g.name),
    ),
    LabelFormat(
        "JRDB-Pose",
        lambda g: bool(g.object) and jrdb.looks_like(_record(g)),
        lambda g, s, _: _fitted(jrdb.read(g.text, g.name), s, g.name),
    ),
    LabelFormat(
        "COCO keypoints", lambda g: coco.looks_like(g.object), lambda g, s, _: coco.read(g.text, g.name, s)
    ),
    LabelFormat(
        "Label Studio",
        lambda g: label_studio.looks_like(g.objects),
        lambda g, s, _: label_studio.read(g.objects, g.name, s),
    ),
    LabelFormat(
        "Datumaro", lambda g: datumaro.looks_like(g.object), lambda g, s, _: datumaro.read(_record(g), s)
    ),
    LabelFormat(
        "labelme JSON (a file, or a folder of them)",
        lambda g: labelme.looks_like(g.object),
        lambda g, s, _: labelme.read([g.path], g.name, s),
    ),
    LabelFormat(
        "VIA's JSON or CSV", lambda g: via.looks_like(g.object), lambda g, s, _: via.read(_record(g), s)
    ),
    LabelFormat("", lambda g: via.is_table(g.lines), lambda g, s, _: via.read_table(g.lines, g.name, s)),
    LabelFormat(
        "a Supervisely project",
        lambda g: supervisely.looks_like(g.object),
        lambda g, s, _: supervisely.read([g.path], g.name, s),
    ),
    LabelFormat("CVAT XML", lambda g: g.ending == ".xml", _xml),
    LabelFormat(
        "a YOLO-pose folder or its data.yaml",
        lambda g: yolo.description_of(g.path) is not None,
        lambda g, s, size: yolo.read(yolo.description_of(g.path) or g.path, s, size),
    ),
    LabelFormat("", lambda g: bool(_collected(g)), _deeplabcut_folder),
    LabelFormat(
        "",
        lambda g: bool(supervisely.files_in(g.path)),
        lambda g, s, _: supervisely.read(supervisely.files_in(g.path), g.name, s),
    ),
    LabelFormat("", lambda g: bool(_coco_files(g)), _coco_folder),
    LabelFormat(
        "",
        lambda g: any(labelme.looks_like(Given(path).object) for path in g.files(".json")[:1]),
        lambda g, s, _: labelme.read(g.files(".json"), g.name, s),
    ),
    LabelFormat(
        "DeepLabCut's CollectedData as CSV or h5",
        lambda g: deeplabcut.looks_like(g.lines) or g.ending in deeplabcut.HDF,
        lambda g, s, _: deeplabcut.read(_deeplabcut_table(g), s),
    ),
    LabelFormat(
        "a CSV with frame, joint, x and y, or with x and y of each joint",
        lambda g: bool(g.lines) and tables.looks_like(g.lines[0]),
        lambda g, s, _: tables.read_long(g.lines, g.name, s),
    ),
    LabelFormat(
        "",
        lambda g: wide_labels.looks_like(g.lines),
        lambda g, s, _: wide_labels.read(g.lines, g.name, s),
    ),
    LabelFormat("", _is_predicted, _refuse),
    LabelFormat(
        "a SLEAP file (.slp)", lambda g: g.ending == ".slp", lambda g, s, _: interchange.read_slp(g.path, s)
    ),
)
"""In the order in which they are tried; without a title: another form of one that has one."""
