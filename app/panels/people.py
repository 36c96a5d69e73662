"""Who is in the video."""

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
)

from app import theme
from app.jobs.suspicions import Suspicions
from app.panels.panel import Panel
from app.panels.videos import VideoChooser
from app.session import Change, Session
from app.shortcuts import Shortcuts

TRACK = Qt.ItemDataRole.UserRole
INDENT = 9  # pixels: in line with the heading above


class PeoplePanel(Panel):
    """Colour, name and number of frames of each person; the check mark shows or hides one. A sign warns of people who look
    wrong.
    """

    menu_wanted = Signal(QPoint)  # place on the screen, for the selected person

    def __init__(self, session: Session, shortcuts: Shortcuts, suspicions: Suspicions) -> None:
        self.tree = QTreeWidget(columnCount=2, headerHidden=True, indentation=INDENT, uniformRowHeights=True)
        self.tree.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._want_menu)
        super().__init__("People", self.tree)
        self._session = session
        self._shortcuts, self._suspicions = shortcuts, suspicions
        self.videos = VideoChooser(session, shortcuts, self)
        self.column.insertWidget(0, self.videos)
        self._items: dict[int, QTreeWidgetItem] = {}
        self.tree.itemChanged.connect(self._check)
        self.tree.currentItemChanged.connect(self._choose)
        session.changed.connect(self._refresh)
        suspicions.changed.connect(self._warn)
        shortcuts.changed.connect(self._show_keys)
        session.person_changed.connect(self._mark)
        self._refresh(Change.TRACKS)

    def _show_keys(self) -> None:
        self._refresh(Change.TRACKS)

    def _refresh(self, change: Change) -> None:
        if not change & Change.TRACKS:
            return
        with QSignalBlocker(self.tree):
            self.tree.clear()
            self._items = {}
            for track in self._session.tracks.values():
                item = QTreeWidgetItem([track.name, f"{len(track.frames)} "])
                item.setData(0, TRACK, track.id)
                item.setIcon(0, theme.disc(theme.curve_colour(track.id), 8))
                item.setForeground(1, QColor(theme.current().muted))
                if track.id in self._session.context:
                    item.setForeground(0, QColor(theme.current().muted))
                item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                shown = track.id not in self._session.hidden
                item.setCheckState(0, Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
                self.tree.addTopLevelItem(item)
                self._items[track.id] = item
        self.show_counter(str(len(self._items)) if self._items else "")
        key = self._shortcuts.first("estimate")
        self.show_empty("" if self._items else f"People are found when the poses are estimated{key}.")
        self._warn()
        self._mark()

    def _warn(self) -> None:
        """Says of whom something looks wrong, and what."""
        with QSignalBlocker(self.tree):
            for track, item in self._items.items():
                found, count = self._suspicions.of(track), len(self._session.tracks[track].frames)
                item.setIcon(1, theme.icon("alert-outline", theme.current().warn) if found else QIcon())
                lines = [one.sentence for one in found]
                if lines:
                    lines.append(self._shortcuts.tooltip("next_suspect"))
                there = f"In {count} {'frame' if count == 1 else 'frames'}"
                item.setToolTip(0, "\n".join([*lines, "Untick to hide this person"]))
                item.setToolTip(1, "\n".join([there, *lines]))
                item.setData(1, Qt.ItemDataRole.AccessibleDescriptionRole, " ".join(lines))

    def show_theme(self) -> None:
        self._refresh(Change.TRACKS)

    def _mark(self) -> None:
        with QSignalBlocker(self.tree):
            self.tree.setCurrentItem(self._items.get(self._session.person))

    def _check(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self._session.show_person(item.data(0, TRACK), item.checkState(0) == Qt.CheckState.Checked)

    def _want_menu(self, place: QPoint) -> None:
        if (item := self.tree.itemAt(place)) is not None:
            self._session.select(item.data(0, TRACK))
            self.menu_wanted.emit(self.tree.viewport().mapToGlobal(place))

    def _choose(self, item: QTreeWidgetItem | None, _: QTreeWidgetItem | None) -> None:
        if item is not None:
            self._session.select(item.data(0, TRACK))
