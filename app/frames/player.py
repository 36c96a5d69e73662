"""Playing in real time: the clock leads, frames that come too late are dropped."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from app.session.session import Session


TICK = 15  # milliseconds
LATE = 0.5  # seconds the picture may be behind
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)


class Player(QObject):
    """Moves the session's frame along with the clock. times: (N,) seconds of the frames of the video on
    screen.
    """

    playing_changed = Signal(bool)
    speed_changed = Signal(float)

    def __init__(self, session: "Session", times: np.ndarray, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.times = times
        self.speed = 1.0
        self._start = 0.0  # seconds of video at which the clock was started
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=TICK)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def set_speed(self, speed: float) -> None:
        """speed: one of SPEEDS."""
        self._start = self._now()
        self._clock.start()
        self.speed = speed
        self.speed_changed.emit(speed)

    def change_speed(self, by: int) -> None:
        """So many steps faster, or slower."""
        place = SPEEDS.index(self.speed) + by
        self.set_speed(SPEEDS[min(max(place, 0), len(SPEEDS) - 1)])

    def is_late(self, shown: int | None) -> bool:
        """Whether the picture of this frame is too old while playing, since decoding cannot keep up."""
        if not self.playing or shown is None:
            return False
        return self.times[self._session.frame] - self.times[shown] > LATE * self.speed

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        last = len(self.times) - 1
        if self._session.frame >= last:
            self._session.go_to(0)
        self._start = float(self.times[self._session.frame])
        self._clock.start()
        self._timer.start()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def _now(self) -> float:
        """Seconds of video."""
        return self._start + self.speed * (self._clock.elapsed() / 1000 if self._clock.isValid() else 0.0)

    def _tick(self) -> None:
        frame = int(np.searchsorted(self.times, self._now(), side="right")) - 1
        if frame != self._session.frame:
            self._session.go_to(frame)
        if frame >= len(self.times) - 1:
            self.pause()
