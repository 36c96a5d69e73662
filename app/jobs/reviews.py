"""Looks at what the latest round changed, beside whatever else runs."""

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.jobs.job import Job
from app.jobs.work import on_project
from app.session import Session
from core.domain import Monitor
from core.project.predictions import Predictions
from core.project.project import Project
from core.project.review import Review, review


class Reviewed(NamedTuple):
    """earlier: the estimates of the round before, by video."""

    review: Review
    earlier: dict[int, Predictions]


class Reviews(QObject):
    """Makes one review at a time; what changes meanwhile makes another one follow."""

    ready = Signal(object)  # Reviewed

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._job: Job | None = None
        self._again = self._stopped = False

    def ask(self) -> None:
        """A review of how things are now. Nothing before the first estimation, nor where its files are damaged."""
        if self._session.round is None or self._session.damaged or self._stopped:
            return
        if self._job is not None:
            self._again = True
            return
        self._again = False
        job = self._job = Job("Reviewing", on_project(self._session, _look), self)
        job.done.connect(self.ready)
        job.failed.connect(self._session.failed)
        job.finished.connect(lambda: self._end(job))
        job.start()

    def stop(self) -> None:
        """Waits for what runs, a moment, and begins nothing more."""
        self._stopped = True
        job, self._job = self._job, None
        if job is not None:
            job.wait()

    def _end(self, job: Job) -> None:
        if job is not self._job:  # stopped, the session is gone
            return
        self._job = None
        job.deleteLater()
        if self._again:
            self.ask()


def _look(project: Project, _: Monitor) -> Reviewed:
    made = review(project)
    videos = [] if made.before is None else project.videos()
    earlier = {video.id: project.predictions(video.id, made.before) for video in videos}
    return Reviewed(made, {video: found for video, found in earlier.items() if found is not None})
