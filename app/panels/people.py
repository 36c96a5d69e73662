"""Who is in the video."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPoint,
    QSignalBlocker,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from app.background.track_checks import TrackChecks
from app.frames.thumbnails import Thumbnails
from app.panels.field import Field
from app.panels.panel import Panel
from app.panels.people_rows import FOLD, Index, Order, PeopleModel
from app.panels.reunions import ReunionStrip
from app.panels.videos import VideoChooser
from app.session.session import Change, Session
from app.shortcuts.shortcuts import Shortcuts
from core.queries.reunions import distances

INDENT = 9  # pixels: in line with the heading above
LEAST_HEIGHT = 72  # pixels: three rows, whatever else the panel says
FEW = 6  # people who need neither be sorted nor searched
Flag = QItemSelectionModel.SelectionFlag


class PeoplePanel(Panel):
    """Colour, name and number of frames of each person; the check mark shows or hides one. A sign warns of
    people who look wrong. Several can be selected, for what is done with them at once.
    """

    menu_wanted = Signal(QPoint)  # place on the screen, for whoever is selected

    def __init__(
        self, session: Session, shortcuts: Shortcuts, track_checks: TrackChecks, thumbnails: Thumbnails
    ) -> None:
        self.tree = QTreeView(headerHidden=True, indentation=INDENT, uniformRowHeights=True)
        super().__init__("People", self.tree)
        self._session, self._shortcuts = session, shortcuts
        self.model = PeopleModel(session, track_checks, shortcuts)
        self._build_tree()
        self.videos = VideoChooser(session, shortcuts, self)
        self.filter = Field(placeholderText="Find")
        self.filter.setAccessibleName("Find people by name")
        self.filter.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.filter.textChanged.connect(self._filter)
        self.filter.installEventFilter(self)
        self.orders = _combo("Order of the people", "Order of the people")
        for order in Order:
            self.orders.addItem(order.value, order)
        self.orders.activated.connect(lambda place: self._sort(self.orders.itemData(place)))
        self._track_checks = track_checks
        track_checks.likeness.ready.connect(self._sort_alike)
        self._many, self._were_many = _row(self.filter, self.orders), False
        self.column.insertWidget(0, self.videos)
        self.column.insertWidget(1, self._many)
        self.reunions = ReunionStrip(session, shortcuts, track_checks, thumbnails, self)
        self.column.addWidget(self.reunions)
        session.changed.connect(self._refresh)
        track_checks.changed.connect(self.model.show_states)
        shortcuts.changed.connect(self._show_keys)  # which outlive the panel
        session.person_changed.connect(self._mark)
        session.several_changed.connect(self._mark)
        session.shown_changed.connect(self.model.show_states)
        self._refresh(Change.TRACKS)

    def _build_tree(self) -> None:
        tree = self.tree
        tree.setModel(self.model)
        tree.setMinimumHeight(LEAST_HEIGHT)
        tree.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        tree.setItemDelegate(NameDelegate(tree))
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setResizeContentsPrecision(0)  # what is in view, however many there are
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.customContextMenuRequested.connect(self._want_menu)
        tree.selectionModel().selectionChanged.connect(self._choose)
        tree.doubleClicked.connect(self._open_fold)

    # what is listed

    def _show_keys(self) -> None:
        self._refresh(Change.TRACKS)

    def _refresh(self, change: Change) -> None:
        if not change & Change.TRACKS:
            return
        count = len(self._session.tracks)
        # once there, it stays: rows that move up under the cursor are clicked for one another
        self._were_many = self._were_many or count > FEW
        self._many.setVisible(self._were_many or bool(self.model.text))
        self._keeping(self.model.read)
        key = self._shortcuts.first("estimate")
        self.show_empty("" if count else f"People are found when the poses are estimated{key}.")

    def _keeping(self, read: Callable[..., None], *arguments: object) -> None:
        """Reads the rows anew; whoever was selected and is still there stays so, and what is typed as a
        name.
        """
        several, typed = self._session.several, self._typed()
        with QSignalBlocker(self.tree.selectionModel()):
            read(*arguments)
            self._span_fold()
            self._select(several or (self._session.person,))
        self.tree.viewport().update()
        if typed is not None:
            self._type_on(*typed)
        count, listed = len(self._session.tracks), self.model.rowCount()
        text = f"{listed} of {count}" if self.model.text else str(count)
        self.show_counter(text if count else "")

    def _span_fold(self) -> None:
        row = self.model.row_of(FOLD)
        if row is not None:
            self.tree.setFirstColumnSpanned(row, QModelIndex(), True)

    def _typed(self) -> tuple[int, str, int] | None:
        """Whose name is being typed, what it is by now, and where the cursor is."""
        field = self.tree.viewport().findChild(Field)
        if field is None or self.tree.state() != QAbstractItemView.State.EditingState:
            return None
        return self.model.track_at(self.tree.currentIndex().row()), field.text(), field.cursorPosition()

    def _type_on(self, track: int, text: str, cursor: int) -> None:
        row = self.model.row_of(track)
        if row is None:
            return
        self.tree.edit(self.model.index(row, 0))
        # the last one, where the one before is about to go
        for field in self.tree.viewport().findChildren(Field):
            field.setText(text)
            field.setCursorPosition(cursor)
            field.setModified(True)

    def _filter(self, text: str) -> None:
        self._keeping(self.model.filter, text)

    def _sort(self, order: Order) -> None:
        if order == Order.ALIKE:  # what they look like is read in the background
            self._track_checks.likeness.ask()
        else:
            self._keeping(self.model.sort_by, order)

    def _sort_alike(self, appearances: dict[int, np.ndarray]) -> None:
        person = self._session.person
        self._keeping(self.model.sort_alike, distances(appearances, person), person)
        self.tree.scrollToTop()

    def _open_fold(self, index: Index) -> None:
        if self.model.track_at(index.row()) == FOLD:
            self._keeping(self.model.toggle)

    def show_theme(self) -> None:
        self._refresh(Change.TRACKS)

    # who is selected

    @property
    def selected(self) -> list[int]:
        return self.model.tracks_at(
            sorted(index.row() for index in self.tree.selectionModel().selectedRows())
        )

    def _mark(self) -> None:
        """Shows whom the session has selected."""
        wanted = self._session.several or (self._session.person,)
        if set(self.selected) != set(wanted):
            with QSignalBlocker(self.tree.selectionModel()):
                self._select(wanted)
            self.tree.viewport().update()

    def _select(self, tracks: object) -> None:
        model, wanted = self.model, set(tracks)
        rows = [row for track in wanted if (row := model.row_of(track)) is not None]
        if len(rows) < len(wanted) and model.short and wanted >= set(model.short):
            rows.append(model.row_of(FOLD))
        selection = QItemSelection()
        for row in rows:
            selection.select(model.index(row, 0), model.index(row, 1))
        self.tree.selectionModel().select(selection, Flag.ClearAndSelect)
        if len(rows) == 1:
            self.tree.selectionModel().setCurrentIndex(model.index(rows[0], 0), Flag.NoUpdate)
            self.tree.scrollTo(model.index(rows[0], 0))

    def _choose(self, *_: object) -> None:
        tracks = self.selected
        if not tracks:
            return
        current = self.tree.currentIndex()
        here = self.model.track_at(current.row()) if current.isValid() else FOLD
        self._session.select_several(tracks, here if here in tracks else tracks[0])

    def rename(self) -> None:
        """Of the selected person, in place."""
        row = self.model.row_of(self._session.person)
        if row is None:  # folded, or filtered out
            self.model.open, self.model.text = True, ""
            self.filter.clear()
            self._keeping(self.model.read)
            row = self.model.row_of(self._session.person)
        if row is not None:
            self.tree.edit(self.model.index(row, 0))

    def _want_menu(self, place: QPoint) -> None:
        index = self.tree.indexAt(place)
        if index.isValid():
            tracks = self.model.tracks_at([index.row()])
            if not set(tracks) <= set(self._session.several):
                self._session.select_several(tracks, tracks[0])
                self._mark()
            self.menu_wanted.emit(self.tree.viewport().mapToGlobal(place))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc and Return leave the field; Esc empties it."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.filter.clear()
            if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.filter.clearFocus()
                return True
        return super().eventFilter(watched, event)


class NameDelegate(QStyledItemDelegate):
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QLineEdit:
        field = Field(parent)
        field.setFrame(False)
        field.setStyleSheet("padding: 0 2px; min-height: 0; border-radius: 0;")
        return field

    def setEditorData(self, editor: QLineEdit, index: Index) -> None:
        """Once: what is typed stays when something else changes meanwhile."""
        if not editor.isModified():
            super().setEditorData(editor, index)


def _combo(tooltip: str, name: str) -> QComboBox:
    combo = QComboBox(toolTip=tooltip)
    combo.setAccessibleName(name)
    combo.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(4)
    return combo


def _row(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(8, 8, 8, 6)
    for widget in widgets:
        row.addWidget(widget, 1)
    return holder
