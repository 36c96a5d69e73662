"""The samples proposed for labelling, each with the reason why."""

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QListView, QProgressBar, QWidget

from app.frames.thumbnails import Thumbnails
from app.panels.panel import Panel
from app.panels.queue_rows import Filter, QueueModel
from app.panels.sample_rows import sample_list
from app.session.labelling_pace import LabellingPace
from app.session.next_step import NOTHING_LEFT, exhausted
from app.session.queue_order import Order
from app.session.session import Change, Session
from app.shortcuts.shortcuts import Shortcuts
from core.domain import SampleId


class QueuePanel(Panel):
    """A click opens the sample."""

    opened = Signal(object)  # SampleId

    def __init__(
        self, session: Session, thumbnails: Thumbnails, pace: LabellingPace, shortcuts: Shortcuts
    ) -> None:
        self.list = sample_list()
        super().__init__("Queue", self.list)
        self._session = session
        self._thumbnails = thumbnails
        self._pace = pace
        self._shortcuts = shortcuts
        self._model = QueueModel(session)
        self.list.setModel(self._model)
        self.list.clicked.connect(lambda index: self.opened.emit(index.data(Qt.ItemDataRole.UserRole).sample))
        self._progress = QProgressBar(textVisible=False)
        self._progress.setFixedHeight(4)
        self.column.insertWidget(1, self._progress)
        self.column.insertWidget(2, self._choices())
        thumbnails.ready.connect(self._receive)
        session.changed.connect(self._refresh)
        shortcuts.changed.connect(self._show_keys)
        session.labels_changed.connect(self._show_states)
        session.frame_changed.connect(self._mark)
        session.person_changed.connect(self._mark)
        self._refresh(Change.QUEUE)
        if session.pending:
            row = self._model.row_of(session.pending[0].sample)
            first = self._model.index(row or 0)
            # once the list has its size
            QTimer.singleShot(0, self, lambda: self.list.scrollTo(first, QListView.ScrollHint.PositionAtTop))

    def _choices(self) -> QWidget:
        self.orders = _combo("Order of the queue", {order.value: order for order in Order})
        self.orders.activated.connect(lambda place: self._session.sort_queue(self.orders.itemData(place)))
        self.filters = _combo("Shown of the queue", {filter.value[0]: filter for filter in Filter})
        self.filters.activated.connect(self._filter)
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(8, 6, 8, 4)
        row.addWidget(self.orders, 3)
        row.addWidget(self.filters, 2)
        return self._row

    def _show_keys(self) -> None:
        self._refresh(Change.QUEUE)

    def _refresh(self, change: Change) -> None:
        if change & (Change.QUEUE | Change.TRACKS | Change.ROUNDS):
            self._model.read()
            if change & Change.TRACKS:
                self._model.pictures.drop_changed()
            self._thumbnails.ask(self._model.pictures.missing([item.sample for item in self._model.batch]))
        self._show_states()

    def _filter(self, place: int) -> None:
        self._model.choose(self.filters.itemData(place))
        self._show_states()

    def _show_states(self, _: object = None) -> None:
        self._model.show_states()
        batch = self._model.batch
        done = sum(self._session.is_accepted(item.sample) for item in batch)
        left = self._pace.left(len(self._session.pending))
        self.show_counter(
            (f"{done} of {len(batch)}, {left}" if left else f"{done} of {len(batch)}") if batch else ""
        )
        self._progress.setVisible(bool(batch))
        self._progress.setRange(0, max(1, len(batch)))
        self._progress.setValue(done)
        self._row.setVisible(bool(batch))
        self._say_why_empty()
        self._mark()

    def _say_why_empty(self) -> None:
        estimate, propose = self._shortcuts.first("estimate"), self._shortcuts.first("propose")
        if self._model.batch:
            self.show_empty("" if self._model.items else self._model.filter.value[1])
        elif exhausted(self._session):
            self.show_empty(NOTHING_LEFT)
        elif self._session.predictions is not None:
            self.show_empty(f"Propose a batch{propose}: the poses worth correcting appear here.")
        else:
            self.show_empty(f"Poses to correct appear here. Estimate first{estimate}, then propose{propose}.")

    def _receive(self, sample: SampleId, picture: QImage) -> None:
        self._model.show_picture(sample, picture)

    def _mark(self, *_: object) -> None:
        row = self._model.row_of(self._session.sample)
        index = QModelIndex() if row is None else self._model.index(row)
        self.list.setCurrentIndex(index)


def _combo(name: str, choices: dict[str, object]) -> QComboBox:
    combo = QComboBox(toolTip=name)
    combo.setAccessibleName(name)
    combo.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for title, value in choices.items():
        combo.addItem(title, value)
    return combo
