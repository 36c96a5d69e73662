import threading
import time
from itertools import count

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from app.actions.layout import Layout
from app.session.session import EVERYTHING, Change
from core.domain import Cancelled, OutOfMemory, SampleId, UserError
from core.project.store.store import QueueItem, Store
from tests.gui.conftest import settle
from tests.projects import add_round

WAIT = 10_000


def queue_in_database(window):
    store = Store(window.workspace.session.project.folder / "project.sqlite")
    queue = store.queue()
    store.close()
    return queue


def test_accept_writes_the_label_and_goes_to_the_next_queued(window, qtbot):
    session = window.workspace.session
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert session.labels[SampleId(1, 0)].accepted
    assert session.frame == 10
    settle(window, qtbot)
    assert window.workspace.queue._counter.text() == "1 of 6"
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert SampleId(1, 0) not in session.labels
    assert session.frame == 0


def test_space_moves_through_the_queue_and_round_again(window, qtbot):
    session = window.workspace.session
    frames = []
    for _ in range(6):
        qtbot.keyClick(window, Qt.Key.Key_Space)
        frames.append(session.frame)
    assert frames == [0, 10, 20, 30, 40, 50]
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert session.frame == 0
    qtbot.keyClick(window, Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    assert session.frame == 50
    assert session.joint == 9  # the joint of least confidence


def test_skip_is_undoable(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_X)
    assert queue_in_database(window)[0].skipped
    assert window.workspace.session.frame == 10
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not queue_in_database(window)[0].skipped


def test_click_on_a_queue_row_opens_the_sample(window, qtbot):
    view = window.workspace.queue.list
    place = view.visualRect(view.model().index(2)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.workspace.session.sample == SampleId(1, 20)
    assert "flicker 0.90, unlikely posture 0.50, unlike what you corrected 0.30" in view.model().index(
        2
    ).data(Qt.ItemDataRole.ToolTipRole)


def test_thumbnails_arrive(window, qtbot):
    model = window.workspace.queue.list.model()
    qtbot.waitUntil(lambda: len(model.pictures) == 6, timeout=WAIT)


def test_play_runs_in_real_time_and_stops_at_the_end(window, qtbot):
    player, session = window.workspace.player, window.workspace.session
    session.go_to(40)
    with qtbot.waitSignal(player.playing_changed, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert player.playing
    qtbot.waitUntil(lambda: not player.playing, timeout=WAIT)
    assert session.frame == 59
    settle(window, qtbot)


def test_a_failed_job_shows_its_sentence(window, qtbot):
    def fail(project, monitor):
        raise UserError("The model is broken. Get another.")

    work = window.workspace.work
    with qtbot.waitSignal(work.ended, timeout=WAIT):
        work.start("Estimating", fail, Change.PREDICTIONS)
    assert window.banner.isVisible()
    assert window.banner.sentence == "The model is broken. Get another."
    assert window.workspace.steps._buttons[0].isEnabled()


def test_what_failed_is_no_longer_said_once_it_is_tried_again(window, qtbot):
    def fail(project, monitor):
        raise UserError("The model is broken. Get another.")

    work = window.workspace.work
    for operation, said in ((fail, True), (lambda project, monitor: None, False)):
        with qtbot.waitSignal(work.ended, timeout=WAIT):
            work.start("Estimating", operation, Change.PREDICTIONS)
        assert window.banner.isVisible() is said


def test_with_every_pose_queued_nothing_is_proposed_any_more(window, qtbot):
    session = window.workspace.session
    predictions = session.predictions
    everyone = {predictions.sample(row) for row in range(len(predictions))}
    rest = sorted(everyone - {item.sample for item in session.queue})
    for leave in (1, 0):
        session.write_queue(added=[QueueItem(sample, 0, False, {}) for sample in rest[: len(rest) - leave]])
        for sample in everyone:
            session.project.store.set_skipped(sample, True)
        session.refresh(Change.QUEUE)
        action = window.workspace.steps._next.property("action")
        assert action == ("propose" if leave else "export")
        rest = rest[len(rest) - leave :]
    assert "every pose is labelled" in window.workspace.steps._buttons[1].toolTip()
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert "every pose is labelled" in window.status.currentMessage()
    add_round(session.project.folder, lambda columns: None)
    session.refresh(EVERYTHING)
    assert session.round == 1
    for panel in (window.workspace.queue, window.workspace.rounds):  # neither asks for what cannot be done
        shown = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
        assert any("Nothing is left to propose" in text for text in shown), shown
        assert not any("ropose a batch" in text for text in shown), shown


def test_a_bug_in_a_job_reaches_the_log(window, qtbot, caplog):
    def bug(project, monitor):
        raise ZeroDivisionError("made for the test")

    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        window.workspace.work.start("Estimating", bug, Change.PREDICTIONS)
    assert "failed unexpectedly" in window.banner.sentence
    assert "made for the test" in caplog.text


def test_cancel_answers_at_once_and_labelling_goes_on_meanwhile(window, qtbot):
    running = threading.Event()

    def long(project, monitor):
        monitor.report("Fine-tuning", 1, 100, loss=0.5)
        running.set()
        while not monitor.cancelled():
            monitor.report("Fine-tuning", 2, 100, loss=0.4)
        raise Cancelled

    work = window.workspace.work
    work.start("Fine-tuning", long, Change.PREDICTIONS)
    qtbot.waitUntil(running.is_set, timeout=WAIT)
    qtbot.waitUntil(
        lambda: "1 / 100" in window.status._stage.text() or "2 / 100" in window.status._stage.text()
    )
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert window.workspace.session.labels[SampleId(1, 0)].accepted
    steps = window.workspace.steps._buttons
    assert not steps[0].isEnabled()
    assert "still running" in steps[0].toolTip()
    with qtbot.waitSignal(work.ended, timeout=WAIT):
        qtbot.mouseClick(window.status._cancel, Qt.MouseButton.LeftButton)
        assert window.status._cancel.text() == "Stopping…"
    assert "cancelled" in window.status.currentMessage()
    assert not window.status._cancel.isVisible()


def test_no_time_is_said_to_be_left_of_what_is_done(window):
    status = window.status
    status.show_progress("Estimating poses", 0, 11, {})
    status._clock = ("Estimating poses", status._clock[1] - 10, 0)
    status.show_progress("Estimating poses", 10, 11, {})
    assert status._left.text() == "1 s left"
    status.show_progress("Estimating poses", 11, 11, {})
    assert not status._left.text()
    status.end_job()


def start_training(window, qtbot, end) -> None:
    """Stands in for the fine-tuning: reports steps until end(monitor) is true."""

    def train(project, monitor):
        done = 0
        while not end(monitor):
            done += 1
            monitor.report("Fine-tuning", done, 10_000, loss=1 / done)
            time.sleep(0.002)
        return monitor.enough()

    window.workspace.work.start("Fine-tuning", train, Change.PREDICTIONS)
    qtbot.waitUntil(lambda: window.status.trains, timeout=WAIT)


@pytest.mark.parametrize("by", ["button", "key"])
def test_training_is_ended_early_and_the_best_is_kept(window, qtbot, by):
    start_training(window, qtbot, lambda monitor: monitor.enough())
    results = []
    window.workspace.work.job.done.connect(results.append)
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        if by == "button":
            qtbot.mouseClick(window.status._enough, Qt.MouseButton.LeftButton)
        else:
            keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
            qtbot.keyClick(window, Qt.Key.Key_L, keys)
        assert "what it learned so far is kept" in window.status.currentMessage()
        assert not window.status._enough.isEnabled()
    assert results == [True]
    assert not window.status._enough.isVisible()


def test_ending_a_training_early_says_so_where_none_runs(window):
    window.perform("finish_training")
    assert window.status.currentMessage() == "Nothing is being trained at the moment."


def test_while_training_the_buttons_say_what_becomes_of_it(window, qtbot):
    start_training(window, qtbot, lambda monitor: monitor.cancelled())
    qtbot.waitUntil(lambda: window.status._cancel.text() == "Cancel and discard", timeout=WAIT)
    assert window.status._enough.text() == "Stop and keep what it learned"
    qtbot.waitUntil(lambda: "loss" in window.workspace.rounds._legend.text(), timeout=WAIT)
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
        assert window.status._cancel.text() == "Stopping…"


def test_a_round_that_is_not_kept_is_said_in_the_window(window, qtbot, monkeypatch):
    sentence = "The round was not kept, because the labels themselves came out worse."
    monkeypatch.setattr("core.workflow.fine_tune.finetune", lambda project, monitor, **_: sentence)
    rounds = len(window.workspace.session.rounds)
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        window.workspace.work.finetune()
    assert window.banner.sentence == sentence
    assert window.banner.property("tone") == "warn"  # it is no success, and nothing failed
    assert len(window.workspace.session.rounds) == rounds


def test_before_the_first_label_the_estimator_can_be_adapted_without(window, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "core.workflow.fine_tune.finetune",
        lambda project, monitor, device=None, **options: asked.append(options),
    )
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_L, keys)
    assert asked == [{"budget": 45.0, "without_labels": True}]
    qtbot.keyClick(window, Qt.Key.Key_Return)  # a label
    qtbot.keyClick(window, Qt.Key.Key_L, keys)
    assert window.status.currentMessage() == "There are labels to learn from already: fine-tune on them."
    assert len(asked) == 1


@pytest.mark.parametrize("gpus", [0, 1])
def test_when_memory_ran_out_the_processor_is_offered_in_place_of_a_gpu(window, qtbot, monkeypatch, gpus):
    monkeypatch.setattr("app.background.work.cuda_devices", lambda: gpus)
    asked = []

    def starve(project, monitor, device=None, **_):
        asked.append(device)
        if device != "cpu":
            raise OutOfMemory("The memory of the GPU is too small.")

    monkeypatch.setattr("core.workflow.fine_tune.finetune", starve)
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        window.workspace.work.finetune()
    assert "too small" in window.banner.sentence
    assert window.banner.way_out.isVisible() is bool(gpus)
    if gpus:
        with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
            qtbot.mouseClick(window.banner.way_out, Qt.MouseButton.LeftButton)
        assert asked == [None, "cpu"]
        assert not window.banner.isVisible()
    else:
        assert "Close other programs" in window.banner.sentence


def test_training_is_watched_from_its_start(window, qtbot, monkeypatch):
    monkeypatch.setattr("core.workflow.fine_tune.finetune", lambda *_, **__: None)
    rounds = window.workspace.rounds
    window.scope(Layout).show_panel("review")
    qtbot.waitUntil(lambda: rounds.visibleRegion().isEmpty(), timeout=WAIT)
    qtbot.keyClick(window, Qt.Key.Key_Return)
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not rounds.visibleRegion().isEmpty(), timeout=WAIT)


def test_labelling_leaves_the_curves_of_the_training_alone(window, qtbot):
    start_training(window, qtbot, lambda monitor: monitor.cancelled())
    rounds = window.workspace.rounds
    qtbot.waitUntil(lambda: len(rounds._losses) > 3, timeout=WAIT)
    with qtbot.waitSignal(
        window.workspace.session.changed, timeout=WAIT, check_params_cb=lambda c: Change.ROUNDS in c
    ):
        qtbot.keyClick(window, Qt.Key.Key_Return)
    assert rounds._losses[0][0] == 1
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        window.workspace.work.job.cancel()
    assert not rounds._losses
    assert "right now" in rounds._legend.text()


def test_a_loss_that_rises_stays_in_the_picture(window):
    rounds = window.workspace.rounds
    for step, loss in enumerate((1.0, 2.5, 2.0), 1):
        rounds.add_step("Fine-tuning", step, 10, {"loss": loss})
    assert rounds.plot.viewRange()[1][1] > 2.5


def test_what_was_said_of_the_memory_goes_with_the_job(window, qtbot):
    said = "Memory ran out: it goes on with 1 sample a step."

    def starve(project, monitor):
        monitor.report("Fine-tuning", 0, 0, notice=said)
        while not monitor.cancelled():
            time.sleep(0.002)
        raise OutOfMemory("The memory is too small.")

    window.workspace.work.start("Fine-tuning", starve, Change.PREDICTIONS)
    qtbot.waitUntil(lambda: window.status.currentMessage() == said, timeout=WAIT)
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        window.workspace.work.job.cancel()
    assert window.status.currentMessage() != said


@pytest.mark.parametrize(
    ("accepted", "seconds", "expected"),
    [(0, 0, "next_queued"), (6, 0, "finetune"), (6, 3, "export")],
    ids=["nothing is done", "labels that nobody looked at", "labels that agree with the estimates"],
)
def test_the_next_step_is_offered(window, qtbot, accepted, seconds, expected):
    now = count()
    window.workspace.pace._clock = lambda: seconds * next(now)
    for _ in range(accepted):
        qtbot.keyClick(window, Qt.Key.Key_Return)
        settle(window, qtbot)
    offer = window.workspace.steps._next
    qtbot.waitUntil(lambda: offer.property("action") == expected, timeout=WAIT)
    assert offer.isEnabled()


def test_propose_appends_a_batch_and_can_be_undone(window, qtbot):
    before = len(queue_in_database(window))
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_B)
    assert len(queue_in_database(window)) == before + 5
    assert window.workspace.queue._counter.text() == f"0 of {before + 5}"
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(queue_in_database(window)) == before


def test_hiding_a_person(window, qtbot):
    tree = window.workspace.people.tree
    rect = tree.visualRect(tree.model().index(1, 0))
    qtbot.mouseClick(
        tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(rect.left() + 10, rect.center().y())
    )
    assert window.workspace.session.hidden == {2}
    assert len(window.workspace.canvas.people) == 1
