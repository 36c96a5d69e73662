"""Tables to look at."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget


class ReadOnlyTable(QTableWidget):
    """columns: titles, each with an explanation; stretched: the column that takes the room that is left;
    dense: with low rows and small letters, for a panel, where no key goes to it.
    """

    def __init__(
        self, name: str, columns: Mapping[str, str], stretched: int = 0, dense: bool = False
    ) -> None:
        super().__init__(0, len(columns))
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(columns))
        for place, explanation in enumerate(columns.values()):
            self.horizontalHeaderItem(place).setToolTip(explanation)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        if dense:
            self.setObjectName("dense")
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.verticalHeader().setMinimumSectionSize(16)
            self.verticalHeader().setDefaultSectionSize(22)
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
