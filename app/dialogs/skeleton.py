"""The joints of an estimator to be: names, mirror images, limbs and how exactly each can be told."""

import itertools
import json
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.form import choice
from app.dialogs.joint_rows import NAME, SIGMA, Joint, JointRows
from core.domain import COCO17, Skeleton, UserError
from core.domain.atomic import atomic_write
from core.domain.skeleton import USUAL_SIGMA
from core.domain.skeletons import SKELETONS, skeleton_named

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
OWN = "Own skeleton"
LONGEST_STEM = 60  # characters of a file's name, which may be four bytes each
COLUMNS = {
    "Joint": "Joints named as in another skeleton keep what the estimator knows of them",
    "Mirror image": "The joint that it changes places with in a mirror: the right one of a left one",
    "Limbs to": "Joints it is joined to by a line, with commas between",
    "σ": f"OKS constant: the smaller, the more exact a joint has to be; {USUAL_SIGMA:g} where none is known",
}


class SkeletonDialog(QDialog):
    """start: a file, or the name of a built-in one; path: the file that the skeleton was saved to, once it
    was.
    """

    def __init__(self, start: Path | str | None, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Skeleton")
        self.resize(740, 620)
        self._kept, self._start = folder / "skeletons", start
        self.path: Path | None = None
        self.name = QLineEdit(OWN)
        self.name.setAccessibleName("Name of the skeleton")
        self.name.setToolTip("What the skeleton is called")
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setAccessibleName("Joints")
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        for place, explanation in enumerate(COLUMNS.values()):
            self.table.horizontalHeaderItem(place).setToolTip(explanation)
            self.table.horizontalHeaderItem(place).setTextAlignment(LEFT)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(SIGMA, QHeaderView.ResizeMode.ResizeToContents)
        self.table.itemChanged.connect(self._edit)
        self.built_in = choice({name: skeleton.name for name, skeleton in SKELETONS.items()}, None)
        self.built_in.setPlaceholderText("Built in…")
        self.built_in.setCurrentIndex(-1)
        self.built_in.setToolTip("Begin again with a built-in skeleton")
        self.built_in.setAccessibleName("Built-in skeleton")
        self.built_in.activated.connect(self._begin)
        self._lay_out()
        self.show_skeleton(COCO17)
        if start is not None:
            self._read(start)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        self.buttons: dict[str, QPushButton] = {}
        for text, explanation, act in (
            ("Add", "Another joint below the present one", self.add_joint),
            ("Remove", "The present joint", self.remove_joint),
            ("Up", "The present joint goes before the one above", lambda: self.move_joint(-1)),
            ("Down", "The present joint goes after the one below", lambda: self.move_joint(1)),
            ("Load…", "A skeleton's JSON file", self._load),
        ):
            button = QPushButton(text, toolTip=explanation, autoDefault=False)
            button.clicked.connect(lambda _=False, act=act: act())
            self.buttons[text] = button
            buttons.addWidget(button)
        buttons.addWidget(self.built_in, 1)
        self.sentence = QLabel(wordWrap=True)
        self.sentence.setObjectName("advice")
        self.sentence.hide()
        standard = QDialogButtonBox.StandardButton
        box = QDialogButtonBox(standard.Ok | standard.Cancel)
        box.accepted.connect(self._save)
        box.rejected.connect(self.reject)
        self.ok = box.button(standard.Ok)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        named = QHBoxLayout()
        named.addWidget(QLabel("Name"))
        named.addWidget(self.name, 1)
        column.addLayout(named)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)
        column.addWidget(self.sentence)
        column.addWidget(box)

    def show_skeleton(self, skeleton: Skeleton) -> None:
        self.name.setText(skeleton.name)
        self._show_rows(JointRows.of(skeleton))

    def _show_rows(self, rows: JointRows, current: int = -1) -> None:
        self._rows = rows
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(rows))
            for row, joint in enumerate(rows):
                for column, text in enumerate(joint.texts):
                    if self.table.item(row, column) is None:
                        self.table.setItem(row, column, QTableWidgetItem())
                    self.table.item(row, column).setText(text)
                    self.table.item(row, column).setToolTip(text)
            if current >= 0:
                self.table.setCurrentCell(current, NAME)

    def _edit(self, item: QTableWidgetItem) -> None:
        self._rows.edit(item.row(), item.column(), item.text())
        self._changed()

    def _changed(self, current: int = -1) -> None:
        self._say("")
        if self.name.text() in {skeleton.name for skeleton in SKELETONS.values()}:
            self.name.setText(OWN)
        self._show_rows(self._rows, current)

    def add_joint(self) -> None:
        row = self.table.currentRow() + 1 if self.table.currentRow() >= 0 else self.table.rowCount()
        self._rows.insert(row, Joint())
        self._changed(row)
        self.table.editItem(self.table.item(row, NAME))

    def remove_joint(self) -> None:
        row = self.table.currentRow()
        if row >= 0:
            self._rows.remove(row)
            self._changed(min(row, len(self._rows) - 1))

    def move_joint(self, by: int) -> None:
        row = self.table.currentRow()
        if row >= 0 and 0 <= row + by < self.table.rowCount():
            self._rows.move(row, by)
            self._changed(row + by)

    def skeleton(self) -> Skeleton:
        """What the table says. Raises UserError for the first thing that is wrong."""
        return self._rows.skeleton(self.name.text().strip())

    def _load(self) -> None:
        kept = str(self._kept) if self._kept.is_dir() else ""
        path, _ = QFileDialog.getOpenFileName(self, "Choose a skeleton", kept, "Skeletons (*.json)")
        if path:
            self._read(Path(path))

    def _begin(self, _place: int) -> None:
        self.show_skeleton(skeleton_named(self.built_in.currentData()))
        self.built_in.setCurrentIndex(-1)
        self._say("")

    def _read(self, path: Path | str) -> None:
        from core.project.estimators.files import read_skeleton

        try:
            skeleton, sentences = read_skeleton(path)
        except UserError as error:
            self._say(str(error))
            return
        self.show_skeleton(skeleton)
        self._say(" ".join(sentences))

    def _say(self, sentence: str) -> None:
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))

    def _save(self) -> None:
        try:
            skeleton = self.skeleton()
            path = self._free(skeleton)
            with atomic_write(path) as aside:
                aside.write_text(_text(skeleton), "utf-8")
        except UserError as error:
            self._say(str(error))
            return
        except OSError as error:
            self._say(
                f"The skeleton cannot be saved in {self._kept} ({error.strerror}). Make room, then try again."
            )
            return
        self.path = path
        self.accept()

    def _free(self, skeleton: Skeleton) -> Path:
        """Where it is saved: over the one that was edited or its like, never over another."""
        stem = "".join(c if c.isalnum() or c in " -_" else "_" for c in skeleton.name)[:LONGEST_STEM].strip()
        paths = (
            self._kept / f"{stem}{f' {number}' if number > 1 else ''}.json" for number in itertools.count(1)
        )
        return next(path for path in paths if self._may_be_written(path, skeleton))

    def _may_be_written(self, path: Path, skeleton: Skeleton) -> bool:
        return (
            path == self._start or not path.exists() or path.read_text("utf-8", "replace") == _text(skeleton)
        )


def _text(skeleton: Skeleton) -> str:
    return json.dumps(skeleton.to_json(), indent=2)
