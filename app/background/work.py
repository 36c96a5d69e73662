"""The operations of the step bar as jobs: each opens its own project and says what it changed."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.background.estimation_monitors import Growing
from app.background.filling import Filling
from app.background.job import Job
from app.background.on_project import on_project
from app.session import next_step
from app.session.project_opening import Added, add_videos
from app.session.session import EVERYTHING, Change, Session
from app.undo.labels import ChangeLabels
from app.undo.people import ChangePeople
from app.undo.queue import QueueSamples
from core.domain import Monitor, NobodyFound, OutOfMemory, Span
from core.estimation.device import cuda_devices
from core.project.project import Project
from core.project.store.store import Video
from core.project.video_names import shown_names
from core.project.videos import AnotherVideo, VideoMissing, relink
from core.queries.status import GIVEN_STAY
from core.tracking.settings import FindSettings
from core.workflow.label_frames import Miscounted, Numbering, WhichVideo

if TYPE_CHECKING:
    from core.export.options import ExportOptions
    from core.workflow.annotate import AnnotateResult
    from core.workflow.find_people import Found

TO_THE_REST = "Estimate the rest with: Batch → Estimate everything"
ESTIMATED = Change.TRACKS | Change.PREDICTIONS | Change.ROUNDS


class ProjectWork(QObject):
    """Starts operations on the open project, one at a time, and refreshes the session when one ends."""

    started = Signal(Job)
    ended = Signal()
    said = Signal(str)  # a sentence about what was done
    not_kept = Signal(str)  # why a round was not
    offered = Signal(str, str, object)  # why it failed, another way in a word or two, what takes it
    asked = Signal(str, object)  # why it did not go on, and what takes each answer, by its words
    proposed = Signal(object)  # SampleId of the first of a new batch
    search_wanted = Signal()  # for people, with other settings
    grown = Signal()  # more is estimated than is shown

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.job: Job | None = None
        self.filling = Filling(session, lambda: self.job is not None, self)
        self.started.connect(self.filling.pause)
        self.ended.connect(self.filling.resume)
        for work in (self, self.filling):
            work.grown.connect(lambda: session.refresh(ESTIMATED))

    @property
    def writes(self) -> bool:
        """Whether anything of this window changes what is computed."""
        return self.job is not None or self.filling.job is not None

    def why_not(self, action: str) -> str:
        """Why a step of the loop, an action of the table, cannot be taken now; empty when it can."""
        return next_step.why_not(self.facts(), action)

    def may(self, action: str) -> bool:
        """Whether it can be taken now; says why not."""
        why = self.why_not(action)
        if why:
            self._session.hint.emit(why)
        return not why

    def facts(self) -> next_step.Facts:
        return next_step.facts_of(self._session, self.job.name if self.job else None)

    def why_estimator_is_fixed(self) -> str:
        """Empty while it can be chosen."""
        if self._session.round is not None:
            return "Fixed: this project adapts it already. For another one, begin another project."
        return "Fixed while the poses are estimated." if self.job else ""

    def estimate(
        self, videos: Sequence[Video] = (), span: Span | None = None, settings: FindSettings | None = None
    ) -> None:
        """Of the videos, the one on screen by default, for as long as the project's setting says.

        span, settings: frames that are wanted, and how people are looked for.
        """
        chosen = [video.id for video in videos] or [self._session.video.id]
        near = (self._session.video.id, self._session.frame)
        spans = [] if span is None else [(span.first, span.last + 1)]
        estimator = self._session.estimator if self._session.round is None else None  # fixed from then on

        def operation(project: Project, monitor: Monitor) -> str:
            from core.queries.coverage import coverage, reached_in_words
            from core.workflow.estimate import estimate

            watched, budget = Growing(monitor, project, near[0], self.grown.emit), project.setting("budget")
            further = {
                "estimator": estimator,
                "settings": settings,
                "budget": budget,
                "near": near,
                "spans": spans,
            }
            estimate(project, chosen, watched, **further)
            return reached_in_words([one for one in coverage(project) if one.video.id in chosen])

        self.start("Estimating", operation, ESTIMATED, self._say_reached, subject=self._named(chosen))

    def _say_reached(self, reached: str) -> None:
        """reached: how many of the videos, '' where all."""
        if reached:
            others = "follow in the background" if self.filling.wanted else f"wait. {TO_THE_REST}"
            self._session.hint.emit(f"{reached}; the others {others}.")

    def take_poses(self, video: Video, path: Path, first: int | None) -> None:
        """path: of the poses of another program, which are round 0 then; first: what they call the first
        frame, None where they tell.
        """
        estimator = self._session.estimator if self._session.round is None else None

        def operation(project: Project, monitor: Monitor) -> str:
            from core.workflow.estimate import estimate
            from core.workflow.given_poses import PoseSource

            poses = PoseSource(path, None if first is None else Numbering(first))
            watched, budget = Growing(monitor, project, video.id, self.grown.emit), project.setting("budget")
            return estimate(project, video.id, watched, estimator=estimator, poses=poses, budget=budget).taken

        self.start("Importing poses", operation, EVERYTHING, self.said.emit, subject=self._named([video.id]))

    def _named(self, videos: Sequence[int]) -> str:
        """In a project of several, which of them: 'walk.mp4', or how many."""
        names = shown_names(self._session.videos)
        if len(names) < 2:
            return ""
        return names[videos[0]] if len(videos) == 1 else f"{len(videos)} videos"

    def finish(self) -> None:
        """All that the present round has not estimated yet, in all videos."""
        video = self._session.video.id

        def operation(project: Project, monitor: Monitor) -> None:
            from core.workflow.estimate import finish

            finish(project, Growing(monitor, project, video, self.grown.emit))

        unfinished = [one.video.id for one in self._session.coverage if one.share < 1]
        self.start("Estimating", operation, ESTIMATED, subject=self._named(unfinished or [video]))

    def find(self, span: Span, settings: FindSettings) -> None:
        def operation(project: Project, monitor: Monitor) -> "Found":
            from core.workflow.find_people import find_again

            return find_again(
                project,
                span.video,
                monitor,
                start=span.first,
                stop=span.last + 1,
                settings=settings,
                keep=True,
            )

        self.start("Finding people again", operation, EVERYTHING, self._found)

    def propose(self) -> None:
        span = self._session.span

        def operation(project: Project, monitor: Monitor) -> list:
            from core.workflow.propose import propose

            return propose(project, size=project.setting("size"), span=span)

        self.start("Proposing", operation, Change(0), self._proposed)

    def finetune(self, device: str | None = None, **options) -> None:
        """device: the project's by default; options: as of core.workflow.fine_tune.finetune."""
        video = self._session.video.id

        def operation(project: Project, monitor: Monitor) -> str:
            from core.workflow.fine_tune import finetune

            watched, budget = Growing(monitor, project, video, self.grown.emit), project.setting("budget")
            return finetune(project, watched, device=device, budget=budget, **options)

        def fail(job: Job, sentence: str) -> None:
            self._fail(job, sentence, **options)

        self.start("Fine-tuning", operation, ESTIMATED, self._finetuned, fail)

    def go_back(self, number: int) -> None:
        """The next round has the estimator of an earlier one."""
        video = self._session.video.id

        def operation(project: Project, monitor: Monitor) -> None:
            from core.workflow.next_round import go_back

            go_back(
                project,
                number,
                Growing(monitor, project, video, self.grown.emit),
                budget=project.setting("budget"),
            )

        self.start(
            "Going back",
            operation,
            ESTIMATED,
            lambda _: self.said.emit(f"Round {number}'s estimator is back."),
        )

    def export(self, format: str, out: Path, options: "ExportOptions", complete: bool = False) -> None:
        """A file that is there already is replaced. complete: what is not estimated yet is, before."""
        video = self._session.video.id

        def operation(project: Project, monitor: Monitor) -> str:
            from core.export.export import export
            from core.workflow.estimate import finish

            if complete:
                finish(project, Growing(monitor, project, video, self.grown.emit))
            return export(project, format, out, monitor, options, replace=True, way=TO_THE_REST)

        self.start("Exporting", operation, ESTIMATED if complete else Change(0), self.said.emit)

    def import_labels(
        self, source: Path, ask: Callable[[Path], str], numbering: Numbering | None = None, video: str = ""
    ) -> None:
        """ask: which video a file is of, '' for none; numbering, video: what it does not say of itself,
        see labels_of.
        """

        def operation(project: Project, _: Monitor) -> "AnnotateResult":
            from core.workflow.annotate import labels_of

            return labels_of(project, source, True, numbering, video)

        def ask_then() -> None:
            if told := ask(source):
                self.import_labels(source, ask, numbering, told)

        def fail(job: Job, sentence: str) -> None:
            if isinstance(job.error, Miscounted):
                ways = {
                    way.in_words: partial(self.import_labels, source, ask, way, video)
                    for way in job.error.ways
                }
                self.asked.emit(sentence, ways)
            elif isinstance(job.error, WhichVideo):
                self.offered.emit(sentence, "Which video…", ask_then)
            else:
                self._fail(job, sentence)

        self.start("Importing labels", operation, Change.ROUNDS, self._imported, fail)

    def add_videos(self, paths: tuple[Path, ...]) -> None:
        def operation(project: Project, monitor: Monitor) -> Added:
            return add_videos(project, paths, monitor)

        self.start("Adding videos", operation, Change.TRACKS, self._added)

    def relink(self, video: Video, path: Path, again: Callable[[], object], force: bool = False) -> None:
        """path: where the video is now; again: asks for another file; force: see core."""

        def operation(project: Project, monitor: Monitor) -> Video:
            return relink(project, video, path, force)

        def fail(job: Job, sentence: str) -> None:
            if isinstance(job.error, AnotherVideo) and job.error.fits:
                self.offered.emit(
                    sentence, "Use it anyway", lambda: self.relink(video, path, again, force=True)
                )
            else:
                self.offered.emit(sentence, "Choose another…", again)

        self.start("Finding the video", operation, Change.TRACKS, self._session.take_up, fail)

    def start(
        self,
        name: str,
        operation: Callable,
        changes: Change,
        then: Callable[[Any], None] | None = None,
        fail: Callable[[Job, str], None] | None = None,
        subject: str = "",
    ) -> None:
        """changes: what the session has to read anew, however the job ends. then: receives the result; fail:
        says why there is none; subject: what it is about.
        """
        if self.job is not None:
            self._session.hint.emit(f"{self.job.name} is still running; wait for it or cancel it.")
            return
        job = self.job = Job(name, on_project(self._session, operation), self, subject)
        if then is not None:
            job.done.connect(then)
        job.failed.connect(lambda sentence: (fail or self._fail)(job, sentence))
        job.cancelled.connect(lambda: self._session.hint.emit(f"{name} was cancelled."))
        job.finished.connect(lambda: self._end(job, changes))
        self.started.emit(job)
        self.filling.make_way(lambda: job.start() if job is self.job else None)

    def _fail(self, job: Job, sentence: str, **options) -> None:
        """options: of the fine-tuning that failed, for another try."""
        on_gpu = cuda_devices() and self._session.project.setting("device") != "cpu"
        if isinstance(job.error, OutOfMemory) and on_gpu:
            self.offered.emit(
                sentence, "Fine-tune on the CPU", lambda: self.finetune(device="cpu", **options)
            )
        elif isinstance(job.error, OutOfMemory):
            self._session.failed.emit(f"{sentence} Close other programs, then try again.")
        elif isinstance(job.error, NobodyFound):
            self.offered.emit(sentence, "Search with other settings…", self.search_wanted.emit)
        elif isinstance(job.error, VideoMissing):
            self._session.video_missing.emit(sentence)
        else:
            self._session.failed.emit(sentence)

    def stop(self) -> None:
        """Cancels what runs and waits for its end."""
        job, self.job = self.job, None
        self.filling.end()
        if job is not None:
            job.cancel()
            job.wait()

    def _proposed(self, items: list) -> None:
        if items:
            self._session.undo.push(
                QueueSamples(self._session, f"Propose {len(items)} poses", items, stored=True)
            )
        else:
            self._session.hint.emit("Nothing is left to propose.")
        self._session.refresh(Change.QUEUE | Change.ROUNDS)
        if items:
            self.proposed.emit(items[0].sample)

    def _found(self, found: "Found") -> None:
        self._session.undo.push(ChangePeople(self._session, "Find people again", found.rows, stored=True))
        self.said.emit(found.sentence)

    def _imported(self, result: "AnnotateResult") -> None:
        text = f"Import {result.labelled} {'label' if result.labelled == 1 else 'labels'}"
        labels = {label.sample: label for label in result.labels}
        self._session.undo.push(ChangeLabels(self._session, text, labels))
        self.said.emit(result.sentence)

    def _added(self, added: Added) -> None:
        self._session.refresh(Change.TRACKS)
        self._session.show_video(next(v for v in self._session.videos if v.id == added.videos[0]))
        if added.trouble:
            self._session.failed.emit(added.trouble)

    def _finetuned(self, refused: str) -> None:
        if refused and self._session.project.store.rounds()[-1].summary.get(GIVEN_STAY):
            self.asked.emit(refused, {"Take the estimator's": partial(self.finetune, replace_poses=True)})
            return
        if refused:
            self.not_kept.emit(refused)
            return
        self._session.hint.emit("The next round is ready.")

    def _end(self, job: Job, changes: Change) -> None:
        if job is not self.job:  # stopped, the session is gone
            return
        self.job = None
        job.deleteLater()
        if changes:
            self._session.refresh(changes)
        self.ended.emit()
