"""What a change of people makes of a long video, read beside the window's thread before the window asks
for it.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.background.job import Job
from app.background.on_project import on_project
from app.session.changes import Change
from app.session.session import Session
from core.domain import Monitor
from core.project.project import Project

PEOPLE = Change.TRACKS | Change.PREDICTIONS | Change.LABELS | Change.QUEUE


class ReadingAhead:
    """Reads into the cache that the window reads from too, first who is where, then what the rounds say of
    it; the session follows each. What changes meanwhile is read once more.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        self._session, self._parent = session, parent
        self._job: Job | None = None
        self._kept: object = None  # what the cache is to hold until the session has read it
        self._change = Change(0)
        self._then: list[Callable[[], None]] = []
        session.read_ahead = self.ask

    def ask(self, change: Change, then: Callable[[], None]) -> None:
        """change: what is to be read anew; then: what follows, once the session has read who is where."""
        self._change |= change
        self._then.append(then)
        self._session.behind |= change
        if self._job is None:
            self._begin()

    def stop(self) -> None:
        """Waits for what runs, and begins nothing more."""
        job, self._job = self._job, None
        if job is not None:
            job.wait()

    def _begin(self) -> None:
        asked = self._change & PEOPLE or self._change
        self._change &= ~asked
        read = _people(self._session.video.id) if asked & PEOPLE else _bodies
        job = self._job = Job("Reading the people", on_project(self._session, read), self._parent)
        job.done.connect(self._keep)
        job.finished.connect(lambda: self._end(job, asked))
        job.start()

    def _keep(self, value: object) -> None:
        self._kept = value

    def _end(self, job: Job, asked: Change) -> None:
        if job is not self._job:  # stopped, the session is gone
            return
        self._job = None
        job.deleteLater()
        if not self._change & asked:  # else it changed meanwhile, and is read once more
            self._session.behind &= ~asked
            self._session.refresh(asked)
        if not self._change & PEOPLE:
            follow, self._then = self._then, []
            for then in follow:
                then()
        if self._change and self._job is None:
            self._begin()


def _people(video: int) -> Callable[[Project, Monitor], list]:
    """Those of a video, of interest and all."""

    def read(project: Project, _: Monitor) -> list:
        assignments = project.assignments(video)
        return [assignments, project.predictions(video), project.predictions(video, assignments=assignments)]

    return read


def _bodies(project: Project, _: Monitor) -> list:
    """What takes long of the state of the rounds."""
    videos = [video.id for video in project.videos() if project.predictions(video.id) is not None]
    return [project.shared_bodies(video) for video in videos]
