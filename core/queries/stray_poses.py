"""Poses that are hardly right: those that lie on a neighbour, those where nobody can be seen, and those of
which hardly a joint is sure.

A label that still is such a pose is doubtful: it is not learned from, nor counted as right, before its user
has accepted it a second time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.domain import SampleId
from core.evaluation.shared_bodies import SharedBodies, shared_bodies
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.settings import CONFIRMED
from core.project.store.store import Label

UNSURE, UNSURE_SECONDS = 0.2, 0.3  # mean confidence of the joints, and for how long
SEEN = 0.45  # of the usual confidence of a video
APART_SECONDS = 0.5  # within which the same two lie on one body again, it is the same stretch


@dataclass(frozen=True)
class Strays:
    """Poses of a round that nobody has put right: so many lie on a neighbour, so many where nobody can
    be seen, and of so many others hardly a joint is sure.
    """

    on_neighbour: int = 0
    on_nobody: int = 0
    unsure: int = 0

    @property
    def sentence(self) -> str:
        """'' without any."""
        kinds = (
            (self.on_neighbour, "lies on a neighbour", "lie on a neighbour"),
            (
                self.on_nobody,
                "lies where hardly anybody can be seen",
                "lie where hardly anybody can be seen",
            ),
            (self.unsure, "has hardly a joint that is sure", "have hardly a joint that is sure"),
        )
        parts: list[str] = []
        for count, of_one, of_many in kinds:
            if count:
                poses = "" if parts else " pose" if count == 1 else " poses"
                parts.append(f"{count}{poses} {of_one if count == 1 else of_many}")
        return " and ".join(parts)


@dataclass(frozen=True, eq=False)
class Shared:
    """A stretch of frames in which two people lie on one body. thief, owner: tracks, whose body it is not and
    is as far as can be told; rows: (n,) of the thief's poses there, by frame; worst: the one that is most
    surely the thief's.
    """

    thief: int
    owner: int
    rows: np.ndarray
    worst: int


def shared_stretches(predictions: Predictions, pairs: SharedBodies, fps: float) -> list[Shared]:
    """In the order of their first frames; the thief of a stretch is who fits worse in most of its frames.

    Only those in which it is told in a frame at least: where two who stand alike pass, boxes coincide as
    poses do.
    """
    track, frame = predictions.track, predictions.frame
    low, high = (pick(track[pairs.thief], track[pairs.owner]) for pick in (np.minimum, np.maximum))
    at = frame[pairs.thief]
    order = np.lexsort((at, high, low))
    gap = max(1, round(APART_SECONDS * fps))
    new = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0) | (np.diff(at[order]) > gap)
    found = []
    for stretch in np.split(order, np.flatnonzero(new) + 1):
        if not pairs.told[stretch].any():
            continue
        tracks, votes = np.unique(track[pairs.thief[stretch]], return_counts=True)
        thief = int(tracks[votes.argmax()])
        own = stretch[track[pairs.thief[stretch]] == thief]
        worst = own[np.lexsort((-pairs.similarity[own], ~pairs.told[own]))[0]]
        rows = np.where(track[pairs.thief[stretch]] == thief, pairs.thief[stretch], pairs.owner[stretch])
        owner = int(low[stretch[0]] + high[stretch[0]] - thief)
        found.append(Shared(thief, owner, rows, int(pairs.thief[worst])))
    return sorted(found, key=lambda one: (int(frame[one.rows[0]]), one.thief))


def strays(project: Project, number: int, sound: set[SampleId]) -> Strays:
    """sound: samples whose label put them right."""
    on_neighbour = on_nobody = unsure = 0
    for video in project.videos():
        predictions = project.predictions(video.id, number)
        if predictions is None:
            continue
        stretches = shared_stretches(predictions, project.shared_bodies(video.id, number), video.fps)
        thieves = {predictions.sample(row) for one in stretches for row in one.rows.tolist()}
        on_neighbour += len(thieves - sound)
        least = max(1, round(UNSURE_SECONDS * video.fps))
        rows = unsure_rows(
            predictions, {sample for sample in sound if predictions.row(sample) is not None}, least
        )
        seen = project.in_sight(video.id, number)
        others = [bool(seen[row]) for row in rows.tolist() if predictions.sample(row) not in thieves]
        unsure += sum(others)
        on_nobody += len(others) - sum(others)
    return Strays(on_neighbour, on_nobody, unsure)


def unsure_rows(predictions: Predictions, sound: Iterable[SampleId], least: int) -> np.ndarray:
    """(n,) rows whose joints are hardly seen, in at least so many frames of somebody that follow one another.

    sound: samples of these predictions that a human has settled.
    """
    hardly = predictions.confidence.mean(1) < UNSURE
    hardly[[predictions.row(sample) for sample in sound]] = False
    rows = np.flatnonzero(hardly)
    rows = rows[np.lexsort((predictions.frame[rows], predictions.track[rows]))]
    track, frame = predictions.track[rows], predictions.frame[rows]
    breaks = np.flatnonzero((np.diff(track) != 0) | (np.diff(frame) != 1)) + 1
    runs = np.split(rows, breaks)
    return np.concatenate([run for run in runs if len(run) >= least] or [np.empty(0, np.int64)])


def doubtful_labels(
    project: Project,
    labels: Iterable[Label],
    number: int | None = None,
    others: Mapping[SampleId, Label] | None = None,
) -> set[SampleId]:
    """Which of the labels still lie on another's body or on nobody, or are poses of which hardly a joint was
    sure, those left out that were accepted a second time.

    What is compared is the pose as the human left it, with the label of each other person of the frame, else
    with what round `number`, the latest by default, estimates for them. others: every label, where they are
    known already.
    """
    confirmed = set(project.setting(CONFIRMED) or ())
    unconfirmed = [label for label in labels if label.fingerprint not in confirmed]
    if not unconfirmed:
        return set()
    return set(
        stray_labels(project, unconfirmed, project.store.labels() if others is None else others, number)
    )


def in_doubt(labels: int) -> str:
    return f"{labels} accepted {'pose is' if labels == 1 else 'poses are'} in doubt"


def confirm(project: Project, labels: Iterable[Label]) -> None:
    """The user says that doubtful labels are right. Of what was confirmed before, only what still is a
    label is kept.
    """
    present = {label.fingerprint for label in project.store.labels(accepted_only=False).values()}
    before = present.intersection(project.setting(CONFIRMED) or ())
    project.store.set_setting(CONFIRMED, sorted(before | {label.fingerprint for label in labels}))


def stray_labels(
    project: Project, labels: Iterable[Label], others: Mapping[SampleId, Label], number: int | None = None
) -> dict[SampleId, int | None]:
    """Labels that are doubtful, whether confirmed or not: the track on whose body each lies, None where it is
    unsure, see unsure_labels.

    others: every label that is known.
    """
    video_of = project.video_of_track()
    by_video: dict[int, list[Label]] = {}
    for label in labels:
        by_video.setdefault(video_of[label.sample.track], []).append(label)
    found: dict[SampleId, int | None] = {}
    for video, own in by_video.items():
        predictions = project.predictions(video, number)
        found |= dict.fromkeys(_unsure_labels(project, video, own, number))
        if predictions is not None:
            found |= _on_neighbours(predictions, own, others, project.skeleton.sigmas)
    return found


def unchanged(label: Label) -> bool:
    """Whether the pose is the one that was estimated."""
    pose = label.pose
    return pose.prediction is not None and bool((pose.points == pose.prediction.points)[pose.labelled].all())


def unsure_labels(project: Project, labels: Iterable[Label], number: int | None = None) -> set[SampleId]:
    """Those accepted as they were estimated where hardly anybody can be seen or hardly a joint is sure,
    confirmed or not: such a label repeats the estimate, and says nothing of how right it is.
    """
    video_of = project.video_of_track()
    by_video: dict[int, list[Label]] = {}
    for label in labels:
        by_video.setdefault(video_of[label.sample.track], []).append(label)
    parts = (_unsure_labels(project, video, own, number) for video, own in by_video.items())
    return set().union(*parts)


def in_sight(project: Project, sample: SampleId) -> bool:
    """Whether somebody can be seen in the box of an estimated pose; true where nothing is estimated."""
    video = project.video_of_track()[sample.track]
    predictions = project.predictions(video)
    row = None if predictions is None else predictions.row(sample)
    return row is None or bool(project.in_sight(video)[row])


def _unsure_labels(
    project: Project, video: int, labels: Iterable[Label], number: int | None
) -> list[SampleId]:
    predictions, as_estimated = (
        project.predictions(video, number),
        [label for label in labels if unchanged(label)],
    )
    usual, held = 0.0, set()
    if as_estimated and predictions is not None and len(predictions):
        usual = float(np.median(predictions.confidence.mean(1)))
        seen = project.in_sight(video, number)
        rows = {label.sample: predictions.row(label.sample) for label in as_estimated}
        held = {sample for sample, row in rows.items() if row is not None and not seen[row]}
    least = max(UNSURE, SEEN * usual)
    return [
        label.sample
        for label in as_estimated
        if label.pose.prediction is not None
        and (label.sample in held or label.pose.prediction.confidence.mean() < least)
    ]


def _on_neighbours(
    predictions: Predictions, labels: list[Label], others: Mapping[SampleId, Label], sigmas: tuple[float, ...]
) -> dict[SampleId, int]:
    """The neighbours' tracks. A pose as it was estimated is doubted where either of two may be the one that
    lies on the other's body; one that a human changed only where it fits its own box worse.
    """
    asked = {label.sample: label for label in labels if label.pose.labelled.any()}
    poses, boxes, confidence = {}, {}, {}
    tracks = {int(track) for track in np.unique(predictions.track)} | {sample.track for sample in asked}
    frames = {sample.frame for sample in asked}
    for frame in frames:
        rows = predictions.rows_at(frame)
        for row in range(rows.start, rows.stop):
            sample = predictions.sample(row)
            poses[sample], boxes[sample] = predictions.points[row], predictions.boxes[row]
            confidence[sample] = predictions.confidence[row]
    known = [label for sample, label in others.items() if sample.frame in frames and sample.track in tracks]
    for label in (*known, *labels):
        poses[label.sample], boxes[label.sample] = label.pose.points, label.pose.box
        confidence[label.sample] = label.pose.labelled
    samples = sorted(poses, key=lambda sample: (sample.frame, sample.track))
    if not samples:
        return {}
    columns = (
        np.array([values[sample] for sample in samples], float) for values in (boxes, poses, confidence)
    )
    at, points, seen = columns
    pairs = shared_bodies(np.array([sample.frame for sample in samples]), at, points, seen, np.array(sigmas))
    found = {}
    for thief, owner, told in zip(
        pairs.thief.tolist(), pairs.owner.tolist(), pairs.told.tolist(), strict=True
    ):
        one, other = samples[thief], samples[owner]
        if one in asked:
            found[one] = other.track
        if other in asked and not told and unchanged(asked[other]):
            found[other] = one.track
    return found
