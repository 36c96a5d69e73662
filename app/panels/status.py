"""The status bar: hints, the running job, where we are, and the device in use."""

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QStatusBar, QWidget

from app.background.job import Job
from app.shortcuts.shortcuts import Shortcuts
from app.style import theme
from app.style.elided import ElidedLabel, short

if TYPE_CHECKING:
    from core.project.estimators.runtime import InUse

HINT_TIME = 6000  # milliseconds
DISCARD = "Cancel and discard"


class StatusBar(QStatusBar):
    """trains: whether the running job is at a stage that can be ended early."""

    cancel = Signal()
    enough = Signal()

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.setSizeGripEnabled(False)
        self._clip = ElidedLabel()
        self.addWidget(self._clip)
        self._stage = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedSize(160, 8)
        self._left = QLabel()
        self._enough = QPushButton("Stop and keep what it learned")
        self._enough.clicked.connect(self.enough)
        self._cancel = QPushButton("Cancel")
        self._cancel.clicked.connect(self.cancel)
        self.device = QLabel()
        self.device.setObjectName("device")
        self._job_widgets = (self._stage, self._bar, self._left, self._cancel)
        for widget in (self._stage, self._bar, self._left, self._enough, self._cancel, self.device):
            self.addPermanentWidget(widget)
        self._subject = ""  # of the running job
        self._notice = ""  # of the running job, on the bar until it ends
        self._clock: tuple[str, float, int] = ("", 0.0, 0)  # stage, when it began, what was done by then
        self.end_job()

    def hint(self, text: str) -> None:
        self.showMessage(text, HINT_TIME)

    def show_clip(self, facts: str) -> None:
        self._clip.setText(facts)

    def show_device(self, used: "InUse | None") -> None:
        """None where nothing is open."""
        why = used.why if used else ""
        self.device.setText(
            "" if used is None else f"{used.device} instead of the GPU" if why else used.device
        )
        self.device.setToolTip(
            " ".join(filter(None, (why, used and used.seen))) or "Where the estimator runs"
        )
        theme.mark(self.device, "tone", "bad" if why else "plain")

    # the running job

    def begin_job(self, job: Job) -> None:
        self._clock = ("", 0.0, 0)
        self._subject = f" · {short(job.subject, self.fontMetrics())}" if job.subject else ""
        self._stage.setText(f"{job.name}{self._subject}")
        self._left.clear()
        self._bar.setRange(0, 0)
        self._cancel.setText("Cancel")
        self._cancel.setEnabled(True)
        self._enough.setEnabled(True)
        self._enough.setToolTip(self._shortcuts.tooltip("finish_training"))
        self._cancel.setToolTip(self._shortcuts.tooltip("cancel_job"))
        job.progress.connect(self.show_progress)
        for widget in self._job_widgets:
            widget.show()

    @property
    def trains(self) -> bool:
        return self._enough.isVisible()

    def show_progress(self, stage: str, done: int, total: int, values: dict) -> None:
        self._enough.setVisible(stage == "Fine-tuning" and done > 0)
        self._cancel.setText(
            "Stopping…" if not self._cancel.isEnabled() else DISCARD if self.trains else "Cancel"
        )
        if "notice" in values:
            self._notice = values["notice"]
            self.showMessage(self._notice)
        if self._clock[0] != stage:
            self._clock = (stage, time.monotonic(), done)
        self._stage.setText(
            f"{stage}{self._subject}  {done} / {total}" if total else f"{stage}{self._subject}"
        )
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._left.setText(self._time_left(done, total))

    def show_stopping(self) -> None:
        self._cancel.setText("Stopping…")
        self._cancel.setEnabled(False)
        self._enough.setEnabled(False)
        self._left.clear()

    def show_finishing(self) -> None:
        self._enough.setEnabled(False)
        self.hint("Training ends with this step; what it learned so far is kept.")

    def end_job(self) -> None:
        for widget in (*self._job_widgets, self._enough):
            widget.hide()
        if self._notice and self.currentMessage() == self._notice:
            self.clearMessage()

    def _time_left(self, done: int, total: int) -> str:
        _, began, done_then = self._clock
        passed = time.monotonic() - began
        if not done_then < done < total or passed < 1 or not self._cancel.isEnabled():
            return ""
        seconds = round((total - done) * passed / (done - done_then))
        return f"{seconds} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"
