"""Playing in real time: the clock leads, frames that come too late are dropped."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from app.session import Session


TICK = 15  # milliseconds


class Player(QObject):
    """Moves the session's frame along with the clock."""

    playing_changed = Signal(bool)

    def __init__(self, session: "Session", times: np.ndarray, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._times = times
        self._start = 0.0  # seconds of video at which the clock was started
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=TICK)
        self._timer.timeout.connect(self._tick)

    def set_times(self, times: np.ndarray) -> None:
        self._times = times

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        last = len(self._times) - 1
        if self._session.frame >= last:
            self._session.go_to(0)
        self._start = float(self._times[self._session.frame])
        self._clock.start()
        self._timer.start()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def _tick(self) -> None:
        now = self._start + self._clock.elapsed() / 1000
        frame = int(np.searchsorted(self._times, now, side="right")) - 1
        self._session.go_to(frame)
        if frame >= len(self._times) - 1:
            self.pause()
