"""How far a run over segments is."""

import time
from collections.abc import Iterable

from core.domain import Monitor
from core.workflow.segments import Stretch

STAGE = "Estimating poses"


class Progress:
    """Says how far a run is, by the frames that are left or the time, whichever is over first; a stretch that
    was begun is finished. The time begins with the first stretch, not with what has to be made ready before.
    """

    def __init__(self, monitor: Monitor, frames: int, budget: float | None) -> None:
        self._monitor, self._frames, self._budget = monitor, frames, budget
        self._begun: float | None = None
        self._done = self._stretch = 0

    @property
    def over(self) -> bool:
        return self._budget is not None and self._spent() >= self._budget

    def extend(self, stretches: Iterable[Stretch]) -> None:
        """There is more to do."""
        self._frames += sum(stretch.frames for stretch in stretches)

    def part(self, stretch: Stretch) -> Monitor:
        """For the work on a stretch."""
        self._begun = time.monotonic() if self._begun is None else self._begun
        self._stretch = stretch.frames
        return self

    def end(self, stretch: Stretch) -> None:
        self._done, self._stretch = self._done + stretch.frames, 0
        self._say(self._done)

    def report(self, stage: str, done: int, total: int, **values: float | str) -> None:
        self._say(self._done + self._stretch * done // max(total, 1))

    def _say(self, done: int) -> None:
        total = self._frames
        if self._budget:
            spent = self._spent() / self._budget
            in_time = round(done / min(1, max(spent, 1e-3)))
            total = min(total, max(self._done + self._stretch, in_time))
        self._monitor.report(STAGE, done, total)

    def _spent(self) -> float:
        """In seconds."""
        return time.monotonic() - self._begun if self._begun is not None else 0.0

    def cancelled(self) -> bool:
        return self._monitor.cancelled()

    def enough(self) -> bool:
        return self._monitor.enough()
