"""What the actions on people do, and the menus that offer them where a person is pointed at."""

from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.actions.reach import Reach
from app.style import theme
from core.domain import Box, SampleId, UserError

if TYPE_CHECKING:
    from app.panels.people import PeoplePanel
    from app.window.workspace import Workspace
    from core.project.project import Project
    from core.project.store.people_rows import Rows
    from core.project.store.store import Video
    from core.queries.track_checks import Suspect

# the actions that call the methods below, in the order of the menu; None is a line between
MENU = ("only_person", None, "estimate_again", "draw_person", None, "rename_person", "merge_person", "split_person",
        "swap_people", None, "nobody_here", "delete_in_frame", "delete_person")  # fmt: skip
OF_SEVERAL = ("only_person", None, "merge_person", None, "delete_person")
PEOPLE = tuple(name for name in MENU if name)
FURTHER = ("show_heatmap", "find_people", "next_suspect", "choose_people", "everyone_matters", "same_person",
           "other_person")  # fmt: skip
LEAST_SIDE = 8  # image pixels of a drawn box


class PeopleHandlers(Reach):
    """All act on the selected person."""

    def listen(self, workspace: "Workspace", actions: Mapping[str, QAction]) -> None:
        """To what is done to people on the canvas and in the panel. actions: of the menus."""
        canvas, show_menu = workspace.canvas, partial(self.show_menu, actions)
        canvas.box_drawn.connect(self.keep_box)
        canvas.box_moved.connect(self.move_box)
        canvas.menu_wanted.connect(show_menu)
        workspace.filled.connect(lambda: self._listen_to_panel(workspace.people, show_menu))

    def _listen_to_panel(self, people: "PeoplePanel", show_menu: Callable[[QPoint], None]) -> None:
        people.menu_wanted.connect(show_menu)
        # once the field that it was typed into is closed
        people.model.renamed.connect(self.rename, Qt.ConnectionType.QueuedConnection)

    def _say_estimate_first(self) -> None:
        self._session.hint.emit(f"Estimate the poses first{self._key('estimate')}.")

    # boxes

    def draw_person(self) -> None:
        session, canvas = self._session, self._workspace.canvas
        if session.predictions is None:
            session.hint.emit(f"Estimate the poses first{self._key('estimate')}, then draw whom they lack.")
        elif not canvas.editable:
            session.hint.emit("The frame is still being read.")
        else:
            self._workspace.player.pause()
            canvas.begin_drawing()
            whom = self._lacking()
            around = "somebody new" if whom is None else f"{session.names[whom]} (with Shift: somebody new)"
            session.hint.emit(f"Drag a box around {around}; Esc calls it off.")

    def keep_box(self, box: Box, somebody_new: bool) -> None:
        session = self._session
        if min(box.width, box.height) < LEAST_SIDE:
            session.hint.emit(f"That box is too small for a person: draw it again{self._key('draw_person')}.")
            return
        whom = None if somebody_new else self._lacking()
        session.hint.emit("The pose in the box is being estimated.")
        self._change("Draw a box", lambda edits, *here: edits.draw_person(*here, session.frame, box, whom))

    def _lacking(self) -> int | None:
        """The selected person who has no box of their own in this frame."""
        from core.project.store.roster import BETWEEN

        session = self._session
        if session.person is None or session.person not in session.tracks:
            return None
        row = session.roster.row(session.person, session.frame)
        return session.person if row is None or session.roster.source[row] == BETWEEN else None

    def estimate_again(self) -> None:
        session = self._session
        if session.sample is None:
            session.hint.emit(
                f"Select a person in this frame first: click one, or take the first{self._key('person_1')}."
            )
        elif session.round is None:
            self._say_estimate_first()
        else:
            session.hint.emit("Estimating the pose in this box…")
            self._workspace.single.ask(session.sample, session.person_at(session.sample).box)

    def move_box(self, sample: SampleId, box: Box) -> None:
        """The box of somebody without a pose, which is estimated where it is now."""
        from core.project.store.roster import FOUND

        session = self._session
        if min(box.width, box.height) < LEAST_SIDE:
            session.hint.emit("Nothing of that box is left in the picture.")
        elif session.round is None:
            self._say_estimate_first()
        elif session.roster.source[session.roster.row(*sample)] == FOUND:
            self._workspace.single.ask(sample, box)
        else:
            session.hint.emit("The pose in the box is being estimated.")
            self._change("Move the box", lambda edits, *here: edits.move_box(*here, sample, box))

    # finding them again

    def find_people(self) -> None:
        from app.dialogs.find import FindDialog

        workspace = self._workspace
        if why := workspace.why_not("find_people"):
            self._session.hint.emit(why)
            return
        first = not self._session.tracks
        dialog = FindDialog(self._session, first, self._window)
        if dialog.exec():
            work = workspace.work.estimate if first else workspace.work.find
            work(span=dialog.span, settings=dialog.settings)

    def next_suspect(self) -> None:
        """Flies to the next one who looks wrong, and says why."""
        session, track_checks = self._session, self._workspace.track_checks
        suspect = track_checks.next()
        if session.round is None:
            self._say_estimate_first()
        elif suspect is None and track_checks.check.pending:
            session.hint.emit("The people are still being looked at.")
        elif suspect is None:
            session.hint.emit("Nothing looks wrong with the people.")
        elif suspect.track not in session.video_of or session.box_of(suspect.sample) is None:  # changed just now
            track_checks.check.ask()
            session.hint.emit("The people are still being looked at.")
        else:
            self._workspace.open_sample(suspect.sample)
            session.hint.emit(suspect.sentence)

    def show_heatmap(self) -> None:
        session, heatmap = self._session, self._workspace.heatmap
        if session.round is None:
            self._say_estimate_first()
            return
        heatmap.show(not heatmap.on)
        if heatmap.on and session.joint is None:
            session.hint.emit(f"Select a joint{self._key('next_joint')} to see where it may be.")

    # whether two are one

    def same_person(self) -> None:
        if (one := self._asked()) is not None:
            what = f"{one.name} is {self._session.names[one.other]}"
            self._change(what, lambda edits, *here: (edits.merge_people(*here, [one.track], one.other), one.other))
            self._ask_next()

    def other_person(self) -> None:
        from core.queries.reunions import say_apart

        if (one := self._asked()) is not None:
            what = f"{one.name} is not {self._session.names[one.other]}"
            self._change(what, lambda _, project, video: say_apart(project, one.track, one.other))
            self._ask_next()

    def _asked(self) -> "Suspect | None":
        """The question that is on screen; goes to the first where none is."""
        one = self._workspace.track_checks.reunion
        if one is not None and self._session.person in (one.track, one.other):
            return one
        self._ask_next()
        return None

    def _ask_next(self) -> None:
        session, track_checks = self._session, self._workspace.track_checks
        one = track_checks.reunion
        self._workspace.people.reunions.show_question()
        if one is not None:
            self._workspace.open_sample(one.sample)
            yes, no = self._key("same_person"), self._key("other_person")
            session.hint.emit(f"{one.name} is probably {session.names[one.other]}: yes{yes} or no{no}?")
        elif track_checks.check.pending:
            session.hint.emit("The people are still being looked at.")
        else:
            session.hint.emit("Nobody looks like somebody else.")

    # who matters

    def only_person(self) -> None:
        if self._person():
            chosen = self._chosen
            self._choose_who(f"Who matters: {self._who}", lambda interest, *here: interest.switch(*here, chosen))

    def everyone_matters(self) -> None:
        if self._session.project.of_interest(self._session.video.id) is None:
            self._session.hint.emit("Everyone matters already.")
        else:
            self._choose_who("Everyone matters", lambda interest, *here: interest.choose(*here, []))

    def choose_people(self) -> None:
        from app.dialogs.gallery import Gallery

        session = self._session
        if not session.tracks:
            self._say_estimate_first()
            return
        dialog = Gallery(session, self._window)
        if dialog.exec():
            self._choose_who("Choose who matters", lambda interest, *here: interest.choose(*here, dialog.chosen))

    def _choose_who(self, text: str, make: "Callable[[ModuleType, Project, Video], Rows]") -> None:
        """make: core.project.people.interest, the project and the video -> the change."""
        from core.project.people import interest

        session, before = self._session, self._session.context
        self._change(text, lambda _, *here: make(interest, *here))
        if session.context == before:  # refused, which was said, or so already
            return
        sentence = interest.interest_in_words(session.project)
        key = self._key("only_person")
        session.hint.emit(
            f"{sentence} Bring anybody back the same way{key}." if sentence else "Everyone matters again."
        )

    # whose samples they are

    def nobody_here(self) -> None:
        """And on to the next of the queue, where this was one of it."""
        from core.workflow.nobody import nobody_here

        session, sample = self._session, self._session.sample
        if sample is None:
            session.hint.emit(f"Select somebody in this frame first: click one{self._key('person_1')}.")
            return
        queue = [item.sample for item in session.queue]
        after = queue[queue.index(sample) + 1 :] if sample in queue else []
        name, frames = session.names[sample.track], []

        def change(_: "ModuleType", *here: object) -> "Rows":
            rows, span = nobody_here(*here, sample)
            frames.append(span)
            return rows

        self._change(f"Nobody here: {name}", change)
        if not frames or session.roster.row(*sample) is not None:  # refused, which was said
            return
        pending = [item.sample for item in session.pending]
        if sample in queue and pending:
            self._workspace.open_sample(next((one for one in after if one in set(pending)), pending[0]))
        where = f"frame {frames[0].start}" if len(frames[0]) == 1 else f"frames {frames[0].start}–{frames[0].stop - 1}"
        session.hint.emit(f"{name} is nobody in {where}; undo{self._key('undo')} brings them back.")

    def delete_in_frame(self) -> None:
        session = self._session
        if self._person():
            what = f"Delete {session.names[session.person]} in this frame"
            self._change(
                what, lambda edits, *here: edits.delete_in(*here, session.person, session.frame, session.frame + 1)
            )

    def delete_person(self) -> None:
        session = self._session
        if self._person():
            chosen = self._chosen
            self._change(f"Delete {self._who}", lambda edits, *here: edits.delete_people(*here, chosen))
            if len(chosen) > 1:
                session.hint.emit(f"{len(chosen)} people are deleted; undo{self._key('undo')} brings them back.")

    def split_person(self) -> None:
        session = self._session
        if self._person():
            what = f"Split {session.names[session.person]}"
            self._change(what, lambda edits, *here: edits.split_person(*here, session.person, session.frame))

    def rename_person(self) -> None:
        if self._person():
            self._window.show_panel("people")
            self._workspace.people.rename()

    def rename(self, track: int, name: str) -> None:
        what = f"Rename {self._session.names[track]}"
        self._change(what, lambda edits, *here: edits.rename_person(*here, track, name))

    def merge_person(self) -> None:
        """All who are selected into the one of them who is there longest; else into one to be chosen."""
        session = self._session
        if session.several:
            into = max(session.several, key=lambda track: len(session.tracks[track].frames))
            others = [track for track in session.several if track != into]
            what = f"Merge {len(others)} people into {session.names[into]}"
            self._change(what, lambda edits, *here: (edits.merge_people(*here, others, into), into))
        else:
            self._choose("Merge into", self._merge)

    @property
    def _chosen(self) -> tuple[int, ...]:
        return self._session.several or (self._session.person,)

    @property
    def _who(self) -> str:
        chosen = self._chosen
        return f"{len(chosen)} people" if len(chosen) > 1 else self._session.names[chosen[0]]

    def swap_people(self) -> None:
        self._choose("Swap from this frame on with", self._swap)

    def _merge(self, other: int) -> None:
        session = self._session
        what = f"Merge {session.names[session.person]} into {session.names[other]}"
        self._change(what, lambda edits, *here: (edits.merge_people(*here, [session.person], other), other))

    def _swap(self, other: int) -> None:
        session, person = self._session, self._session.person
        what = f"Swap {session.names[person]} and {session.names[other]}"
        self._change(what, lambda edits, *here: edits.swap_people(*here, person, other, session.frame))

    def _person(self) -> bool:
        """Whether somebody is selected; says so where not."""
        if self._session.person is None:
            self._session.hint.emit(f"Select a person first: click one, or take the first{self._key('person_1')}.")
        return self._session.person is not None

    def _change(self, text: str, make: "Callable[[ModuleType, Project, Video], Rows | tuple[Rows, int]]") -> None:
        """make: core.project.people.edits, the project and the video -> the change, with whom to select afterwards where
        that is somebody else. What is refused is said.
        """
        from app.undo.people import ChangePeople  # what needs a project is imported with the first one
        from core.project.people import edits

        try:
            change = make(edits, self._session.project, self._session.video)
        except UserError as error:
            self._session.failed.emit(str(error))
            return
        rows, person = change if isinstance(change, tuple) else (change, None)
        if not any((*rows.removed.values(), *rows.added.values())):
            return
        self._session.undo.push(ChangePeople(self._session, text, rows, person))

    # menus

    def show_menu(self, actions: Mapping[str, QAction], place: QPoint) -> None:
        """place: on the screen."""
        session = self._session
        menu = self._menu(self._who)
        for name in OF_SEVERAL if session.several else MENU:
            if name is None:
                menu.addSeparator()
            elif name == "merge_person" and not session.several:
                self._offer_others(menu.addMenu(actions[name].icon(), "Merge into"), self._merge)
            elif name == "swap_people":
                self._offer_others(menu.addMenu(actions[name].icon(), "Swap from this frame on with"), self._swap)
            else:
                menu.addAction(actions[name])
        menu.popup(place)

    def _choose(self, title: str, then: Callable[[int], None]) -> None:
        """Asks for one of the others, beside the selected person."""
        if not self._person():
            return
        session, canvas = self._session, self._workspace.canvas
        menu = self._menu(f"{title}…")
        self._offer_others(menu, then)
        place = canvas.rect().center()
        if session.sample is not None:
            place = canvas.view.rect(session.person_at(session.sample).box).center().toPoint()
        menu.popup(canvas.mapToGlobal(place))

    def _menu(self, title: str) -> QMenu:
        """Headed by a line that does nothing."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(title).setEnabled(False)
        menu.addSeparator()
        return menu

    def _offer_others(self, menu: QMenu, then: Callable[[int], None]) -> None:
        """Everyone else of the video, those of the frame first."""
        session = self._session
        others = [track for track in session.tracks if track != session.person]
        here = {person.sample.track for person in session.people_at(session.frame)}
        for track in sorted(others, key=lambda track: track not in here):
            entry = menu.addAction(theme.disc(theme.curve_colour(track), 8), session.names[track])
            entry.triggered.connect(lambda _=False, track=track: then(track))
        if not others:
            menu.addAction("There is nobody else").setEnabled(False)
