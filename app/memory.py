"""What the C library keeps of memory that was freed. Does something on Linux with glibc, which keeps a lot."""

import contextlib
import ctypes
import sys

ARENA_MAX = -8  # glibc's name of the setting M_ARENA_MAX
ARENAS = 2


def share_arenas() -> None:
    """Threads started from now on take memory from the same two arenas, not each from one that keeps what it freed."""
    _tell("mallopt", ARENA_MAX, ARENAS)


def give_memory_back() -> None:
    """What was freed and kept goes back to the system."""
    _tell("malloc_trim", 0)


def _tell(what: str, *values: int) -> None:
    if sys.platform.startswith("linux"):
        with contextlib.suppress(AttributeError, OSError):
            getattr(ctypes.CDLL(None), what)(*values)
