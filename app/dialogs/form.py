"""What dialogs are made of: rows of a title, a control and what it is for, choices, and the buttons below."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)


class Form(QFormLayout):
    def __init__(self) -> None:
        super().__init__(labelAlignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self.setHorizontalSpacing(16)
        self.setVerticalSpacing(10)

    def add(self, title: str, control: QWidget, explanation: str) -> QVBoxLayout:
        """The cell of the control, which setRowVisible takes."""
        _explain(control, title, explanation)
        below = QLabel(explanation)
        below.setObjectName("explanation")
        cell = QVBoxLayout()
        cell.setSpacing(2)
        cell.addWidget(control)
        cell.addWidget(below)
        self.addRow(title, cell)
        return cell

    def add_brief(self, title: str, control: QWidget, explanation: str) -> None:
        """With the explanation as a tool tip alone."""
        _explain(control, title, explanation)
        self.addRow(title, control)


def choice(titles: Mapping[Any, str], value: object) -> QComboBox:
    """Each item's data is a key of titles; the first one is chosen where value is none of them."""
    box = QComboBox()
    for key, title in titles.items():
        box.addItem(title, key)
    box.setCurrentIndex(list(titles).index(value) if value in titles else 0)
    return box


def ok_and_cancel(dialog: QDialog, ok: str = "") -> QDialogButtonBox:
    """ok: what its button says instead of OK."""
    standard = QDialogButtonBox.StandardButton
    buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
    if ok:
        buttons.button(standard.Ok).setText(ok)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons


def fit_height(label: QLabel) -> None:
    """Gives words that wrap the height that they need, which a dialog's layout by itself does not."""
    label.setMinimumHeight(label.heightForWidth(label.width()))
    label.window().adjustSize()


def _explain(control: QWidget, title: str, explanation: str) -> None:
    control.setAccessibleName(title)
    control.setToolTip(explanation)
    boxes = [control] if isinstance(control, QAbstractSpinBox) else control.findChildren(QAbstractSpinBox)
    for box in boxes:  # their field takes no padding from a style sheet
        box.lineEdit().setTextMargins(8, 0, 8, 0)
