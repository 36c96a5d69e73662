"""The joints of the selected person."""

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSignalBlocker,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.panels.panel import Panel
from app.session.joint_uncertainty import uncertain_joints
from app.session.session import Person, Session
from app.style import theme
from core.domain import Visibility
from core.uncertainty.joints import LOW_CONFIDENCE

NAME, STATE = 0, 1
DELAY = 80  # milliseconds; while stepping and playing, the joints follow at a readable pace
PADDING = 16  # pixels beside a state
Index = QModelIndex | QPersistentModelIndex


class JointTable(QAbstractTableModel):
    """A row per joint: its name, and what the human or else the estimator says of it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._skeleton = session.skeleton
        self._dots = {side: theme.disc(theme.side_colour(side), 8) for side in ("left", "right", "middle")}
        self._person: Person | None = None
        self._uncertain: np.ndarray | None = None

    def show(self, person: Person | None, uncertain: np.ndarray | None) -> None:
        """uncertain: (K,) bool."""
        self._person, self._uncertain = person, uncertain
        if self._skeleton != self._session.skeleton:
            self.beginResetModel()
            self._skeleton = self._session.skeleton
            self.endResetModel()
        self.dataChanged.emit(self.index(0, STATE), self.index(len(self._skeleton) - 1, STATE))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._skeleton)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        joint, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._skeleton.joints[joint].replace("_", " ") if column == NAME else self._state(joint)
        if role == Qt.ItemDataRole.ForegroundRole and column == STATE:
            return QBrush(
                QColor(theme.current().warn if self._why_uncertain(joint) else theme.current().muted)
            )
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._why_uncertain(joint)
        if role == Qt.ItemDataRole.DecorationRole and column == NAME:
            return self._dots[self._skeleton.side(joint)]
        if role == Qt.ItemDataRole.TextAlignmentRole and column == STATE:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _why_uncertain(self, joint: int) -> str | None:
        if self._uncertain is None or not self._uncertain[joint]:
            return None
        low = self._person.prediction.confidence[joint] < LOW_CONFIDENCE
        return (
            "Uncertain: its peak is low" if low else "Uncertain: it jumps between the frames before and after"
        )

    def _state(self, joint: int) -> str:
        if self._person is None:
            return ""
        if self._person.label is not None:
            return Visibility(int(self._person.label.pose.visibility[joint])).name.lower()
        if self._person.prediction is not None:
            return f"{self._person.prediction.confidence[joint]:.2f}"
        return ""


class JointsPanel(Panel):
    """Selecting a row selects the joint."""

    def __init__(self, session: Session) -> None:
        self.table = QTableView()
        super().__init__("Joints", self.table)
        self._session = session
        self._model = JointTable(session)
        self.table.setModel(self._model)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setIconSize(QSize(16, 16))
        self.table.horizontalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(STATE, QHeaderView.ResizeMode.Fixed)
        longest = max(self.table.fontMetrics().horizontalAdvance(state.name.lower()) for state in Visibility)
        self.table.setColumnWidth(STATE, longest + PADDING)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.verticalHeader().setMinimumSectionSize(16)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: session.select_joint(now.row()))
        self._later = QTimer(self, singleShot=True, interval=DELAY)
        self._later.timeout.connect(self._refresh)
        for signal in (
            session.frame_changed,
            session.person_changed,
            session.labels_changed,
            session.changed,
        ):
            signal.connect(self._soon)
        session.joint_changed.connect(self._mark)
        self._refresh()

    def _soon(self, *_: object) -> None:
        if not self._later.isActive():
            self._later.start()

    def _refresh(self) -> None:
        sample = self._session.sample
        person = None if sample is None else self._session.person_at(sample)
        self._model.show(person, None if person is None else uncertain_joints(self._session, person))
        self.show_empty("" if person else "Click a person to see the joints.")
        self.show_counter("" if person is None else self._session.tracks[sample.track].name)
        self._mark()

    def _mark(self) -> None:
        joint = -1 if self._session.joint is None else self._session.joint
        if joint == self.table.currentIndex().row():  # the whole list would be painted again at every step
            return
        with QSignalBlocker(self.table.selectionModel()):
            if joint < 0:
                self.table.clearSelection()
                self.table.setCurrentIndex(QModelIndex())
            else:
                self.table.selectRow(joint)
                # it does not hear that another row is the current one
                self.table.scrollTo(self.table.currentIndex())
        self.table.viewport().update()
