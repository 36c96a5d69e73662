"""A project that begins with the poses of another program: they are round 0, and the estimator learns from
corrections.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import numpy as np

from core.domain import Monitor, Silent, Skeleton, Track, UserError, raise_if_cancelled
from core.estimation import pipeline
from core.formats.found_poses import FoundPoses
from core.formats.pose_files import OfVideo, read_poses
from core.project.estimators.models import prior_paths, ready_estimator
from core.project.project import Project
from core.project.store.segments import SAMPLES, NewPeople, Segment, register
from core.project.store.settings import GIVEN_BOXES, GIVEN_POSES
from core.project.store.shards import read_shard
from core.project.store.store import Video
from core.project.video_names import export_names
from core.project.videos import open_located
from core.selection.projection import DIMENSIONS, projected
from core.uncertainty.collect import criteria_of_poses
from core.uncertainty.criteria import CRITERIA, usual_of_poses
from core.uncertainty.pose_prior import PosePrior, load_prior
from core.video.folder import frames_by_name
from core.video.source import VideoSource
from core.workflow.forget import CONFIDENCE
from core.workflow.found_people import write_found
from core.workflow.label_frames import Numbering
from core.workflow.not_taken import not_taken_in_words
from core.workflow.placed_poses import PlacedPoses, place
from core.workflow.segment_file import write_samples

FURTHER = frozenset(name for name, one in CRITERIA.items() if one.further)  # which poses alone never get
LOOKS = 24  # poses at which the estimator looks, to know how sure it is of such a video


@dataclass(frozen=True)
class PoseSource:
    """path: a file or folder of poses, or an ONNX file of what gives them; numbering: how it counts frames,
    None where nobody said.
    """

    path: Path
    numbering: Numbering | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.path.expanduser().absolute())

    @property
    def is_network(self) -> bool:
        return self.path.suffix.lower() == ".onnx"


def read_given(source: PoseSource, project: Project, video: Video) -> FoundPoses:
    """The poses of the video as the file has them. Raises UserError."""
    called = export_names(project.videos())[video]
    return read_poses(source.path, OfVideo(video.path.stem, called, (video.width, video.height)))


def place_given(
    found: FoundPoses,
    source: PoseSource,
    video: Video,
    opened: VideoSource,
    skeleton: Skeleton,
    wanted: np.ndarray,
) -> PlacedPoses:
    """The poses that are to be the video's. wanted: (frames,) bool. Raises UserError."""
    named = frames_by_name(video.path)
    return place(found, source.path.name, skeleton, opened.times, wanted, named, source.numbering)


def take_poses(
    project: Project,
    video: Video,
    opened: VideoSource,
    poses: PlacedPoses,
    parts: list[tuple[int, int]],
    skeleton: Skeleton,
    name: str,
    monitor: Monitor,
) -> None:
    """Makes them what round 0 has estimated of these parts of the video, in place of all that was known of
    its people.

    name: of the file. Raises UserError, Cancelled; nothing is changed then.
    """
    raise_if_cancelled(monitor)
    first = project.store.reserve_tracks(len(poses.names))
    track = first + poses.person
    priors = {variant: load_prior(path) for variant, path in prior_paths(project, 0).items()}
    columns, criteria = computed(priors, opened, poses, track, skeleton)
    path = write_found(project, video, track, poses.frame, poses.boxes)
    names = {first + number: called for number, called in enumerate(poses.names)}
    people = NewPeople(path, 0, video.frame_count, names)
    settings = _settings(project, video, name, skeleton)
    further = ",".join(sorted(FURTHER))
    for number, (start, stop) in enumerate(parts):
        rows = slice(*np.searchsorted(poses.frame, (start, stop)))
        path = write_samples(
            project.folder,
            f"computed/video-{video.id}/round-0",
            {key: values[rows] for key, values in columns.items()},
            {key: values[rows] for key, values in criteria.items()},
        )
        segment = Segment(path, 0, start, stop, further)
        if number == 0:
            register(project.store, video.id, segment, people, settings, anew=True, overlaps=False)
        else:
            register(project.store, video.id, segment, overlaps=False)


def take_again(project: Project, number: int) -> None:
    """Gives a round with the estimator of round 0 the poses from files that round 0 has; nothing where it has
    another's.
    """
    for video in project.videos():
        if not number or not project.pose_file(video.id, number):
            continue
        folder = f"computed/video-{video.id}/round-{number}"
        # in the order of files, one of which may hold hundreds
        for file, parts in groupby(project.computed.segments(SAMPLES, video.id, 0), key=attrgetter("path")):
            columns = read_shard(project.folder / file)
            for part in parts:
                rows = (columns["frame"] >= part.start) & (columns["frame"] < part.stop)
                path = write_samples(project.folder, folder, {k: v[rows] for k, v in columns.items()}, {})
                register(project.store, video.id, Segment(path, number, part.start, part.stop, part.further))


def computed(
    priors: Mapping[str, PosePrior],
    opened: VideoSource,
    poses: PlacedPoses,
    track: np.ndarray,
    skeleton: Skeleton,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Columns of the samples, and their criteria. priors: of poses, by variant; track: (N,)."""
    seconds = opened.times[poses.frame]
    criteria = criteria_of_poses(
        track, poses.frame, seconds, poses.boxes, poses.points, poses.confidence, dict(priors), skeleton
    )
    columns = {
        "track": track,
        "frame": poses.frame,
        "boxes": poses.boxes.astype(np.float32),
        "points": poses.points.astype(np.float32),
        "confidence": poses.confidence.astype(np.float32),
        "embedding": shapes(poses.points, poses.boxes),
    }
    return columns, criteria


def _settings(project: Project, video: Video, name: str, skeleton: Skeleton) -> dict[str, object]:
    """Those of the project that change with the poses. name: of their file."""
    return {
        GIVEN_POSES: (project.setting(GIVEN_POSES) or {}) | {str(video.id): name},
        GIVEN_BOXES: [one for one in project.setting(GIVEN_BOXES) if one != video.id],
        "skeleton": skeleton.to_json(),
        "criterion": project.store.settings().get("criterion", usual_of_poses(skeleton)),
    }


def another_learns(estimator: str) -> str:
    """estimator: as a project names it."""
    return f"It gave the first poses alone: what is adapted to your corrections is {Path(estimator).name}."


def taken_in_words(
    count: int, people: int, name: str, notes: Iterable[str], passed: Mapping[str, int] | None = None
) -> str:
    """What was taken of a file, what was not, and why. people: how many; passed, notes: see PlacedPoses."""
    said = f"{count} {'pose' if count == 1 else 'poses'} of {people} {'person' if people == 1 else 'people'}"
    return " ".join([f"Round 0 has {said} from {name}{''.join(not_taken_in_words(passed or {}))}.", *notes])


def shapes(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(N, 256) float16 in place of embeddings: the joints in their boxes, so that poses that look alike
    lie near.
    """
    middle, size = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(1)
    flat = ((points - middle[:, None]) / size[:, None, None]).reshape(len(points), -1)
    values = projected(flat)
    return np.pad(values, ((0, 0), (0, DIMENSIONS - values.shape[1]))).astype(np.float16)


def know_confidence(project: Project, device: str, monitor: Monitor) -> None:
    """Remembers how sure the estimator that will learn is of poses that another program or network gave: they
    do not tell it. Once, before it learns; nothing where none are known.

    Raises UserError, Cancelled.
    """
    given = [video for video in project.videos() if project.pose_file(video.id, 0)]
    if not given or CONFIDENCE in project.store.rounds()[0].summary:
        return
    session = ready_estimator(project, 0, device, monitor).session
    sure: list[np.ndarray] = []
    for video in given:
        poses = project.predictions(video.id, 0)
        if poses is None or not len(poses):
            continue
        rows = np.unique(np.linspace(0, len(poses) - 1, LOOKS).round().astype(int))
        with open_located(project, video) as opened:
            for done, row in enumerate(rows):
                raise_if_cancelled(monitor)
                monitor.report("Looking at some of the poses", done, len(rows))
                one = Track(0, video.id, "", poses.frame[[row]], poses.boxes[[row]].astype(np.float32))
                sure += [batch.confidence for batch in pipeline.estimate(opened, [one], session, Silent())]
    if sure:
        project.store.update_round(0, {CONFIDENCE: float(np.concatenate(sure).mean())})


def check_round(project: Project, video: Video) -> None:
    """Raises UserError where round 0 is over, so that its poses cannot be brought any more."""
    if (project.latest_round() or 0) > 0:
        raise UserError(
            f"The poses of {video.path.name} are of round {project.latest_round()} already. Begin another "
            "project with those of the file."
        )
