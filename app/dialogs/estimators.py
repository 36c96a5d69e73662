"""Estimators: which there are, what each is, how they do on this video, and new ones from elsewhere."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.background.job import Job
from app.background.on_project import on_project
from app.style import choices
from app.style.tables import ReadOnlyTable
from core.domain import Monitor

if TYPE_CHECKING:
    from app.session.session import Session
    from core.project.estimators.compare import Compared
    from core.project.project import Project

NAME = Qt.ItemDataRole.UserRole
FACTS = {
    "architecture": "Network",
    "size": "Crop",
    "joints": "Joints",
    "fine_tuning": "Can be fine-tuned",
    "wpu": "Pose prior (WPU)",
    "parity": "ONNX against torch",
    "source": "From",
    "file": "File",
}
COLUMNS = {
    "Estimator": "",
    "Confidence": "mean height of the joints' peaks",
    "Jitter": "mean distance that a joint moves from one frame to the next, as a share of the height",
    "OKS": "against your labels, also where it was trained on them",
    "ms a pose": "in the network alone",
    "Device": "where it ran",
}
LEGEND = f"Confidence: {COLUMNS['Confidence']}. Jitter: {COLUMNS['Jitter']}. OKS: {COLUMNS['OKS']}."


def library() -> Path:
    """Where imported estimators are kept."""
    return Path(platformdirs.user_data_dir("PoseTailor", "PoseTailor")) / "estimators"


class EstimatorsDialog(QDialog):
    """chosen: the one to begin with, once the user took one. fixed: why it cannot be changed, empty while
    it can.
    """

    def __init__(self, session: "Session", fixed: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Estimators")
        self.resize(940, 640)
        self.chosen: str | None = None
        self._session, self._fixed = session, fixed
        self._jobs: list[Job] = []
        self._told: dict[str, dict] = {}
        self._remarks: dict[str, str] = {}  # what was said of one when it was imported
        self._lay_out()
        for name in self._known():
            self._add(name, checked=name in choices.ESTIMATORS)
        self._add(session.estimator)

    def _lay_out(self) -> None:
        columns = QHBoxLayout()
        columns.setSpacing(20)
        columns.addLayout(self._known_ones(), 2)
        columns.addLayout(self._chosen_one(), 3)
        standard = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.use = standard.addButton("Use for this project", QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setToolTip(self._fixed or "Adapt this one to the video")
        standard.accepted.connect(self._take)
        standard.rejected.connect(self.reject)
        page = QVBoxLayout(self)
        page.setContentsMargins(24, 20, 24, 20)
        page.setSpacing(16)
        page.addLayout(columns, 1)
        why = QLabel(self._fixed)
        why.setObjectName("explanation")
        below = QHBoxLayout()
        below.addWidget(why, 1)
        below.addWidget(standard)
        page.addLayout(below)

    def _known_ones(self) -> QVBoxLayout:
        """The list, and where new ones come from."""
        self.list = QListWidget()
        self.list.setAccessibleName("Estimators")
        self.list.currentItemChanged.connect(self._show_current)
        self.list.itemChanged.connect(lambda _: self._show_buttons())
        self._import = self._button(
            "Import…", "Make an estimator of a checkpoint, a folder of transformers or an ONNX file"
        )
        self._import.clicked.connect(self._ask_for_import)
        self._from_file = self._button("From a file…", "One that PoseTailor wrote")
        self._from_file.clicked.connect(self._ask_for_file)
        self._from_project = self._button("From a project…", "Go on from what another project adapted")
        self._from_project.clicked.connect(self._ask_for_project)
        buttons = QHBoxLayout(spacing=8)
        for button in (self._import, self._from_file, self._from_project):
            buttons.addWidget(button)
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addWidget(self.list, 1)
        left.addLayout(buttons)
        return left

    def _chosen_one(self) -> QVBoxLayout:
        """What it is, and how it does beside others."""
        scroll = QScrollArea(frameShape=QScrollArea.Shape.NoFrame, widgetResizable=True)
        scroll.setWidget(self._facts())
        self._sentence = QLabel(wordWrap=True)
        self._sentence.setObjectName("advice")
        self._sentence.hide()
        self._progress = QProgressBar(textVisible=False)
        self._progress.setFixedHeight(4)
        self._progress.hide()
        self.compare = self._button("Compare the ticked ones", "Try them on a few frames of this video")
        self.compare.clicked.connect(self._compare)
        self.table = ReadOnlyTable("Comparison", COLUMNS)
        self.table.setMinimumHeight(140)
        for place in range(len(COLUMNS)):
            self.table.horizontalHeaderItem(place).setTextAlignment(_side(place))
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(scroll, 3)
        right.addWidget(self._sentence)
        right.addWidget(self.compare, 0, Qt.AlignmentFlag.AlignLeft)
        right.addWidget(self._progress)
        right.addWidget(self.table, 2)
        legend = QLabel(LEGEND, wordWrap=True)
        legend.setObjectName("explanation")
        right.addWidget(legend)
        return right

    def _facts(self) -> QWidget:
        facts = QWidget()
        form = QFormLayout(facts, horizontalSpacing=16, verticalSpacing=8)
        form.setContentsMargins(0, 0, 0, 0)
        self._values: dict[str, QLabel] = {}
        for key, title in FACTS.items():
            heading = QLabel(title, alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            heading.setObjectName("fact")
            value = QLabel(wordWrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._values[key] = value
            form.addRow(heading, value)
        return facts

    def _button(self, text: str, explanation: str) -> QPushButton:
        return QPushButton(text, toolTip=explanation, autoDefault=False)

    # which there are

    def _known(self) -> list[str]:
        imported = sorted(str(file) for file in library().glob("*.onnx"))
        return list(dict.fromkeys((*choices.ESTIMATORS, self._session.estimator, *imported)))

    def _add(self, name: str, checked: bool = True) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(NAME) == name:
                self.list.setCurrentRow(row)
                return
        own = "  ·  this project’s" if name == self._session.estimator else ""
        item = QListWidgetItem(choices.estimator_title(name) + own)
        item.setData(NAME, name)
        item.setToolTip(name)
        item.setCheckState(Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
        self.list.addItem(item)
        self.list.setCurrentItem(item)

    def _ticked(self) -> list[str]:
        items = (self.list.item(row) for row in range(self.list.count()))
        return [item.data(NAME) for item in items if item.checkState() == Qt.CheckState.Checked]

    def _current(self) -> str | None:
        item = self.list.currentItem()
        return None if item is None else item.data(NAME)

    def _ask_for_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Choose an estimator", "", choices.ESTIMATOR_FILES)
        if path:
            self._add(path)

    def _ask_for_project(self) -> None:
        if path := QFileDialog.getExistingDirectory(self, "Choose a project's folder"):
            self._add(path)

    def _ask_for_import(self) -> None:
        from app.dialogs.import_estimator import ImportDialog

        beside = [video.path.parent for video in self._session.videos]
        dialog = ImportDialog(library(), self, beside)
        if dialog.exec():
            self._remarks[str(dialog.out)] = " ".join(dialog.sentences)
            self._add(str(dialog.out))

    # what one is

    def _show_current(self, *_: object) -> None:
        name = self._current()
        self._show_buttons()
        if name is None:
            return
        self._say(self._remarks.get(name, ""))
        if name in self._told:
            self._show_facts(self._told[name])
            return
        self._show_facts({})
        self._start(
            "Reading",
            lambda monitor: _describe(name, monitor),
            partial(self._keep_facts, name),
            partial(self._refuse, name),
        )

    def _keep_facts(self, name: str, told: dict) -> None:
        self._told[name] = told
        if name == self._current():
            self._show_facts(told)
        self._show_buttons()

    def _refuse(self, name: str, sentence: str) -> None:
        if name == self._current():
            self._say(sentence)

    def _show_facts(self, told: dict) -> None:
        if told:
            joints = [joint.replace("_", " ") for joint in told["skeleton"]["joints"]]
            few = f"{', '.join(joints[:3])} …" if len(joints) > 4 else ", ".join(joints)
            told = told | {
                "size": f"{told['width']} × {told['height']}, joints in steps of {told['stride']}",
                "joints": f"{len(joints)} ({told['skeleton']['name']}): {few}",
                "file": _from_home(Path(told["file"])),
            }
            self._values["joints"].setToolTip(", ".join(joints))
        for key, value in self._values.items():
            value.setText(str(told.get(key, "")))

    def _show_buttons(self) -> None:
        self.use.setEnabled(not self._fixed and self._current() in self._told)
        self.compare.setEnabled(bool(self._ticked()) and not self._jobs)

    # side by side

    def _compare(self) -> None:
        names, video = self._ticked(), self._session.video

        def operation(project: "Project", monitor: Monitor) -> "list[Compared]":
            from core.project.estimators.compare import compare

            return compare(project, video, names, monitor)

        self._say("")
        self._start("Comparing", on_project(self._session, operation), self._show_comparison, self._say)

    def _show_comparison(self, found: "list[Compared]") -> None:
        self.table.setRowCount(len(found))
        for row, one in enumerate(found):
            texts = (
                choices.estimator_title(one.name).partition(" —")[0],
                f"{one.confidence:.2f}",
                f"{one.jitter:.2%}",
                "–" if one.oks is None else f"{one.oks:.3f}",
                f"{one.milliseconds:.1f}",
                one.device,
            )
            for place, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_side(place))
                item.setToolTip("" if place else one.name)
                self.table.setItem(row, place, item)

    # jobs

    def _start(self, name: str, work, done, failed) -> None:
        job = Job(name, work, self)
        self._jobs.append(job)
        job.done.connect(done)
        job.failed.connect(failed)
        job.progress.connect(self._show_progress)
        job.finished.connect(partial(self._end, job))
        self._progress.setRange(0, 0)
        self._progress.show()
        self._show_buttons()
        job.start()

    def _show_progress(self, stage: str, done: int, total: int, _: dict) -> None:
        self._progress.setRange(0, total)
        self._progress.setValue(done)

    def _end(self, job: Job) -> None:
        self._jobs.remove(job)
        self._progress.setVisible(bool(self._jobs))
        self._show_buttons()

    def _say(self, sentence: str) -> None:
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))

    def _take(self) -> None:
        self.chosen = self._current()
        self.accept()

    def done(self, result: int) -> None:
        for job in list(self._jobs):
            job.cancel()
            job.wait()
        super().done(result)


def _side(place: int) -> Qt.AlignmentFlag:
    """Numbers on the right, what they are of on the left."""
    return (
        Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
    ) | Qt.AlignmentFlag.AlignVCenter


def _describe(name: str, monitor: Monitor) -> dict:
    from core.project.estimators.files import describe

    return describe(name, monitor)


def _from_home(path: Path) -> str:
    return f"~/{path.relative_to(Path.home()).as_posix()}" if path.is_relative_to(Path.home()) else str(path)
