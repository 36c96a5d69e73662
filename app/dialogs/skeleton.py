"""The joints of an estimator to be: names, mirror images, limbs and how exactly each can be told."""

import itertools
import json
from pathlib import Path

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

from core.domain import COCO17, Skeleton, UserError
from core.domain.atomic import atomic_write
from core.domain.skeleton import USUAL_SIGMA, usual_sigmas

NAME, MIRROR, LIMBS, SIGMA = range(4)
COLUMNS = {
    "Joint": "Joints named as in another skeleton keep what the estimator knows of them",
    "Mirror image": "The joint that it changes places with in a mirror: the right one of a left one",
    "Limbs to": "Joints it is joined to by a line, with commas between",
    "σ": f"OKS constant: the smaller, the more exact a joint has to be; {USUAL_SIGMA:g} where none is known",
}


class SkeletonDialog(QDialog):
    """path: the file that the skeleton was saved to, once it was."""

    def __init__(self, start: Path | None, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Skeleton")
        self.resize(640, 620)
        self._folder = folder
        self.path: Path | None = None
        self.name = QLineEdit("Own skeleton")
        self.name.setAccessibleName("Name of the skeleton")
        self.name.setToolTip("What the skeleton is called")
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setAccessibleName("Joints")
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        for place, explanation in enumerate(COLUMNS.values()):
            self.table.horizontalHeaderItem(place).setToolTip(explanation)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(SIGMA, QHeaderView.ResizeMode.ResizeToContents)
        self._lay_out()
        self.show_skeleton(COCO17 if start is None else Skeleton.from_json(json.loads(start.read_text("utf-8"))))

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        self.buttons: dict[str, QPushButton] = {}
        for text, explanation, act in (
            ("Add", "Another joint below the present one", self.add_joint),
            ("Remove", "The present joint", self.remove_joint),
            ("Up", "The present joint goes before the one above", lambda: self.move_joint(-1)),
            ("Down", "The present joint goes after the one below", lambda: self.move_joint(1)),
            ("COCO-17", "Begin again with COCO's joints", lambda: self.show_skeleton(COCO17)),
            ("Load…", "A skeleton's JSON file", self._load),
        ):
            button = QPushButton(text, toolTip=explanation, autoDefault=False)
            button.clicked.connect(lambda _=False, act=act: act())
            self.buttons[text] = button
            buttons.addWidget(button)
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
        column.addWidget(self.name)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)
        column.addWidget(self.sentence)
        column.addWidget(box)

    def show_skeleton(self, skeleton: Skeleton) -> None:
        names = skeleton.joints
        partner = {a: b for pair in skeleton.flip_pairs for a, b in (pair, pair[::-1])}
        self.name.setText(skeleton.name)
        self.table.setRowCount(0)
        for joint, name in enumerate(names):
            limbs = ", ".join(names[b] for a, b in skeleton.edges if a == joint)
            mirror = names[partner[joint]] if joint in partner else ""
            self._insert(joint, (name, mirror, limbs, f"{skeleton.sigmas[joint]:g}"))

    def _insert(self, row: int, texts: tuple[str, ...]) -> None:
        self.table.insertRow(row)
        for column, text in enumerate(texts):
            self.table.setItem(row, column, QTableWidgetItem(text))

    def add_joint(self) -> None:
        row = self.table.currentRow() + 1 if self.table.currentRow() >= 0 else self.table.rowCount()
        self._insert(row, ("", "", "", ""))
        self.table.setCurrentCell(row, NAME)
        self.table.editItem(self.table.item(row, NAME))

    def remove_joint(self) -> None:
        """Also from the mirror images and limbs of the others."""
        row = self.table.currentRow()
        if row < 0:
            return
        gone = _name(self._text(row, NAME))
        self.table.removeRow(row)
        for other, column in itertools.product(range(self.table.rowCount()), (MIRROR, LIMBS)):
            names = self._text(other, column).split(",")
            if gone in map(_name, names):
                self.table.item(other, column).setText(", ".join(name.strip() for name in names if _name(name) != gone))

    def move_joint(self, by: int) -> None:
        row = self.table.currentRow()
        if row >= 0 and 0 <= row + by < self.table.rowCount():
            texts = tuple(self._text(row, column) for column in range(len(COLUMNS)))
            self.table.removeRow(row)
            self._insert(row + by, texts)
            self.table.setCurrentCell(row + by, NAME)

    def _text(self, row: int, column: int) -> str:
        item = self.table.item(row, column)
        return "" if item is None else item.text().strip()

    def skeleton(self) -> Skeleton:
        """What the table says. Raises UserError for the first thing that is wrong."""
        rows = range(self.table.rowCount())
        names = [_name(self._text(row, NAME)) for row in rows]
        pairs, edges, sigmas = set(), [], []
        for row, usual in zip(rows, usual_sigmas(names), strict=True):
            if mirror := self._text(row, MIRROR):
                pairs.add(tuple(sorted((row, self._place(mirror, names, names[row])))))
            edges += [
                (row, self._place(limb, names, names[row]))
                for limb in self._text(row, LIMBS).split(",")
                if limb.strip()
            ]
            sigmas.append(_number(self._text(row, SIGMA), names[row]) if self._text(row, SIGMA) else usual)
        ordered = [pair if "left" in names[pair[0]] else pair[::-1] for pair in sorted(pairs)]
        return Skeleton.from_json(
            {
                "name": self.name.text().strip(),
                "joints": names,
                "edges": [list(edge) for edge in edges],
                "flip_pairs": [list(pair) for pair in ordered],
                "sigmas": sigmas,
            }
        )

    @staticmethod
    def _place(text: str, names: list[str], whose: str) -> int:
        name = _name(text)
        if name not in names:
            raise UserError(f"{whose or 'A joint'} speaks of {text.strip()!r}, which is none of the joints.")
        return names.index(name)

    def _load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Choose a skeleton", "", "Skeletons (*.json)")
        if not path:
            return
        from core.project.estimators.files import read_skeleton

        try:
            skeleton, sentences = read_skeleton(Path(path))
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
            name = "".join(c if c.isalnum() or c in " -_" else "_" for c in skeleton.name)
            path = self._folder / "skeletons" / f"{name}.json"
            with atomic_write(path) as aside:
                aside.write_text(json.dumps(skeleton.to_json(), indent=2), "utf-8")
        except UserError as error:
            self._say(str(error))
            return
        except OSError as error:
            self._say(f"The skeleton cannot be saved in {self._folder} ({error.strerror}). Make room, then try again.")
            return
        self.path = path
        self.accept()


def _name(text: str) -> str:
    return text.strip().replace(" ", "_")


def _number(text: str, joint: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise UserError(f"The σ of {joint or 'a joint'} is {text!r}; give a number such as {USUAL_SIGMA:g}.") from error
