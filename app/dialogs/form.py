"""Rows of a dialog: a title, a control, and what it is for."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget


class Form(QFormLayout):
    def __init__(self) -> None:
        super().__init__(labelAlignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self.setHorizontalSpacing(16)
        self.setVerticalSpacing(10)

    def add(self, title: str, control: QWidget, explanation: str) -> QVBoxLayout:
        """The cell of the control, which setRowVisible takes."""
        control.setAccessibleName(title)
        control.setToolTip(explanation)
        below = QLabel(explanation)
        below.setObjectName("explanation")
        cell = QVBoxLayout()
        cell.setSpacing(2)
        cell.addWidget(control)
        cell.addWidget(below)
        self.addRow(title, cell)
        return cell
