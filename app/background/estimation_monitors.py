"""Monitors of an estimation: one has the window show what is there already, one waits while somebody is at
work.
"""

import time
from collections.abc import Callable

from core.domain import Monitor, UserError
from core.project.project import Project
from core.workflow.progress import STAGE

OFTEN = 2.0  # seconds between two looks at most
SHARE = 0.05  # of the time, that may be spent on having it shown
PAUSE = 0.05  # seconds


class Growing:
    """Passes reports on; every now and then reads what is estimated by then into the cache that the window
    reads from too, and says so. video: on screen.
    """

    def __init__(self, monitor: Monitor, project: Project, video: int, grown: Callable[[], None]) -> None:
        self._monitor, self._project, self._video, self._grown = monitor, project, video, grown
        self.cancelled, self.enough = monitor.cancelled, monitor.enough
        self._next = time.monotonic() + OFTEN / 2
        self._state = project.store.state()

    def report(self, stage: str, done: int, total: int, **values: float | str) -> None:
        self._monitor.report(stage, done, total, **values)
        began = time.monotonic()
        if stage == STAGE and began >= self._next and (state := self._project.store.state()) != self._state:
            self._state = state
            self._read()
            self._grown()
            took = time.monotonic() - began
            self._next = began + max(OFTEN, took / SHARE)

    def _read(self) -> None:
        try:
            if self._project.predictions(self._video) is not None:
                self._project.shared_bodies(self._video)
        except UserError:  # the window says it
            pass


class Pausing:
    """Passes reports on; the work waits in it as long as `busy`."""

    def __init__(self, monitor: Monitor, busy: Callable[[], bool]) -> None:
        self._monitor, self._busy = monitor, busy
        self.report, self.enough = monitor.report, monitor.enough

    def cancelled(self) -> bool:
        while self._busy() and not self._monitor.cancelled():
            time.sleep(PAUSE)
        return self._monitor.cancelled()
