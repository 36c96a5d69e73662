"""How the rows of the queue are read and drawn."""

from enum import Enum

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import theme
from app.session import Session
from core.domain import SampleId
from core.project.status import ADDED, AUDIT
from core.project.store import QueueItem

ROW_HEIGHT, PICTURE, GAP = 68, 52, 8
WORDS = {
    "thc+wpu": "doubt {:.2f}",
    "thc": "THC {:.2f}",
    "wpu": "pose odd {:.2f}",
    "distance": "far from labelled {:.2f}",
    AUDIT: "drawn at random, to check the rest",
    ADDED: "added by you",
}
Index = QModelIndex | QPersistentModelIndex


class State(Enum):
    """value: (icon, name of the theme's colour, words)."""

    WAITING = ("circle-outline", "muted", "waiting")
    BEGUN = ("circle-half-full", "warn", "being corrected")
    DONE = ("check-circle", "good", "accepted")
    SKIPPED = ("debug-step-over", "muted", "skipped")


def reason_in_words(reason: dict[str, float]) -> str:
    """'THC 0.93, pose odd 0.71, far from labelled 0.66'; a sum only where its parts are not known."""
    if AUDIT in reason:
        return WORDS[AUDIT]
    known = {key for key in reason if "+" not in key or not set(key.split("+")) <= reason.keys()}
    order = sorted((key for key in reason if key in known), key=lambda key: (key != ADDED, key == "distance"))
    words = [WORDS.get(key, f"{key} {{:.2f}}").format(reason[key]) for key in order]
    return ", ".join(words)


class Filter(Enum):
    """value: (what the user reads, what is said where nothing is left)."""

    ALL = ("All", "")
    WAITING = ("Waiting", "Nothing is waiting.")
    DONE = ("Done", "Nothing is done yet.")
    SKIPPED = ("Skipped", "Nothing was skipped.")


SHOWN = {
    Filter.ALL: set(State),
    Filter.WAITING: {State.WAITING, State.BEGUN},
    Filter.DONE: {State.DONE},
    Filter.SKIPPED: {State.SKIPPED},
}


class QueueModel(QAbstractListModel):
    """batch: the samples of the present round in all videos, and older ones that still wait; items: those of them that the
    filter lets through.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.batch: list[QueueItem] = []
        self.items: list[QueueItem] = []
        self.filter = Filter.ALL
        self.pictures: dict[SampleId, QImage] = {}
        self._rows: dict[SampleId, int] = {}

    def read(self) -> None:
        session = self._session
        self.batch = [
            item
            for item in session.queue
            if item.sample.track in session.video_of
            and (item.round == session.round or not (item.skipped or session.is_accepted(item.sample)))
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
        self.pictures[sample] = picture
        if (row := self.row_of(sample)) is not None:
            self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._title(item.sample)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{self._title(item.sample)}\n{reason_in_words(item.reason)}: {self.state(item).value[2]}"
        if role == Qt.ItemDataRole.UserRole:
            return item
        return None

    def _title(self, sample: SampleId) -> str:
        title = f"{self._session.names[sample.track]} · frame {sample.frame}"
        several = len(self._session.videos) > 1
        return f"{title} · {self._session.video_of[sample.track].path.stem}" if several else title

    def state(self, item: QueueItem) -> State:
        label = self._session.labels.get(item.sample)
        if label is not None and label.accepted:
            return State.DONE
        if item.skipped:
            return State.SKIPPED
        return State.BEGUN if label is not None else State.WAITING


class QueueDelegate(QStyledItemDelegate):
    """A picture, who and when, why, and how far."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons: dict[tuple[str, str], object] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model: QueueModel = index.model()
        item = index.data(Qt.ItemDataRole.UserRole)
        colours, state = theme.current(), model.state(item)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(rect, QColor(colours.hover))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(colours.accent))
        place = QRectF(rect.left() + 12, rect.top() + GAP, PICTURE, PICTURE)
        self._picture(painter, place, model.pictures.get(item.sample), colours)
        painter.fillRect(QRectF(place.left(), place.bottom() + 2, PICTURE, 2), theme.person_colour(item.sample.track))
        icon, colour, _ = state.value
        mark = QRect(rect.right() - 32, rect.center().y() - 9, 18, 18)
        self._icon(icon, getattr(colours, colour)).paint(painter, mark)
        text = QRect(int(place.right()) + 12, rect.top() + GAP, mark.left() - int(place.right()) - 20, PICTURE)
        faded = state in (State.DONE, State.SKIPPED)
        painter.setPen(QColor(colours.muted if faded else colours.text))
        title = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignTop, title)
        small = QFont(option.font)
        small.setPixelSize(11)
        painter.setFont(small)
        painter.setPen(QColor(colours.muted))
        below = text.adjusted(0, 19, 0, 4)
        painter.drawText(below, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, reason_in_words(item.reason))
        painter.restore()

    def _picture(self, painter: QPainter, place: QRectF, picture: QImage | None, colours: theme.Theme) -> None:
        outline = QPainterPath()
        outline.addRoundedRect(place, 4, 4)
        painter.fillPath(outline, QColor(colours.field))
        if picture is not None:
            painter.save()
            painter.setClipPath(outline)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, picture)
            painter.restore()

    def _icon(self, name: str, colour: str):
        if (name, colour) not in self._icons:
            self._icons[name, colour] = theme.icon(name, colour)
        return self._icons[name, colour]
