"""What each action of the table does. No knowledge of widgets beyond the workspace's few verbs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from app.actions.edits import Edits
from app.actions.exchange import ExchangeHandlers
from app.actions.navigation import Navigation
from app.actions.people import FURTHER, PEOPLE, PeopleHandlers
from app.actions.while_held import WhileHeld
from app.panels.banner import Notice
from app.session.next_step import waiting_beside
from app.undo.queue import PostponeSample, QueueSamples, SkipSample
from app.undo.settings import ChangeSettings
from core.project.store.store import QueueItem

if TYPE_CHECKING:
    from app.window.window import Window


class Handlers(Navigation, Edits):
    """Methods named in the table. Those of scope PROJECT are called only with a project open."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        for name in (
            "open_video",
            "add_video",
            "add_images",
            "open_folder",
            "open_demo",
            "leave_project",
            "set_theme",
        ):
            setattr(self, name, getattr(window, name))
        self.quit = window.close
        self.people = PeopleHandlers(window)
        for name in (*PEOPLE, *FURTHER):
            setattr(self, name, getattr(self.people, name))
        exchange = ExchangeHandlers(window)
        self.export, self.import_labels = exchange.export, exchange.import_labels

    def show_keys(self) -> None:
        from app.dialogs.keys import KeysDialog

        KeysDialog(self._window.shortcuts, self._window).exec()

    def change_keys(self) -> None:
        from app.dialogs.shortcuts import ShortcutsDialog

        ShortcutsDialog(self._window.shortcuts, self._window).exec()

    def show_log(self) -> None:
        from app.dialogs.log import LogDialog

        LogDialog(self._window).exec()

    # the queue and undoing

    def undo(self) -> None:
        stack = self._session.undo
        self._go_to_step(stack.index() - 1, stack.undo)

    def redo(self) -> None:
        stack = self._session.undo
        self._go_to_step(stack.index(), stack.redo)

    def _go_to_step(self, place: int, go: Callable[[], None]) -> None:
        """Takes it back or does it again, unless that has to wait; says why."""
        from app.undo.people import ChangePeople

        job, command = self._workspace.work.job, self._session.undo.command(place)
        if job is not None and isinstance(command, ChangePeople) and command.computed:
            self._session.hint.emit(f"{job.name} is still running; wait for it or cancel it.")
        else:
            self._window.banner.withdraw("good")
            if isinstance(command, ChangePeople) and command.computed:
                self._workspace.work.filling.stop()
            go()

    def accept(self) -> None:
        label = self._label()
        if label is None:
            return
        if not label.pose.labelled.any():
            again = self._key("estimate_again")
            self._session.hint.emit(f"This pose has no joints yet: place at least one, or have it estimated{again}.")
            return
        seconds = self._workspace.pace.accept()
        acceptance, banner = self._workspace.acceptance, self._window.banner
        if banner.isVisible() and banner.sentence == acceptance.warning:
            banner.dismiss()
        if warning := acceptance.accept(label, seconds, self._key("accept"), self._key("nobody_here")):
            banner.say(Notice(warning, passing=True))
            return
        if self._session.pending:
            self.go_to_queued(1)

    def skip(self) -> None:
        sample = self._session.sample
        if sample not in [item.sample for item in self._session.queue if not item.skipped]:
            self._session.hint.emit("Only a sample of the queue can be skipped.")
            return
        self._session.undo.push(SkipSample(self._session, sample))
        if self._session.pending:
            self.go_to_queued(1)

    def postpone(self) -> None:
        sample = self._session.sample
        if sample not in [item.sample for item in self._session.pending]:
            self._session.hint.emit("Only a sample that waits in the queue can be postponed.")
            return
        following = waiting_beside(self._session, sample, 1)
        self._session.undo.push(PostponeSample(self._session, sample))
        if following != sample:
            self._workspace.open_sample(following)

    def enqueue(self) -> None:
        from core.queries.status import ADDED

        sample, session = self._session.sample, self._session
        if sample is None:
            session.hint.emit("Select a person in this frame first.")
            return
        queued = next((item for item in session.queue if item.sample == sample), None)
        if session.is_accepted(sample) or (queued and not queued.skipped):
            session.hint.emit("This pose is in the queue or accepted already.")
        elif queued:
            session.undo.push(SkipSample(session, sample, skipped=False))
        elif session.round is None:
            session.hint.emit("Estimate the poses first.")
        else:
            item = QueueItem(sample, session.round, False, {ADDED: 1.0} | session.criteria_of(sample))
            session.undo.push(QueueSamples(session, "Add to the queue", [item]))

    # view

    def zoom_person(self) -> None:
        if self._session.sample is None:
            self._session.hint.emit("Select a person in this frame first.")
        else:
            self._workspace.canvas.show_box(self._session.person_at(self._session.sample).box)

    def zoom_frame(self) -> None:
        self._workspace.canvas.fit()

    def brighten(self, on: bool) -> None:
        if self._workspace is not None:
            self._workspace.brighten(on)

    def show_curve(self, name: str, on: bool) -> None:
        if self._workspace is not None:
            self._workspace.show_curves(self._window.curves())

    def show_panels(self, _: bool) -> None:
        if self._workspace is not None:
            self._workspace.show_panels(self._window.panels())

    def reset_panels(self) -> None:
        self._window.show_all_panels()
        if self._workspace is not None:
            self._workspace.docks.reset()
            self._workspace.show_panels(self._window.panels())

    def hide_people(self) -> None:
        self._while_held("hide_people", self._workspace.canvas.set_bare)

    def show_neighbours(self) -> None:
        self._show_ghosts_while_held("show_neighbours", "neighbours")

    def show_before(self) -> None:
        if self._session.earlier:
            self._show_ghosts_while_held("show_before", "before")
        else:
            self._session.hint.emit("There is no round before this one to compare with.")

    def _show_ghosts_while_held(self, id: str, whose: str) -> None:
        self._while_held(id, lambda on: self._workspace.canvas.show_ghosts(whose if on else None))

    def _while_held(self, id: str, show: Callable[[bool], None]) -> None:
        """Until the action's key is let go, whatever has to be held with it."""
        keys = {QKeySequence(key)[0].key() for key in self._window.shortcuts.keys(id)}
        if keys:
            show(True)
            WhileHeld(self._workspace.canvas, keys, lambda: show(False))
        else:
            self._session.hint.emit("This works while its key is held: give it one under Help → Change keys…")

    # batch

    def estimate(self) -> None:
        if self._may("estimate"):
            there = [video for video in self._session.videos if self._session.is_there(video)]
            self._workspace.work.estimate(there)

    def estimate_video(self) -> None:
        if self._may("estimate"):
            self._workspace.work.estimate()

    def want_span(self) -> None:
        """Adds what is marked on the timeline to what matters."""
        from core.project.project import SPANS
        from core.project.store.coverage import merged

        session = self._session
        if session.span is None:
            session.hint.emit("Mark frames first: drag with Shift on the timeline.")
            return
        spans = dict(session.project.setting(SPANS) or {})
        video, span = str(session.video.id), (session.span.first, session.span.last + 1)
        spans[video] = merged([*map(tuple, spans.get(video, ())), span])
        session.undo.push(ChangeSettings(session, {SPANS: spans}, "Only marked frames matter"))
        session.select_span(None)

    def want_everything(self) -> None:
        from core.project.project import SPANS

        session = self._session
        spans = dict(session.project.setting(SPANS) or {})
        if spans.pop(str(session.video.id), None) is None:
            session.hint.emit("All frames of this video matter already.")
        else:
            session.undo.push(ChangeSettings(session, {SPANS: spans}, "All frames matter"))

    def finish(self) -> None:
        if self._may("finish"):
            self._workspace.work.finish()

    def propose(self) -> None:
        if self._may("propose"):
            self._workspace.work.propose()

    def finetune(self) -> None:
        if self._may("finetune"):
            self._workspace.docks.bring_to_front("rounds")  # where the loss is drawn
            self._workspace.work.finetune()

    def adapt(self) -> None:
        if self._may("adapt"):
            self._workspace.docks.bring_to_front("rounds")
            self._workspace.work.finetune(without_labels=True)

    def go_back(self) -> None:
        """Asks to which round."""
        if not self._may("go_back"):
            return
        canvas = self._workspace.canvas
        menu = QMenu("Go on with the estimator of", canvas)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addSection(menu.title())
        for entry in self._session.rounds[-2::-1]:
            share = "" if entry.share is None else f": right in {entry.share:.0%} of your labels"
            chosen = menu.addAction(f"Round {entry.round}{share}")
            chosen.triggered.connect(lambda _=False, number=entry.round: self._workspace.work.go_back(number))
        menu.popup(canvas.mapToGlobal(canvas.rect().center()))

    def cancel_job(self) -> None:
        self._window.cancel_job()

    def finish_training(self) -> None:
        self._window.finish_training()

    def show_review(self) -> None:
        if self._may("review"):
            self._window.show_panel("review")

    def next_doubted(self) -> None:
        doubted = self._workspace.review.next_doubted()
        if doubted is None:
            self._session.hint.emit("The estimator agrees with every label, or no round was fine-tuned yet.")
        else:
            self._workspace.open_sample(doubted.sample)
            self._session.hint.emit(f"{doubted.sentence(self._session.skeleton)}.")

    def show_estimators(self) -> None:
        from app.dialogs.estimators import EstimatorsDialog

        dialog = EstimatorsDialog(self._session, self._workspace.why_estimator_is_fixed(), self._window)
        if dialog.exec() and dialog.chosen:
            self._session.choose_estimator(dialog.chosen)

    def show_settings(self) -> None:
        from app.dialogs.settings import SettingsDialog

        dialog = SettingsDialog(self._session, self._workspace.why_estimator_is_fixed(), self._window)
        if not dialog.exec():
            return
        if dialog.estimator != self._session.estimator:
            self._session.choose_estimator(dialog.estimator)
        if changes := dialog.changes():
            self._session.undo.push(ChangeSettings(self._session, changes))
