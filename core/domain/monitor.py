"""How long work tells that it goes on, and how it is told to stop or to come to an end."""

from typing import Protocol

from core.domain.errors import Cancelled


class Monitor(Protocol):
    """Watches one piece of long work. All calls come from the thread that works."""

    def report(self, stage: str, done: int, total: int, **values: float | str) -> None:
        """stage: what is being done, in the user's words; total 0 while unknown; values: e.g. loss=0.12."""

    def cancelled(self) -> bool:
        """True once the user asked to stop, with nothing to remain."""

    def enough(self) -> bool:
        """True once the user asked to end what can be ended early, and to go on with what it brought."""


class Silent:
    """A monitor that nobody looks at."""

    def report(self, stage: str, done: int, total: int, **values: float | str) -> None:
        pass

    def cancelled(self) -> bool:
        return False

    def enough(self) -> bool:
        return False


def raise_if_cancelled(monitor: Monitor) -> None:
    """Raises Cancelled when the user asked to stop. Call it between steps."""
    if monitor.cancelled():
        raise Cancelled
