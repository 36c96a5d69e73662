"""Poses estimated by themselves, beside whatever else runs: inside a box that was drawn, or wherever it is
asked for.
"""

from collections import deque
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.background.job import Job
from app.background.on_project import on_project
from app.session import editing
from app.session.session import Change, Session
from app.undo.people import POSES, ChangePeople
from core.domain import Box, Monitor, SampleId, UserError
from core.project.people.edits import place_estimate
from core.project.project import Project
from core.project.store.people_rows import Rows, SingleEstimate
from core.project.store.store import Label
from core.workflow.single_pose import drawn_without_pose, estimate_single

THERE = "The pose is estimated. Drag a joint that is wrong."


class Request(NamedTuple):
    """asked: by the user, who may undo it; else it comes with a drawn box."""

    sample: SampleId
    box: Box
    asked: bool


class SingleEstimates(QObject):
    """Works off requests one after the other; a drawn box without a pose is a request by itself."""

    ended = Signal()  # nothing is left to do

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._waiting: deque[Request] = deque()
        self._present: Request | None = None
        # with the round, in which they are not tried again
        self._failed: set[tuple[Request, int | None]] = set()
        self._job: Job | None = None
        session.changed.connect(self._look_for_drawn)
        self._look_for_drawn(Change.TRACKS)

    @property
    def busy(self) -> bool:
        return self._job is not None

    def ask(self, sample: SampleId, box: Box) -> None:
        self._add(Request(sample, box, asked=True))

    def stop(self) -> None:
        """Waits for what runs, less than a second, and begins nothing more."""
        self._waiting.clear()
        job, self._job = self._job, None
        if job is not None:
            job.cancel()
            job.wait()

    def _look_for_drawn(self, change: Change) -> None:
        if not change & (Change.TRACKS | Change.PREDICTIONS) or self._session.predictions is None:
            return
        if self._session.read_only or self._session.missing:
            return
        for sample, box in drawn_without_pose(self._session.project, self._session.video):
            request = Request(sample, box, asked=False)
            known = request == self._present or request in self._waiting
            if not known and (request, self._session.round) not in self._failed:
                self._add(request)

    def _add(self, request: Request) -> None:
        self._waiting.append(request)
        if self._job is None:
            self._begin()

    def _begin(self) -> None:
        request = self._present = self._waiting.popleft()

        def operation(project: Project, monitor: Monitor) -> SingleEstimate:
            return estimate_single(project, request.sample, request.box, monitor)

        job = self._job = Job("Estimating a pose", on_project(self._session, operation), self)
        job.done.connect(partial(self._place, request))
        job.failed.connect(partial(self._fail, request))
        job.finished.connect(lambda: self._end(job))
        job.start()

    def _fail(self, request: Request, sentence: str) -> None:
        if self._job is None:  # stopped, the session is gone
            return
        self._failed.add((request, self._session.round))
        self._session.failed.emit(sentence)

    def _place(self, request: Request, estimate: SingleEstimate) -> None:
        session = self._session
        if self._job is None or request.sample.track not in session.video_of:
            return
        if estimate.pose.round != session.round:  # another round came meanwhile
            if request.asked:
                self._waiting.append(request)
        elif request.asked:
            self._replace(estimate)
        elif (request.sample, request.box) in drawn_without_pose(session.project, session.video):
            self._store(place_estimate(session.project, session.video, estimate))

    def _store(self, rows: Rows) -> None:
        try:
            self._session.change_people(rows, POSES)
            self._session.hint.emit(THERE)
        except UserError as error:
            self._session.failed.emit(str(error))

    def _replace(self, estimate: SingleEstimate) -> None:
        """In one step to undo. A label stays, unless all it did was to move the box that was asked about."""
        session, sample = self._session, estimate.sample
        video = session.video_of[sample.track]
        if session.project.assignments(video.id).row(*sample) is None:  # deleted meanwhile
            return
        label = session.labels.get(sample)
        unlabel = label is not None and self._only_moved(label)
        rows = place_estimate(session.project, video, estimate, unlabel)
        session.undo.push(ChangePeople(session, "Estimate again", rows, sample=sample, change=POSES))
        session.hint.emit(THERE)
        if label is not None and not unlabel:
            session.hint.emit("Estimated again. Your label stays and is what you see; Delete takes it off.")

    def _only_moved(self, label: Label) -> bool:
        session, predictions = self._session, self._session.predictions
        row = predictions.row(label.sample) if label.sample.track in session.tracks else None
        if row is None:
            return False
        last = (session.video.width - 1, session.video.height - 1)
        return editing.only_the_box(label, predictions.pose(row), predictions.box(row), last)

    def _end(self, job: Job) -> None:
        if job is not self._job:  # stopped, the session is gone
            return
        self._job = self._present = None
        job.deleteLater()
        if self._waiting:
            self._begin()
            return
        self._look_for_drawn(Change.TRACKS)
        if self._job is None:
            self.ended.emit()
