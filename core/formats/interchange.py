"""SLEAP's .slp through sleap-io (https://io.sleap.ai), and NWB with ndx-pose, which comes with it: an
optional install.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import numpy as np

from core.domain import Skeleton, UserError
from core.formats.coco import PREDICTIONS, CocoDataset, CocoImage, CocoPerson
from core.formats.found_poses import OTHERS, FoundPoses, PoseList
from core.formats.hdf import no_hdf
from core.formats.image_names import frame_in_name
from core.formats.joints import joint_places
from core.formats.poses import PoseRows
from core.formats.records import LARGEST_FRAME, LARGEST_NUMBER, Record

if TYPE_CHECKING:
    import sleap_io as sio

POSES_OF = "Poses of {} in {}"  # a person, and the file of a video
INSTALL = "pip install 'posetailor[interchange]'"


class Film(NamedTuple):
    """A video and its people. size: width, height in pixels; times: (n,) seconds of its frames; people:
    names by track.
    """

    path: Path
    size: tuple[int, int]
    times: np.ndarray
    people: dict[int, str]
    rows: PoseRows


def missing() -> str:
    """What is to be installed, in a sentence; '' where it is."""
    if find_spec("sleap_io"):
        return ""
    return (
        f"SLEAP and NWB files need sleap-io, which is not installed. Install it with {INSTALL}, or "
        "pip install sleap-io."
    )


def write_slp(films: Sequence[Film], skeleton: Skeleton, path: Path) -> tuple[int, int]:
    """Labels as instances, where an occluded joint is placed but not visible, and predictions as predicted
    ones.

    Returns how many of each sleap-io reads again.
    """
    import sleap_io as sio

    nodes = sio.Skeleton(
        list(skeleton.joints), list(skeleton.edges), symmetries=list(skeleton.flip_pairs), name=skeleton.name
    )
    frames: list[sio.LabeledFrame] = []
    videos: list[sio.Video] = []
    tracks: list[sio.Track] = []
    for film in films:
        width, height = film.size
        shape = {"shape": (len(film.times), height, width, 3)}
        video = sio.Video(film.path.as_posix(), backend_metadata=shape, open_backend=False)
        track_of = {number: sio.Track(name) for number, name in film.people.items()}
        videos.append(video)
        tracks += track_of.values()
        people: dict[int, list] = {}
        for i, frame in enumerate(film.rows.frame.tolist()):
            people.setdefault(frame, []).append(_instance(film.rows, i, nodes, track_of))
        frames += [
            sio.LabeledFrame(video=video, frame_idx=frame, instances=here) for frame, here in people.items()
        ]
    labels = sio.Labels(labeled_frames=frames, videos=videos, skeletons=[nodes], tracks=tracks)
    sio.save_slp(labels, str(path), verbose=False)
    again = [instance for frame in _load(path).labeled_frames for instance in frame.instances]
    predicted = sum(isinstance(instance, sio.PredictedInstance) for instance in again)
    return len(again) - predicted, predicted


def read_slp(path: Path, skeleton: Skeleton) -> CocoDataset:
    """What a human placed in a .slp file. Raises UserError for a file or a record that is wrong, or
    without sleap-io.
    """
    if why := missing():
        raise UserError(why)
    import sleap_io as sio

    labels = _load(path)
    dataset = CocoDataset(skeleton)
    ignored: dict[str, None] = {}
    predicted = 0
    for frame in labels.labeled_frames:
        here = [instance for instance in frame.instances if not isinstance(instance, sio.PredictedInstance)]
        predicted += len(frame.instances) - len(here)
        record = Record({}, f"frame {frame.frame_idx} in {path.name}", path.name)
        if not 0 <= frame.frame_idx <= LARGEST_FRAME:
            record.fail("it cannot be a frame's number")
        if not here:
            continue
        number = len(dataset.images) + 1
        dataset.images[number] = _image(frame, number, record)
        for instance in here:
            places, unknown = joint_places(list(instance.skeleton.node_names), skeleton, record)
            ignored |= dict.fromkeys(unknown)
            xy = np.array(instance.points["xy"], np.float64)
            placed = ~np.isnan(xy).any(1)
            if (np.abs(xy[placed]) > LARGEST_NUMBER).any():
                record.fail(f"it has a coordinate beyond {LARGEST_NUMBER}")
            known = (places >= 0) & placed
            points, visibility = np.zeros((len(skeleton), 2)), np.zeros(len(skeleton), np.int8)
            points[places[known]] = xy[known]
            visibility[places[known]] = np.where(instance.points["visible"][known], 2, 1)
            who = instance.track.name if instance.track else ""
            dataset.people.append(CocoPerson(len(dataset.people) + 1, number, points, visibility, name=who))
    passed = {
        PREDICTIONS: predicted,
        "frames that are suggested": 0 if dataset.people else len(labels.suggestions),
    }
    passed = {what: count for what, count in passed.items() if count}
    return replace(dataset, ignored=tuple(ignored), passed=passed)


def read_slp_poses(path: Path, video: str) -> FoundPoses:
    """What is predicted in a .slp file for one of its videos, by its name without ending, or for the only
    one; what a human placed counts as sure. Raises UserError, also without sleap-io.
    """
    if why := missing():
        raise UserError(why)
    import sleap_io as sio

    poses, joints = PoseList(), None
    frames = _load(path).labeled_frames
    several = len({id(frame.video) for frame in frames}) > 1
    for frame in frames:
        record = Record({}, f"frame {frame.frame_idx} in {path.name}", path.name)
        image = _image(frame, 1, record)
        for instance in frame.instances:
            if several and not image.is_of(video):
                poses.pass_over(OTHERS)
                continue
            joints = joints or list(instance.skeleton.node_names)
            xy = np.array(instance.points["xy"], np.float64)
            predicted = isinstance(instance, sio.PredictedInstance)
            sure = np.array(instance.points["score"], np.float64) if predicted else np.isfinite(xy).all(1)
            poses.add(
                np.column_stack([xy, sure]),
                record.where,
                number=image.frame,
                image="" if image.numbered else image.file_name,
                person=instance.track.name if instance.track else "",
            )
    return poses.done(path.name, joints, 0)


def _image(frame: "sio.LabeledFrame", number: int, record: Record) -> CocoImage:
    """Of a list of images it is the one that is named there, of a video the frame with this number."""
    place, source = int(frame.frame_idx), frame.video
    while source.source_video is not None:  # of a package, which holds the pictures itself
        source = source.source_video
    files = source.filename
    if isinstance(files, str):
        return CocoImage(number, f"frame {place}", place, files, labelled=True, numbered=True)
    if place >= len(files):
        record.fail(f"its list has only {len(files)} images")
    file = files[place].replace("\\", "/")
    return CocoImage(
        number, file, frame_in_name(file, record, place), Path(file).parent.name or None, labelled=True
    )


def write_nwb(films: Sequence[Film], skeleton: Skeleton, path: Path) -> int:
    """A PoseEstimation per person, a series per joint at the time stamps of its frames; a label's confidence
    is 1.

    Its modules are named as sleap-io's reader wants them, which counts as frames the times that are there: so
    the first series of a video has all of them, with NaN where there is nobody. It tells people apart where
    they are track0, track1 in the order of letters, so their names are in the descriptions. Returns how many
    points pynwb reads again.
    """
    import ndx_pose
    from pynwb import NWBHDF5IO, NWBFile

    skeleton = replace(skeleton, name=_allowed(skeleton.name), joints=tuple(map(_allowed, skeleton.joints)))
    file = NWBFile("Poses written by PoseTailor", str(uuid4()), datetime.now(UTC))
    edges = np.array(skeleton.edges, np.min_scalar_type(len(skeleton))).reshape(-1, 2)
    nodes = ndx_pose.Skeleton(name=skeleton.name, nodes=list(skeleton.joints), edges=edges)
    behavior = file.create_processing_module("behavior", "Skeletons of the poses")
    behavior.add(ndx_pose.Skeletons(skeletons=[nodes]))
    for number, film in enumerate(films):
        name = f"SLEAP_VIDEO_{number:03d}_{_allowed(film.path.stem)}"
        module = file.create_processing_module(name, f"People of {film.path.name}")
        camera = file.create_device(f"camera_{number}", description=f"Camera of {film.path.name}")
        tracks = np.unique(film.rows.track).tolist()
        for place, track in enumerate(tracks):
            called = f"track{place:0{len(str(len(tracks) - 1))}}"
            module.add(_estimation(film, track, nodes, skeleton, camera, called, place == 0))
    with NWBHDF5IO(str(path), "w") as out:
        out.write(file)
    with NWBHDF5IO(str(path), "r", load_namespaces=True) as again:
        modules = again.read().processing.values()
        people = [
            one for module in modules for one in module.data_interfaces.values() if hasattr(one, "dimensions")
        ]
        data = [series.data[:] for one in people for series in one.pose_estimation_series.values()]
        return sum(int(np.isfinite(own).all(1).sum()) for own in data)


def _allowed(name: str) -> str:
    """As NWB may name something."""
    return name.replace("/", "_").replace(":", "_")


def _load(path: Path) -> "sio.Labels":
    """Whatever is wrong with a stranger's file becomes a sentence."""
    import sleap_io as sio

    try:
        return sio.load_slp(str(path), open_videos=False)
    except Exception as error:
        raise UserError(
            no_hdf(path)
            or f"{path.name} cannot be read as a SLEAP file ({str(error)[:120]}); choose another."
        ) from error


def _instance(
    rows: PoseRows, i: int, nodes: "sio.Skeleton", track_of: "dict[int, sio.Track]"
) -> "sio.Instance":
    import sleap_io as sio

    track = track_of[int(rows.track[i])]
    if rows.human[i]:
        instance = sio.Instance.from_numpy(rows.points[i], skeleton=nodes, track=track)
        instance.points["visible"] = rows.visibility[i] == 2
        return instance
    score = float(rows.confidence[i].mean())
    return sio.PredictedInstance.from_numpy(
        rows.points[i], nodes, point_scores=rows.confidence[i], score=score, track=track
    )


def _estimation(
    film: Film, track: int, nodes: Any, skeleton: Skeleton, camera: Any, called: str, first: bool
) -> Any:
    """called: in its module; first: of the video, see write_nwb."""
    import ndx_pose

    mine = film.rows.track == track
    points, times = film.rows.points[mine], film.times[film.rows.frame[mine]]
    confidence = np.where(film.rows.human[mine, None], 1.0, film.rows.confidence[mine])
    series = []
    for joint, name in enumerate(skeleton.joints):
        placed = ~np.isnan(points[:, joint]).any(1)
        at, data, sure = times[placed], points[placed, joint], confidence[placed, joint]
        if first and joint == 0:
            there = film.rows.frame[mine][placed]
            at, every, none = film.times, np.full((len(film.times), 2), np.nan), np.zeros(len(film.times))
            every[there], none[there] = data, sure
            data, sure = every, none
        series.append(
            ndx_pose.PoseEstimationSeries(
                name=name,
                description=f"{name} of {film.people[track]}",
                data=data,
                unit="pixels",
                reference_frame="(0, 0) is the centre of the first pixel at the top left; "
                "x to the right, y down",
                timestamps=at,
                confidence=sure,
                confidence_definition="height of the peak in the heatmap; 1 where a human placed the joint",
            )
        )
    return ndx_pose.PoseEstimation(
        name=called,
        pose_estimation_series=series,
        description=POSES_OF.format(film.people[track], film.path.name),
        original_videos=[film.path.as_posix()],
        labeled_videos=[film.path.as_posix()],
        dimensions=np.array([film.size], np.uint16),
        devices=[camera],
        scorer="PoseTailor",
        source_software="PoseTailor",
        skeleton=nodes,
    )
