"""Poses that others estimated, in any of the formats that are read: which one it is, is seen from the
file.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.domain import UserError
from core.formats import deeplabcut, interchange, pose_hdf, pose_json, pose_tables, trc, yolo_results
from core.formats.coco import read_images
from core.formats.found_poses import FoundPoses, PoseList
from core.formats.given import Given
from core.formats.records import Record
from core.formats.trc import METRES
from core.formats.unread import why_unread

MANY = 50  # joints; fewer may lie anywhere
MOST_EMPTY = 100  # files of a folder before one with people
LARGEST_SHARE = 2.0  # some way outside of the image
MOST = 0.8  # of shares of the image lie in it
FEWEST_INSIDE = 0.2
OUTSIDE = 0.25  # of the image's sides: further away is far outside


class OfVideo(NamedTuple):
    """Of which video poses are wanted. name: without its ending; called: by exports; size: width, height
    in pixels.
    """

    name: str
    called: str
    size: tuple[int, int]


class PoseFormat(NamedTuple):
    """title: what a user calls it; fits: whether a file or folder is of it; read: the poses in it."""

    title: str
    fits: Callable[[Given], bool]
    read: Callable[[Given, OfVideo], FoundPoses]


def read_poses(path: Path, video: OfVideo) -> FoundPoses:
    """path: a file, a folder, or a file in a folder of one per frame. Raises UserError for the first record
    that breaks a rule, and for what is of no format that is read.
    """
    if not path.exists():
        raise UserError(f"There is no file {path}; check the path.")
    given = Given(path)
    # one of many that lie together
    if given.ending == ".txt" or (given.object and pose_json.is_frame(given.object)):
        given = Given(path.parent)
    elif (inside := path / f"{video.called}_json").is_dir():  # of several videos
        given = Given(inside)
    found = next((one for one in POSES if one.fits(given)), None)
    if found is None:
        raise UserError(
            why_unread(given) or f"{given.name} is no file of poses that is known. Give {known_in_words()}."
        )
    return _in_pixels(found.read(given, video), given.name, video.size)


def _in_pixels(poses: FoundPoses, name: str, size: tuple[int, int]) -> FoundPoses:
    """Coordinates between 0 and 1, as MediaPipe has them, are shares of the image, which count from its
    corner. Raises UserError for what can be no pixels of the video.
    """
    known = poses.points[np.isfinite(poses.points).all(2)]
    if not len(known):
        return poses
    if np.abs(known).max() <= LARGEST_SHARE and ((known >= 0) & (known <= 1)).mean() > MOST:
        return replace(poses, points=poses.points * size - 0.5)
    if len(known) < MANY:
        return poses
    if np.abs(known).max() < METRES * max(size):
        raise UserError(
            f"All joints in {name} are within {np.abs(known).max():.3g} pixels of the picture's corner, so "
            "they are in metres or some other unit. Give a file in pixels, or in shares of the picture."
        )
    inside = ((known >= -OUTSIDE * np.array(size)) & (known <= (1 + OUTSIDE) * np.array(size))).all(1).mean()
    if inside < FEWEST_INSIDE:
        x, y = np.median(known, 0)
        raise UserError(
            f"Most joints in {name} lie outside of the picture of {size[0]} x {size[1]}, around {x:.0f}, "
            f"{y:.0f}: it is of another video, or not in pixels."
        )
    if inside < MOST:
        note = (
            f"{1 - inside:.0%} of the joints in {name} lie far outside of the picture: is it of this video?"
        )
        return replace(poses, notes=[*poses.notes, note])
    return poses


def are_poses(given: Given) -> bool:
    """Whether it is of a format that is read here."""
    return any(one.fits(given) for one in POSES)


def known_in_words() -> str:
    """What can be given."""
    titles = [one.title for one in POSES if one.title]
    return f"{', '.join(titles[:-1])}, or {titles[-1]}"


def _frame_files(given: Given) -> list[Path]:
    files = given.files(".json")
    some = (Given(path).json for path in files[:MOST_EMPTY])
    return files if any(map(pose_json.is_frame, some)) else []


def _deeplabcut(given: Given, video: OfVideo) -> FoundPoses:
    table = deeplabcut.from_lines(given.lines, given.name) if given.lines else deeplabcut.from_hdf(given.path)
    frames, poses = [deeplabcut.frame_of(table, row) for row in range(len(table.lines))], PoseList()
    for person, values in table.arrays().items():
        if not table.is_predicted:
            values[..., 2] = np.isfinite(values[..., 0])
        for row in np.flatnonzero(np.isfinite(values[..., :2]).all(2).any(1)).tolist():
            image = "" if frames[row].video is None else frames[row].file_name
            where = table.lines[row][0]
            poses.add(values[row], where, number=frames[row].frame, image=image, person=person or "Person 1")
    return poses.done(given.name, table.bodyparts, None if any(frame.video for frame in frames) else 0)


def _dataset(given: Given, video: OfVideo) -> FoundPoses:
    """COCO's form of a data set, with confidences in place of visibilities or beside them."""
    root = Record(given.object, given.name, given.name)
    images, poses = read_images(root), PoseList()
    categories = root.records("categories", "category") if root.has("categories") else []
    named = {one.integer("id"): one.texts("keypoints") for one in categories if one.fields.get("keypoints")}
    several = len({image.clip for image in images.values()}) > 1
    kind = next(iter(named), None)
    for record in root.records("annotations", "annotation"):
        image = images.get(record.integer("image_id"))
        if image is None or (several and not image.is_of(video.called)):
            poses.pass_over("annotations of other videos")
        elif not record.fields.get("keypoints") or (named and record.fields.get("category_id") != kind):
            poses.pass_over("annotations without keypoints")
        else:
            values = np.array(record.numbers("keypoints")).reshape(-1, 3)
            track = record.fields.get("track_id") or (record.fields.get("attributes") or {}).get("track_id")
            values[:, 2] = np.where(values[:, 2] > 1, 1, values[:, 2])
            poses.add(
                values,
                record.where,
                number=image.frame,
                image=image.file_name,
                person="" if track is None else str(track),
            )
    numbered = all(image.numbered for image in images.values())
    return poses.done(given.name, named.get(kind) if kind is not None else None, 0 if numbered else None)


def _trc(given: Given, video: OfVideo) -> FoundPoses:
    """All that lie beside one another and differ in the number of the person alone."""
    files = trc.of_everybody(given.path)
    return trc.poses([(path.name, Given(path).text) for path in files], video.size)


POSES: tuple[PoseFormat, ...] = (
    PoseFormat(
        "a folder of JSON files as OpenPose, Pose2Sim or AlphaPose write them",
        lambda g: bool(_frame_files(g)),
        lambda g, v: pose_json.read_folder(g, _frame_files(g)),
    ),
    PoseFormat(
        "results of COCO, AlphaPose, MMPose or rtmlib as JSON",
        lambda g: pose_json.looks_like(g.json),
        lambda g, v: pose_json.read(g),
    ),
    PoseFormat("", lambda g: {"images", "annotations"} <= g.object.keys(), _dataset),
    PoseFormat(
        "DeepLabCut's CSV or h5",
        lambda g: (
            deeplabcut.looks_like(g.lines) or (g.ending in deeplabcut.HDF and not pose_hdf.is_analysis(g))
        ),
        _deeplabcut,
    ),
    PoseFormat(
        "SLEAP's .slp or analysis .h5",
        lambda g: g.ending in deeplabcut.HDF and pose_hdf.is_analysis(g),
        lambda g, v: pose_hdf.read_analysis(g),
    ),
    PoseFormat("", lambda g: g.ending == ".slp", lambda g, v: interchange.read_slp_poses(g.path, v.name)),
    PoseFormat(
        "a CSV of MediaPipe, or one with a column of x and y for each joint",
        lambda g: pose_tables.looks_like(g.lines),
        lambda g, v: pose_tables.read(g, (v.name, v.called)),
    ),
    PoseFormat("a TRC in pixels", lambda g: g.ending == ".trc", _trc),
    PoseFormat("ultralytics' labels", yolo_results.looks_like, lambda g, v: yolo_results.read(g, v.size)),
    PoseFormat("NWB", pose_hdf.is_nwb, lambda g, v: pose_hdf.read_nwb(g, v.name)),
)
"""In the order in which they are tried; without a title: another form of one that has one."""
