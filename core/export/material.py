"""What all formats write: the labels and the predictions of each video, with the frames they are of."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from core.domain import Box, LabelledPose, Monitor, SampleId, Skeleton, UserError, raise_if_cancelled
from core.export.options import REFINED, ExportOptions
from core.formats.coco import CocoImage, CocoPerson
from core.formats.poses import PoseRows
from core.formats.smoothing import smoothed
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.store import Label, Video
from core.project.video_names import export_names
from core.project.videos import VideoMissing, locate
from core.queries.refined import refined_predictions
from core.video.imaging import encoded
from core.video.source import FrameUnreadable, VideoSource, open_video


@dataclass(frozen=True)
class Clip:
    """A video of the export, with the chosen joints.

    name: unique among them; first_id: image id of its frame 0; times: (n,) seconds of the frames; trouble:
    why there is no picture of it, '' where there is; labels: accepted, by frame; predictions: None where
    nothing is estimated or asked for; people: their names; places: see Store.places; refined: whether the
    predictions are.
    """

    video: Video
    name: str
    first_id: int
    times: np.ndarray
    trouble: str
    labels: dict[int, list[Label]]
    predictions: Predictions | None
    people: dict[int, str]
    places: dict[int, int]
    refined: bool = False

    def image(self, frame: int, ending: str = "png") -> CocoImage:
        return CocoImage(
            id=self.first_id + frame,
            file_name=f"{self.name}_{frame:06d}.{ending}",
            frame=frame,
            video=self.name,
            width=self.video.width,
            height=self.video.height,
            seconds=float(self.times[frame]),
            labelled=frame in self.labels,
        )

    def rows(self) -> PoseRows:
        """The label of each sample, else its prediction, in the order of frames, then tracks."""
        labels = {label.sample: label for here in self.labels.values() for label in here}
        predicted = self.predictions
        known = [] if predicted is None else list(map(predicted.sample, range(len(predicted))))
        samples = sorted(dict.fromkeys([*known, *labels]), key=lambda sample: (sample.frame, sample.track))
        rows = PoseRows.empty(len(samples), 0 if not samples else self._joints(), self.refined)
        for i, sample in enumerate(samples):
            rows.frame[i], rows.track[i] = sample.frame, sample.track
            label = labels.get(sample)
            if label is not None:
                rows.points[i] = np.where(label.pose.labelled[:, None], label.pose.points, np.nan)
                rows.visibility[i], rows.round[i], rows.human[i] = (
                    label.pose.visibility,
                    label.pose.round,
                    True,
                )
                rows.boxes[i] = label.pose.box
            elif predicted is not None:
                row = predicted.row(sample)
                rows.points[i], rows.confidence[i] = predicted.points[row], predicted.confidence[row]
                rows.visibility[i], rows.round[i], rows.boxes[i] = (
                    2,
                    predicted.rounds[row],
                    predicted.boxes[row],
                )
        return rows

    def _joints(self) -> int:
        if self.predictions is not None:
            return self.predictions.points.shape[1]
        return len(next(iter(self.labels.values()))[0].pose.points)


@dataclass
class Material:
    """Everything to be written. jointless: labels left out since no chosen joint is placed; notes: what is
    to be said.
    """

    skeleton: Skeleton
    clips: list[Clip]
    options: ExportOptions
    jointless: int
    round: int | None
    notes: list[str] = field(default_factory=list)

    @property
    def labels(self) -> int:
        return sum(len(here) for clip in self.clips for here in clip.labels.values())

    @property
    def predictions(self) -> int:
        return sum(len(clip.predictions) for clip in self.clips if clip.predictions is not None)

    def need_labels(self, why: str) -> None:
        if not self.labels:
            raise UserError(f"There is nothing to export: nothing is labelled yet, and {why}.")


def gather(project: Project, options: ExportOptions, monitor: Monitor) -> Material:
    """Raises UserError where there is nothing to write, Cancelled."""
    keep = options.joint_places(project.skeleton)
    by_frame: dict[int, dict[int, list[Label]]] = {}
    jointless = 0
    video_of = project.video_of_track()
    for label in project.labels().values():  # in the order of tracks
        label = _kept(label, keep)
        if label.pose.labelled.any():
            frames = by_frame.setdefault(video_of[label.sample.track], {})
            frames.setdefault(label.sample.frame, []).append(label)
        else:
            jointless += 1
    clips: list[Clip] = []
    first_id, places = 1, project.store.places()
    for video, name in export_names(project.videos()).items():
        predictions = _predictions(project, video, options, monitor)
        if predictions is not None:
            predictions = _chosen(predictions, keep, round(options.smoothing * video.fps))
        video, times, trouble = _found(project, video)
        people = project.store.track_names(video.id)
        labels = dict(sorted(by_frame.get(video.id, {}).items()))
        refined = options.poses == REFINED
        clips.append(
            Clip(video, name, first_id, times, trouble, labels, predictions, people, places, refined)
        )
        first_id += video.frame_count
    if not any(clip.labels or clip.predictions for clip in clips):
        what = (
            "nothing is estimated yet, and nothing is labelled"
            if options.predictions
            else "nothing is labelled yet"
        )
        raise UserError(f"There is nothing to export: {what}.")
    material = Material(project.skeleton.subset(keep), clips, options, jointless, project.latest_round())
    if jointless:
        material.notes.append(
            f"{count(jointless, 'label')} without a placed joint left out, as training tools refuse them."
        )
    return material


def write_images(
    material: Material, place: dict[tuple[int, int], Path], monitor: Monitor, stage: str = "Exporting"
) -> int:
    """Writes frames as pictures; place: the file by video number and frame. Returns how many; damaged ones
    are noted.
    """
    written, quality = 0, material.options.quality
    for clip in material.clips:
        frames = sorted(frame for video, frame in place if video == clip.video.id)
        if clip.trouble and frames:
            material.notes.append(clip.trouble)
        if clip.trouble or not frames:
            continue
        damaged = 0
        with open_video(clip.video.path) as source:
            for frame, image in _pictures(source, frames):
                raise_if_cancelled(monitor)
                if image is None:
                    damaged += 1
                else:
                    path = place[clip.video.id, frame]
                    path.write_bytes(encoded(image, path.suffix, quality))
                    written += 1
                monitor.report(stage, written, len(place))
        if damaged:
            material.notes.append(
                f"{count(damaged, 'frame')} of {clip.video.path.name} cannot be decoded, so no image of it."
            )
    return written


def coco_people(clips: list[Clip]) -> list[CocoPerson]:
    """The labels in the order of frames; annotations count from 1, since pycocotools takes 0 for none."""
    people: list[CocoPerson] = []
    for clip in clips:
        for frame, labels in clip.labels.items():
            for label in labels:
                pose = label.pose
                box = framed(pose, clip.video)
                number, track = len(people) + 1, label.sample.track
                people.append(
                    CocoPerson(number, clip.first_id + frame, pose.points, pose.visibility, box, track)
                )
    return people


def framed(pose: LabelledPose, video: Video) -> Box:
    """The person's box and all placed joints, cut at the image, at least a pixel in size: readers drop
    empty ones.
    """
    placed = pose.points[pose.labelled]
    corners = np.array(pose.box).reshape(2, 2)
    last = np.array([video.width - 1, video.height - 1])
    low = np.clip(np.minimum(corners[0], placed.min(0)), 0, np.maximum(last - 1, 0))
    high = np.clip(np.maximum(corners[1], placed.max(0)), low + 1, np.maximum(last, 1))
    return Box(*map(float, (*low, *high)))


def count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def labelled_people(material: Material) -> str:
    """e.g. '3 labelled people in 2 frames'"""
    frames = sum(len(clip.labels) for clip in material.clips)
    return f"{count(material.labels, 'labelled person', 'labelled people')} in {count(frames, 'frame')}"


def write_text(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", errors="backslashreplace")  # a file's name may hold what is no text


def _kept(label: Label, keep: np.ndarray) -> Label:
    pose = label.pose
    return Label(
        SampleId(*label.sample),
        replace(pose, points=pose.points[keep], visibility=pose.visibility[keep], prediction=None),
        label.accepted,
    )


def _predictions(
    project: Project, video: Video, options: ExportOptions, monitor: Monitor
) -> Predictions | None:
    if not options.predictions:
        return None
    return (
        refined_predictions(project, video, monitor)
        if options.poses == REFINED
        else project.predictions(video.id)
    )


def _chosen(predictions: Predictions, keep: np.ndarray, window: int) -> Predictions:
    points = predictions.points[:, keep]
    if window:
        points = points.astype(np.float64)
        for track in np.unique(predictions.track):
            rows = predictions.rows_of_track(int(track))
            points[rows] = smoothed(predictions.frame[rows], points[rows], window)
    return replace(predictions, points=points, confidence=predictions.confidence[:, keep])


def _found(project: Project, video: Video) -> tuple[Video, np.ndarray, str]:
    """The video where it is now, when each frame is shown, and why there are no pictures of it, '' where
    there are.
    """
    try:
        path = locate(project.folder, video)
        with open_video(path) as source:
            return replace(video, path=path), source.times, ""
    except VideoMissing:
        why = "is missing or another video than the one estimated"
    except (UserError, OSError):
        why = "cannot be read"
    nominal = np.arange(video.frame_count) / (video.fps or 1)
    return video, nominal, f"{video.path} {why}, so there are no images of it."


def _pictures(source: VideoSource, frames: list[int]) -> Iterator[tuple[int, np.ndarray | None]]:
    """Each frame, None for a damaged one."""
    for frame in frames:
        try:
            yield frame, source.read(frame, "rgb")
        except FrameUnreadable:
            yield frame, None
