"""The samples proposed for labelling, each with the reason why."""

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QListView, QProgressBar

from app.frames.thumbnails import Thumbnails, Wanted
from app.panels.panel import Panel
from app.panels.queue_rows import QueueDelegate, QueueModel
from app.session import Change, Session
from core.domain import Box, SampleId


class QueuePanel(Panel):
    """A click opens the sample."""

    opened = Signal(object)  # SampleId

    def __init__(self, session: Session, thumbnails: Thumbnails) -> None:
        self.list = QListView()
        super().__init__("Queue", self.list)
        self._session = session
        self._thumbnails = thumbnails
        self._model = QueueModel(session)
        self._boxes: dict[SampleId, Box] = {}  # that the pictures show
        self.list.setModel(self._model)
        self.list.setItemDelegate(QueueDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.clicked.connect(lambda index: self.opened.emit(index.data(Qt.ItemDataRole.UserRole).sample))
        self._progress = QProgressBar(textVisible=False)
        self._progress.setFixedHeight(4)
        self.column.insertWidget(1, self._progress)
        thumbnails.ready.connect(self._receive)
        session.changed.connect(self._refresh)
        session.labels_changed.connect(self._show_states)
        session.frame_changed.connect(self._mark)
        session.person_changed.connect(self._mark)
        self._refresh(Change.QUEUE)
        if session.pending:
            row = self._model.row_of(session.pending[0].sample)
            first = self._model.index(row or 0)
            # once the list has its size
            QTimer.singleShot(0, self, lambda: self.list.scrollTo(first, QListView.ScrollHint.PositionAtTop))

    def _refresh(self, change: Change) -> None:
        if change & (Change.QUEUE | Change.TRACKS | Change.ROUNDS):
            self._model.read()
            if change & Change.TRACKS:
                self._drop_pictures()
            estimated = self._session.predictions is not None
            empty = "Propose a batch (B): the poses worth correcting appear here." if estimated else (
                "Poses to correct appear here. Estimate first (Ctrl+R), then propose (B)."
            )  # fmt: skip
            self.show_empty("" if self._model.items else empty)
            self._thumbnails.ask(self._missing_pictures())
        self._show_states()
        self._mark()

    def _drop_pictures(self) -> None:
        """Those of samples that are somebody else now."""
        for sample, box in list(self._boxes.items()):
            if self._session.box_of(sample) != box:
                self._model.pictures.pop(sample, None)
                del self._boxes[sample]

    def _missing_pictures(self) -> Wanted:
        wanted: Wanted = {}
        for item in self._model.items:
            if item.sample in self._model.pictures:
                continue
            file, box = self._session.file_of(item.sample), self._session.box_of(item.sample)
            if file and box:
                wanted.setdefault(file, {})[item.sample] = self._boxes[item.sample] = box
        return wanted

    def _show_states(self, _: object = None) -> None:
        self._model.show_states()
        items = self._model.items
        done = sum(self._session.is_accepted(item.sample) for item in items)
        self.show_counter(f"{done} of {len(items)}" if items else "")
        self._progress.setVisible(bool(items))
        self._progress.setRange(0, max(1, len(items)))
        self._progress.setValue(done)

    def _receive(self, sample: SampleId, picture: QImage) -> None:
        self._model.show_picture(sample, picture)

    def _mark(self, *_: object) -> None:
        row = self._model.row_of(self._session.sample)
        index = QModelIndex() if row is None else self._model.index(row)
        self.list.setCurrentIndex(index)
