"""Who is who and who matters, and the menus that offer it where a person is pointed at."""

from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from app.actions.hints import say_estimate_first, say_select_first
from app.shortcuts.action import Action
from app.style import theme
from app.undo.people import change_people

if TYPE_CHECKING:
    from app.canvas.canvas import Canvas
    from app.panels.people import PeoplePanel
    from app.session.session import Session
    from app.shortcuts.shortcuts import Shortcuts
    from core.domain import SampleId
    from core.project.project import Project
    from core.project.store.people_rows import Rows
    from core.project.store.store import Video

# actions in the order of the menu; None is a line between
MENU = ("only_person", None, "estimate_again", "draw_person", None, "rename_person", "merge_person",
        "split_person",
        "swap_people", None, "nobody_here", "delete_in_frame", "delete_person")  # fmt: skip
OF_SEVERAL = ("only_person", None, "merge_person", None, "delete_person")


class People:
    """All act on the selected person. menu_actions: by id, for the menus; show_panel: brings one to the front
    by its name, hidden or not; open_sample: flies to a sample; parent: of dialogs and menus.
    """

    def __init__(
        self,
        session: "Session",
        canvas: "Canvas",
        panel: "PeoplePanel",
        menu_actions: Mapping[str, QAction],
        show_panel: Callable[[str], None],
        open_sample: "Callable[[SampleId], None]",
        shortcuts: "Shortcuts",
        parent: QWidget,
    ) -> None:
        self._session, self._canvas, self._panel, self._menu_actions = session, canvas, panel, menu_actions
        self._show_panel, self._open_sample, self._shortcuts, self._parent = (
            show_panel,
            open_sample,
            shortcuts,
            parent,
        )
        canvas.menu_wanted.connect(self.show_menu)
        panel.menu_wanted.connect(self.show_menu)
        # once the field that it was typed into is closed
        panel.model.renamed.connect(self.rename, Qt.ConnectionType.QueuedConnection)

    # who matters

    def only_person(self) -> None:
        if self._person():
            chosen = self._chosen
            self._choose_who(
                f"Who matters: {self._who}", lambda interest, *here: interest.switch(*here, chosen)
            )

    def everyone_matters(self) -> None:
        if self._session.project.of_interest(self._session.video.id) is None:
            self._session.hint.emit("Everyone matters already.")
        else:
            self._choose_who("Everyone matters", lambda interest, *here: interest.choose(*here, []))

    def choose_people(self) -> None:
        from app.dialogs.gallery import Gallery

        session = self._session
        if not session.tracks:
            say_estimate_first(session, self._shortcuts)
            return
        dialog = Gallery(session, self._parent)
        if not dialog.exec():
            return
        self._choose_who("Choose who matters", lambda interest, *here: interest.choose(*here, dialog.chosen))
        if dialog.chosen and session.person not in dialog.chosen:
            best = dialog.best
            session.select(best.track)
            if session.frame not in session.tracks[best.track].frames:
                session.go_to(best.frame)

    def _choose_who(self, text: str, make: "Callable[[ModuleType, Project, Video], Rows]") -> None:
        """make: core.project.people.interest, the project and the video -> the change."""
        from core.project.people import interest

        def say() -> None:
            sentence = interest.interest_in_words(self._session.project)
            back = f"{sentence} Bring anybody back the same way{self._shortcuts.first('only_person')}."
            self._session.hint.emit(back if sentence else "Everyone matters again.")

        change_people(self._session, text, lambda _, *here: make(interest, *here), say)

    # whose samples they are

    def nobody_here(self) -> None:
        """And on to the next of the queue, where this was one of it."""
        from core.workflow.nobody import nobody_here

        session, sample = self._session, self._session.sample
        if sample is None:
            session.hint.emit(
                f"Select somebody in this frame first: click one{self._shortcuts.first('person_1')}."
            )
            return
        queue = [item.sample for item in session.queue]
        after = queue[queue.index(sample) + 1 :] if sample in queue else []
        name, frames = session.names[sample.track], []

        def change(_: "ModuleType", project: "Project", video: "Video") -> "Rows":
            rows, span = nobody_here(project, video, sample)
            frames.append(span)
            return rows

        def go_on() -> None:
            pending = [item.sample for item in session.pending]
            if sample in queue and pending:
                self._open_sample(next((one for one in after if one in set(pending)), pending[0]))
            first, last = frames[0].start, frames[0].stop - 1
            where = f"frame {first}" if first == last else f"frames {first}–{last}"
            session.hint.emit(
                f"{name} is nobody in {where}; undo{self._shortcuts.first('undo')} brings them back."
            )

        change_people(self._session, f"Nobody here: {name}", change, go_on)

    def delete_in_frame(self) -> None:
        session = self._session
        if self._person():
            what = f"Delete {session.names[session.person]} in this frame"
            change_people(
                self._session,
                what,
                lambda edits, *here: edits.delete_in(*here, session.person, session.frame, session.frame + 1),
            )

    def delete_person(self) -> None:
        session = self._session
        if self._person():
            chosen = self._chosen
            gone = f"{len(chosen)} people are deleted; undo{self._shortcuts.first('undo')} brings them back."
            say = partial(session.hint.emit, gone) if len(chosen) > 1 else None
            change_people(
                session, f"Delete {self._who}", lambda edits, *here: edits.delete_people(*here, chosen), say
            )

    def split_person(self) -> None:
        session = self._session
        if self._person():
            what = f"Split {session.names[session.person]}"
            change_people(
                self._session,
                what,
                lambda edits, *here: edits.split_person(*here, session.person, session.frame),
            )

    def rename_person(self) -> None:
        if self._person():
            self._show_panel("people")
            self._panel.rename()

    def rename(self, track: int, name: str) -> None:
        what = f"Rename {self._session.names[track]}"
        change_people(self._session, what, lambda edits, *here: edits.rename_person(*here, track, name))

    def merge_person(self) -> None:
        """All who are selected into the one of them who is there longest; else into one to be chosen."""
        session = self._session
        if session.several:
            into = max(session.several, key=lambda track: len(session.tracks[track].frames))
            others = [track for track in session.several if track != into]
            what = f"Merge {len(others)} people into {session.names[into]}"
            change_people(
                self._session, what, lambda edits, *here: (edits.merge_people(*here, others, into), into)
            )
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
        change_people(
            self._session,
            what,
            lambda edits, *here: (edits.merge_people(*here, [session.person], other), other),
        )

    def _swap(self, other: int) -> None:
        session, person = self._session, self._session.person
        what = f"Swap {session.names[person]} and {session.names[other]}"
        change_people(
            self._session, what, lambda edits, *here: edits.swap_people(*here, person, other, session.frame)
        )

    def _person(self) -> bool:
        """Whether somebody is selected; says so where not."""
        if self._session.person is None:
            say_select_first(self._session, self._shortcuts)
        return self._session.person is not None

    # menus

    def show_menu(self, place: QPoint) -> None:
        """place: on the screen."""
        session = self._session
        menu = self._menu(self._who)
        for name in OF_SEVERAL if session.several else MENU:
            if name is None:
                menu.addSeparator()
            elif name == "merge_person" and not session.several:
                self._offer_others(menu.addMenu(self._menu_actions[name].icon(), "Merge into"), self._merge)
            elif name == "swap_people":
                self._offer_others(
                    menu.addMenu(self._menu_actions[name].icon(), "Swap from this frame on with"), self._swap
                )
            else:
                menu.addAction(self._menu_actions[name])
        menu.popup(place)

    def _choose(self, title: str, then: Callable[[int], None]) -> None:
        """Asks for one of the others, beside the selected person."""
        if not self._person():
            return
        session, canvas = self._session, self._canvas
        menu = self._menu(f"{title}…")
        self._offer_others(menu, then)
        place = canvas.rect().center()
        if session.sample is not None:
            place = canvas.view.rect(session.person_at(session.sample).box).center().toPoint()
        menu.popup(canvas.mapToGlobal(place))

    def _menu(self, title: str) -> QMenu:
        """Headed by a line that does nothing."""
        menu = QMenu(self._parent)
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
            entry = menu.addAction(
                theme.disc(theme.curve_colour(session.places[track]), 8), session.names[track]
            )
            entry.triggered.connect(lambda _=False, track=track: then(track))
        if not others:
            menu.addAction("There is nobody else").setEnabled(False)


ACTIONS: tuple[Action[People], ...] = (
    Action("only_person", "Only this person matters", ("K",), "People",
           "Everyone else becomes context: kept and shown faintly, but not estimated further, proposed or "
           "exported. On somebody of the context it brings them in; once more on the same person, everyone",
           People.only_person, icon="account-star-outline", separator=True),
    Action("choose_people", "Choose who matters…", ("Shift+K",), "People",
           "Everyone who was found, the largest and longest first: pick those who matter",
           People.choose_people,
           icon="account-group-outline"),
    Action("everyone_matters", "Everyone matters", (), "People", "Nobody is context any more",
           People.everyone_matters),
    Action("rename_person", "Rename", ("F2",), "People",
           "Give the selected person another name", People.rename_person, icon="rename-outline"),
    Action("merge_person", "Merge into…", ("Ctrl+M",), "People",
           "Make one person of this one and another who is never in the same frame, or of all who are "
           "selected",
           People.merge_person, icon="call-merge", separator=True),
    Action("split_person", "Split from this frame on", (), "People",
           "From this frame on this is a new person", People.split_person, icon="call-split"),
    Action("swap_people", "Swap from this frame on with…", (), "People",
           "From this frame on this person and another change places", People.swap_people,
           icon="swap-horizontal-bold"),
    Action("nobody_here", "Nobody here", ("Backspace",), "People",
           "There is no person in this box: delete it here and in the frames around that look the same, "
           "and go to the next pose of the queue",
           People.nobody_here, icon="account-cancel-outline", separator=True),
    Action("delete_in_frame", "Delete in this frame", (), "People",
           "Delete the selected person in this frame", People.delete_in_frame, icon="account-remove-outline"),
    Action("delete_person", "Delete in all frames", ("Shift+Delete",), "People",
           "Delete everyone who is selected, in every frame", People.delete_person,
           icon="account-off-outline"),
)  # fmt: skip
