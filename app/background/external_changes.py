"""What commands and other windows do to the project meanwhile."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from app.session.changes import EVERYTHING, Change
from app.session.session import Session
from core.domain import UserError

EVERY = 2000  # ms between two looks


class ExternalChanges(QObject):
    """Looks now and then whether somebody else wrote to the project, and has the session read anew what
    differs.

    busy: whether a job of this window writes, which tells the session by itself.
    """

    def __init__(self, session: Session, busy: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._busy = session, busy
        self._store = session.project.store
        self._version = self._store.data_version()
        self._shards = self._store.shard_paths()
        session.changed.connect(self._know)
        self._said = ""
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def look(self) -> None:
        """What cannot be read is said once, not at every look."""
        try:
            self._look()
        except UserError as error:
            if str(error) != self._said:
                self._session.failed.emit(str(error))
            self._said = str(error)
        else:
            self._said = ""

    def _look(self) -> None:
        if self._busy() or (version := self._store.data_version()) == self._version:
            return
        self._version = version
        change = Change(0)
        project, session = self._session.project, self._session
        now, known = (project.latest_round(), project.context()), (session.round, session.context)
        if now != known or self._store.shard_paths() != self._shards:
            change |= EVERYTHING
        elif self._session.read_only:
            change |= Change.LABELS | Change.QUEUE | Change.ROUNDS
        elif _by_sample(self._session.project.queue()) != _by_sample(self._session.queue):
            change |= Change.QUEUE | Change.ROUNDS
        if change:
            self._session.refresh(change)
            self._session.hint.emit("Another program changed the project; this is its present state.")

    def _know(self, change: Change) -> None:
        if change & Change.PREDICTIONS:
            self._shards = self._store.shard_paths()


def _by_sample(items: list) -> list:
    return sorted(items, key=lambda item: item.sample)
