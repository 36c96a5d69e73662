"""What the rows of the queue say."""

from enum import Enum

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QImage

from app.panels.sample_rows import ROW, Index, Pictures, SampleRow, title_of
from app.session.session import Session
from app.style.choices import curve_name
from core.domain import SampleId
from core.project.store.store import QueueItem
from core.queries.status import ADDED, AUDIT, ON_NEIGHBOUR
from core.selection.registry import DISTANCE, MENDS

WORDS = {
    MENDS: "helps about {:.0f} poses",
    DISTANCE: "unlike what you corrected {:.2f}",
    AUDIT: "drawn at random, to check the rest",
    ADDED: "added by you",
    ON_NEIGHBOUR: "lies on a neighbour",
}


class State(Enum):
    """value: (icon, name of the theme's colour, words)."""

    WAITING = ("circle-outline", "muted", "waiting")
    BEGUN = ("circle-half-full", "warn", "being corrected")
    DONE = ("check-circle", "good", "accepted")
    DOUBTFUL = ("alert-circle-outline", "bad", "accepted, but in doubt: look at it again")
    SKIPPED = ("debug-step-over", "muted", "skipped")


def reason_in_words(reason: dict[str, float]) -> str:
    """'flicker 0.93, unlikely posture 0.71, unlike what you corrected 0.66'; a sum only where its parts are
    not known.
    """
    if AUDIT in reason:
        return WORDS[AUDIT]
    known = {key for key in reason if "+" not in key or not set(key.split("+")) <= reason.keys()}
    order = sorted(
        (key for key in reason if key in known),
        key=lambda key: (key not in (ADDED, ON_NEIGHBOUR), key in (DISTANCE, MENDS)),
    )
    return ", ".join(_said(key, reason[key]) for key in order)


def _said(key: str, value: float) -> str:
    if key == MENDS and round(value) < 2:
        return "helps about 1 pose" if round(value) else "helps hardly any pose"
    return WORDS.get(key, f"{curve_name(key).lower()} {{:.2f}}").format(value)


class Filter(Enum):
    """value: (what the user reads, what is said where nothing is left)."""

    ALL = ("All", "")
    WAITING = ("Waiting", "Nothing is waiting.")
    DONE = ("Done", "Nothing is done yet.")
    SKIPPED = ("Skipped", "Nothing was skipped.")


SHOWN = {
    Filter.ALL: set(State),
    Filter.WAITING: {State.WAITING, State.BEGUN, State.DOUBTFUL},
    Filter.DONE: {State.DONE, State.DOUBTFUL},
    Filter.SKIPPED: {State.SKIPPED},
}


class QueueModel(QAbstractListModel):
    """batch: the samples of the present round in all videos, and older ones that still wait or are doubtful;
    items: those of them that the filter lets through.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.batch: list[QueueItem] = []
        self.items: list[QueueItem] = []
        self.filter = Filter.ALL
        self.pictures = Pictures(session)
        self._rows: dict[SampleId, int] = {}

    def read(self) -> None:
        session = self._session
        self.batch = [
            item
            for item in session.queue
            if item.sample.track in session.video_of
            and (item.round == session.round or self.state(item) not in (State.DONE, State.SKIPPED))
        ]
        self._show(self._let_through())

    def choose(self, filter: Filter) -> None:
        self.filter = filter
        self._show(self._let_through())

    def _let_through(self) -> list[QueueItem]:
        return [item for item in self.batch if self.state(item) in SHOWN[self.filter]]

    def _show(self, items: list[QueueItem]) -> None:
        self.beginResetModel()
        self.items = items
        self._rows = {item.sample: row for row, item in enumerate(items)}
        self.endResetModel()

    def row_of(self, sample: SampleId | None) -> int | None:
        return self._rows.get(sample)

    def show_states(self) -> None:
        if (items := self._let_through()) != self.items:
            self._show(items)
        elif self.items:
            self.dataChanged.emit(self.index(0), self.index(len(self.items) - 1))

    def show_picture(self, sample: SampleId, picture: QImage) -> None:
        self.pictures.keep(sample, picture)
        if (row := self.row_of(sample)) is not None:
            self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return title_of(self._session, item.sample)
        if role == Qt.ItemDataRole.ToolTipRole:
            state = self.state(item).value[2]
            return f"{title_of(self._session, item.sample)}\n{reason_in_words(item.reason)}: {state}"
        if role == Qt.ItemDataRole.UserRole:
            return item
        return self._row(item) if role == ROW else None

    def _row(self, item: QueueItem) -> SampleRow:
        state = self.state(item)
        icon, colour, _ = state.value
        title, reason = title_of(self._session, item.sample), reason_in_words(item.reason)
        picture, faded = self.pictures.get(item.sample), state in (State.DONE, State.SKIPPED)
        place = self._session.places[item.sample.track]
        return SampleRow(item.sample, place, title, reason, picture, (icon, colour), faded)

    def state(self, item: QueueItem) -> State:
        label = self._session.labels.get(item.sample)
        if label is not None and label.accepted:
            rounds = self._session.rounds
            return State.DOUBTFUL if rounds and item.sample in rounds[-1].doubtful else State.DONE
        if item.skipped:
            return State.SKIPPED
        return State.BEGUN if label is not None else State.WAITING
