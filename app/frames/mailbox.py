"""A letter box that holds one letter: the newest."""

import logging
import threading
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QThread, Signal

from app.diagnostics.log import unexpected
from core.domain import UserError

logger = logging.getLogger("posetailor")
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
    """A thread that works off what was asked for last, until it is stopped.

    Whatever goes wrong with one letter is said, once until a letter goes well again, and the next is served
    all the same. A subclass says what to do with a letter, and what to let go of at the end.
    """

    failed = Signal(str)  # a sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(type(self).__name__)
        self._mailbox: Mailbox = Mailbox()
        self._said = ""

    def ask(self, wanted: object) -> None:
        """Replaces what was asked before."""
        self._mailbox.put(wanted)

    def stop(self) -> None:
        self._mailbox.close()
        self.wait()

    def run(self) -> None:
        while (letter := self._mailbox.take()) is not None:
            try:
                self.serve(letter)
                self._said = ""
            except UserError as error:
                self._say(str(error))
                self.give_up(letter)
            except Exception:  # a thread that ends unheard leaves a window that stands still
                logger.exception("%s failed", self.objectName())
                self._say(unexpected(self.objectName()))
                self.give_up(letter)
        try:
            self.release()
        except Exception:  # nobody waits for it any more
            logger.exception("%s could not be closed", self.objectName())

    def serve(self, letter: object) -> None:
        raise NotImplementedError

    def give_up(self, letter: object) -> None:
        """What is shown where a letter could not be served."""

    def release(self) -> None:
        """Closes what stays open from one letter to the next."""

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            self.failed.emit(sentence)
