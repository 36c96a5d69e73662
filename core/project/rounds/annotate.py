"""Labels from a file, for a project whose labels are made elsewhere."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from core.domain import LabelledPose, SampleId, UserError
from core.formats.coco import CocoDataset, CocoImage, CocoPerson
from core.formats.labels import read_labels
from core.project.people.doubts import confirm, doubtful_labels
from core.project.project import Project
from core.project.recovery.backups import back_up
from core.project.store.predictions import Predictions
from core.project.store.store import Label, Video
from core.tracking.detector import iou
from core.video.folder import frames_by_name

LEAST_OVERLAP = 0.2  # intersection over union of an annotation and the sample it labels


@dataclass(frozen=True)
class AnnotateResult:
    """labels: as they are to be stored; labelled: how many; unmatched: proposed ones that the file has no person for;
    replaced: labels that stood there before; sentence: the same in words."""

    labels: tuple[Label, ...]
    labelled: int
    unmatched: int
    replaced: int
    sentence: str


def annotate(project: Project, source: Path, any_sample: bool = False, sure: bool = False) -> AnnotateResult:
    """Labels the proposed samples with the people of a file, or with any_sample every one it knows.

    sure: those that lie on somebody else are right. Nothing is written when anything in the file is wrong. Raises
    UserError.
    """
    result = labels_of(project, source, any_sample)
    back_up(project.folder)
    project.store.set_labels(list(result.labels))
    doubtful = doubtful_labels(project, result.labels)
    if not doubtful:
        return result
    if sure:
        confirm(project, [label for label in result.labels if label.sample in doubtful])
        return result
    lie = "1 of them lies" if len(doubtful) == 1 else f"{len(doubtful)} of them lie"
    todo = "correct them in the file, or say --sure if they are right; until then they are not learned from"
    return replace(result, sentence=f"{result.sentence} {lie} on somebody else or on nobody: {todo}.")


def labels_of(project: Project, source: Path, any_sample: bool = False) -> AnnotateResult:
    """The labels that annotate() writes, not yet written.

    source: whatever core.formats.labels reads. In each frame all samples compete for the annotations, so that one who is
    not asked for keeps their own. Raises UserError.
    """
    source = Path(source).expanduser().absolute()
    number = project.latest_round()
    if number is None:
        raise UserError("Nothing is estimated yet, so there are no people to label; run the estimation first.")
    queued = set(project.queued())
    if not queued and not any_sample:
        raise UserError("No samples wait for labels; propose some first.")
    videos = project.videos()
    dataset = read_labels(source, project.skeleton, lambda image: _size_of(image, videos))
    labels: list[Label] = []
    images_by_video = _images_by_video(videos, dataset, source.name)
    for video, images in images_by_video.items():
        predictions = project.predictions(video.id, number)
        if predictions is None:
            continue
        names = project.store.track_names(video.id)
        labels += _labels(predictions, dataset, images, names, None if any_sample else queued)
    if not labels:
        wanted = "an estimated" if any_sample else "a proposed"
        raise UserError(f"No annotation in {source.name} lies on {wanted} person; check that it is of this video.")
    before = project.store.labels(accepted_only=False)
    done = {label.sample for label in labels}
    notes = []
    if replaced := len(done & before.keys()):
        notes.append(f", {replaced} of them had a label before")
    if unmatched := len(queued - done):
        notes.append(f"; {unmatched} proposed {'one has' if unmatched == 1 else 'ones have'} no person there")
    if elsewhere := len(dataset.images) - sum(map(len, images_by_video.values())):
        notes.append(f"; {elsewhere} of its images are not of this project")
    if ignored := dataset.ignored:
        notes.append(f"; what {project.skeleton.name} does not have was passed over: {', '.join(ignored)[:200]}")
    samples = f"{len(done)} {'sample was' if len(done) == 1 else 'samples were'}"
    sentence = f"{samples} labelled from {source.name}{''.join(notes)}."
    return AnnotateResult(tuple(labels), len(done), unmatched, replaced, sentence)


def _size_of(image: CocoImage, videos: list[Video]) -> tuple[int, int] | None:
    video = _video_of(image, videos)
    return None if video is None else (video.width, video.height)


def _images_by_video(videos: list[Video], dataset: CocoDataset, name: str) -> dict[Video, dict[int, CocoImage]]:
    """Of each video in the file its images by frame; images of other videos are left out. Raises UserError."""
    found: dict[Video, dict[int, CocoImage]] = {}
    frames = {video: frames_by_name(video.path) for video in videos}
    for image in dataset.images.values():
        having = [video for video in videos if image.base_name in frames[video]]
        video = _video_of(image, videos) or (having[0] if len(having) == 1 else None)
        if video is None:
            continue
        image = replace(image, frame=image.frame_among(frames[video]))
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
    predictions: Predictions,
    dataset: CocoDataset,
    images: dict[int, CocoImage],
    names: dict[int, str],
    wanted: set[SampleId] | None,
) -> list[Label]:
    """names: of the people by track; wanted: the samples to label, None for all."""
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
        called = [names[sample.track] for sample in samples]
        for i, person in _pairs(predictions.boxes[rows], called, here):
            asked = wanted is None or samples[i] in wanted
            if asked and here[person].visibility.any():
                labels.append(_label(predictions, rows.start + i, here[person]))
    return labels


def _pairs(boxes: np.ndarray, names: list[str], people: list[CocoPerson]) -> list[tuple[int, int]]:
    """Samples and annotations of one frame that belong together, each at most once: the best for all of them.

    Who has the name of a sample and lies on it comes before all who overlap with it more.
    """
    overlap = iou(boxes.astype(np.float64), np.array([person.extent for person in people]))
    overlap[overlap < LEAST_OVERLAP] = 0
    for j, person in enumerate(people):
        for i, name in enumerate(names):
            if person.name == name and _lies_on(person, boxes[i]):
                overlap[i, j] += 1
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if overlap[i, j] > 0]


def _lies_on(person: CocoPerson, box: np.ndarray) -> bool:
    """Whether the middle of the placed joints is in the box."""
    placed = person.points[person.visibility > 0]
    middle = placed.mean(0) if len(placed) else np.full(2, np.nan)
    return bool((middle >= box[:2]).all() and (middle <= box[2:]).all())


def _label(predictions: Predictions, row: int, person: CocoPerson) -> Label:
    pose = LabelledPose(
        person.points, person.visibility, predictions.box(row), predictions.pose(row), predictions.round
    )
    return Label(predictions.sample(row), pose, accepted=True)
