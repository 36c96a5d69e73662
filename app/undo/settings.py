"""A change of the project's settings."""

from typing import TYPE_CHECKING

from app.session.undo_step import Step

if TYPE_CHECKING:
    from app.session.session import Session


class ChangeSettings(Step):
    """after: the new values by key; None stands for automatic."""

    def __init__(self, session: "Session", after: dict, text: str = "Change the settings") -> None:
        super().__init__(text, session.failed.emit)
        self._session = session
        stored = session.project.store.settings()
        self._before = {key: stored[key] for key in after if key in stored}
        self._after = after

    def make(self, again: bool) -> None:
        self._session.write_settings(self._after)

    def take_back(self) -> None:
        """What nobody had chosen follows the program's default again."""
        self._session.write_settings(self._before, self._after.keys() - self._before.keys())
