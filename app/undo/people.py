"""Changes of who is where: written at once, undone exactly."""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

from app.session.changes import EVERYTHING, Change
from app.session.undo_step import Step
from core.domain import SampleId, UserError
from core.project.store.people_rows import Rows

if TYPE_CHECKING:
    from app.session.session import Session
    from core.project.project import Project
    from core.project.store.store import Video

POSES = Change.PREDICTIONS | Change.LABELS | Change.ROUNDS


class ChangePeople(Step):
    """person: whom to select once it is done, by default whoever is selected; sample: where it is done, by
    default the selected person in the present frame; change: what is to be read anew; stored: it is done
    already; then: what follows once it is done for the first time, and read.
    """

    def __init__(
        self,
        session: "Session",
        text: str,
        rows: Rows,
        person: int | None = None,
        sample: SampleId | None = None,
        change: Change = EVERYTHING,
        stored: bool = False,
        then: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(text, session.failed.emit)
        self._session = session
        self._rows, self._change = rows, change
        self._before = session.person if sample is None else sample.track
        self._after = person or session.person
        self._frame = session.frame if sample is None else sample.frame
        self._video = session.video if sample is None else session.video_of[sample.track]
        self._stored, self._then = stored, then

    @property
    def computed(self) -> bool:
        """Whether estimates change with it, so that nothing may be computed meanwhile."""
        return "shards" in self._rows.added

    def make(self, again: bool) -> None:
        if not self._stored:
            self._write(self._rows, self._after, revisit=again)
        self._stored = False

    def take_back(self) -> None:
        from core.project.people.edits import with_poses

        rows = with_poses(self._session.project, self._rows)
        self._write(rows.back, self._before, revisit=True)
        self._rows = rows

    def _write(self, rows: Rows, person: int | None, revisit: bool) -> None:
        self._session.change_people(rows, self._change, lambda: self._show(person, revisit))

    def _show(self, person: int | None, revisit: bool) -> None:
        session = self._session
        if revisit:
            session.show_video(next(video for video in session.videos if video.id == self._video.id))
            if session.frame != self._frame:
                session.go_to(self._frame)
        if person in session.tracks and person != session.person:
            session.select(person)
        then, self._then = self._then, None
        if then is not None:
            then()


def change_people(
    session: "Session",
    text: str,
    make: "Callable[[ModuleType, Project, Video], Rows | tuple[Rows, int]]",
    then: Callable[[], None] | None = None,
) -> None:
    """make: core.project.people.edits, the project and the video -> the change, with whom to select
    afterwards where that is somebody else; then: what follows once it is on screen. What is refused is said.
    """
    from core.project.people import edits  # what needs a project is imported with the first one

    if session.behind & Change.TRACKS:
        session.hint.emit("The last change of people is still being read.")
        return
    try:
        change = make(edits, session.project, session.video)
    except UserError as error:
        session.refused.emit(str(error))
        return
    rows, person = change if isinstance(change, tuple) else (change, None)
    if any((*rows.removed.values(), *rows.added.values())):
        session.undo.push(ChangePeople(session, text, rows, person, then=then))
