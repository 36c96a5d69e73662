"""The thread that looks into boxes: what the estimator sees there, for the overlay on the frame."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.frames.mailbox import MailboxThread
from core.domain import Box, SampleId

if TYPE_CHECKING:
    from core.project.project import Project
    from core.workflow.single_pose import SingleEstimator


class Request(NamedTuple):
    """video: its number; round: whose estimator is meant."""

    video: int
    round: int
    sample: SampleId
    box: Box


class HeatmapReader(MailboxThread):
    """Serves the newest request; estimator and video stay open from one to the next."""

    ready = Signal(object)  # BoxMaps

    def __init__(self, project: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("The heatmap over the frame")
        self._folder = project
        self._project: Project | None = None
        self._estimator: SingleEstimator | None = None

    def ask(self, request: Request) -> None:
        super().ask(request)
        if not self.isRunning():
            self.start()

    def serve(self, request: Request) -> None:
        try:
            self.ready.emit(self._estimator_of(request).maps(request.sample, request.box))
        except BaseException:
            self.release()  # the next request finds whatever is there by then
            raise

    def release(self) -> None:
        estimator, self._estimator = self._estimator, None
        project, self._project = self._project, None
        for opened in (estimator, project):
            if opened is not None:
                opened.close()

    def _estimator_of(self, request: Request) -> "SingleEstimator":
        from core.project.project import Project
        from core.workflow.single_pose import SingleEstimator

        if self._project is None:
            self._project = Project(self._folder, checked=True)
        if self._estimator is not None and (self._estimator.video.id, self._estimator.round) != request[:2]:
            self._estimator.close()
            self._estimator = None
        if self._estimator is None:
            video = next(v for v in self._project.videos() if v.id == request.video)
            self._estimator = SingleEstimator(self._project, video)
        return self._estimator
