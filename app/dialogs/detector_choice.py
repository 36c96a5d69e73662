"""Choosing a person detector: one that ships, one that is known, or a file that is tried first."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QVBoxLayout, QWidget

from app.background.job import Job
from app.dialogs.form import fit_height
from core.project.estimators.detectors import (
    detector_choice,
    detector_title,
    import_detector,
    known_detectors,
)
from core.project.estimators.found_models import DETECTOR, FoundModel, found_models

OTHER = "A file of your own…"


class DetectorChoice(QWidget):
    """detector: as settings hold it. A file of one's own is tried on a picture whose people are known, and
    kept among the known ones; what it is, or why it is none, is said below.
    """

    tries = Signal(bool)  # whether a file is being tried

    def __init__(self, detector: str) -> None:
        super().__init__()
        self.box = QComboBox(accessibleName="Detector")
        self._said = QLabel(wordWrap=True)
        self._said.setObjectName("advice")
        self._said.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.box)
        column.addWidget(self._said)
        self._job: Job | None = None
        for one in known_detectors():
            title = f"{one.choice} — {one.title}"
            self.box.addItem(title, str(one.file or one.choice))
        self.box.addItem(OTHER, None)
        self._choose(detector)
        self.box.activated.connect(self._activated)
        self._search = Job("Looking for detectors", lambda _: _found(), self)
        self._search.done.connect(self._offer)
        self._search.start()

    @property
    def detector(self) -> str:
        return self._chosen

    @property
    def trying(self) -> bool:
        return self._job is not None

    def _choose(self, detector: str) -> None:
        """The item of a detector, which is new where there is none."""
        place = self.box.findData(detector)
        if place < 0:
            place = self.box.count() - 1
            self.box.insertItem(place, detector_title(detector), detector)
            self.box.setItemData(place, detector, Qt.ItemDataRole.ToolTipRole)
        self.box.setCurrentIndex(place)
        self._chosen = detector

    def _activated(self, place: int) -> None:
        chosen = self.box.itemData(place)
        if isinstance(chosen, Path):
            self._choose(self._chosen)
            self._try(str(chosen))
            return
        if chosen is not None:
            self._chosen = chosen
            self._say("")
            return
        name, _ = QFileDialog.getOpenFileName(self, "A person detector", "", "Detectors (*.onnx)")
        self._choose(self._chosen)
        if name:
            self._try(name)

    def _offer(self, found: list[FoundModel]) -> None:
        """What other programs have left on this machine, above the last item; tried once it is chosen."""
        for one in found:
            place = self.box.count() - 1
            self.box.insertItem(place, one.title, one.file)
            self.box.setItemData(place, str(one.file), Qt.ItemDataRole.ToolTipRole)

    def _try(self, file: str) -> None:
        self._say(f"Trying {Path(file).name} on a picture whose people are known …")
        self.box.setEnabled(False)
        self.tries.emit(True)
        self._job = Job("Trying the detector", lambda _: import_detector(file), self)
        self._job.done.connect(self._take)
        self._job.failed.connect(self._say)
        self._job.finished.connect(self._end)
        self._job.start()

    def _take(self, imported: tuple[str, str]) -> None:
        name, sentence = imported
        self._choose(detector_choice(name))
        self._say(sentence)

    def _say(self, sentence: str) -> None:
        self._said.setText(sentence)
        self._said.setVisible(bool(sentence))
        if sentence:
            fit_height(self._said)

    def _end(self) -> None:
        self._job = None
        self.box.setEnabled(True)
        self.tries.emit(False)

    def finish(self) -> None:
        """Waits for what is being tried, before the dialog goes."""
        for job in (self._job, self._search):
            if job is not None:
                job.cancel()
                job.wait()


def _found() -> list[FoundModel]:
    return [one for one in found_models() if one.kind == DETECTOR]
