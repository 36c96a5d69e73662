"""The review's table of joints, and the criteria over time before and after."""

from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.session.session import Session
from app.style import theme
from app.style.choices import curve_name
from app.style.plots import colour_axes
from app.style.tables import ReadOnlyTable
from core.queries.review import JointReview

COLUMNS = {
    "Joint": "",
    "Labels": "how many labels have it",
    "Off %": "mean distance to the labels in percent of the height, in the round before and in this one",
    "Conf.": "confidence: mean height of its peak over all poses, in the round before and in this one",
}


class JointsTable(ReadOnlyTable):
    def __init__(self, session: Session) -> None:
        super().__init__("Joints before and after", COLUMNS, dense=True)
        self._session = session

    def fill(self, joints: tuple[JointReview, ...]) -> None:
        names = self._session.skeleton.joints
        self.setRowCount(len(joints))
        for row, joint in enumerate(joints):
            worse = (
                joint.error is not None
                and joint.error_before is not None
                and joint.error > joint.error_before
            )
            texts = (
                names[joint.joint].replace("_", " "),
                str(joint.labelled),
                _change(_percent(joint.error_before), _percent(joint.error)),
                _change(_share(joint.confidence_before), _share(joint.confidence)),
            )
            for place, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(
                    Qt.AlignmentFlag.AlignVCenter
                    | (Qt.AlignmentFlag.AlignHCenter if place else Qt.AlignmentFlag.AlignLeft)
                )
                if place == 0:
                    item.setToolTip(text)
                if place == 2 and worse:
                    item.setForeground(QColor(theme.current().warn))
                self.setItem(row, place, item)


class CriteriaChart(QWidget):
    """One criterion of the selected person over the frames: faint before, strong after, on one scale."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.choice = QComboBox(toolTip="Which criterion")
        self.choice.setAccessibleName("Criterion to compare")
        self.choice.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for name in dict.fromkeys((session.criterion, *session.criterion.split("+"))):
            self.choice.addItem(curve_name(name), name)
        self.choice.activated.connect(lambda _: self.read())
        self.plot = pg.PlotWidget(enableMenu=False)
        self.plot.setMouseEnabled(False, False)
        self.plot.hideButtons()
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.getAxis("left").setWidth(34)
        self.plot.setYRange(0, 1)
        self._legend = QLabel(wordWrap=True)
        self._legend.setObjectName("muted")
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(self.choice)
        row.addWidget(self._legend, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        self._curves: tuple | None = None
        session.person_changed.connect(self._draw)
        session.video_changed.connect(self.read)
        self.show_theme()

    def read(self) -> None:
        from core.domain import UserError
        from core.queries.scores import before_and_after

        try:
            self._curves = before_and_after(
                self._session.project, self._session.video.id, self.choice.currentData()
            )
        except UserError as error:
            self._curves = None
            self._legend.setText(str(error))
        self._draw()

    def _draw(self) -> None:
        self.plot.clear()
        track = self._session.person
        if self._curves is None or track is None:
            return
        colours = theme.current()
        before, values_before, after, values_after = self._curves
        means = []
        for estimates, values, colour in (
            (before, values_before, colours.muted),
            (after, values_after, colours.accent),
        ):
            rows = estimates.rows_of_track(track)
            if len(rows):
                line = pg.mkPen(colour, width=1)
                self.plot.plot(estimates.frame[rows], values[rows], pen=line, connect="finite")
                means.append(f'<span style="color:{colour}">●</span> {np.nanmean(values[rows]):.2f}')
        name = self._session.names.get(track, "")
        self._legend.setText(
            f"{escape(name)}, mean before and after: {'&nbsp;'.join(means)}" if len(means) == 2 else ""
        )

    def show_theme(self) -> None:
        colour_axes(self.plot)
        self._draw()


def _change(before: str, now: str) -> str:
    return f"{before} → {now}" if before else now or "–"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
