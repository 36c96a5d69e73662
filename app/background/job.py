"""One piece of background work: progress, cancel, a result or a sentence that says why there is none."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from app.background.memory import give_memory_back
from app.diagnostics.log import unexpected
from core.domain import Cancelled, Monitor, UserError

logger = logging.getLogger("posetailor")
THROTTLE = 0.05  # seconds between two reports of one stage
# seconds after which a thread that computes lets the window's in; Python's own 0.005 adds up to stalls
SWITCH = 0.0005
NICE = 10
RARE = {"notice"}  # values that are always passed on

Work = Callable[[Monitor], Any]


class Job(QThread):
    """Runs work(monitor) in its own thread; exactly one of done, failed and cancelled follows.

    name: what is going on, in the user's words; subject: of what, '' where that is clear; error: what stood
    in the way, once it failed. The work opens its own project: SQLite connections stay in their thread.
    """

    progress = Signal(str, int, int, dict)  # stage, done, total (0 while unknown), values such as loss
    done = Signal(object)
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, name: str, work: Work, parent: QObject | None = None, subject: str = "") -> None:
        super().__init__(parent)
        sys.setswitchinterval(SWITCH)
        self.name, self.subject = name, subject
        self.setObjectName(name)
        self._work = work
        self._stop, self._enough = threading.Event(), threading.Event()
        self.error: Exception | None = None

    def cancel(self) -> None:
        """Nothing of it remains."""
        self._stop.set()

    def finish_early(self) -> None:
        """What can end early does, and the rest follows."""
        self._enough.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def run(self) -> None:
        _let_the_window_go_first()
        try:
            value = self._work(_Reports(self.progress.emit, self._stop.is_set, self._enough.is_set))
        except Cancelled:
            self.cancelled.emit()
        except UserError as error:
            self.error = error
            self.failed.emit(error.sentence)
        except Exception:
            # the end of the thread: whatever went wrong must reach the user, and the log keeps the details
            logger.exception("%s failed", self.name)
            self.failed.emit(unexpected(self.name))
        else:
            self.done.emit(value)
        finally:
            give_memory_back()


def _let_the_window_go_first() -> None:
    """Lowers the priority of this thread and of those it starts, where a system knows such a thing of
    threads.
    """
    if sys.platform.startswith("linux"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


class _Reports:
    """The Monitor handed to the work: passes reports on, no more often than the eye can follow."""

    def __init__(
        self,
        emit: Callable[[str, int, int, dict], None],
        stopped: Callable[[], bool],
        enough: Callable[[], bool],
    ) -> None:
        self._emit, self.cancelled, self.enough = emit, stopped, enough
        self._stage: str | None = None
        self._next = 0.0

    def report(self, stage: str, done: int, total: int, **values: float | str) -> None:
        now = time.monotonic()
        if stage == self._stage and now < self._next and done != total and not values.keys() & RARE:
            return
        self._stage, self._next = stage, now + THROTTLE
        self._emit(stage, done, total, values)
