"""Play, step, and where in the video we are."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from app.frames.player import SPEEDS
from app.shortcuts.shortcuts import Shortcuts
from app.style import theme

PLAYING = ("first_frame", "previous_frame", "play", "next_frame", "last_frame")
EDITING = ("undo", "redo", "zoom_person", "zoom_frame", "skip", "accept")


class Transport(QWidget):
    """Emits the id of the action chosen, the frame the slider is dragged to, and the speed chosen."""

    chosen = Signal(str)
    scrubbed = Signal(int, bool)  # frame, still dragging
    speed_chosen = Signal(float)

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        shortcuts.changed.connect(self._show_shortcuts)
        self.setObjectName("transport")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 12, 4)
        row.setSpacing(2)
        self._playing = False
        self._buttons: dict[str, QToolButton] = {}
        for id in PLAYING:
            row.addWidget(self._button(id))
        self.speed = QComboBox()
        self.speed.setObjectName("speed")
        self.speed.setAccessibleName("Speed")
        self.speed.setFixedWidth(62)
        self.speed.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.show_speed(1.0)
        self.speed.activated.connect(lambda place: self.speed_chosen.emit(self.speed.itemData(place)))
        row.addWidget(self.speed)
        self._show_shortcuts()
        row.addSpacing(8)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.sliderMoved.connect(lambda frame: self.scrubbed.emit(frame, True))
        self.slider.sliderReleased.connect(lambda: self.scrubbed.emit(self.slider.value(), False))
        row.addWidget(self.slider, 1)
        row.addSpacing(8)
        self._where = QLabel()
        self._where.setObjectName("numbers")
        row.addWidget(self._where)
        row.addSpacing(8)
        for id in EDITING:
            row.addWidget(self._button(id))

    def _button(self, id: str) -> QToolButton:
        entry = self._shortcuts.actions[id]
        button = QToolButton(toolTip=self._shortcuts.tooltip(id), autoRepeat=entry.hold)
        button.setAccessibleName(entry.text)
        button.setIconSize(QSize(20, 20))
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda _=False: self.chosen.emit(id))
        self._buttons[id] = button
        return button

    def _show_shortcuts(self) -> None:
        for id, button in self._buttons.items():
            button.setToolTip(self._shortcuts.tooltip(id))
        slower, faster = self._shortcuts.first("slower"), self._shortcuts.first("faster")
        self.speed.setToolTip(f"How fast it plays: slower{slower}, faster{faster}")

    def set_length(self, frames: int, seconds: float) -> None:
        """seconds: time of the last frame."""
        self.slider.setRange(0, frames - 1)
        self._where.ensurePolished()
        self._where.setText(self._place(frames, seconds) + " ")
        # of one size for good, or each step would lay out the whole window anew
        self._where.setFixedSize(self._where.sizeHint())

    def show_frame(self, frame: int, seconds: float) -> None:
        self.slider.setValue(frame)
        self._where.setText(self._place(frame, seconds))

    def _place(self, frame: int, seconds: float) -> str:
        minutes, rest = divmod(seconds, 60)
        return f"{frame} / {self.slider.maximum()}   {int(minutes):02}:{rest:06.3f}"

    def show_playing(self, playing: bool) -> None:
        self._playing = playing
        self._buttons["play"].setIcon(theme.icon("pause" if playing else "play"))

    def show_speed(self, speed: float) -> None:
        self.speed.setCurrentIndex(self.speed.findData(speed))

    def show_icons(self) -> None:
        for id, button in self._buttons.items():
            button.setIcon(theme.icon(self._shortcuts.actions[id].icon))
        self.show_playing(self._playing)
