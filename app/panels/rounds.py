"""How good the estimator has become, round by round, and whether to go on."""

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QScrollArea, QSizePolicy, QTableWidgetItem, QVBoxLayout, QWidget

from app.panels.advice import Advice
from app.panels.panel import Panel
from app.session.next_step import NOTHING_LEFT, exhausted
from app.session.session import Change, Session
from app.style import theme
from app.style.plots import colour_axes
from app.style.tables import ReadOnlyTable
from core.queries.status import RoundStatus
from core.queries.status_sentences import (
    audit_in_words,
    hurried_in_words,
    refused_in_words,
    strays_in_words,
    unlabelled_in_words,
)

COLUMNS = {
    "Round": "",
    "Labelled": "accepted of proposed",
    "Before": "how near the estimates were before you corrected them, 0 to 1 (G, their mean OKS)",
    "Now": "share of all labelled poses that this round's estimator gets right (OKS ≥ τ, a setting)",
    "Loss": "at the end of the fine-tuning",
    "Time": "of the fine-tuning",
}
DELAY = 300  # milliseconds from an edit to measuring again
G_COLOUR, SHARE_COLOUR = "#e69f00", "#56b4e9"


class RoundsPanel(Panel):
    """The advice, a learning curve (the loss while fine-tuning), and a table."""

    def __init__(self, session: Session) -> None:
        content = QWidget()
        area = QScrollArea(frameShape=QScrollArea.Shape.NoFrame, widgetResizable=True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        super().__init__("Rounds", area)
        self._session = session
        self._advice = Advice()
        self.plot = pg.PlotWidget(enableMenu=False)
        self.plot.setMouseEnabled(False, False)
        self.plot.hideButtons()
        self.plot.setMinimumHeight(96)
        self.plot.getAxis("left").setWidth(34)
        self.plot.getPlotItem().setContentsMargins(0, 0, 12, 0)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._legend = QLabel()
        self._legend.setObjectName("muted")
        self._legend.setContentsMargins(12, 0, 12, 0)
        self._legend.setWordWrap(True)
        self.table = ReadOnlyTable("Rounds", COLUMNS, stretched=1, dense=True)
        self.table.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.table.setMinimumHeight(50)
        for one in (self.plot, self.table):  # they take what is left, and no more than their least scrolls
            one.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._advice)
        column.addWidget(self._legend)
        column.addWidget(self.plot, 3)
        column.addWidget(self.table, 2)
        self._losses: list[tuple[int, float]] = []
        self._later = QTimer(self, singleShot=True, interval=DELAY)
        self._later.timeout.connect(lambda: session.refresh(Change.ROUNDS))
        session.changed.connect(self._refresh)
        session.labels_changed.connect(lambda _: self._later.start())
        self._refresh(Change.ROUNDS)

    def _refresh(self, change: Change) -> None:
        if not change & Change.ROUNDS:
            return
        rounds = self._session.rounds
        self.show_empty(
            "" if rounds else "After each round: how good the estimates are, and whether to go on."
        )
        self.show_counter(f"round {rounds[-1].round}" if rounds else "")
        self._show_advice(rounds)
        self._fill_table(rounds)
        self._draw()

    def _show_advice(self, rounds: list[RoundStatus]) -> None:
        if rounds:
            advice, session = rounds[-1].advice, self._session
            nothing_to_do = not rounds[-1].labelled and not session.pending and exhausted(session)
            refused, sentence = refused_in_words(rounds), NOTHING_LEFT if nothing_to_do else advice.sentence
            sentences = (
                refused,
                "" if refused and not advice.stop else sentence,  # it says to go on, too
                strays_in_words(rounds),
                audit_in_words(rounds),
                hurried_in_words(rounds),
                unlabelled_in_words(self._session.project),
            )
            self._advice.say(" ".join(filter(None, sentences)), advice.stop)

    def _fill_table(self, rounds: list[RoundStatus]) -> None:
        self.table.setRowCount(len(rounds))
        for row, entry in enumerate(reversed(rounds)):
            texts = (
                str(entry.round),
                _labelled(entry),
                _number(entry.g, "{:.2f}"),
                _number(entry.share, "{:.0%}"),
                _short(entry.loss),
                _number(entry.seconds, "{:.0f} s"),
            )
            for place, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                if entry.device:
                    item.setToolTip(entry.training)
                self.table.setItem(row, place, item)

    # the plot

    def add_step(self, stage: str, done: int, total: int, values: dict) -> None:
        """A report of the running job; those of the training are drawn."""
        if "notice" in values:
            self._losses = []
        if "loss" in values:
            self._losses.append((done, float(values["loss"])))
            self.show_empty("")
            self._draw()

    def end_training(self) -> None:
        """The rounds are drawn again."""
        self._losses = []
        self._draw()

    def _draw(self) -> None:
        self.plot.clear()
        colours = theme.current()
        if self._losses:
            self._draw_training()
            return
        rounds = self._session.rounds
        before, now = f"{_line(G_COLOUR)} right before you corrected", f"{_line(SHARE_COLOUR)} right now"
        self._legend.setText(f"{before}&nbsp;&nbsp;&nbsp;{now}")
        self._legend.setToolTip(f"Before: {COLUMNS['Before']}\nNow: {COLUMNS['Now']}")
        self.plot.setRange(xRange=(-0.2, max(3.2, len(rounds) - 0.8)), yRange=(0, 1.05), padding=0)
        self.plot.getAxis("bottom").setTickSpacing(max(1, len(rounds) // 6), 1)
        tau = float(self._session.project.setting("tau"))
        self.plot.addItem(pg.InfiniteLine(tau, 0, pen=pg.mkPen(colours.muted, style=Qt.PenStyle.DotLine)))
        for values, colour in (([r.g for r in rounds], G_COLOUR), ([r.share for r in rounds], SHARE_COLOUR)):
            known = [
                (entry.round, value) for entry, value in zip(rounds, values, strict=True) if value is not None
            ]
            if known:
                self.plot.plot(
                    *zip(*known, strict=True), pen=pg.mkPen(colour, width=1), symbol="o", symbolSize=6,
                    symbolBrush=colour, symbolPen=None,
                )  # fmt: skip

    def _draw_training(self) -> None:
        """The loss as a share of what it was at first."""
        colours = theme.current()
        first = max(self._losses[0][1], 1e-12)
        legend = f"{_line(colours.accent)} loss {_short(self._losses[-1][1])}, of {_short(first)} at first"
        self.plot.getAxis("bottom").setTickSpacing()
        steps, losses = zip(*self._losses, strict=True)
        shares = [loss / first for loss in losses]
        top = 1.05 * max(1, *shares)
        self.plot.setRange(xRange=(0, max(20, self._losses[-1][0])), yRange=(0, top), padding=0.02)
        self.plot.plot(steps, shares, pen=pg.mkPen(colours.accent, width=1))
        self._legend.setText(legend)

    def show_theme(self) -> None:
        colour_axes(self.plot)
        self._draw()


def _labelled(entry: RoundStatus) -> str:
    """'8/8 + 1': of those proposed, and others beside."""
    if not entry.queried:
        return str(entry.labelled or "–")
    others = entry.labelled - entry.of_batch
    return f"{entry.of_batch}/{entry.queried}" + (f" + {others}" if others > 0 else "")


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _short(value: float | None) -> str:
    """Three significant digits; thousandths and less in powers of ten, which a narrow column can hold."""
    if value is None:
        return "–"
    if value and abs(value) < 0.001:
        digits, power = f"{value:.2e}".split("e")
        return f"{digits}e{int(power)}"
    return f"{value:#.3g}"


def _line(colour: str) -> str:
    return f'<span style="color:{colour}">●</span>'
