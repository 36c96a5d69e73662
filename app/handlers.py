"""What each action of the table does. No knowledge of widgets beyond the workspace's few verbs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QKeySequence

from app import editing
from app.commands.labels import change_label, remove_label
from app.commands.queue import PostponeSample, QueueSamples, SkipSample
from app.commands.settings import ChangeSettings
from app.exchange_handlers import ExchangeHandlers
from app.flow import waiting_beside
from app.panels.banner import Notice
from app.people_handlers import PEOPLE, PeopleHandlers
from app.while_held import WhileHeld
from core.domain import SampleId
from core.project.store.store import QueueItem

if TYPE_CHECKING:
    from app.session import Session
    from app.window import Window
    from app.workspace import Workspace
    from core.project.store.store import Label


class Handlers:
    """Methods named in the table. Those of scope PROJECT are called only with a project open."""

    def __init__(self, window: "Window") -> None:
        self._window = window
        for name in (
            "open_video",
            "add_video",
            "add_images",
            "open_folder",
            "open_demo",
            "close_project",
            "set_theme",
            "show_keys",
            "change_keys",
            "show_log",
        ):
            setattr(self, name, getattr(window, name))
        self.quit = window.close
        self.people = PeopleHandlers(window)
        for name in (*PEOPLE, "show_heatmap", "find_people", "next_suspect", "choose_people", "everyone_matters"):
            setattr(self, name, getattr(self.people, name))
        exchange = ExchangeHandlers(window)
        self.export, self.import_labels = exchange.export, exchange.import_labels

    @property
    def _workspace(self) -> "Workspace":
        return self._window.workspace

    @property
    def _session(self) -> "Session":
        return self._window.workspace.session

    def _key(self, id: str) -> str:
        """For a sentence: ' (B)'."""
        return self._window.shortcuts.first(id)

    # going

    def step(self, by: int) -> None:
        self._workspace.player.pause()
        self._session.go_to(self._session.frame + by)

    def go_to_end(self, last: bool) -> None:
        self._workspace.player.pause()
        self._session.go_to(self._session.video.frame_count - 1 if last else 0)

    def play(self) -> None:
        self._workspace.player.toggle()

    def change_speed(self, by: int) -> None:
        self._workspace.player.change_speed(by)

    def go_to_queued(self, direction: int) -> None:
        """The nearest pending sample before or after the one opened last, and round again at the end.

        Who comes from elsewhere in the video begins with the first.
        """
        opened = self._workspace.opened
        sample = waiting_beside(self._session, opened if opened == self._session.sample else None, direction)
        if sample is None:
            self._session.hint.emit(f"No sample is waiting: propose a batch{self._key('propose')}.")
        else:
            self._workspace.open_sample(sample)

    def step_joint(self, by: int) -> None:
        count, joint = len(self._session.skeleton), self._session.joint
        self._session.select_joint((0 if by > 0 else count - 1) if joint is None else (joint + by) % count)

    def step_doubt(self, by: int) -> None:
        """From the most doubtful joint to the surest; in the order of the skeleton where nothing was estimated."""
        sample, joint = self._session.sample, self._session.joint
        if sample is None:
            return
        doubt = self._session.joint_doubt(self._session.person_at(sample))
        count = len(self._session.skeleton)
        order = list(range(count)) if doubt is None else np.argsort(-doubt, kind="stable").tolist()
        place = (0 if by > 0 else count - 1) if joint is None else (order.index(joint) + by) % count
        self._session.select_joint(order[place])

    def select_person(self, place: int) -> None:
        people = self._session.people_at(self._session.frame)
        if place < len(people):
            self._session.select(people[place].sample.track)

    # editing

    def undo(self) -> None:
        stack = self._session.undo
        self._go_to_step(stack.index() - 1, stack.undo)

    def redo(self) -> None:
        stack = self._session.undo
        self._go_to_step(stack.index(), stack.redo)

    def _go_to_step(self, place: int, go: Callable[[], None]) -> None:
        """Takes it back or does it again, unless that has to wait; says why."""
        from app.commands.people import ChangePeople

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
        if warning := acceptance.accept(label, seconds, self._key("accept")):
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
        from core.project.rounds.status import ADDED

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

    def nudge(self, dx: float, dy: float) -> None:
        label, joint = self._label(), self._session.joint
        if label is None:
            return
        if joint is None:
            self._session.hint.emit(f"Select a joint first: click it, or go to the next{self._key('next_joint')}.")
            return
        x, y = label.pose.points[joint] if label.pose.visibility[joint] else editing.home(label, joint)
        change_label(
            self._session, "Nudge", editing.moved(label, joint, x + dx, y + dy), ("nudge", label.sample, joint)
        )

    def cycle_visibility(self) -> None:
        hovered, label = self._workspace.canvas.hovered, self._label()
        if hovered is not None:
            self._session.select(hovered[0].track, hovered[1])
            label = self._label()
        joint = self._session.joint
        if label is None:
            return
        if joint is None:
            self._session.hint.emit("Point at a joint or select one first.")
            return
        change_label(self._session, "Change visibility", editing.next_visibility(label, joint))

    def swap_sides(self, limb_only: bool) -> None:
        label, joint = self._label(), self._session.joint
        if label is None:
            return
        if limb_only and joint is None:
            self._session.hint.emit("Select a joint of the limb first.")
            return
        swapped = editing.mirrored(label, self._session.skeleton, joint if limb_only else None)
        change_label(self._session, "Swap left and right", swapped)

    def copy_pose(self, by: int) -> None:
        label = self._label()
        if label is None:
            return
        other = SampleId(label.sample.track, label.sample.frame + by)
        source = next((p for p in self._session.people_at(other.frame) if p.sample == other), None)
        if source is None or source.points is None:
            self._session.hint.emit("This person has no pose in that frame.")
            return
        copied = editing.copied(label, source, len(self._session.skeleton))
        change_label(self._session, "Pose from a neighbouring frame", copied)

    def interpolate(self) -> None:
        label = self._label()
        if label is None:
            return
        track, frame = label.sample
        others = {s.frame: other for s, other in self._session.labels.items() if s.track == track and other.accepted}
        before = max((f for f in others if f < frame), default=None)
        after = min((f for f in others if f > frame), default=None)
        if before is None or after is None:
            self._session.hint.emit("Interpolating needs an accepted label of this person before and after this frame.")
            return
        pose = editing.interpolated(label, others[before], others[after])
        change_label(self._session, "Interpolate", pose)

    def remove_label(self) -> None:
        if self._session.sample in self._session.labels:
            remove_label(self._session, self._session.sample)
        else:
            self._session.hint.emit("There is no label here to remove.")

    def _label(self) -> "Label | None":
        """The label of the selected person to start an edit from; says what is missing where there is none."""
        sample = self._session.sample
        if sample is None:
            key = self._key("person_1")
            self._session.hint.emit(f"Select a person in this frame first: click one, or choose the first{key}.")
            return None
        if not self._workspace.canvas.editable:
            self._session.hint.emit("The frame is still being read.")
            return None
        person = self._session.person_at(sample)
        return editing.label_of(person, len(self._session.skeleton), self._session.round)

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
            self._workspace.work.estimate()

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

    def _may(self, step: str) -> bool:
        """Whether a step of the loop can be taken now; says why not."""
        why = self._workspace.why_not(step)
        if why:
            self._session.hint.emit(why)
        return not why
