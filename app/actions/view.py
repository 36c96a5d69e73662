"""Looking at the frame: zoom, what is drawn over the picture, and what is seen as long as a key is held."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from app.actions.hints import say_estimate_first, say_select_first
from app.actions.while_held import WhileHeld
from app.shortcuts.action import Action

if TYPE_CHECKING:
    from app.canvas.canvas import Canvas
    from app.canvas.heatmap import Heatmap
    from app.session.session import Session
    from app.shortcuts.shortcuts import Shortcuts


class View:
    def __init__(
        self, session: "Session", canvas: "Canvas", heatmap: "Heatmap", shortcuts: "Shortcuts"
    ) -> None:
        self._session, self._canvas, self._heatmap, self._shortcuts = session, canvas, heatmap, shortcuts

    def zoom_person(self) -> None:
        if self._session.sample is None:
            say_select_first(self._session, self._shortcuts)
        else:
            self._canvas.show_box(self._session.person_at(self._session.sample).box)

    def zoom_frame(self) -> None:
        self._canvas.fit()

    def hide_people(self) -> None:
        self._while_held("hide_people", self._canvas.set_bare)

    def show_neighbours(self) -> None:
        self._show_ghosts_while_held("show_neighbours", "neighbours")

    def show_before(self) -> None:
        if self._session.earlier:
            self._show_ghosts_while_held("show_before", "before")
        else:
            self._session.hint.emit("There is no round before this one to compare with.")

    def _show_ghosts_while_held(self, id: str, whose: str) -> None:
        self._while_held(id, lambda on: self._canvas.show_ghosts(whose if on else None))

    def _while_held(self, id: str, show: Callable[[bool], None]) -> None:
        """Until the action's key is let go, whatever has to be held with it."""
        # unknown to the stub
        keys = {QKeySequence(key)[0].key() for key in self._shortcuts.keys(id)}  # type: ignore[index]
        if keys:
            show(True)
            WhileHeld(self._canvas, keys, lambda: show(False))
        else:
            self._session.hint.emit("This works while its key is held: give it one under Help → Change keys…")

    def show_refined(self, on: bool) -> None:
        self._canvas.show_refined(on)

    def show_heatmap(self) -> None:
        session, heatmap = self._session, self._heatmap
        if session.round is None:
            say_estimate_first(session, self._shortcuts)
            return
        heatmap.show(not heatmap.on)
        if heatmap.on and session.joint is None:
            session.hint.emit(f"Select a joint{self._shortcuts.first('next_joint')} to see where it may be.")


ACTIONS: tuple[Action[View], ...] = (
    Action("zoom_person", "Zoom to the person", ("Z",), "View",
           "Fill the view with the selected person", View.zoom_person, icon="magnify-plus-outline"),
    Action("zoom_frame", "Whole frame", ("Shift+Z",), "View",
           "Show the whole frame", View.zoom_frame, icon="fit-to-page-outline"),
    Action("hide_people", "Hide the people", ("H",), "View",
           "Hold to see the picture without skeletons", View.hide_people, icon="eye-off-outline"),
    Action("show_neighbours", "Neighbouring frames' poses", ("O",), "View",
           "Hold to see the poses of the frame before (dotted) and after", View.show_neighbours,
           icon="layers-outline"),
    Action("show_before", "Poses of the round before", ("Shift+O",), "View",
           "Hold to see where the poses were before the last fine-tuning", View.show_before, icon="history"),
    Action("show_refined", "Show the refined pose", ("Shift+J",), "View",
           "Show where labels, predictions and motion together put the selected person, in dashes and dots",
           View.show_refined, checkable=True, on=True),
    Action("show_heatmap", "Heatmap of the joint", ("J",), "View",
           "Show or hide where the selected joint may be; it snaps to the peaks", View.show_heatmap,
           icon="blur"),
)  # fmt: skip
