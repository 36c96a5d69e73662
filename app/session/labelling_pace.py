"""How long the user takes for a pose."""

import time
from collections import deque
from collections.abc import Callable
from statistics import median

IDLE = 60.0  # seconds without a move that are no work
REMEMBERED = 20  # poses
ENOUGH = 3  # poses before a pace is told


class LabellingPace:
    """Adds up the time between the user's moves, from the opening of a sample to its acceptance.

    clock: seconds; a test brings its own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._moved = clock()
        self._spent = 0.0
        self._durations: deque[float] = deque(maxlen=REMEMBERED)

    def move(self) -> None:
        """The user did something."""
        now = self._clock()
        if now - self._moved <= IDLE:
            self._spent += now - self._moved
        self._moved = now

    def begin(self) -> None:
        """A pose is opened."""
        self._moved, self._spent = self._clock(), 0.0

    def accept(self) -> float:
        """The pose is done; returns the seconds it took."""
        self.move()
        spent, self._spent = self._spent, 0.0
        self._durations.append(spent)
        return spent

    def left(self, poses: int) -> str:
        """How long so many poses will take, in words; empty before the pace is known."""
        if len(self._durations) < ENOUGH or not poses:
            return ""
        minutes = poses * median(self._durations) / 60
        if minutes < 1:
            return "less than a minute left"
        if minutes < 90:
            return f"about {_count(round(minutes), 'minute')} left"
        return f"about {_count(round(minutes / 60), 'hour')} left"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
