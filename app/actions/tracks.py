"""Finding people again, and going through those who look wrong or like somebody else."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.actions.hints import say_estimate_first
from app.shortcuts.action import Action
from app.undo.people import change_people

if TYPE_CHECKING:
    from app.background.track_checks import TrackChecks
    from app.background.work import ProjectWork
    from app.panels.reunions import ReunionStrip
    from app.session.session import Session
    from app.shortcuts.shortcuts import Shortcuts
    from core.domain import SampleId
    from core.queries.track_checks import TrackCheck


class Tracks:
    """reunions: shows the question whether two are one; open_sample: flies to a sample; parent: of the
    dialogs.
    """

    def __init__(
        self,
        session: "Session",
        work: "ProjectWork",
        track_checks: "TrackChecks",
        reunions: "ReunionStrip",
        open_sample: "Callable[[SampleId], None]",
        shortcuts: "Shortcuts",
        parent: QWidget,
    ) -> None:
        self._session, self._work, self._track_checks, self._reunions = session, work, track_checks, reunions
        self._open_sample, self._shortcuts, self._parent = open_sample, shortcuts, parent

    def find_people(self) -> None:
        from app.dialogs.find import FindDialog

        if not self._work.may("find_people"):
            return
        first = not self._session.tracks
        dialog = FindDialog(self._session, first, self._parent)
        if dialog.exec():
            if dialog.anew:
                self._session.undo.clear()  # what was taken back was of those who are known now
                self._work.estimate(span=dialog.span if first else None, settings=dialog.settings)
            else:
                self._work.find(dialog.span, dialog.settings)

    def next_suspect(self) -> None:
        """Flies to the next one who looks wrong, and says why."""
        session, track_checks = self._session, self._track_checks
        check = track_checks.next()
        if session.round is None:
            say_estimate_first(session, self._shortcuts)
        elif check is None and track_checks.check.pending:
            session.hint.emit("The people are still being checked.")
        elif check is None:
            session.hint.emit("Nothing looks wrong with the people.")
        elif check.track not in session.video_of or session.box_of(check.sample) is None:  # changed just now
            track_checks.check.ask()
            session.hint.emit("The people are still being checked.")
        else:
            self._open_sample(check.sample)
            session.hint.emit(check.sentence)

    def same_person(self) -> None:
        if (one := self._asked()) is not None:
            what = f"{one.name} is {self._session.names[one.other]}"
            merge = lambda edits, *here: (edits.merge_people(*here, [one.track], one.other), one.other)  # noqa: E731
            change_people(self._session, what, merge, self._ask_next)

    def other_person(self) -> None:
        from core.queries.reunions import say_apart

        if (one := self._asked()) is not None:
            what = f"{one.name} is not {self._session.names[one.other]}"
            apart = lambda _, project, video: say_apart(project, one.track, one.other)  # noqa: E731
            change_people(self._session, what, apart, self._ask_next)

    def _asked(self) -> "TrackCheck | None":
        """The question that is on screen; goes to the first where none is."""
        one = self._track_checks.reunion
        if one is not None and self._session.person in (one.track, one.other):
            return one
        self._ask_next()
        return None

    def _ask_next(self) -> None:
        session, track_checks = self._session, self._track_checks
        one = track_checks.reunion
        self._reunions.show_question()
        if one is not None:
            self._open_sample(one.sample)
            yes, no = self._shortcuts.first("same_person"), self._shortcuts.first("other_person")
            session.hint.emit(f"{one.name} is probably {session.names[one.other]}: yes{yes} or no{no}?")
        elif track_checks.check.pending:
            session.hint.emit("The people are still being checked.")
        else:
            session.hint.emit("No two people look like the same person.")


ACTIONS: tuple[Action[Tracks], ...] = (
    Action("find_people", "Find people again…", (), "People",
           "Detect and follow people anew in some frames, with other settings; what you drew and "
           "labelled stays",
           Tracks.find_people, icon="account-search-outline", separator=True),
    Action("next_suspect", "Next person who looks wrong", ("Shift+N",), "People",
           "Go to the next person who looks wrong: hardly seen, jumping, lost, swapped or there twice",
           Tracks.next_suspect, icon="account-alert-outline"),
    Action("same_person", "The same person", ("Y",), "People",
           "Go to two people who are probably one; there: yes, they are the same",
           Tracks.same_person,
           icon="account-check-outline"),
    Action("other_person", "Two people", ("Shift+Y",), "People",
           "No, they are not the same: it is not asked again", Tracks.other_person,
           icon="account-multiple-outline"),
)  # fmt: skip
