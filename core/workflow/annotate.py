"""Labels from a file, for a project whose labels are made elsewhere."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from core.domain import Box, LabelledPose, SampleId, UserError
from core.domain.overlap import iou
from core.formats.coco import PREDICTIONS, CocoDataset, CocoImage, CocoPerson
from core.formats.labels import read_labels
from core.formats.records import BEGIN_WITH_POSES
from core.formats.tables import ROWS
from core.project.project import Project
from core.project.recovery.backups import back_up
from core.project.store.predictions import Predictions
from core.project.store.store import Label
from core.queries.stray_poses import confirm, doubtful_labels
from core.workflow.label_frames import AS_WRITTEN, Belonging, Numbering, video_called
from core.workflow.not_taken import not_taken_in_words
from core.workflow.numbering_check import better_numbering, miscounted

FEW = 5  # joints: the box around them is not the person's
LEAST_OVERLAP = 0.2  # intersection over union of an annotation and the sample it labels


@dataclass(frozen=True)
class AnnotateResult:
    """labels: as they are to be stored; labelled: how many; unmatched: proposed ones that the file has no
    person for; replaced: labels that stood there before; sentence: the same in words.
    """

    labels: tuple[Label, ...]
    labelled: int
    unmatched: int
    replaced: int
    sentence: str


def annotate(
    project: Project,
    source: Path,
    any_sample: bool = False,
    sure: bool = False,
    numbering: Numbering | None = None,
    video: str = "",
) -> AnnotateResult:
    """Labels the proposed samples with the people of a file, or with any_sample every one it knows.

    sure: those that lie on somebody else are right; numbering, video: see labels_of. Nothing is written when
    anything in the file is wrong. Raises UserError.
    """
    result = labels_of(project, source, any_sample, numbering, video)
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


def labels_of(
    project: Project,
    source: Path,
    any_sample: bool = False,
    numbering: Numbering | None = None,
    video: str = "",
) -> AnnotateResult:
    """The labels that annotate() writes, not yet written.

    source: whatever core.formats.labels reads. In each frame all samples compete for the annotations, so that
    one who is not asked for keeps their own. numbering: how the file counts frames; as written where it is
    None, if that does not fit worse than another. video: of images that the file does not assign to one, see
    video_called. Raises UserError, and Miscounted.
    """
    source = Path(source).expanduser().absolute()
    number = project.latest_round()
    if number is None:
        raise UserError(
            "Nothing is estimated yet, so there are no people to label; run the estimation first."
        )
    queued = set(project.queued())
    if not queued and not any_sample:
        raise UserError("No pose waits for a label. Propose a batch first.")
    videos = project.videos()
    belonging = Belonging(videos, video_called(videos, video) if video else None)
    dataset = read_labels(source, project.skeleton, belonging.size_of)
    if not dataset.people and (dataset.passed or not dataset.images):
        raise UserError(_why_none(dataset, {}, source.name, any_sample))
    _check_pixels(dataset, source.name)
    images_by_video = belonging.by_video(dataset, source.name, numbering or AS_WRITTEN)
    people = _people(dataset)
    labels: list[Label] = []
    for found, images in images_by_video.items():
        predictions = project.predictions(found.id, number)
        if predictions is None:
            continue
        if numbering is None and not dataset.ours and not belonging.named(found, images):
            better = better_numbering(predictions, images, people, found.frame_count)
            if better is not None:
                raise miscounted(source.name, better)
        names = project.store.track_names(found.id)
        labels += _labels(predictions, people, images, names, None if any_sample else queued)
    if not labels:
        raise UserError(_why_none(dataset, people, source.name, any_sample))
    before = project.store.labels(accepted_only=False)
    done = {label.sample for label in labels}
    replaced, unmatched = len(done & before.keys()), len(queued - done)
    used = {image.id for images in images_by_video.values() for image in images.values()}
    here = sum(len(people.get(image, ())) for image in used)
    elsewhere = len(dataset.images) - sum(map(len, images_by_video.values()))
    notes = [
        f", {replaced} of them had a label before" if replaced else "",
        f"; {unmatched} proposed {'one has' if unmatched == 1 else 'ones have'} no person there"
        if unmatched
        else "",
        _left_out(dataset, elsewhere, here - len(done) if any_sample else 0),
    ]
    poses = f"{len(done)} {'pose was' if len(done) == 1 else 'poses were'}"
    sentence = " ".join([f"{poses} labelled from {source.name}{''.join(notes)}.", *dataset.warnings])
    return AnnotateResult(tuple(labels), len(done), unmatched, replaced, sentence)


def _left_out(dataset: CocoDataset, elsewhere: int, unplaced: int) -> str:
    """What of a file became no label, in words. elsewhere: how many of its images are not of the project;
    unplaced: people in the others who became none.
    """
    notes = []
    if elsewhere:
        are = "is" if elsewhere == 1 else "are"
        notes.append(f"; {elsewhere} of its images {are} not of this project")
    if unplaced > 0:
        lie = "1 of its people lies" if unplaced == 1 else f"{unplaced} of its people lie"
        have = "has" if unplaced == 1 else "have"
        notes.append(f"; {lie} on nobody who was estimated, or {have} no joints")
    notes += not_taken_in_words(dataset.passed)
    if dataset.ignored:
        joints = ", ".join(dataset.ignored)[:200]
        notes.append(f"; what {dataset.skeleton.name} does not have was passed over: {joints}")
    return "".join(notes)


def _people(dataset: CocoDataset) -> dict[int, list[CocoPerson]]:
    """By image."""
    people: dict[int, list[CocoPerson]] = {}
    for person in dataset.people:
        people.setdefault(person.image, []).append(person)
    return people


def _check_pixels(dataset: CocoDataset, name: str) -> None:
    """Raises UserError where the joints are shares of the picture."""
    placed = [person.points[person.visibility > 0] for person in dataset.people]
    points = np.concatenate([np.empty((0, 2)), *placed])
    if len(points) > FEW and (points >= 0).all() and (points <= 1).all():
        raise UserError(
            f"All joints in {name} lie between 0 and 1: they are shares of the picture. Give pixels, x times "
            "the width of the video and y times its height."
        )


def _why_none(dataset: CocoDataset, people: dict[int, list[CocoPerson]], name: str, any_sample: bool) -> str:
    """Why no label came of a file."""
    passed = "".join(not_taken_in_words(dataset.passed))
    if not people and dataset.passed:
        predicted = f", or {BEGIN_WITH_POSES}" if {PREDICTIONS, ROWS} & dataset.passed.keys() else ""
        return f"{name} holds no labels of a human{passed}. Give a file that was labelled{predicted}."
    if not people:
        return f"{name} holds no people{passed}. Give a file that was labelled."
    if not any(person.visibility.any() for person in dataset.people):
        return f"No joint is placed in {name}{passed}. Give a file that was labelled."
    wanted = "an estimated" if any_sample else "a proposed"
    return f"No annotation in {name} lies on {wanted} person{passed}; check that it is of this video."


def _labels(
    predictions: Predictions,
    people: dict[int, list[CocoPerson]],
    images: dict[int, CocoImage],
    names: dict[int, str],
    wanted: set[SampleId] | None,
) -> list[Label]:
    """people: by image; names: of those of the project by track; wanted: the samples to label, None for
    all.
    """
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
    extents = [[person.extent for person in people], [replace(one, box=None).extent for one in people]]
    ways = [np.array([box or (0, 0, 0, 0) for box in own], np.float64) for own in extents]
    # some tools give the whole picture as box, others that of a few joints
    overlap = np.max([iou(boxes.astype(np.float64), own) for own in ways], axis=0)
    overlap[overlap < LEAST_OVERLAP] = 0
    for j, person in enumerate(people):
        # too few to tell how large the person is
        if person.box is None and (person.visibility > 0).sum() < FEW:
            overlap[:, j] = [_lies_on(person, box) / (1 + Box(*box).area) for box in boxes.astype(np.float64)]
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
