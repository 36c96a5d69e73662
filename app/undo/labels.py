"""Every change to a label is one of these: written at once, undone exactly."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from app.session.undo_step import Step
from core.domain import SampleId
from core.project.store.store import Label

if TYPE_CHECKING:
    from app.session.session import Session

Labels = Mapping[SampleId, Label | None]


class ChangeLabels(Step):
    """Puts labels in the place of others; None stands for no label.

    merge_key: consecutive commands with the same key, such as nudges of one joint, become one step.
    """

    def __init__(self, session: "Session", text: str, after: Labels, merge_key: tuple | None = None) -> None:
        super().__init__(text, session.failed.emit)
        self._session = session
        self._before: Labels = {sample: session.labels.get(sample) for sample in after}
        self._after = after
        self._merge_key = merge_key

    def make(self, again: bool) -> None:
        self._write(self._after, revisit=again)

    def take_back(self) -> None:
        self._write(self._before, revisit=True)

    def id(self) -> int:
        return -1 if self._merge_key is None else 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Not with one that could not be written."""
        if not isinstance(other, ChangeLabels) or other._merge_key != self._merge_key or other.isObsolete():
            return False
        self._after = other._after
        return True

    def _write(self, labels: Labels, revisit: bool) -> None:
        self._session.write(labels)
        if revisit:
            sample = next(iter(labels))
            if (sample.frame, self._session.video_of[sample.track]) != (
                self._session.frame,
                self._session.video,
            ):
                self._session.visit(sample)
            self._session.select(sample.track, self._session.joint)


def change_label(session: "Session", text: str, label: Label, merge_key: tuple | None = None) -> None:
    session.undo.push(ChangeLabels(session, text, {label.sample: label}, merge_key))


def remove_label(session: "Session", sample: SampleId) -> None:
    session.undo.push(ChangeLabels(session, "Remove the label", {sample: None}))
