"""How a row about one sample looks: its picture, who and when, a reason below, and a mark at the end."""

from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.frames.thumbnails import Wanted
from app.session.session import Session
from app.style import theme
from core.domain import Box, SampleId

ROW_HEIGHT, PICTURE, GAP = 68, 52, 8
LEAST_ROOM = 40  # pixels for the last part of a title
Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole + 1  # role of a model's SampleRow


class SampleRow(NamedTuple):
    """place: of the person, see Session; mark: an icon and the name of its colour in the theme; faded:
    done with.
    """

    sample: SampleId
    place: int
    title: str
    reason: str
    picture: QImage | None = None
    mark: tuple[str, str] | None = None
    faded: bool = False


def title_of(session: Session, sample: SampleId) -> str:
    title = f"{session.names[sample.track]} · frame {sample.frame}"
    several = len(session.videos) > 1
    return f"{title} · {session.video_of[sample.track].path.stem}" if several else title


def shortened(title: str, metrics: QFontMetrics, width: int) -> str:
    """A title in so many pixels. Its last part gives way in its middle: takes of one recording differ at the
    end of their names.
    """
    who, mark, last = title.rpartition(" · ")
    room = width - metrics.horizontalAdvance(who + mark)
    if room < LEAST_ROOM:
        return metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, width)
    return who + mark + metrics.elidedText(last, Qt.TextElideMode.ElideMiddle, room)


def sample_list() -> QListView:
    """A list whose model gives a SampleRow for each row."""
    view = QListView()
    view.setItemDelegate(SampleDelegate(view))
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    view.setUniformItemSizes(True)
    view.setMouseTracking(True)
    view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
    return view


class Pictures:
    """Small pictures of samples, and the boxes they show."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pictures: dict[SampleId, QImage] = {}
        self._boxes: dict[SampleId, Box] = {}

    def __len__(self) -> int:
        return len(self._pictures)

    def get(self, sample: SampleId) -> QImage | None:
        return self._pictures.get(sample)

    def keep(self, sample: SampleId, picture: QImage) -> None:
        self._pictures[sample] = picture

    def drop_changed(self) -> None:
        """Those of samples that are somebody else now."""
        for sample, box in list(self._boxes.items()):
            if self._session.box_of(sample) != box:
                self._pictures.pop(sample, None)
                del self._boxes[sample]

    def missing(self, samples: list[SampleId]) -> Wanted:
        """What is to be cut out so that each of the samples has a picture; those of others are let go."""
        for sample in self._pictures.keys() - set(samples):
            del self._pictures[sample]
            self._boxes.pop(sample, None)
        wanted: Wanted = {}
        for sample in samples:
            if sample in self._pictures:
                continue
            file, box = self._session.file_of(sample), self._session.box_of(sample)
            if file and box:
                wanted.setdefault(file, {})[sample] = self._boxes[sample] = box
        return wanted


class SampleDelegate(QStyledItemDelegate):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons: dict[tuple[str, str], object] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: SampleRow = index.data(ROW)
        colours = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(rect, QColor(colours.hover))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(colours.accent))
        place = QRectF(rect.left() + 12, rect.top() + GAP, PICTURE, PICTURE)
        _picture(painter, place, row.picture, colours)
        painter.fillRect(QRectF(place.left(), place.bottom() + 2, PICTURE, 2), theme.person_colour(row.place))
        mark = QRect(rect.right() - 32, rect.center().y() - 9, 18, 18)
        if row.mark is not None:
            self._icon(row.mark[0], getattr(colours, row.mark[1])).paint(painter, mark)
        end = mark.left() if row.mark is not None else rect.right()
        text = QRect(int(place.right()) + 12, rect.top() + GAP, end - int(place.right()) - 20, PICTURE)
        painter.setPen(QColor(colours.muted if row.faded else colours.text))
        title = shortened(row.title, painter.fontMetrics(), text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignTop, title)
        small = QFont(option.font)
        small.setPixelSize(11)
        painter.setFont(small)
        painter.setPen(QColor(colours.muted))
        below = text.adjusted(0, 19, 0, 4)
        painter.drawText(below, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, row.reason)
        painter.restore()

    def _icon(self, name: str, colour: str):
        if (name, colour) not in self._icons:
            self._icons[name, colour] = theme.icon(name, colour)
        return self._icons[name, colour]


def _picture(painter: QPainter, place: QRectF, picture: QImage | None, colours: theme.Theme) -> None:
    outline = QPainterPath()
    outline.addRoundedRect(place, 4, 4)
    painter.fillPath(outline, QColor(colours.field))
    if picture is not None:
        painter.save()
        painter.setClipPath(outline)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, picture)
        painter.restore()
