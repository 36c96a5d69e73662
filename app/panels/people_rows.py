"""Who is listed among the people, in which order, and what a row says."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QIcon

from app.background.track_checks import TrackChecks
from app.session.session import Session
from app.shortcuts.shortcuts import Shortcuts
from app.style import theme
from core.domain import Track

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
SHORT_SECONDS = 1.0
LEAST_FOLDED = 3
FOLD = 0  # in place of a track: the row of those who are seen for a moment only


def _by_name(track: Track) -> list:
    """Person 9 before Person 10."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"(\d+)", track.name)
    ]


class Order(Enum):
    """value: what the user reads. ALIKE goes by the selected person, see PeopleModel.sort_alike."""

    LONGEST = "Longest"
    LARGEST = "Largest"
    FIRST = "First"
    NAME = "Name"
    ALIKE = "Most alike"

    @property
    def key(self) -> Callable[[Track], Any]:
        return {
            Order.LONGEST: lambda track: -len(track.frames),
            Order.LARGEST: lambda track: -float((track.boxes[:, 3] - track.boxes[:, 1]).mean()),
            Order.FIRST: lambda track: int(track.frames[0]),
            Order.NAME: _by_name,
        }[self]


class PeopleModel(QAbstractTableModel):
    """Two columns: the name with a check mark, and the number of frames. Whoever is seen for less than a
    second is folded into one row at the end, which stands for all of them; what is typed finds everyone.
    """

    renamed = Signal(int, str)  # track, name

    def __init__(self, session: Session, track_checks: TrackChecks, shortcuts: Shortcuts) -> None:
        super().__init__()
        self._session, self._track_checks, self._shortcuts = session, track_checks, shortcuts
        self.order, self.text, self.open = Order.LONGEST, "", False
        self.short: list[int] = []
        self._distances: dict[int, float] = {}
        self._rows: list[int] = []
        self._places: dict[int, int] = {}
        self._icons: dict[str, QIcon] = {}

    def read(self) -> None:
        """Everyone anew."""
        session = self._session
        tracks = sorted(session.tracks.values(), key=lambda track: track.id)
        tracks.sort(key=self.order.key if self.order != Order.ALIKE else self._distance)
        tracks.sort(key=lambda track: track.id in session.context)
        least = SHORT_SECONDS * session.video.fps
        short = [] if self.text else [track.id for track in tracks if len(track.frames) < least]
        folded = set(short) if LEAST_FOLDED <= len(short) < len(tracks) else set()
        wanted = self.text.casefold()
        self.beginResetModel()
        self.short = [track for track in short if track in folded]
        self._rows = [
            track.id for track in tracks if track.id not in folded and wanted in track.name.casefold()
        ]
        if folded:
            self._rows += [FOLD, *(self.short if self.open else ())]
        self._places = {track: row for row, track in enumerate(self._rows)}
        self._icons = {}
        self.endResetModel()

    def sort_by(self, order: Order) -> None:
        self.order = order
        self.read()

    def sort_alike(self, distances: Mapping[int, float], person: int | None) -> None:
        """Whoever looks like a person first, as far as they are never in one frame. distances: from that
        person.
        """
        self._distances = dict(distances)
        if person in self._session.tracks:
            there = np.zeros(self._session.video.frame_count, bool)
            seen = self._session.assignments.frames_seen
            there[seen(person)] = True
            beside = [n for n in self._session.tracks if n != person and there[seen(n)].any()]
            self._distances |= dict.fromkeys(beside, np.inf)
        self.sort_by(Order.ALIKE)

    def _distance(self, track: Track) -> float:
        return self._distances.get(track.id, np.inf)

    def filter(self, text: str) -> None:
        self.text = text.strip()
        self.read()

    def toggle(self) -> None:
        """Opens the fold, or closes it."""
        self.open = not self.open
        self.read()

    def row_of(self, track: int | None) -> int | None:
        return self._places.get(track)

    def track_at(self, row: int) -> int:
        """FOLD where the row stands for several."""
        return self._rows[row]

    def tracks_at(self, rows: Iterable[int]) -> list[int]:
        """All that the rows stand for."""
        found = (self.short if self._rows[row] == FOLD else [self._rows[row]] for row in rows)
        return list(dict.fromkeys(track for part in found for track in part))

    def show_states(self) -> None:
        """What else is said of everyone: warnings, and who is hidden."""
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 1))

    # for the view

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 2

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        if index.column() == 0:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
            if self._rows[index.row()] != FOLD:
                flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Role.DisplayRole) -> object:
        track = self._rows[index.row()]
        if role == Role.CheckStateRole and index.column() == 0:
            return self._check_state(self.tracks_at([index.row()]))
        if track == FOLD:
            return self._of_fold(index.column(), role)
        name = index.column() == 0
        if role in (Role.DisplayRole, Role.EditRole):
            return self._session.tracks[track].name if name else f"{len(self._session.tracks[track].frames)} "
        if role == Role.DecorationRole:
            return (
                theme.disc(theme.curve_colour(self._session.places[track]), 8)
                if name
                else self._warning(track)
            )
        if role == Role.ForegroundRole and (not name or track in self._session.context):
            return QColor(theme.current().muted)
        if role == Role.TextAlignmentRole and not name:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Role.ToolTipRole:
            return self._tool_tip(track, name)
        if role == Role.AccessibleDescriptionRole and not name:
            return " ".join(one.sentence for one in self._track_checks.of(track))
        return None

    def _of_fold(self, column: int, role: int) -> object:
        if column == 0 and role == Role.DisplayRole:
            return f"{len(self.short)} seen briefly"
        if column == 0 and role == Role.DecorationRole:
            return self._icon("chevron-down" if self.open else "chevron-right", theme.current().muted)
        if role == Role.ForegroundRole:
            return QColor(theme.current().muted)
        if role == Role.ToolTipRole:
            return (
                "Each is seen for less than a second. A click selects all of them, a double click shows "
                "them one by one"
            )
        return None

    def setData(self, index: Index, value: object, role: int = Role.EditRole) -> bool:
        if role == Role.CheckStateRole:
            shown = Qt.CheckState(value) == Qt.CheckState.Checked
            self._session.show_people(self.tracks_at([index.row()]), shown)
            self.show_states()
            return True
        if role == Role.EditRole and value != self.data(index):
            self.renamed.emit(self._rows[index.row()], str(value))
            return True
        return False

    def _check_state(self, tracks: list[int]) -> Qt.CheckState:
        hidden = sum(track in self._session.hidden for track in tracks)
        if not hidden:
            return Qt.CheckState.Checked
        return Qt.CheckState.Unchecked if hidden == len(tracks) else Qt.CheckState.PartiallyChecked

    def _warning(self, track: int) -> QIcon | None:
        return self._icon("alert-outline", theme.current().warn) if self._track_checks.of(track) else None

    def _icon(self, name: str, colour: str) -> QIcon:
        if name not in self._icons:
            self._icons[name] = theme.icon(name, colour)
        return self._icons[name]

    def _tool_tip(self, track: int, name: bool) -> str:
        count = len(self._session.tracks[track].frames)
        lines = [one.sentence for one in self._track_checks.of(track)]
        if lines:
            lines.append(self._shortcuts.tooltip("next_suspect"))
        if track in self._session.context:
            lines.append("Context: kept, but neither estimated further, proposed nor exported")
        there = f"In {count} {'frame' if count == 1 else 'frames'}"
        return "\n".join([*lines, "Untick to hide, double click to rename"] if name else [there, *lines])
