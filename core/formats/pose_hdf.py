"""Poses in HDF5: SLEAP's analysis files, as SLEAP, sleap-io and movement write them, and NWB with
ndx-pose.
"""

import json
import re
from pathlib import PurePosixPath

import numpy as np

from core.domain import UserError
from core.formats.found_poses import OTHERS, FoundPoses, PoseList
from core.formats.given import Given
from core.formats.hdf import Group, groups, has, numbers, open_hdf, text, texts
from core.formats.interchange import POSES_OF

AXES = ("track", "xy", "node", "frame")
SCORE_AXES = ("track", "node", "frame")
ANALYSIS = ("tracks", "node_names")
OURS = re.compile(POSES_OF.format("(.+)", ".+"), re.DOTALL)


def is_analysis(given: Given) -> bool:
    with open_hdf(given.path) as root:
        return has(root, *ANALYSIS)


def read_analysis(given: Given) -> FoundPoses:
    """tracks: (track, 2, node, frame) with the names of both beside them, (frame, node, 2, track), or in the
    order that its attribute dims names. Raises UserError.
    """
    poses = PoseList()
    with open_hdf(given.path) as root:
        nodes = texts(root, "node_names")
        tracks = _arranged(root, "tracks", AXES)
        tracks = _ordered(numbers(root, "tracks"), len(nodes)) if tracks is None else tracks
        scores = np.ones((len(tracks), len(nodes), tracks.shape[3]))
        if has(root, "point_scores") and numbers(root, "point_scores").size == scores.size:
            told, found = _arranged(root, "point_scores", SCORE_AXES), numbers(root, "point_scores")
            scores = told if told is not None else found if found.shape == scores.shape else found.T
        names = texts(root, "track_names") if has(root, "track_names") else []
    for track in range(len(tracks)):
        person = names[track] if track < len(names) else f"track {track}"
        values = np.concatenate(
            [np.moveaxis(tracks[track], 2, 0).swapaxes(1, 2), scores[track].T[..., None]], axis=2
        )
        for frame in np.flatnonzero(np.isfinite(values[..., :2]).all(2).any(1)).tolist():
            poses.add(values[frame], f"frame {frame} of {given.name}", number=frame, person=person)
    return poses.done(given.name, nodes, 0)


def _arranged(root: Group, name: str, axes: tuple[str, ...]) -> np.ndarray | None:
    """With these axes, as sleap-io names those that it writes; None where they are not named."""
    try:
        told = json.loads(text(root[name].attrs.get("dims", "null")))
    except ValueError:
        return None
    if not isinstance(told, list) or sorted(map(str, told)) != sorted(axes):
        return None
    return numbers(root, name).transpose([told.index(axis) for axis in axes])


def _ordered(tracks: np.ndarray, nodes: int) -> np.ndarray:
    if tracks.ndim == 4 and tracks.shape[1:3] == (2, nodes):
        return tracks
    if tracks.ndim == 4 and tracks.shape[1:3] == (nodes, 2):
        return tracks.T
    raise ValueError(f"tracks has the shape {tracks.shape}, which is not that of {nodes} nodes")


def is_nwb(given: Given) -> bool:
    return given.ending == ".nwb"


def read_nwb(given: Given, video: str) -> FoundPoses:
    """A PoseEstimation per person, a series per joint at times of its own.

    video: the name without ending of the one that is wanted, where the file speaks of several. Raises
    UserError.
    """
    with open_hdf(given.path) as root:
        found = [
            (_video_of(group), _person_of(group, root), _of_person(group))
            for group in groups(root)
            if _kind(group) == "PoseEstimation"
        ]
    if not found:
        raise UserError(f"{given.name} has no PoseEstimation of ndx-pose; choose another file.")
    several = len({where for where, _, _ in found}) > 1
    joints = list(dict.fromkeys(joint for _, _, times in found for own in times.values() for joint in own))
    poses, nothing = PoseList(), np.full(3, np.nan)
    for where, person, times in found:
        if several and where != video:
            poses.pass_over(OTHERS, len(times))
            continue
        for seconds, own in sorted(times.items()):
            values = np.stack([own.get(joint, nothing) for joint in joints])
            poses.add(values, f"{seconds:g} s of {person} in {given.name}", seconds=seconds, person=person)
    return poses.done(given.name, joints)


def _video_of(group: Group) -> str:
    """Name without ending of the video that it says it is of, '' where it does not."""
    told = texts(group, "original_videos") if has(group, "original_videos") else []
    return PurePosixPath(told[0].replace("\\", "/")).stem if told else ""


def _person_of(group: Group, root: Group) -> str:
    """Whom PoseTailor describes; track=Ann, as sleap-io writes it, is Ann; movement names them as the
    subject of the file.
    """
    name, subject = group.name.rpartition("/")[2], root.get("general/subject")
    told = text(group.attrs.get("description", "")) or (
        texts(group, "description")[0] if has(group, "description") else ""
    )
    if ours := OURS.fullmatch(told):
        return ours[1]
    if name == "PoseEstimation" and subject is not None and has(subject, "subject_id"):
        return texts(subject, "subject_id")[0]
    return re.sub(r" \(\d+\)$", "", name.removeprefix("track=")) if name.startswith("track=") else name


def _of_person(group: Group) -> dict[float, dict[str, np.ndarray]]:
    """x, y and confidence by joint at each time in seconds."""
    times: dict[float, dict[str, np.ndarray]] = {}
    for name in group:
        series = group[name]
        if not isinstance(series, type(group)) or _kind(series) != "PoseEstimationSeries":
            continue
        xy = numbers(series, "data").astype(np.float64)
        sure = numbers(series, "confidence") if has(series, "confidence") else np.ones(len(xy))
        if has(series, "timestamps"):
            seconds = numbers(series, "timestamps")
        else:
            rate = float(series["starting_time"].attrs["rate"])
            if not rate > 0:
                raise ValueError(f"{series.name} has a rate of {rate:g} frames a second")
            seconds = float(series["starting_time"][()]) + np.arange(len(xy)) / rate
        joint = name.removeprefix("PoseEstimationSeries") or name
        for at, row in zip(np.round(seconds, 6).tolist(), np.column_stack([xy[:, :2], sure]), strict=True):
            if np.isfinite(row[:2]).all():
                times.setdefault(at, {})[joint] = row
    return times


def _kind(group: Group) -> str:
    return text(group.attrs.get("neurodata_type", ""))
