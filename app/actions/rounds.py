"""The rounds of the estimator: fine-tune it, go back, end the training, and look at what a round changed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from app.shortcuts.action import Action

if TYPE_CHECKING:
    from app.background.work import ProjectWork
    from app.panels.docks import Docks
    from app.panels.review import ReviewPanel
    from app.panels.status import StatusBar
    from app.session.session import Session
    from core.domain import SampleId


class Rounds:
    """show_panel: brings a panel to the front by its name, hidden or not; open_sample: flies to a sample;
    parent: of menus.
    """

    def __init__(
        self,
        session: "Session",
        work: "ProjectWork",
        review: "ReviewPanel",
        docks: "Docks",
        show_panel: Callable[[str], None],
        status: "StatusBar",
        open_sample: "Callable[[SampleId], None]",
        parent: QWidget,
    ) -> None:
        self._session, self._work, self._review = session, work, review
        self._docks, self._show_panel, self._status = docks, show_panel, status
        self._open_sample, self._parent = open_sample, parent

    def finetune(self) -> None:
        if self._work.may("finetune"):
            self._docks.bring_to_front("rounds")  # where the loss is drawn
            self._work.finetune()

    def adapt(self) -> None:
        if self._work.may("adapt"):
            self._docks.bring_to_front("rounds")
            self._work.finetune(without_labels=True)

    def go_back(self) -> None:
        """Asks to which round."""
        if not self._work.may("go_back"):
            return
        menu = QMenu("Go on with the estimator of", self._parent)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addSection(menu.title())
        for entry in self._session.rounds[-2::-1]:
            share = "" if entry.share is None else f": right in {entry.share:.0%} of your labels"
            chosen = menu.addAction(f"Round {entry.round}{share}")
            chosen.triggered.connect(lambda _=False, number=entry.round: self._work.go_back(number))
        menu.popup(self._parent.mapToGlobal(self._parent.rect().center()))

    def cancel_job(self) -> None:
        if job := self._work.job:
            job.cancel()
            self._status.show_stopping()

    def finish_training(self) -> None:
        job = self._work.job
        if job is not None and self._status.trains:
            job.finish_early()
            self._status.show_finishing()
        else:
            self._status.hint("Nothing is being trained at the moment.")

    def show_review(self) -> None:
        if self._work.may("review"):
            self._show_panel("review")

    def next_label_to_check(self) -> None:
        doubted = self._review.next_label_to_check()
        if doubted is None:
            self._session.hint.emit("The estimator agrees with every label, or no round was fine-tuned yet.")
        else:
            self._open_sample(doubted.sample)
            self._session.hint.emit(f"{doubted.sentence(self._session.skeleton)}.")


ACTIONS: tuple[Action[Rounds], ...] = (
    Action("finetune", "Fine-tune", ("Ctrl+L",), "Batch",
           "Adapt the estimator to the accepted labels, then estimate again", Rounds.finetune,
           icon="tune-variant",
           separator=True),
    Action("adapt", "Adapt without labels", ("Ctrl+Alt+L",), "Batch",
           "Before the first label: learn from the poses that are sure, then estimate again", Rounds.adapt,
           icon="auto-fix"),
    Action("go_back", "Go back to an earlier round…", (), "Batch",
           "The next round has an earlier one's estimator; labels and the rounds between stay",
           Rounds.go_back,
           icon="history"),
    Action("finish_training", "Stop training, keep what it learned", ("Ctrl+Shift+L",), "Batch",
           "End the fine-tuning now and go on with what it learned so far", Rounds.finish_training,
           icon="flag-checkered"),
    Action("cancel_job", "Cancel what runs", ("Ctrl+.",), "Batch",
           "Stop the running work; what is estimated by then stays", Rounds.cancel_job,
           icon="close-circle-outline"),
    Action("review", "Review the round", ("Shift+R",), "Batch",
           "What the last fine-tuning changed, and which labels to check", Rounds.show_review,
           icon="clipboard-check-outline", separator=True),
    Action("next_label_to_check", "Next label to check", ("Shift+D",), "Batch",
           "Go to the next label that the estimator does not agree with", Rounds.next_label_to_check,
           icon="account-question-outline"),
)  # fmt: skip
