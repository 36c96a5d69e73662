"""Changes to the queue of proposed samples."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from core.domain import SampleId, UserError
from core.project.store.store import QueueItem

if TYPE_CHECKING:
    from app.session import Session


class SkipSample(QUndoCommand):
    """Takes a sample out of the way without a label, or back in."""

    def __init__(self, session: "Session", sample: SampleId, skipped: bool = True) -> None:
        super().__init__("Skip the sample" if skipped else "Put the sample back")
        self._session, self._sample, self._skipped = session, sample, skipped

    def redo(self) -> None:
        self._write(self._skipped)

    def undo(self) -> None:
        self._write(not self._skipped)

    def _write(self, skipped: bool) -> None:
        try:
            self._session.write_skipped(self._sample, skipped)
        except UserError as error:
            self.setObsolete(True)
            self._session.failed.emit(str(error))


class PostponeSample(QUndoCommand):
    """Moves a sample to the end of the queue, or back to where it was."""

    def __init__(self, session: "Session", sample: SampleId) -> None:
        super().__init__("Postpone the sample")
        self._session, self._sample = session, sample
        self._place: int | None = None

    def redo(self) -> None:
        self._place = self._move(None)

    def undo(self) -> None:
        self._move(self._place)

    def _move(self, place: int | None) -> int | None:
        try:
            return self._session.write_place(self._sample, place)
        except UserError as error:
            self.setObsolete(True)
            self._session.failed.emit(str(error))
            return place


class QueueSamples(QUndoCommand):
    """Puts samples at the end of the queue; undoing takes them out again. stored: they are there already."""

    def __init__(self, session: "Session", text: str, items: list[QueueItem], stored: bool = False) -> None:
        super().__init__(text)
        self._session, self._items, self._stored = session, items, stored

    def redo(self) -> None:
        if not self._stored:
            self._write(added=self._items)
        self._stored = True

    def undo(self) -> None:
        self._write(removed=[item.sample for item in self._items])
        self._stored = False

    def _write(self, **change: list) -> None:
        try:
            self._session.write_queue(**change)
        except UserError as error:
            self.setObsolete(True)
            self._session.failed.emit(str(error))
