"""What is written, how much of it, and where."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.form import Form, ok_and_cancel
from core.export.formats import FORMATS, Format
from core.export.options import IMAGE_FORMATS, LONGEST_SMOOTHING, POSES, ExportOptions
from core.formats.angles import VISIBLE_SIDES
from core.queries.coverage import coverage_in_words

if TYPE_CHECKING:
    from app.session.session import Session

USUAL = ExportOptions()


class ExportDialog(QDialog):
    """format: the chosen one's name; out: the folder or file; options: what it heeds of them as the user
    wants it, and the usual for the rest.
    """

    def __init__(self, session: "Session", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.resize(900, 640)
        self._folder = session.project.folder
        self._formats = QListWidget(toolTip="What other programs read")
        self._formats.setAccessibleName("Format")
        for name, format in FORMATS.items():
            item = QListWidgetItem(format.title)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip(format.about)
            self._formats.addItem(item)
        self._about = QLabel(wordWrap=True)
        self._about.setObjectName("explanation")
        self._form = Form()
        self._rows: dict[str, Any] = {}
        self._controls: dict[str, Any] = {}
        self._add_options(session.skeleton.joints)
        self._place = QLineEdit()
        self._place.setAccessibleName("Place")
        self._place.setToolTip("The folder or file that is written")
        self._browse = QPushButton("Browse…", toolTip="Choose where it is written")
        self._browse.setAccessibleName("Browse")
        self._complete = QCheckBox(
            "Estimate the rest first", toolTip="Then everything is of the present round"
        )
        self._left = coverage_in_words(session.project, way="")
        self._note = QLabel(wordWrap=True)
        self._note.setObjectName("explanation")
        self._proposed = ""
        self._lay_out()
        self._formats.currentRowChanged.connect(self._show_format)
        self._place.textChanged.connect(self._check)
        self._browse.clicked.connect(self._ask_for_place)
        self._formats.setCurrentRow(0)
        self._formats.setFocus()

    @property
    def format(self) -> str:
        return self._formats.currentItem().data(Qt.ItemDataRole.UserRole)

    @property
    def out(self) -> Path:
        return Path(self._place.text().strip()).expanduser()

    @property
    def complete(self) -> bool:
        """Whether what is not estimated yet is to be, before it is written."""
        return self._complete.isVisibleTo(self) and self._complete.isChecked()

    @property
    def options(self) -> ExportOptions:
        values = {
            "predictions": self._predictions.isChecked(),
            "poses": self._poses.currentText(),
            "images": self._images.isChecked(),
            "image_format": self._image_format.currentText(),
            "quality": self._quality.value(),
            "val_share": self._val.value() / 100,
            "block_seconds": self._block.value(),
            "joints": self._chosen_joints(),
            "smoothing": self._smoothing.value(),
            "visible_side": self._visible_side.currentText(),
        }
        return replace(USUAL, **{name: values[name] for name in self._chosen.options})

    @property
    def _chosen(self) -> Format:
        return FORMATS[self.format]

    # the rows

    def _add_options(self, joints: tuple[str, ...]) -> None:
        self._predictions = QCheckBox("as well as labels", checked=USUAL.predictions)
        self._add("predictions", "Predictions", self._predictions, "Of the latest round, marked as such.")
        self._poses = QComboBox()
        self._poses.addItems(POSES)
        self._add(
            "poses",
            "Predictions are",
            self._poses,
            "Refined: drawn to the labels and the motion around them.",
        )
        self._smoothing = QDoubleSpinBox(maximum=LONGEST_SMOOTHING, singleStep=0.1, decimals=2, suffix=" s")
        self._smoothing.setSpecialValueText("none")
        self._add(
            "smoothing", "Smoothing", self._smoothing, "Window over predictions; labels stay as they are."
        )
        self._visible_side = QComboBox()
        self._visible_side.addItems(VISIBLE_SIDES)
        self._add(
            "visible_side",
            "Seen from",
            self._visible_side,
            "auto: right or left, as feet or head tell.",
        )
        self._joints = QListWidget()
        for joint in joints:
            item = QListWidgetItem(joint)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self._joints.addItem(item)
        self._joints.setCurrentRow(0)
        self._joints.setMinimumHeight(104)
        self._joints.setMaximumHeight(len(joints) * self._joints.sizeHintForRow(0) + 4)
        self._joints.itemChanged.connect(self._check)
        self._add("joints", "Joints", self._joints, "Space or a click leaves one out.")
        self._images = QCheckBox("of the labelled frames", checked=USUAL.images)
        self._add("images", "Pictures", self._images, "Trainers want them beside the labels.")
        self._image_format = QComboBox()
        self._image_format.addItems(IMAGE_FORMATS)
        self._image_format.currentTextChanged.connect(self._show_quality)
        self._images.toggled.connect(self._show_quality)
        self._add(
            "image_format", "Picture format", self._image_format, "png keeps every pixel, jpg is smaller."
        )
        self._quality = QSpinBox(minimum=1, maximum=100, value=USUAL.quality)
        self._add("quality", "Quality", self._quality, "Of jpg.")
        self._val = QSpinBox(maximum=90, value=round(100 * USUAL.val_share), suffix=" %")
        self._add(
            "val_share", "For validation", self._val, "Share of the blocks of time; the rest is for training."
        )
        self._block = QDoubleSpinBox(
            minimum=0.1, maximum=3600, value=USUAL.block_seconds, decimals=1, suffix=" s"
        )
        self._add(
            "block_seconds",
            "Block length",
            self._block,
            "Neighbouring frames stay together, since they look alike.",
        )

    def _add(self, option: str, title: str, control: QWidget, explanation: str) -> None:
        self._rows[option] = self._form.add(title, control, explanation)
        self._controls[option] = control

    def _lay_out(self) -> None:
        place = QHBoxLayout()
        place.addWidget(QLabel("Place"))
        place.addWidget(self._place, 1)
        place.addWidget(self._browse)
        right = QVBoxLayout()
        right.setSpacing(14)
        right.addWidget(self._about)
        right.addLayout(self._form, 1)
        right.addStretch(0)
        halves = QHBoxLayout()
        halves.setSpacing(20)
        halves.addWidget(self._formats, 2)
        halves.addLayout(right, 3)
        self._buttons = ok_and_cancel(self, "Export")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addLayout(halves, 1)
        column.addLayout(place)
        column.addWidget(self._complete)
        column.addWidget(self._note)
        column.addWidget(self._buttons)

    # what the user does

    def _show_format(self, _: int) -> None:
        chosen = self._chosen
        self._about.setText(chosen.about)
        for option, row in self._rows.items():
            self._form.setRowVisible(row, option in chosen.options)
        self._show_quality()
        self._complete.setVisible(bool(self._left) and "predictions" in chosen.options)
        self._complete.setText(f"Estimate the rest first: {self._left}")
        if self._place.text() == self._proposed:  # the user has not said anything else
            self._proposed = str(chosen.place(self._folder, self.format))
            self._place.setText(self._proposed)
        elif chosen.ending:
            self._place.setText(str(self.out.with_suffix(chosen.ending)))
        self._check()

    def _show_quality(self, *_: object) -> None:
        options = self._chosen.options
        pictures = self._images.isChecked() or "images" not in options
        self._image_format.setEnabled(pictures)
        is_jpg = pictures and self._image_format.currentText() == "jpg"
        self._form.setRowVisible(self._rows["quality"], "quality" in options and is_jpg)

    def _ask_for_place(self) -> None:
        ending = self._chosen.ending
        title = "Export into a file" if ending else "Export into a new folder"
        kinds = f"{self._chosen.title} (*{ending})" if ending else ""
        options = QFileDialog.Option.DontConfirmOverwrite  # the note below says it
        path, _ = QFileDialog.getSaveFileName(self, title, self._place.text(), kinds, options=options)
        if path:
            self._place.setText(str(Path(path).with_suffix(ending)) if ending else path)

    def _check(self, *_: object) -> None:
        why = self._chosen.needs()
        if not why and not self._place.text().strip():
            why = "Say where it is to be written."
        if not why and self._chosen_joints() == ():
            why = "Choose at least one joint."
        self._note.setText(why or self._replaced())
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not why)

    def _replaced(self) -> str:
        """What is lost when it is written there, in a sentence."""
        if self._chosen.ending:
            return "The file is there already and will be replaced." if self.out.is_file() else ""
        try:
            there = self.out.is_dir() and any(self.out.iterdir())
        except OSError:  # said when it is written to
            there = False
        return "The folder is there already; an earlier export in it will be replaced." if there else ""

    def _chosen_joints(self) -> tuple[str, ...] | None:
        """None for all."""
        items = [self._joints.item(i) for i in range(self._joints.count())]
        chosen = tuple(item.text() for item in items if item.checkState() == Qt.CheckState.Checked)
        return None if len(chosen) == len(items) else chosen
