"""COCO keypoints: a folder with what was labelled, what is predicted, and the labelled frames as pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.domain import Box, LabelledPose, Monitor, UserError, raise_if_cancelled
from core.formats.coco import CocoDataset, CocoImage, CocoPerson, write, write_image_info, write_results
from core.formats.coco_check import count_results, self_evaluation
from core.project.predictions import Predictions
from core.project.project import Project
from core.project.store import Label, Video
from core.project.videos import VideoMissing, open_located
from core.video.imaging import cv2
from core.video.source import FrameUnreadable, VideoSource

README = """Exported by PoseTailor

annotations.json  COCO keypoints: the {people} people that a human labelled, in {frames} frames
images/           {images} of these frames as PNG
predictions.json  COCO results: the {predictions} poses that the estimator of round {round} predicts in the whole video;
                  a prediction stays a prediction where there is a label
image_info.json   the frames of predictions.json, to load it: COCO("image_info.json").loadRes("predictions.json")

Frames (frame_id, and the number in a file name) count from 0. Coordinates are pixel indices: a whole number is the
centre of a pixel, and that of the first is (0, 0). An image keeps its id in every file: 1 + frame, plus the frames of
the videos before. Visibility: 0 not labelled, 1 occluded but placed, 2 visible. A bbox is the person's box, widened to
hold the placed joints and cut at the border of the image; area is that of the bbox. track_id is the person.

Sigmas for an evaluation (params.kpt_oks_sigmas), in the order of the joints:
{sigmas}

Videos:
{videos}
"""


@dataclass(frozen=True)
class _Clip:
    """A video of the export. name: unique among them; first_id: image id of its frame 0; labels: accepted, by frame."""

    video: Video
    name: str
    first_id: int
    labels: dict[int, list[Label]]
    predictions: Predictions | None

    def image(self, frame: int, times: np.ndarray | None) -> CocoImage:
        """times: (n,) seconds of the frames, None where the video is missing."""
        return CocoImage(
            id=self.first_id + frame,
            file_name=f"{self.name}_{frame:06d}.png",
            frame=frame,
            video=self.name,
            width=self.video.width,
            height=self.video.height,
            seconds=frame / self.video.fps if times is None else float(times[frame]),
            labelled=frame in self.labels,
        )


def export_coco(project: Project, folder: Path, monitor: Monitor) -> str:
    """Fills the empty folder and has pycocotools read it; says what it holds. Raises UserError, Cancelled, OSError."""
    clips, jointless = _clips(project)
    if not any(clip.labels or clip.predictions for clip in clips):
        raise UserError("There is nothing to export: nothing is estimated yet, and nothing is labelled.")
    (folder / "images").mkdir()
    labelled: list[CocoImage] = []
    predicted: list[CocoImage] = []
    notes: list[str] = []
    written = 0
    total = sum(len(clip.labels) for clip in clips)
    for clip in clips:
        source = _open(project, clip.video)
        times = None if isinstance(source, str) else source.times
        labelled += [clip.image(frame, times) for frame in sorted(clip.labels)]
        if clip.predictions is not None:
            predicted += [clip.image(int(frame), times) for frame in np.unique(clip.predictions.frame)]
        if isinstance(source, str):
            notes.append(source)
            continue
        with source:
            damaged = 0
            for number, picture in _pictures(source, sorted(clip.labels)):
                raise_if_cancelled(monitor)
                if picture is None:
                    damaged += 1
                else:
                    (folder / "images" / clip.image(number, times).file_name).write_bytes(picture)
                    written += 1
                monitor.report("Exporting", written, total)
        if damaged:
            notes.append(f"{_count(damaged, 'frame')} of {clip.video.path.name} cannot be decoded, so no image of it.")
    people = _people(clips)
    dataset = CocoDataset(project.skeleton, {image.id: image for image in labelled}, people)
    _write(folder / "annotations.json", write(dataset, "Labelled with PoseTailor"))
    predictions = _write_predictions(project, clips, folder)
    _write(folder / "image_info.json", write_image_info(project.skeleton, predicted))
    _write(
        folder / "README.txt",
        README.format(
            people=len(people),
            frames=len(labelled),
            images=written,
            predictions=predictions,
            round=project.latest_round(),
            sigmas=", ".join(map(str, project.skeleton.sigmas)),
            videos="\n".join(
                f"{clip.name}: {clip.video.width} x {clip.video.height}, {clip.video.frame_count} frames, "
                f"{clip.video.fps:g} per second, image ids from {clip.first_id}"
                for clip in clips
            ),
        ),
    )
    raise_if_cancelled(monitor)
    verdict = _verdict(project, folder, predictions)
    if jointless:
        notes.append(f"{_count(jointless, 'label')} without a placed joint left out, as training tools refuse them.")
    people_written = f"{_count(len(people), 'labelled person', 'labelled people')} in {_count(len(labelled), 'frame')}"
    sentence = f"Wrote {people_written}, {_count(written, 'image')} and {_count(predictions, 'prediction')}. {verdict}"
    return " ".join([sentence, *notes])


def _clips(project: Project) -> tuple[list[_Clip], int]:
    """The videos with their labels, and how many labels are left out because no joint is placed."""
    video_of = project.video_of_track()
    by_frame: dict[int, dict[int, list[Label]]] = {}
    jointless = 0
    for label in project.store.labels().values():
        if label.pose.labelled.any():
            frames = by_frame.setdefault(video_of[label.sample.track], {})
            frames.setdefault(label.sample.frame, []).append(label)
        else:
            jointless += 1
    clips: list[_Clip] = []
    first_id = 1
    for video in project.videos():
        name = video.path.stem
        if any(clip.name == name for clip in clips):
            name = f"{name}-{video.id}"
        clips.append(_Clip(video, name, first_id, by_frame.get(video.id, {}), project.predictions(video.id)))
        first_id += video.frame_count
    return clips, jointless


def _open(project: Project, video: Video) -> VideoSource | str:
    """The video, or a sentence that says why there are no images of it."""
    try:
        return open_located(project, video)
    except VideoMissing:
        return f"{video.path} is missing or another video than the one estimated, so there are no images of it."
    except UserError as error:
        return f"There are no images of {video.path.name}: {error}"


def _pictures(source: VideoSource, frames: list[int]) -> Iterator[tuple[int, bytes | None]]:
    """Each frame as PNG, None for a damaged one."""
    for frame in frames:
        try:
            image = source.read(frame, "rgb")
        except FrameUnreadable:
            yield frame, None
            continue
        _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        yield frame, encoded.tobytes()


def _people(clips: list[_Clip]) -> list[CocoPerson]:
    """The labels in the order of frames; annotations count from 1, since pycocotools takes 0 for none."""
    people = []
    for clip in clips:
        for frame, labels in sorted(clip.labels.items()):
            for label in labels:
                people.append(
                    CocoPerson(
                        len(people) + 1,
                        clip.first_id + frame,
                        label.pose.points,
                        label.pose.visibility,
                        _box(label.pose, clip.video),
                        label.sample.track,
                    )
                )
    return people


def _box(pose: LabelledPose, video: Video) -> Box:
    """The person's box and all placed joints, cut at the image, at least a pixel in size: readers drop empty ones."""
    placed = pose.points[pose.labelled]
    corners = np.array(pose.box).reshape(2, 2)
    last = np.array([video.width - 1, video.height - 1])
    low = np.clip(np.minimum(corners[0], placed.min(0)), 0, np.maximum(last - 1, 0))
    high = np.clip(np.maximum(corners[1], placed.max(0)), low + 1, np.maximum(last, 1))
    return Box(*map(float, (*low, *high)))


def _write_predictions(project: Project, clips: list[_Clip], folder: Path) -> int:
    """All samples of the latest round; returns how many."""
    joints = len(project.skeleton)
    images, points, confidence = [np.empty(0, np.int64)], [np.empty((0, joints, 2))], [np.empty((0, joints))]
    for clip in clips:
        if clip.predictions is not None:
            images.append(clip.predictions.frame + clip.first_id)
            points.append(clip.predictions.points)
            confidence.append(clip.predictions.confidence)
    _write(
        folder / "predictions.json",
        write_results(np.concatenate(images), np.concatenate(points), np.concatenate(confidence)),
    )
    return sum(map(len, images))


def _verdict(project: Project, folder: Path, predictions: int) -> str:
    """What pycocotools makes of the files."""
    precision = self_evaluation(folder / "annotations.json", project.skeleton.sigmas)
    read = count_results(folder / "image_info.json", folder / "predictions.json") if predictions else 0
    if precision is None:
        return f"pycocotools reads {_count(read, 'prediction')}; there are no labels yet."
    return f"pycocotools reads all of it: the labels score AP {precision:.3f} against themselves."


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", errors="backslashreplace")  # a file's name may hold what is no text
