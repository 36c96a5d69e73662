"""The status bar: hints, the running job, where we are, and the device in use."""

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QStatusBar, QWidget

from app.jobs.job import Job

HINT_TIME = 6000  # milliseconds


class StatusBar(QStatusBar):
    cancel = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._clip = QLabel()
        self.addWidget(self._clip)
        self._stage = QLabel()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedSize(160, 8)
        self._left = QLabel()
        self._cancel = QPushButton("Cancel")
        self._cancel.clicked.connect(self.cancel)
        self.device = QLabel()
        self.device.setObjectName("device")
        self._job_widgets = (self._stage, self._bar, self._left, self._cancel)
        for widget in (*self._job_widgets, self.device):
            self.addPermanentWidget(widget)
        self._clock: tuple[str, float, int] = ("", 0.0, 0)  # stage, when it began, what was done by then
        self.end_job()

    def hint(self, text: str) -> None:
        self.showMessage(text, HINT_TIME)

    def show_clip(self, facts: str) -> None:
        self._clip.setText(facts)

    def show_device(self, label: str, explanation: str) -> None:
        self.device.setText(f"{label} instead of the GPU" if explanation else label)
        self.device.setToolTip(explanation or "Where the estimator runs")
        self.device.setProperty("tone", "bad" if explanation else "plain")
        self.device.style().unpolish(self.device)
        self.device.style().polish(self.device)

    # the running job

    def begin_job(self, job: Job) -> None:
        self._clock = ("", 0.0, 0)
        self._stage.setText(job.name)
        self._left.clear()
        self._bar.setRange(0, 0)
        self._cancel.setText("Cancel")
        self._cancel.setEnabled(True)
        job.progress.connect(self.show_progress)
        for widget in self._job_widgets:
            widget.show()

    def show_progress(self, stage: str, done: int, total: int, _: dict) -> None:
        if self._clock[0] != stage:
            self._clock = (stage, time.monotonic(), done)
        self._stage.setText(f"{stage}  {done} / {total}" if total else stage)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._left.setText(self._time_left(done, total))

    def show_stopping(self) -> None:
        self._cancel.setText("Stopping…")
        self._cancel.setEnabled(False)
        self._left.clear()

    def end_job(self) -> None:
        for widget in self._job_widgets:
            widget.hide()

    def _time_left(self, done: int, total: int) -> str:
        _, began, done_then = self._clock
        passed = time.monotonic() - began
        if not total or done <= done_then or passed < 1 or not self._cancel.isEnabled():
            return ""
        seconds = round((total - done) * passed / (done - done_then))
        return f"{seconds} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"
