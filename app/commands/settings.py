"""A change of the project's settings."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from core.domain import UserError

if TYPE_CHECKING:
    from app.session import Session


class ChangeSettings(QUndoCommand):
    """after: the new values by key; None stands for automatic."""

    def __init__(self, session: "Session", after: dict, text: str = "Change the settings") -> None:
        super().__init__(text)
        self._session = session
        self._before = {key: session.project.setting(key) for key in after}
        self._after = after

    def redo(self) -> None:
        self._write(self._after)

    def undo(self) -> None:
        self._write(self._before)

    def _write(self, values: dict) -> None:
        try:
            self._session.write_settings(values)
        except UserError as error:
            self.setObsolete(True)
            self._session.failed.emit(str(error))
