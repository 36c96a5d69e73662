"""Reads what the lanes show: of a short video at once, of a long one beside the window's thread."""

from PySide6.QtCore import QObject, Signal

from app.background.job import Job
from app.background.on_project import on_project
from app.session.session import MANY, Session, known_scores
from app.timeline.series import Series, Wanted, series_of
from core.domain import Monitor
from core.project.project import Project
from core.project.store.predictions import Predictions


class CurveReader(QObject):
    """Asked again while it reads, it reads the last that was asked for next."""

    read = Signal(Series)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._job: Job | None = None
        self._next: tuple[Wanted, Series] | None = None

    def ask(self, wanted: Wanted, shown: Series) -> None:
        """shown: what the lanes have, of which is kept what stays as it is."""
        predictions = self._session.predictions
        if self._job is not None:
            self._next = wanted, shown
        elif predictions is None or len(predictions) < MANY:
            self.read.emit(series_of(predictions, wanted, self._session.scores, shown))
        else:
            self._begin(predictions, wanted, shown)

    @property
    def busy(self) -> bool:
        return self._job is not None

    def stop(self) -> None:
        """Waits for what runs, and begins nothing more."""
        job, self._job, self._next = self._job, None, None
        if job is not None:
            job.wait()

    def _begin(self, predictions: Predictions, wanted: Wanted, shown: Series) -> None:
        criterion = self._session.criterion

        def work(project: Project, _: Monitor) -> Series:
            return series_of(
                predictions, wanted, lambda name: known_scores(project, predictions, name, criterion), shown
            )

        job = self._job = Job("Reading the curves", on_project(self._session, work), self)
        job.done.connect(self._take)
        job.finished.connect(lambda: self._end(job))
        job.start()

    def _take(self, series: Series) -> None:
        # what is newer is on its way
        if self._job is not None and self._next is None and series.predictions is self._session.predictions:
            self.read.emit(series)

    def _end(self, job: Job) -> None:
        if job is not self._job:  # stopped, the session is gone
            return
        self._job = None
        job.deleteLater()
        if self._next is not None:
            (wanted, shown), self._next = self._next, None
            self.ask(wanted, shown)
