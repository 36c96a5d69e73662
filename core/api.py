"""The loop for scripts: each step is one call on a Project, the same that the window and the command line
make.

    from core.api import Project, annotate, estimate, export, finetune, propose, status

    if __name__ == "__main__":  # fine-tuning starts a process of its own
        with Project("dance.posetailor", create=True) as project:
            video = project.add_video("dance.mp4")
            estimate(project, video.id)
            propose(project, size=20)
            annotate(project, "corrected.json")
            finetune(project)
            print(status(project)[-1].advice.sentence)
            export(project, "coco", "poses")

Paths may be strings. All raise UserError with one sentence for whatever stands in the way. The examples go
on from one another.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import LabelledPose, Monitor, SampleId, Silent, Span, UserError
from core.export.export import export as _export
from core.export.options import ExportOptions
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.store import QueueItem
from core.queries.review import Review
from core.queries.review import review as _review
from core.queries.scores import scores
from core.queries.status import RoundStatus
from core.queries.status import status as _status
from core.workflow.annotate import AnnotateResult
from core.workflow.annotate import annotate as _annotate
from core.workflow.estimate import estimate as _estimate
from core.workflow.fine_tune import finetune as _finetune
from core.workflow.given_poses import PoseSource
from core.workflow.propose import propose as _propose

__all__ = [
    "Project",
    "UserError",
    "annotate",
    "estimate",
    "export",
    "finetune",
    "labels",
    "predictions",
    "propose",
    "review",
    "status",
    "uncertainty",
]


def estimate(
    project: Project,
    videos: int | Iterable[int],
    monitor: Monitor | None = None,
    poses: Path | str | None = None,
    **options: Any,
) -> None:
    """Finds the people of videos and estimates their poses.

    videos: one or several, by number; monitor: is told of the progress, and may cancel; poses: a file or
    folder of another program's, which are round 0 then; options: `estimator`, `device`,
    `budget` in seconds, `spans` of frames and the others of core.workflow.estimate.estimate. What was
    finished stays when it is cancelled or fails. Raises UserError, Cancelled.

    >>> estimate(project, 1, estimator="lightning", spans=[(0, 8)])
    """
    given = None if poses is None else PoseSource(Path(poses))
    _estimate(project, videos, monitor or Silent(), poses=given, **options)


def predictions(project: Project, video: int = 1) -> Predictions:
    """The poses of the latest round: columns over the N samples of a video, by frame, then track.

    track, frame: (N,) int64; boxes: (N, 4) float32 x0, y0, x1, y1; points: (N, K, 2) float32; all in image
    pixels, where the centre of the first pixel is (0, 0); confidence: (N, K) in 0..1, height of the peak in
    the heatmap. Raises UserError before the first estimation.

    >>> poses = predictions(project)
    >>> poses.points.shape[1:]
    (17, 2)
    >>> bool((poses.confidence <= 1).all())
    True
    """
    found = project.predictions(video)
    if found is None:
        raise UserError("Nothing is estimated yet. Estimate the poses first.")
    return found


def uncertainty(project: Project, video: int = 1, criterion: str | None = None) -> np.ndarray:
    """(N,) in 0..1 for the rows of predictions(), higher for what is more likely wrong; NaN where nothing is
    known.

    criterion: a name or a sum such as "thc+wpu", by default the project's. Of THC and WPU see Taketsugu and
    Ukita, Active Transfer Learning for Efficient Video-Specific Human Pose Estimation, WACV 2024, sections
    3.2 and 3.3. Raises UserError, NotComputed.

    >>> values = uncertainty(project, criterion="thc")
    >>> values.shape == poses.frame.shape
    True
    """
    return scores(project, video, criterion or project.setting("criterion"))


def propose(
    project: Project,
    size: int | None = None,
    criterion: str | None = None,
    sampler: str | None = None,
    span: tuple[int, int] | None = None,
    seed: int = 0,
) -> list[QueueItem]:
    """Queues the poses that are worth correcting next, by default those whose labels mend most around
    them (docs/method.md); sampler "duw" is DUW Core-Set (the paper, section 3.3).

    size: 5 % of all by default; span: first and last frame to choose from, of the first video. What is
    labelled or queued is never proposed again. Raises UserError, also where nothing is left.

    >>> batch = propose(project, size=2)
    >>> [item.sample.frame in range(8) for item in batch]
    [True, True]
    """
    chosen = None if span is None else Span(project.videos()[0].id, *span)
    return _propose(project, size, criterion, sampler, seed=seed, span=chosen)


def annotate(
    project: Project, source: str | Path, any_sample: bool = False, sure: bool = False, **options: Any
) -> AnnotateResult:
    """Takes labels from a file of any format that can be imported.

    any_sample: also for poses that were not proposed; sure: those that lie on somebody else are right;
    options: as of core.workflow.annotate.annotate. Nothing is written where anything in the file is wrong.
    Raises UserError.

    >>> annotate(project, corrected).labelled
    2
    """
    return _annotate(project, Path(source), any_sample, sure, **options)


def labels(project: Project) -> dict[SampleId, LabelledPose]:
    """What a human made of poses, by track and frame: points (K, 2) float64 in image pixels, visibility (K,)
    of Visibility.

    >>> sorted(pose.points.shape for pose in labels(project).values())
    [(17, 2), (17, 2)]
    """
    return {sample: label.pose for sample, label in project.labels().items()}


def finetune(project: Project, monitor: Monitor | None = None, **options: Any) -> str:
    """Adapts the estimator to the labels, in a process of its own, and estimates with it as the next round.

    options: `steps`, `device`, `budget` and the others of core.workflow.fine_tune.finetune. Returns why the
    present estimator stays, '' where there is a new round. Raises UserError, OutOfMemory, Cancelled.

    >>> finetune(project, steps=1)
    ''
    """
    return _finetune(project, monitor or Silent(), **options)


def status(project: Project) -> list[RoundStatus]:
    """Where the project stands: one entry for each estimated round, with G, the share of right labels and the
    advice.

    >>> [entry.round for entry in status(project)]
    [0, 1]
    >>> print(status(project)[1].advice.sentence)
    No labels in this round yet: propose a batch and correct it.
    """
    return _status(project)


def review(project: Project) -> Review:
    """What the latest fine-tuning changed: poses that moved, labels that the estimator contradicts, errors
    joint by joint.

    >>> review(project).round
    1
    """
    return _review(project)


def export(
    project: Project, format: str, out: str | Path, monitor: Monitor | None = None, **options: Any
) -> str:
    """Writes poses and labels as other tools read them, and reads the result again.

    format: see `main.py export --help`; out: a folder or file that appears whole or not at all; options: as
    of core.export.options.ExportOptions. Returns a sentence about what was written. Raises UserError.

    >>> export(project, "csv", folder / "poses.csv")[:6]
    'Wrote '
    """
    return _export(project, format, Path(out), monitor or Silent(), ExportOptions(**options))
