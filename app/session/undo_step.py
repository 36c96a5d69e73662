"""What can be undone, and the list of it: a step that could not be written is one that was not taken."""

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand, QUndoStack

from core.domain import Outdated, UserError


class Step(QUndoCommand):
    """A change that is written at once. A subclass says how to make it and how to take it back; both raise
    UserError where they have changed nothing, which is said by `say`.

    failed: the last attempt, so that all is as it was before it.
    """

    def __init__(self, text: str, say: Callable[[str], object]) -> None:
        super().__init__(text)
        self._say = say
        self._made = self.failed = False

    def make(self, again: bool) -> None:
        """again: not for the first time."""
        raise NotImplementedError

    def take_back(self) -> None:
        raise NotImplementedError

    def redo(self) -> None:
        if self._is_still_so():
            return
        try:
            self.make(again=self._made)
        except UserError as error:
            self._fail(error, for_good=not self._made)
        else:
            self._made = True

    def undo(self) -> None:
        if self._is_still_so():
            return
        try:
            self.take_back()
        except UserError as error:
            self._fail(error, for_good=False)

    def _is_still_so(self) -> bool:
        """The list goes back to where it was after an attempt that failed: there is nothing to do for it."""
        failed, self.failed = self.failed, False
        return failed

    def _fail(self, error: UserError, for_good: bool) -> None:
        """What was never made, or can never be again, leaves the list; anything else is there to be tried
        again.
        """
        if for_good or isinstance(error, Outdated):
            self.setObsolete(True)
        else:
            self.failed = True
        self._say(str(error))


class Steps(QUndoStack):
    """A list that stays where it is when a step cannot be taken back, or made again, for now."""

    def undo(self) -> None:
        step = self.command(self.index() - 1)
        super().undo()
        if isinstance(step, Step) and step.failed:
            super().redo()

    def redo(self) -> None:
        step = self.command(self.index())
        super().redo()
        if isinstance(step, Step) and step.failed:
            super().undo()
