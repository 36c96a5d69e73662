"""A letter box that holds one letter: the newest."""

import threading
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QThread

Letter = TypeVar("Letter")


class Mailbox(Generic[Letter]):
    """Latest call wins: whoever is slow reads the newest request and never sees those it replaced."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._letter: Letter | None = None
        self._closed = False

    def put(self, letter: Letter) -> None:
        with self._condition:
            self._letter = letter
            self._condition.notify()

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._condition.notify()

    def take(self) -> Letter | None:
        """Waits for a letter; None once closed."""
        with self._condition:
            self._condition.wait_for(self._waiting)
            letter, self._letter = self._letter, None
            return None if self._closed else letter

    def quiet_for(self, seconds: float) -> bool:
        """Waits; False as soon as a newer letter has come or the box is closed."""
        with self._condition:
            return not self._condition.wait_for(self._waiting, seconds)

    def _waiting(self) -> bool:
        return self._closed or self._letter is not None


class MailboxThread(QThread):
    """A thread that works off what was asked for last, until it is stopped."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(type(self).__name__)
        self._mailbox: Mailbox = Mailbox()

    def ask(self, wanted: object) -> None:
        """Replaces what was asked before."""
        self._mailbox.put(wanted)

    def stop(self) -> None:
        self._mailbox.close()
        self.wait()
