"""Labels from a file, for a project whose labels are made elsewhere."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from core.domain import Box, LabelledPose, SampleId, UserError
from core.formats.coco import CocoDataset, CocoImage, CocoPerson, read_file
from core.project.backups import back_up
from core.project.predictions import Predictions
from core.project.project import Project
from core.project.store import Label, Video
from core.tracking.detector import iou
from core.video.folder import frames_by_name

LEAST_OVERLAP = 0.2  # intersection over union of an annotation and the sample it labels


@dataclass(frozen=True)
class AnnotateResult:
    """labelled: samples that got a label; unmatched: proposed ones that the file has no person for; replaced: labels
    that stood there before; sentence: the same in words."""

    labelled: int
    unmatched: int
    replaced: int
    sentence: str


def annotate(project: Project, source: Path, any_sample: bool = False) -> AnnotateResult:
    """Labels the proposed samples with the people of a COCO keypoints file, or with any_sample every one it knows.

    In each frame all samples compete for the annotations, so that one who is not asked for keeps their own. Nothing is
    written when anything in the file is wrong. Raises UserError.
    """
    number = project.latest_round()
    if number is None:
        raise UserError("Nothing is estimated yet, so there are no people to label; run the estimation first.")
    queued = set(project.queued())
    if not queued and not any_sample:
        raise UserError("No samples wait for labels; propose some first.")
    dataset = read_file(source, project.skeleton)
    labels: list[Label] = []
    images_by_video = _images_by_video(project.videos(), dataset, source.name)
    for video, images in images_by_video.items():
        predictions = project.predictions(video.id, number)
        if predictions is None:
            continue
        labels += _labels(predictions, dataset, images, None if any_sample else queued)
    if not labels:
        wanted = "an estimated" if any_sample else "a proposed"
        raise UserError(f"No annotation in {source.name} lies on {wanted} person; check that it is of this video.")
    before = project.store.labels(accepted_only=False)
    back_up(project.folder)
    project.store.set_labels(labels)
    done = {label.sample for label in labels}
    elsewhere = len(dataset.images) - sum(map(len, images_by_video.values()))
    return _result(len(done), len(queued - done), len(done & before.keys()), elsewhere, source.name)


def _result(labelled: int, unmatched: int, replaced: int, elsewhere: int, name: str) -> AnnotateResult:
    sentence = f"{labelled} {'sample was' if labelled == 1 else 'samples were'} labelled from {name}"
    if replaced:
        sentence += f", {replaced} of them had a label before"
    if unmatched:
        sentence += f"; {unmatched} proposed {'one has' if unmatched == 1 else 'ones have'} no person there"
    if elsewhere:
        sentence += f"; {elsewhere} of its images are not of this project"
    return AnnotateResult(labelled, unmatched, replaced, sentence + ".")


def _images_by_video(videos: list[Video], dataset: CocoDataset, name: str) -> dict[Video, dict[int, CocoImage]]:
    """Of each video in the file its images by frame; images of other videos are left out. Raises UserError."""
    found: dict[Video, dict[int, CocoImage]] = {}
    frames = {video: frames_by_name(video.path) for video in videos}
    for image in dataset.images.values():
        having = [video for video in videos if image.base_name in frames[video]]
        video = _video_of(image, videos) or (having[0] if len(having) == 1 else None)
        if video is None:
            continue
        image = replace(image, frame=frames[video].get(image.base_name, image.frame))
        _check(image, video, name)
        images = found.setdefault(video, {})
        if image.frame in images:
            raise UserError(
                f"image {image.id} in {name}: image {images[image.frame].id} is of frame {image.frame} as well."
            )
        images[image.frame] = image
    if not found:
        known = ", ".join(video.path.stem for video in videos)
        raise UserError(f"No image in {name} belongs to a video of this project ({known}).")
    return found


def _video_of(image: CocoImage, videos: list[Video]) -> Video | None:
    if image.video is None and len(videos) == 1:
        return videos[0]
    return next((video for video in videos if image.is_of(video.path.stem)), None)


def _check(image: CocoImage, video: Video, name: str) -> None:
    """Raises UserError when the image cannot be one of the video."""
    where = f"image {image.id} ({image.file_name[:80]!r}) in {name}"
    if image.frame >= video.frame_count:
        raise UserError(
            f"{where}: labels for frames that do not exist, it is frame {image.frame} (from 0) "
            f"and {video.path.name} has {video.frame_count} frames."
        )
    size = (image.width or video.width, image.height or video.height)
    if size != (video.width, video.height):
        raise UserError(
            f"{where}: it is {size[0]} x {size[1]} pixels, {video.path.name} is {video.width} x {video.height}; "
            "export the labels at the size of the video."
        )


def _labels(
    predictions: Predictions, dataset: CocoDataset, images: dict[int, CocoImage], wanted: set[SampleId] | None
) -> list[Label]:
    """wanted: the samples to label, None for all."""
    people: dict[int, list[CocoPerson]] = {}
    for person in dataset.people:
        people.setdefault(person.image, []).append(person)
    labels = []
    for frame, image in sorted(images.items()):
        rows = predictions.rows_at(frame)
        samples = [predictions.sample(row) for row in range(rows.start, rows.stop)]
        here = [person for person in people.get(image.id, []) if person.extent]
        if not here or (wanted is not None and wanted.isdisjoint(samples)):
            continue
        for i, person in _pairs(predictions.boxes[rows], [person.extent for person in here]):
            asked = wanted is None or samples[i] in wanted
            if asked and here[person].visibility.any():
                labels.append(_label(predictions, rows.start + i, here[person]))
    return labels


def _pairs(boxes: np.ndarray, extents: list[Box]) -> list[tuple[int, int]]:
    """Samples and annotations of one frame that belong together, each at most once: the best for all of them."""
    overlap = iou(boxes.astype(np.float64), np.array(extents))
    overlap[overlap < LEAST_OVERLAP] = 0
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if overlap[i, j] > 0]


def _label(predictions: Predictions, row: int, person: CocoPerson) -> Label:
    pose = LabelledPose(
        person.points, person.visibility, predictions.box(row), predictions.pose(row), predictions.round
    )
    return Label(predictions.sample(row), pose, accepted=True)
