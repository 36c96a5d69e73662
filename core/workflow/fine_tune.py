"""The next round: the estimator fine-tuned on the labels, then estimating begins again with it."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.adaptation.training_set import TrainingSample, choose_samples
from core.adaptation.unlabelled import BY_ITSELF, CANDIDATES, Poses, consecutive_rows, sure_rows
from core.domain import Monitor, UserError
from core.project.estimators.models import ESTIMATOR, prior_paths, wanted_device, weights_of_round
from core.project.project import Project
from core.project.store.settings import GIVEN_BOXES
from core.project.store.store import Label
from core.project.videos import locate, open_located
from core.queries.scores import sample_rows
from core.queries.status import GIVEN_STAY, LEARNED, REFUSED, label_oks, measure
from core.queries.stray_poses import doubtful_labels
from core.torch_process import supervisor
from core.torch_process.fine_tune import FineTune, halved
from core.uncertainty.features import as_coco, why_no_prior
from core.workflow.follow_boxes import training_box
from core.workflow.forget import first_confidence
from core.workflow.given_poses import know_confidence
from core.workflow.join_shards import bring_up_to_date
from core.workflow.next_round import begin_round, next_round

AFTER = 3.0  # seconds of it for the last segment, and for putting things in their place
LEAST = 10.0  # seconds of a budget that estimating has in any case
SEEN = 0.1  # of a peak: a lower one says nothing of where the joint is


def finetune(
    project: Project,
    monitor: Monitor,
    *,
    steps: int | None = None,
    device: str | None = None,
    seed: int = 0,
    without_labels: bool = False,
    budget: float | None = None,
    replace_poses: bool = False,
) -> str:
    """Trains on the labels (ACFT), then estimates the videos again with the new estimator, as the next round.

    Where the new estimator came out worse as far as that can be told, there is no next round and the present
    estimator stays. Returns the sentence that says so, '' after a new round. steps: exactly so many, None for
    the project's setting, and without one for the method's rule within its budget. without_labels: before the
    first label, on poses that look right as they are (self-training). budget: seconds for all but the
    training, after which estimating ends, where there are labels first; None for everything. replace_poses:
    those from a file too where they are nearer to the labels than the estimator's. A monitor that
    has had enough ends the training with the weights so far. One that is cancelled, fails or is killed before
    the new estimator has estimated anything leaves the project in the round it was in; later, what it
    estimated stays. Raises UserError, OutOfMemory, Cancelled.
    """
    with project.alone():
        return _finetune(
            project,
            monitor,
            steps,
            wanted_device(project, device),
            seed,
            without_labels,
            budget,
            replace_poses,
        )


def _finetune(
    project: Project,
    monitor: Monitor,
    steps: int | None,
    device: str,
    seed: int,
    without_labels: bool,
    budget: float | None,
    replace_poses: bool,
) -> str:
    began, number = time.monotonic(), project.latest_round()
    if number is None:
        raise UserError("There is nothing to fine-tune yet. Estimate the poses first.")
    steps = project.setting("steps") if steps is None else steps
    if steps is not None and steps < 1:
        raise UserError(f"Fine-tuning for {steps} steps is not possible. Give 1 or more.")
    everything = list(project.labels().values())
    labels = [label for label in everything if label.pose.labelled.any()]
    if without_labels:
        _check_without_labels(project, number, labels, replace_poses)
    elif not labels:
        raise UserError("There are no labels to learn from yet. Propose a batch and correct it first.")
    elif project.setting("variant") == "ours":
        doubtful = doubtful_labels(project, labels)
        everything, labels = (
            [label for label in some if label.sample not in doubtful] for some in (everything, labels)
        )
        if not labels:
            raise UserError(
                "Every label lies on somebody else's pose. Correct them, or accept each a second time."
            )
    for video in project.videos():
        bring_up_to_date(project, video)
    measured = measure(project, number)
    for video in project.videos():
        open_located(project, video).close()
    know_confidence(project, device, monitor)
    with next_round(project):
        if without_labels:
            task = _task_without_labels(project, number, device, steps, seed)
        else:
            task = _task(project, labels, number, measured["g"] or 0.0, device, steps, seed)
        trained = _train(replace(task, given=None) if replace_poses else task, monitor)
        reason, why_given = trained.pop("refused", ""), trained.pop("given_stay", "")
        if reason or why_given:
            sentence = (
                refusal(reason, len(labels))
                if reason
                else given_stay(why_given, " and ".join(project.pose_files(number)), len(labels))
            )
            project.store.update_round(number, {REFUSED: sentence, GIVEN_STAY: bool(why_given)})
            return sentence
        left = budget
        if budget is not None:
            spent = time.monotonic() - began - trained.get("seconds", 0)
            left = max(min(LEAST, budget), budget - spent - AFTER)
        summary = trained | {LEARNED: [label.fingerprint for label in everything]}
        begin_round(project, summary, measured, device, monitor, left)
    return ""


def _check_without_labels(project: Project, number: int, labels: list[Label], replace_poses: bool) -> None:
    """Raises UserError."""
    if labels:
        raise UserError("There are labels to learn from already. Fine-tune on them.")
    if not replace_poses and (names := " and ".join(project.pose_files(number))):
        raise UserError(
            f"The poses are from {names}, and without labels nothing tells whether the estimator's are as "
            "good. Label some, then fine-tune on them.",
            "--replace-poses does it all the same.",
        )


def refusal(reason: str, labels: int) -> str:
    """Why there is no next round, and what to do."""
    return f"The round was not kept, because {reason}. The estimator stays as it was; " + (
        f"label more poses than these {labels}, or look at the labels in question, then fine-tune again."
        if labels
        else "label some poses, then fine-tune on them."
    )


def given_stay(why: str, names: str, labels: int) -> str:
    """That the poses from a file stay, and what to do. names: of the files."""
    return (
        f"The poses from {names} stay, because {why}. Label more than "
        f"these {labels} and fine-tune again, or choose an estimator that knows such people better."
    )


def _train(task: FineTune, monitor: Monitor) -> dict:
    """Again with half as many samples a step where the system killed the process, as it does when memory
    is short.
    """
    while True:
        try:
            return supervisor.run(task, monitor)
        except supervisor.Killed:
            if task.batch == 1:
                raise
        task = replace(task, batch=task.batch // 2)
        monitor.report("Fine-tuning", 0, 0, notice=halved(task.batch))


def _task(
    project: Project, labels: list[Label], number: int, g: float, device: str, steps: int | None, seed: int
) -> FineTune:
    values = label_oks(project, labels, number)
    latest = np.array([label.pose.round == number for label in labels])
    variant = project.setting("variant")
    chosen = choose_samples(values, latest, project.setting("tau"), variant)
    video_of = project.video_of_track()
    paths = {video.id: locate(project.folder, video) for video in project.videos()}
    given = project.setting(GIVEN_BOXES)
    samples = [
        TrainingSample(
            paths[video_of[label.sample.track]],
            label.sample.frame,
            np.array(label.pose.box) if video_of[label.sample.track] in given else training_box(label),
            label.pose.points,
            label.pose.labelled,
        )
        for label, wanted in zip(labels, chosen, strict=True)
        if wanted
    ]
    from_file = {video for video in paths if project.pose_file(video, number)}
    foreign = np.array([video_of[label.sample.track] in from_file for label in labels])
    given = np.where(foreign, values, np.nan)
    values[foreign] = np.nan  # they say nothing of the estimator
    pool = _Pool(project, number, labels, paths)
    ours = variant == "ours"
    priors, poses, weights = _for_priors(project, labels)
    return FineTune(
        **_of_project(project, number),
        samples=samples,
        values=values[chosen],
        unlabelled=pool.sure(seed, CANDIDATES) if ours else [],
        consecutive=pool.consecutive(seed) if ours else [],
        competence=g,
        device=device,
        variant=variant,
        steps=steps,
        seed=seed,
        priors=priors,
        poses=poses.astype(np.float32),
        weights_of_joints=weights.astype(np.float32),
        heights=np.array([label.pose.box.height for label in labels], np.float32),
        given=given[chosen] if ours and foreign.any() else None,
    )


def _task_without_labels(
    project: Project, number: int, device: str, steps: int | None, seed: int
) -> FineTune:
    paths = {video.id: locate(project.folder, video) for video in project.videos()}
    pool = _Pool(project, number, [], paths)
    sure = pool.sure(seed, BY_ITSELF + CANDIDATES)
    if not sure:
        raise UserError(
            "No pose is sure enough to learn from it without labels. Propose a batch and correct it."
        )
    samples, others = sure[:BY_ITSELF], sure[BY_ITSELF:]
    return FineTune(
        **_of_project(project, number),
        samples=samples,
        values=np.full(len(samples), np.nan),
        unlabelled=others,
        consecutive=pool.consecutive(seed),
        competence=1.0,
        device=device,
        variant="ours",
        steps=steps,
        seed=seed,
        priors={},
        poses=np.empty((0, 17, 2), np.float32),
        weights_of_joints=np.empty((0, 17), np.float32),
        heights=np.empty(0, np.float32),
        by_itself=True,
    )


class _Pool:
    """The poses of all videos as round `number` estimated them, and which of them have a label."""

    def __init__(self, project: Project, number: int, labels: list[Label], paths: dict[int, Path]):
        known = [project.predictions(video.id, number) for video in project.videos()]
        self._found = found = [p for p in (p.computed() for p in known if p is not None) if len(p)]
        self._paths = paths
        if not found:
            return
        starts = np.cumsum(
            [0, *(int(p.frame.max(initial=0)) + 2 for p in found)]
        )  # of one video after those of another
        names = ("track", "points", "boxes", "confidence")
        track, points, boxes, confidence = (
            np.concatenate([getattr(p, name) for p in found]) for name in names
        )
        frame = np.concatenate([p.frame + first for p, first in zip(found, starts, strict=False)])
        self._poses = Poses(track, frame, points, boxes, confidence)
        self._labelled = sample_rows(found, {label.sample for label in labels})
        self._video = np.repeat(np.arange(len(found)), [len(p) for p in found])
        self._starts = starts

    def sure(self, seed: int, count: int) -> list[TrainingSample]:
        """At most `count` poses that look right and have no label."""
        return self._samples(sure_rows(self._poses, self._labelled, seed, count)) if self._found else []

    def consecutive(self, seed: int) -> list[TrainingSample]:
        """Some poses, each followed by that of the next frame."""
        return (
            self._samples(consecutive_rows(self._poses, self._labelled, seed).flatten())
            if self._found
            else []
        )

    def _samples(self, rows: np.ndarray) -> list[TrainingSample]:
        poses, video = self._poses, self._video
        return [
            TrainingSample(
                self._paths[self._found[video[row]].video],
                int(poses.frame[row] - self._starts[video[row]]),
                poses.boxes[row],
                poses.points[row].astype(np.float64),
                poses.confidence[row] >= SEEN,
            )
            for row in rows.tolist()
        ]


def _of_project(project: Project, number: int) -> dict:
    """What every task says: where the estimator is and goes, how many poses there are, and how sure the
    estimator of round 0 was of them, as far as that is known.
    """
    weights, architecture = weights_of_round(project, number)
    latest = project.latest_round()
    return {
        "weights": weights,
        "architecture": architecture,
        "onnx": project.estimator_folder(number) / ESTIMATOR,
        "folder": project.estimator_folder(number + 1),
        "pool": sum(len(p) for v in project.videos() if (p := project.predictions(v.id, latest)) is not None),
        "confidence": first_confidence(project),
    }


def _for_priors(project: Project, labels: list[Label]) -> tuple[dict[str, Path], np.ndarray, np.ndarray]:
    """The priors to adapt, none where they do not know such poses; all labels (n, 17, 2) and their weights
    (n, 17).
    """
    points, weights = (np.stack(values) for values in zip(*map(_complete, labels), strict=True))
    if why_no_prior(project.skeleton):
        return {}, points, weights
    return prior_paths(project, 0), *as_coco(points, weights, project.skeleton)[:2]


def _complete(label: Label) -> tuple[np.ndarray, np.ndarray]:
    """A label's points (K, 2) and weights (K,), joints it lacks taken from the prediction it started from."""
    pose = label.pose
    if pose.prediction is None:
        return pose.points, pose.labelled.astype(np.float64)
    points = np.where(pose.labelled[:, None], pose.points, pose.prediction.points)
    return points, np.where(pose.labelled, 1.0, pose.prediction.confidence)
