"""Labelling what was proposed: accept, skip, postpone, and queue more."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.actions.hints import say_select_first
from app.panels.banner import Notice
from app.session.next_step import waiting_beside
from app.shortcuts.action import Action
from app.undo.queue import PostponeSample, QueueSamples, SkipSample
from core.project.store.store import QueueItem

if TYPE_CHECKING:
    from app.actions.editing import Editing
    from app.actions.navigation import Navigation
    from app.panels.banner import Banner
    from app.session.labelling_pace import LabellingPace
    from app.session.session import Session
    from app.shortcuts.shortcuts import Shortcuts
    from app.undo.acceptance import Acceptance
    from core.domain import SampleId


class Labelling:
    """open_sample: flies to a sample."""

    def __init__(
        self,
        session: "Session",
        acceptance: "Acceptance",
        pace: "LabellingPace",
        editing: "Editing",
        navigation: "Navigation",
        open_sample: "Callable[[SampleId], None]",
        banner: "Banner",
        shortcuts: "Shortcuts",
    ) -> None:
        self._session, self._acceptance, self._pace = session, acceptance, pace
        self._editing, self._navigation, self._open_sample = editing, navigation, open_sample
        self._banner, self._shortcuts = banner, shortcuts

    def accept(self) -> None:
        label = self._editing.label_to_edit()
        if label is None:
            return
        if not label.pose.labelled.any():
            again = self._shortcuts.first("estimate_again")
            self._session.hint.emit(
                f"This pose has no joints yet: place at least one, or have it estimated{again}."
            )
            return
        seconds = self._pace.accept()
        if self._banner.isVisible() and self._banner.sentence == self._acceptance.warning:
            self._banner.dismiss()
        keys = (self._shortcuts.first("accept"), self._shortcuts.first("nobody_here"))
        if warning := self._acceptance.accept(label, seconds, *keys):
            self._banner.say(Notice(warning, passing=True))
            return
        self._go_on()

    def skip(self) -> None:
        sample = self._session.sample
        if sample is None or sample not in [item.sample for item in self._session.queue if not item.skipped]:
            self._session.hint.emit("Only a pose of the queue can be skipped.")
            return
        self._session.undo.push(SkipSample(self._session, sample))
        self._go_on()

    def _go_on(self) -> None:
        if self._session.pending:
            self._navigation.go_to_queued(1)

    def postpone(self) -> None:
        sample = self._session.sample
        if sample is None or sample not in [item.sample for item in self._session.pending]:
            self._session.hint.emit("Only a pose that waits in the queue can be postponed.")
            return
        following = waiting_beside(self._session, sample, 1)
        self._session.undo.push(PostponeSample(self._session, sample))
        if following is not None and following != sample:
            self._open_sample(following)

    def enqueue(self) -> None:
        from core.queries.status import ADDED

        sample, session = self._session.sample, self._session
        if sample is None:
            say_select_first(session, self._shortcuts)
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


ACTIONS: tuple[Action[Labelling], ...] = (
    Action("accept", "Accept the pose", ("Return", "Enter"), "Batch",
           "The pose is right: make it a label and go to the next", Labelling.accept, icon="check"),
    Action("skip", "Skip the pose", ("X",), "Batch",
           "Leave it without a label and go to the next", Labelling.skip, icon="debug-step-over"),
    Action("postpone", "Postpone the pose", ("Shift+X",), "Batch",
           "Move it to the end of the queue and go to the next", Labelling.postpone,
           icon="arrow-collapse-down"),
    Action("enqueue", "Add to the queue", ("E",), "Batch",
           "Queue the selected person in this frame", Labelling.enqueue, icon="playlist-plus"),
)  # fmt: skip
