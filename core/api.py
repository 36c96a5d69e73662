"""The loop for scripts: each step is one call on a Project, the same that the window and the command line make.

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

Paths may be strings. All raise UserError with one sentence for whatever stands in the way.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.domain import Monitor, Silent, UserError
from core.export.export import export as _export
from core.export.options import ExportOptions
from core.project.project import Project
from core.queries.review import review
from core.queries.status import status
from core.workflow.annotate import AnnotateResult
from core.workflow.annotate import annotate as _annotate
from core.workflow.estimate import estimate as _estimate
from core.workflow.fine_tune import finetune as _finetune
from core.workflow.propose import propose

__all__ = ["Project", "UserError", "annotate", "estimate", "export", "finetune", "propose", "review", "status"]


def estimate(project: Project, videos: int | Iterable[int], monitor: Monitor | None = None, **options: Any) -> None:
    """videos: one or several, by number; options: as of core.workflow.estimate.estimate."""
    _estimate(project, videos, monitor or Silent(), **options)


def annotate(
    project: Project, source: str | Path, any_sample: bool = False, sure: bool = False, **options: Any
) -> AnnotateResult:
    """Labels from a file of any format that can be imported. any_sample: also for poses that were not proposed; sure: those
    that lie on somebody else are right. options: as of core.workflow.annotate.annotate.
    """
    return _annotate(project, Path(source), any_sample, sure, **options)


def finetune(project: Project, monitor: Monitor | None = None, **options: Any) -> str:
    """Why there is no next round, '' where there is one. options: as of core.workflow.fine_tune.finetune."""
    return _finetune(project, monitor or Silent(), **options)


def export(project: Project, format: str, out: str | Path, monitor: Monitor | None = None, **options: Any) -> str:
    """Returns a sentence about what was written. options: as of core.export.options.ExportOptions."""
    return _export(project, format, Path(out), monitor or Silent(), ExportOptions(**options))
