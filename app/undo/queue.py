"""Changes to the queue of proposed samples."""

from typing import TYPE_CHECKING

from app.session.undo_step import Step
from core.domain import SampleId
from core.project.store.store import QueueItem

if TYPE_CHECKING:
    from app.session.session import Session


class SkipSample(Step):
    """Takes a sample out of the way without a label, or back in."""

    def __init__(self, session: "Session", sample: SampleId, skipped: bool = True) -> None:
        super().__init__(
            "Skip the pose" if skipped else "Put the pose back into the queue", session.failed.emit
        )
        self._session = session
        self._sample, self._skipped = sample, skipped

    def make(self, again: bool) -> None:
        self._session.write_skipped(self._sample, self._skipped)

    def take_back(self) -> None:
        self._session.write_skipped(self._sample, not self._skipped)


class PostponeSample(Step):
    """Moves a sample to the end of the queue, or back to where it was."""

    def __init__(self, session: "Session", sample: SampleId) -> None:
        super().__init__("Postpone the pose", session.failed.emit)
        self._session = session
        self._sample = sample
        self._place: int | None = None

    def make(self, again: bool) -> None:
        self._place = self._session.write_place(self._sample, None)

    def take_back(self) -> None:
        self._session.write_place(self._sample, self._place)


class QueueSamples(Step):
    """Puts samples at the end of the queue; undoing takes them out again. stored: they are there already."""

    def __init__(self, session: "Session", text: str, items: list[QueueItem], stored: bool = False) -> None:
        super().__init__(text, session.failed.emit)
        self._session = session
        self._items, self._stored = items, stored

    def make(self, again: bool) -> None:
        if not self._stored:
            self._session.write_queue(added=self._items)
        self._stored = False

    def take_back(self) -> None:
        self._session.write_queue(removed=[item.sample for item in self._items])
