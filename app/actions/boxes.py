"""Drawing boxes around people, moving them, and estimating the pose in them."""

from typing import TYPE_CHECKING

from app.actions.hints import say_estimate_first, say_select_first
from app.shortcuts.action import Action
from app.undo.people import change_people
from core.domain import Box, SampleId

if TYPE_CHECKING:
    from app.background.single_pose import SingleEstimates
    from app.canvas.canvas import Canvas
    from app.frames.player import Player
    from app.session.session import Session
    from app.shortcuts.shortcuts import Shortcuts

LEAST_SIDE = 8  # image pixels of a drawn box


class Boxes:
    """single: estimates one pose, beside the window."""

    def __init__(
        self,
        session: "Session",
        canvas: "Canvas",
        player: "Player",
        single: "SingleEstimates",
        shortcuts: "Shortcuts",
    ) -> None:
        self._session, self._canvas, self._player = session, canvas, player
        self._single, self._shortcuts = single, shortcuts
        canvas.box_drawn.connect(self.keep_box)
        canvas.box_moved.connect(self.move_box)

    def draw_person(self) -> None:
        session, canvas = self._session, self._canvas
        if session.predictions is None:
            say_estimate_first(session, self._shortcuts, ", then draw who is missing")
        elif not canvas.editable:
            session.hint.emit("The frame is still being read.")
        else:
            self._player.pause()
            canvas.begin_drawing()
            whom = self._lacking()
            around = "somebody new" if whom is None else f"{session.names[whom]} (with Shift: somebody new)"
            session.hint.emit(f"Drag a box around {around}; Esc cancels.")

    def keep_box(self, box: Box, somebody_new: bool) -> None:
        session = self._session
        if min(box.width, box.height) < LEAST_SIDE:
            session.hint.emit(
                f"That box is too small for a person: draw it again{self._shortcuts.first('draw_person')}."
            )
            return
        whom = None if somebody_new else self._lacking()
        session.hint.emit("The pose in the box is being estimated.")
        change_people(
            self._session,
            "Draw a box",
            lambda edits, *here: edits.draw_person(*here, session.frame, box, whom),
        )

    def _lacking(self) -> int | None:
        """The selected person who has no box of their own in this frame."""
        from core.project.store.track_assignments import BETWEEN

        session = self._session
        if session.person is None or session.person not in session.tracks:
            return None
        row = session.assignments.row(session.person, session.frame)
        return session.person if row is None or session.assignments.source[row] == BETWEEN else None

    def estimate_again(self) -> None:
        session = self._session
        if session.sample is None:
            say_select_first(session, self._shortcuts)
        elif session.round is None:
            say_estimate_first(session, self._shortcuts)
        else:
            session.hint.emit("Estimating the pose in this box…")
            self._single.ask(session.sample, session.person_at(session.sample).box)

    def move_box(self, sample: SampleId, box: Box) -> None:
        """The box of somebody without a pose, which is estimated where it is now."""
        from core.project.store.track_assignments import FOUND

        session = self._session
        if min(box.width, box.height) < LEAST_SIDE:
            session.hint.emit("That box is outside the picture.")
        elif session.round is None:
            say_estimate_first(session, self._shortcuts)
        elif session.assignments.source[session.assignments.row(*sample)] == FOUND:
            self._single.ask(sample, box)
        else:
            session.hint.emit("The pose in the box is being estimated.")
            change_people(
                self._session, "Move the box", lambda edits, *here: edits.move_box(*here, sample, box)
            )


ACTIONS: tuple[Action[Boxes], ...] = (
    Action("draw_person", "Draw a box", ("N",), "People",
           "Drag a box around somebody who has none in this frame; the pose in it is estimated at once",
           Boxes.draw_person, icon="vector-square-plus"),
    Action("estimate_again", "Estimate again in the box", ("P",), "People",
           "A new pose from the present box, moved or scaled; labels stay", Boxes.estimate_again,
           icon="refresh"),
)  # fmt: skip
