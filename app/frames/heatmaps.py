"""The thread that looks into boxes: what the estimator sees there, for the overlay on the frame."""

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.frames.mailbox import MailboxThread
from core.domain import Box, SampleId, UserError


class Request(NamedTuple):
    """video: its number; round: whose estimator is meant."""

    video: int
    round: int
    sample: SampleId
    box: Box


class HeatmapReader(MailboxThread):
    """Serves the newest request; estimator and video stay open from one to the next."""

    ready = Signal(object)  # BoxHeatmaps
    failed = Signal(str)

    def __init__(self, project: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project

    def ask(self, request: Request) -> None:
        super().ask(request)
        if not self.isRunning():
            self.start()

    def run(self) -> None:
        from core.project.project import Project
        from core.project.rounds.single import SingleEstimator

        estimator = None
        with Project(self._project, checked=True) as project:
            while (request := self._mailbox.take()) is not None:
                try:
                    if estimator is None or (estimator.video.id, estimator.round) != request[:2]:
                        if estimator is not None:
                            estimator.close()
                        estimator = None
                        estimator = SingleEstimator(project, next(v for v in project.videos() if v.id == request.video))
                    self.ready.emit(estimator.heatmaps(request.sample, request.box))
                except UserError as error:
                    self.failed.emit(str(error))
            if estimator is not None:
                estimator.close()
