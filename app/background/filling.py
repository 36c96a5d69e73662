"""What the present round has not estimated yet, whenever nothing else runs and nobody is at work."""

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from app.background.estimation_monitors import Growing, Pausing
from app.background.job import Job
from app.background.on_project import on_project
from app.session.next_step import is_incomplete
from app.session.session import Change, Session
from core.domain import Monitor
from core.project.project import Project

REST = 1500  # ms after whatever ran before
QUIET = 0.7  # seconds after the last input
INPUT = {
    *(QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.Wheel),
    *(QEvent.Type.MouseButtonRelease, QEvent.Type.KeyRelease),
}


class Filling(QObject):
    """Runs beside the jobs of the step bar: whoever begins one asks it to make way, and lets it go on after.

    others_run: whether such a job runs; job: its own, or None. A failure is said once; it is tried again
    after the next job.
    """

    grown = Signal()  # there is more to show
    changed = Signal(bool)  # whether it runs

    def __init__(
        self, session: Session, others_run: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._others_run = session, others_run
        self.job: Job | None = None
        self._input = 0.0
        self._waiting: Callable[[], object] | None = None
        self._failed = self._closed = False
        self._timer = QTimer(self, singleShot=True, interval=REST)
        self._timer.timeout.connect(self._begin)
        session.changed.connect(self._look)
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in INPUT:
            self._input = time.monotonic()
        return False

    @property
    def wanted(self) -> bool:
        return bool(self._session.project.setting("fill"))

    def make_way(self, go: Callable[[], object]) -> None:
        """Calls `go` when nothing is filled in any more."""
        if self.job is None:
            go()
            return
        self._waiting = go  # the job may have ended already, which is about to be told
        self.job.cancel()

    def end(self) -> None:
        """For good, as the project is closed."""
        self._closed = True
        self.stop()

    def stop(self) -> None:
        """Ends it and waits for that."""
        self._timer.stop()
        if self.job is not None:
            self.job.cancel()
            self.job.wait()

    def pause(self) -> None:
        """As a job begins."""
        self._failed = False
        self._timer.stop()

    def resume(self) -> None:
        """After a job."""
        self._timer.start()

    def _look(self, change: Change) -> None:
        if change & (Change.SETTINGS | Change.PREDICTIONS | Change.TRACKS) and self.job is None:
            self._timer.start()
        if change & Change.SETTINGS and self.job is not None and not self.wanted:
            self.job.cancel()

    def _begin(self) -> None:
        session = self._session
        if self.job is not None or self._others_run() or self._failed or session.read_only or session.missing:
            return
        if session.round is None or session.damaged or not self.wanted or not is_incomplete(session):
            return
        video, frame = session.video.id, session.frame

        def operation(project: Project, monitor: Monitor) -> None:
            from core.workflow.estimate import finish

            watched = Growing(Pausing(monitor, self._busy), project, video, self.grown.emit)
            finish(project, watched, urgent=[(video, frame)], evenly=True)

        self.job = Job("Filling in", on_project(session, operation), self)
        self.job.failed.connect(self._fail)
        self.job.finished.connect(self._end)
        QApplication.instance().installEventFilter(self)  # not for longer: it sees every event of the program
        self.job.start()
        self.changed.emit(True)

    def _busy(self) -> bool:
        """Asked from the thread that computes."""
        return time.monotonic() - self._input < QUIET

    def _fail(self, sentence: str) -> None:
        self._failed = True
        if not self._closed:
            self._session.failed.emit(sentence)

    def _end(self) -> None:
        QApplication.instance().removeEventFilter(self)
        job, self.job = self.job, None
        go, self._waiting = self._waiting, None
        if job is not None and not self._closed:
            job.deleteLater()
            self.grown.emit()
            self.changed.emit(False)
            if go is not None:
                go()
