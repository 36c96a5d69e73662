"""Memory that nobody needs any more: what Python has not found yet, and what the C library keeps of what
was freed.
"""

import contextlib
import ctypes
import gc
import sys

from PySide6.QtCore import QTimer

ARENA_MAX = -8  # glibc's name of the setting M_ARENA_MAX
ARENAS = 2


def collect_soon() -> None:
    """After a project was closed: its parts hold each other, and Python would look for them after minutes."""
    QTimer.singleShot(0, _collect)


def _collect() -> None:
    gc.collect()
    give_memory_back()


def share_arenas() -> None:
    """Threads started from now on take memory from the same two arenas, not each from one that keeps what
    it freed.
    """
    _tell("mallopt", ARENA_MAX, ARENAS)


def give_memory_back() -> None:
    """What was freed and kept goes back to the system; on Linux with glibc, which keeps a lot."""
    _tell("malloc_trim", 0)


def _tell(what: str, *values: int) -> None:
    if sys.platform.startswith("linux"):
        with contextlib.suppress(AttributeError, OSError):
            getattr(ctypes.CDLL(None), what)(*values)
