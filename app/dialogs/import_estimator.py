"""An estimator made of a checkpoint, a folder of transformers, an ONNX graph, or one of ours for other
joints.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.background.job import Job
from app.dialogs.form import Form, choice
from core.domain import Monitor
from core.domain.skeletons import SKELETONS
from core.project.estimators.found_models import DETECTOR, ESTIMATOR, POSES, FoundModel, found_models

SKELETON_ONLY = "One of PoseTailor's, for other joints"
BUILT_IN = {None if name == "coco17" else name: skeleton.name for name, skeleton in SKELETONS.items()}
"""COCO-17 is what is taken where nothing is given."""

SEARCHING, CHOOSE, NOTHING = "Looking …", "Choose one …", "None was found"
WITH_POSES = " (File → Import poses…)"
SHOWN = "as the file says"
COLOURS = {"": "as the network has it", "rgb": "red, green, blue", "bgr": "blue, green, red (OpenCV)"}
PLACES = {
    "": "thunder, lightning, or one in a file",
    "onnx": "its .onnx file",
    "vitpose": "its checkpoint, or a folder that transformers saved",
    "rtmpose": "its .onnx file (end2end.onnx), or its checkpoint",
}  # of architectures: what the field of the file asks for
FIELDS = {  # of the command line's options, which sentences speak of
    "--architecture": "What it is",
    "--skeleton": "Joints",
    "--size": "Crop",
    "--colours": "Colours",
    "--mean": "Mean",
    "--std": "Deviation",
    "--output": "Heatmaps",
    "--convention": "Cells",
}
CONVENTIONS = {
    "": "as the network has it",
    "corner": "joint = cell × stride (most older networks)",
    "centre": "joint in the middle of its cell",
    "udp": "corner to corner (UDP)",
}


class ImportDialog(QDialog):
    """out: the file that was made; sentences: what there is to say of it."""

    def __init__(self, folder: Path, parent: QWidget | None = None, beside: Sequence[Path] = ()) -> None:
        """folder: where it is written to; beside: folders of videos, see found_models."""
        super().__init__(parent)
        from core.project.estimators.files import importable

        self.setWindowTitle("Import an estimator")
        self.setMinimumWidth(620)
        self._folder = folder
        self.out: Path | None = None
        self.sentences: list[str] = []
        self._job: Job | None = None
        self._form = Form()
        titles = {name: title.partition(";")[0] for name, title in importable().items()}
        self.architecture = choice(titles | {"": SKELETON_ONLY}, "onnx")
        self.architecture.currentIndexChanged.connect(self._show_rows)
        self.file = QLineEdit()
        browse, folder_button, edit = (
            QPushButton(text, autoDefault=False) for text in ("File…", "Folder…", "Edit…")
        )
        browse.clicked.connect(self._ask_for_file)
        folder_button.clicked.connect(self._ask_for_folder)
        self.file.textChanged.connect(self._check)
        self.skeleton = choice(BUILT_IN, None)
        edit.clicked.connect(self._edit_skeleton)
        self.crop_size = QLineEdit(placeholderText=f"{SHOWN}; else e.g. 192x256")
        self.mean = QLineEdit(placeholderText=f"{SHOWN}; else e.g. 124,116,104")
        self.std = QLineEdit(placeholderText=f"{SHOWN}; else e.g. 58,57,57")
        self.output = QLineEdit(placeholderText="the only one that can be it")
        self.convention = choice(CONVENTIONS, "")
        self.colours = choice(COLOURS, "")
        self.name = QLineEdit(placeholderText="as the file")
        self.found = QComboBox()
        self.found.addItem(SEARCHING)
        self.found.setEnabled(False)
        self.found.activated.connect(self._use_found)
        self._form.add_brief(
            "On this machine", self.found, "What rtmlib, ultralytics, DeepLabCut and SLEAP have left here."
        )
        self._form.add_brief(
            "File", _row(self.file, browse, folder_button), "Nothing in it is run as a program."
        )
        self._form.add_brief(
            "What it is", self.architecture, "The network that the file holds the weights of."
        )
        self._form.add_brief(
            "Joints",
            _row(self.skeleton, edit),
            "Joints named as before keep their weights, others start anew.",
        )
        self._form.add_brief("Crop", self.crop_size, "Width and height of what the network sees.")
        self._form.add_brief(
            "Colours", self.colours, "In which order the network takes them, mean and deviation too."
        )
        self._form.add_brief("Mean", self.mean, "What is taken off the colours.")
        self._form.add_brief("Deviation", self.std, "What they are divided by then.")
        self._form.add_brief("Heatmaps", self.output, "Name of the output, where an ONNX graph has several.")
        self._form.add_brief("Cells", self.convention, "Where in the heatmap a joint lies.")
        self._form.add_brief("Name", self.name, "What it is called in the list.")
        self._finish()
        self._show_rows()
        self._search = Job("Looking for estimators", lambda _: found_models(beside), self)
        self._search.done.connect(self._offer)
        self._search.start()
        self.file.setFocus()

    def _offer(self, found: list[FoundModel]) -> None:
        """Those that can be imported can be chosen, the others say what they are."""
        found = [one for one in found if one.kind != DETECTOR]
        self.found.clear()
        self.found.addItem(CHOOSE if found else NOTHING)
        for one in found:
            self.found.addItem(f"{one.title}{WITH_POSES if one.kind == POSES else ''}", one)
            place = self.found.count() - 1
            self.found.setItemData(place, str(one.file), Qt.ItemDataRole.ToolTipRole)
            model = self.found.model()
            assert isinstance(model, QStandardItemModel)
            model.item(place).setEnabled(one.kind == ESTIMATOR)
        self.found.setEnabled(bool(found))

    def _use_found(self, place: int) -> None:
        one = self.found.itemData(place)
        if one is not None:
            self.architecture.setCurrentIndex(self.architecture.findData(one.architecture))
            self.file.setText(str(one.file))

    def _show_rows(self) -> None:
        """Those that have a place with what it is."""
        kind = self.architecture.currentData()
        self.file.setPlaceholderText(PLACES.get(kind, "its checkpoint"))
        for control in (self.crop_size, self.colours, self.mean, self.std):
            self._form.setRowVisible(control, bool(kind))
        self._form.setRowVisible(self.convention, bool(kind) and kind != "rtmpose")  # that has no heatmaps
        self._form.setRowVisible(self.output, kind == "onnx")
        self.adjustSize()

    def _finish(self) -> None:
        self._sentence = QLabel(wordWrap=True)
        self._sentence.setObjectName("refusal")
        self._sentence.hide()
        self._progress = QProgressBar(textVisible=False)
        self._progress.setFixedHeight(4)
        self._progress.setRange(0, 0)
        self._progress.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Import", QDialogButtonBox.ButtonRole.ActionRole)
        self.go.clicked.connect(self._import)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addLayout(self._form)
        column.addWidget(self._sentence)
        column.addWidget(self._progress)
        column.addWidget(self.buttons)
        self.go.setDefault(True)
        self._check()

    def _ask_for_file(self) -> None:
        kinds = "Networks (*.onnx *.pth *.pt *.safetensors);;All files (*)"
        path, _ = QFileDialog.getOpenFileName(self, "Choose a file", "", kinds)
        if path:
            self.file.setText(path)

    def _ask_for_folder(self) -> None:
        if path := QFileDialog.getExistingDirectory(self, "Choose a folder that transformers saved"):
            self.file.setText(path)

    def _edit_skeleton(self) -> None:
        from app.dialogs.skeleton import SkeletonDialog

        # the taller one: over this one its title would be above the screen
        over = self.parentWidget() or self
        dialog = SkeletonDialog(self.skeleton.currentData(), self._folder, over)
        if dialog.exec():
            self._use_skeleton(dialog.path)

    def _use_skeleton(self, path: Path) -> None:
        """One's own, below those that are built in."""
        if self.skeleton.count() > len(BUILT_IN):
            self.skeleton.removeItem(len(BUILT_IN))
        self.skeleton.addItem(path.stem, path)
        self.skeleton.setCurrentIndex(len(BUILT_IN))

    def _check(self) -> None:
        self.go.setEnabled(bool(self.file.text().strip()) and self._job is None)

    def _import(self) -> None:
        file = self.file.text().strip()
        name = self.name.text().strip() or Path(file).stem or "estimator"
        out = _free(self._folder / f"{Path(name).name[:100]}.onnx")
        told = {
            "size": self.crop_size.text().strip(),
            "mean": self.mean.text().strip(),
            "std": self.std.text().strip(),
            "output": self.output.text().strip(),
            "convention": self.convention.currentData(),
            "colours": self.colours.currentData(),
        }
        told = {
            key: value if value and self._form.isRowVisible(getattr(self, key)) else None
            for key, value in told.items()
        }
        told |= {
            "architecture": self.architecture.currentData() or None,
            "skeleton": self.skeleton.currentData(),
        }

        def work(monitor: Monitor) -> list[str]:
            from core.project.estimators.files import import_estimator

            return import_estimator(file, out, monitor, **told)

        job = self._job = Job("Importing", work, self)
        job.done.connect(lambda sentences: self._succeed(out, sentences))
        job.failed.connect(self._fail)
        job.finished.connect(self._end)
        self._sentence.hide()
        self._progress.show()
        self._check()
        job.start()

    def _succeed(self, out: Path, sentences: list[str]) -> None:
        self.out, self.sentences = out, [_for_window(sentence) for sentence in sentences]

    def _fail(self, sentence: str) -> None:
        self._sentence.setText(_for_window(sentence))
        self._sentence.show()

    def _end(self) -> None:
        self._job = None
        self._progress.hide()
        self._check()
        if self.out is not None:
            self.accept()

    def done(self, result: int) -> None:
        for job in (self._job, self._search):
            if job is not None:
                job.cancel()
                job.wait()
        super().done(result)


def _for_window(sentence: str) -> str:
    for option, title in FIELDS.items():
        sentence = sentence.replace(option, f"“{title}”")
    return sentence


def _free(path: Path) -> Path:
    """The path, with a number where there is such a file: an import replaces no other."""
    numbered = (path.with_name(f"{path.stem} {number}{path.suffix}") for number in itertools.count(2))
    return next(one for one in itertools.chain([path], numbered) if not one.exists())


def _row(*widgets: QWidget) -> QWidget:
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 0 if place else 1)
    return box
