"""What the actions reach of the window."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.session.session import Session
    from app.window.window import Window
    from app.window.workspace import Workspace


class Reach:
    """The window, and the open project in it."""

    def __init__(self, window: "Window") -> None:
        self._window = window

    @property
    def _workspace(self) -> "Workspace":
        return self._window.workspace

    @property
    def _session(self) -> "Session":
        return self._window.workspace.session

    def _key(self, id: str) -> str:
        """For a sentence: ' (B)'."""
        return self._window.shortcuts.first(id)

    def _may(self, step: str) -> bool:
        """Whether a step of the loop can be taken now; says why not."""
        why = self._workspace.why_not(step)
        if why:
            self._session.hint.emit(why)
        return not why
