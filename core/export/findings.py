"""What a report says of a project: every figure with what it was counted on."""

import hashlib
import platform
from dataclasses import dataclass

import numpy as np

import core
from core.domain import Monitor, raise_if_cancelled
from core.domain.packages import package_version
from core.evaluation.joint_error import Mean, joint_distances, mean_of
from core.project.estimators.models import ESTIMATOR
from core.project.estimators.runtime import device_in_use
from core.project.project import Project
from core.project.store.settings import GIVEN_POSES
from core.project.store.store import Label, Video
from core.queries.coverage import VideoCoverage, coverage
from core.queries.status import AUDIT, RoundStatus, status
from core.queries.stray_poses import UNSURE, UNSURE_SECONDS, shared_stretches, unchanged, unsure_rows

PARTS = ("numpy", "torch", "onnxruntime-gpu", "onnxruntime", "av", "PySide6-Essentials")
TOUCHED = 0.5  # pixels by which a joint was moved by hand


@dataclass(frozen=True)
class VideoFacts:
    """frames: of the file; wanted: those that matter; people: names of those of interest; context: how
    many others.
    """

    name: str
    content: str
    width: int
    height: int
    fps: float
    frames: int
    coverage: VideoCoverage | None
    people: tuple[str, ...]
    context: int


@dataclass(frozen=True)
class Effort:
    """labels: accepted; joints, occluded, missing: of them; moved: joints moved by hand; as_estimated: labels
    accepted unchanged; minutes: of video; poses: estimated by the latest round.
    """

    labels: int
    joints: int
    occluded: int
    missing: int
    moved: int
    as_estimated: int
    minutes: float
    poses: int


@dataclass(frozen=True)
class JointError:
    """Estimates before they were corrected against the labels: pixels, and shares of the height of the
    person's box.
    """

    joint: str
    pixels: Mean
    height: Mean


@dataclass(frozen=True)
class Stretch:
    """Frames of somebody that are not to be trusted, and why."""

    video: str
    person: str
    first: int
    last: int
    why: str


@dataclass(frozen=True)
class Findings:
    """errors: of all labels of the latest round that has some, before they were corrected, the mean of all
    joints first; drawn: the same of the labels drawn at random alone; file: SHA-256 of the estimator; given:
    files that poses of round 0 came from.
    """

    videos: tuple[VideoFacts, ...]
    rounds: tuple[RoundStatus, ...]
    effort: Effort
    judged: int | None
    errors: tuple[JointError, ...]
    drawn: tuple[JointError, ...]
    stretches: tuple[Stretch, ...]
    settings: dict[str, object]
    file: str
    device: str
    versions: dict[str, str]
    given: tuple[str, ...] = ()


def findings(project: Project, monitor: Monitor) -> Findings:
    """Of a project that is estimated. Raises Cancelled."""
    rounds = tuple(status(project))
    labels = list(project.labels().values())
    judged = max((label.pose.round for label in labels), default=None)
    latest = [label for label in labels if label.pose.round == judged and label.pose.prediction is not None]
    random = {item.sample for item in project.queue() if AUDIT in item.reason}
    joints = project.skeleton.joints
    stretches = []
    for video in project.videos():
        raise_if_cancelled(monitor)
        stretches += _stretches(project, video)
    versions = {"PoseTailor": core.__version__, "Python": platform.python_version()}
    versions |= {name: version for name in PARTS if (version := package_version(name))}
    used = device_in_use(project)
    return Findings(
        tuple(_facts(project)),
        rounds,
        _effort(project, labels),
        judged,
        _errors(latest, joints),
        _errors([label for label in latest if label.sample in random], joints),
        tuple(stretches),
        {
            name: project.setting(name)
            for name in ("estimator", "variant", "criterion", "sampler", "tau", "audit")
        },
        hashlib.sha256(
            (project.estimator_folder(project.known_round()) / ESTIMATOR).read_bytes()
        ).hexdigest(),
        used.device,
        versions,
        tuple(str(name) for name in (project.setting(GIVEN_POSES) or {}).values()),
    )


def _facts(project: Project) -> list[VideoFacts]:
    covered = {one.video.id: one for one in coverage(project)}
    found = []
    for video in project.videos():
        names, chosen = project.store.track_names(video.id), project.of_interest(video.id)
        there = [track for track in names if track in project.assignments(video.id).rows_by_track]
        own = [track for track in there if chosen is None or track in chosen]
        size = (video.width, video.height, video.fps, video.frame_count)
        people = tuple(names[track] for track in own)
        found.append(
            VideoFacts(
                video.path.name, video.content_id, *size, covered.get(video.id), people, len(there) - len(own)
            )
        )
    return found


def _effort(project: Project, labels: list[Label]) -> Effort:
    visibility = np.array([label.pose.visibility for label in labels]).reshape(-1, len(project.skeleton))
    moved = 0
    for label in labels:
        before = label.pose.prediction
        far = np.inf if before is None else np.linalg.norm(label.pose.points - before.points, axis=1)
        moved += int((np.broadcast_to(far, label.pose.labelled.shape) > TOUCHED)[label.pose.labelled].sum())
    latest = [project.predictions(video.id) for video in project.videos()]
    return Effort(
        len(labels),
        int((visibility > 0).sum()),
        int((visibility == 1).sum()),
        int((visibility == 0).sum()),
        moved,
        sum(unchanged(label) for label in labels),
        sum(video.frame_count / video.fps for video in project.videos()) / 60,
        sum(len(predictions) for predictions in latest if predictions is not None),
    )


def _errors(labels: list[Label], joints: tuple[str, ...]) -> tuple[JointError, ...]:
    if not labels:
        return ()
    predicted = [label.pose.prediction for label in labels]
    points = np.array([pose.points for pose in predicted if pose is not None], float)
    truth, labelled = (
        np.array([getattr(label.pose, name) for label in labels]) for name in ("points", "labelled")
    )
    height = np.array([label.pose.box.height for label in labels])
    distance = joint_distances(points, truth, labelled)
    counted = [joint for joint in range(len(joints)) if np.isfinite(distance[:, joint]).any()]
    with np.errstate(all="ignore"):
        has = np.any(labelled, axis=1)
        whole = np.nanmean(distance[has], axis=1)
    means = [("all joints", whole, whole / height[has])] if len(whole) else []
    means += [
        (joints[joint].replace("_", " "), distance[:, joint], distance[:, joint] / height)
        for joint in counted
    ]
    errors = ((name, mean_of(pixels), mean_of(shares)) for name, pixels, shares in means)
    return tuple(JointError(name, pixels, shares) for name, pixels, shares in errors if pixels and shares)


def _stretches(project: Project, video: Video) -> list[Stretch]:
    """Of the latest round, what nobody has put right: poses on a neighbour, and where hardly anybody is to
    be seen.
    """
    predictions = project.predictions(video.id)
    if predictions is None or not len(predictions):
        return []
    names, settled = project.store.track_names(video.id), project.labels().keys()
    sound = {sample for sample in settled if predictions.row(sample) is not None}
    found = []
    for one in shared_stretches(predictions, project.shared_bodies(video.id), video.fps):
        frames = [int(predictions.frame[row]) for row in one.rows if predictions.sample(row) not in sound]
        if frames:
            why = f"the pose lies on {names.get(one.owner, 'somebody else')}"
            found.append(Stretch(video.path.name, names.get(one.thief, "?"), min(frames), max(frames), why))
    rows = unsure_rows(predictions, sound, max(1, round(UNSURE_SECONDS * video.fps)))
    track, frame = predictions.track[rows], predictions.frame[rows]
    for run in np.split(
        np.arange(len(rows)), np.flatnonzero((np.diff(track) != 0) | (np.diff(frame) != 1)) + 1
    ):
        if len(run):
            name, why = names.get(int(track[run[0]]), "?"), f"mean confidence below {UNSURE:g}"
            found.append(Stretch(video.path.name, name, int(frame[run[0]]), int(frame[run[-1]]), why))
    return sorted(found, key=lambda one: (one.video, one.first, one.person))
