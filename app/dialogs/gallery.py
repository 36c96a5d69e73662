"""Everyone who was found, to pick those who matter."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListView, QVBoxLayout, QWidget

from app.dialogs.form import ok_and_cancel
from app.frames.thumbnails import Thumbnails, where_largest
from app.style import theme
from core.domain import SampleId, Track

if TYPE_CHECKING:
    from app.session.session import Session

Index = QModelIndex | QPersistentModelIndex
PICTURE = 84  # pixels of a side
CELL = QSize(116, 136)
SIZE = (768, 560)  # six columns


class Gallery(QDialog):
    """chosen: the tracks that were picked, everyone's where nobody was."""

    def __init__(self, session: "Session", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Who matters?")
        self.resize(*SIZE)
        self.model = GalleryModel(session)
        self.list = QListView(viewMode=QListView.ViewMode.IconMode, resizeMode=QListView.ResizeMode.Adjust)
        self.list.setSelectionMode(QListView.SelectionMode.MultiSelection)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(PICTURE, PICTURE))
        self.list.setGridSize(CELL)
        self.list.setWordWrap(True)
        self.list.setAccessibleName("Everyone who was found")
        self.list.setModel(self.model)
        self._buttons = ok_and_cancel(self, "Only these matter")
        everyone = self._buttons.addButton("Everyone matters", QDialogButtonBox.ButtonRole.ResetRole)
        everyone.clicked.connect(self._choose_everyone)
        about = QLabel("Click everybody who matters. The others become context: kept, but neither estimated "
            "further, proposed nor exported.", wordWrap=True)  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(about)
        column.addWidget(self.list, 1)
        column.addWidget(self._buttons)
        for row, track in enumerate(self.model.tracks):
            if session.context and track.id not in session.context:
                self.list.selectionModel().select(
                    self.model.index(row), QItemSelectionModel.SelectionFlag.Select
                )
        self.list.selectionModel().selectionChanged.connect(self._allow)
        self._allow()
        self._cutting = Thumbnails(self)
        self._cutting.ready.connect(self.model.show_picture)
        self._cutting.start()
        self._cutting.ask(self.model.wanted())
        self.finished.connect(self._cutting.stop)
        self.list.setFocus()

    @property
    def chosen(self) -> list[int]:
        return [self.model.tracks[index.row()].id for index in self.list.selectedIndexes()]

    @property
    def best(self) -> SampleId:
        """Where most can be seen of the first who was picked."""
        return self.model.best(self.chosen[0])

    def _allow(self) -> None:
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(bool(self.chosen))

    def _choose_everyone(self) -> None:
        self.list.clearSelection()
        self.accept()


class GalleryModel(QAbstractListModel):
    """tracks: the largest and longest first, and last those of whom hardly anything can be seen."""

    def __init__(self, session: "Session") -> None:
        super().__init__()
        self._session = session
        hardly = _hardly_seen(session)
        self.tracks = sorted(
            session.tracks.values(), key=lambda track: (track.id not in hardly, _weight(track)), reverse=True
        )
        self._best = dict(where_largest(track) for track in self.tracks)
        self._rows = {track.id: row for row, track in enumerate(self.tracks)}
        self._pictures: dict[int, QIcon] = {}
        blank = QPixmap(PICTURE, PICTURE)
        blank.fill(theme.current().field)
        self._blank = QIcon(blank)

    def best(self, track: int) -> SampleId:
        """Where most can be seen of somebody."""
        return next(sample for sample in self._best if sample.track == track)

    def wanted(self) -> dict:
        """What is to be cut out."""
        return {} if self._session.missing else {self._session.video_file: self._best}

    def show_picture(self, sample: SampleId, picture: QImage) -> None:
        self._pictures[sample.track] = QIcon(QPixmap.fromImage(picture))
        index = self.index(self._rows[sample.track])
        self.dataChanged.emit(index, index)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.tracks)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        track = self.tracks[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{track.name}\n{len(track.frames) / self._session.video.fps:.1f} s"
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pictures.get(track.id, self._blank)
        return None


def _hardly_seen(session: "Session") -> set[int]:
    """Tracks in most of whose poses hardly anybody can be seen: trees and lawns taken for people."""
    if session.predictions is None:
        return set()
    track, seen = session.predictions.track, session.project.in_sight(session.video.id)
    found, place = np.unique(track, return_inverse=True)
    share = np.bincount(place, seen) / np.bincount(place)
    return set(found[share < 0.5].tolist())


def _weight(track: Track) -> float:
    """Frames times the mean height of the boxes."""
    return float((track.boxes[:, 3] - track.boxes[:, 1]).sum())
