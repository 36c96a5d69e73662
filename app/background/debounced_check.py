"""Looks at the project beside whatever else runs: what can be told of how things are now."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from app.background.job import Job
from app.background.on_project import on_project
from app.session.session import Session
from core.domain import Monitor
from core.project.project import Project

DELAY = 600  # milliseconds from an edit to looking again


class DebouncedCheck(QObject):
    """Takes one look at a time; what changes meanwhile makes another one follow.

    name: in the user's words; look: gives what is ready.
    """

    ready = Signal(object)

    def __init__(
        self,
        session: Session,
        name: str,
        look: Callable[[Project, Monitor], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._name, self._look = session, name, look
        self._job: Job | None = None
        self._again = self._stopped = False
        self._later = QTimer(self, singleShot=True, interval=DELAY)
        self._later.timeout.connect(self.ask)

    @property
    def pending(self) -> bool:
        """Whether there will be another."""
        return self._job is not None or self._later.isActive()

    def ask_later(self) -> None:
        """Once nothing has changed for a moment."""
        self._later.start()

    def ask(self) -> None:
        """How things are now. Nothing before the first estimation, nor where its files are damaged."""
        self._later.stop()
        if self._session.round is None or self._session.damaged or self._stopped:
            return
        if self._job is not None:
            self._again = True
            return
        self._again = False
        job = self._job = Job(self._name, on_project(self._session, self._look), self)
        job.done.connect(lambda found: self._tell(job, self.ready, found))
        job.failed.connect(lambda sentence: self._tell(job, self._session.failed, sentence))
        job.finished.connect(lambda: self._end(job))
        job.start()

    def stop(self) -> None:
        """Waits for what runs, a moment, and begins nothing more."""
        self._stopped = True
        self._later.stop()
        job, self._job = self._job, None
        if job is not None:
            job.wait()

    def _tell(self, job: Job, signal: SignalInstance, value: object) -> None:
        if job is self._job:  # else it came when the session was gone
            signal.emit(value)

    def _end(self, job: Job) -> None:
        if job is not self._job:  # stopped, the session is gone
            return
        self._job = None
        job.deleteLater()
        if self._again:
            self.ask()
