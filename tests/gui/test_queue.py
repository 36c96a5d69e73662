"""Going through the queue: orders, what is shown, skipping, postponing, adding, and how long it will take."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.panels.queue_rows import reason_in_words
from app.session.joint_uncertainty import uncertain_joints
from app.session.labelling_pace import LabellingPace
from app.session.queue_order import Order, in_order, uncertainty
from core.domain import SampleId
from core.project.store.store import QueueItem, Store
from core.queries.status import ADDED
from tests.gui.conftest import choose, joint_place, open_path, settle

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def mixed(bare_window, project, qtbot):
    """Proposed in this order: person 1 in frames 40 and 8, person 2 in frames 20 and 4, with doubts of
    their own.
    """
    store = Store(project / "project.sqlite")
    store.remove_from_queue([item.sample for item in store.queue()])
    store.append_to_queue(
        [
            QueueItem(SampleId(track, frame), 0, False, {"thc": thc, "wpu": wpu, "distance": 1.0})
            for track, frame, thc, wpu in (
                (1, 40, 0.2, 0.4),
                (2, 20, 0.9, 0.8),
                (1, 8, 0.1, 0.1),
                (2, 4, 0.5, 0.5),
            )
        ]
    )
    store.close()
    open_path(bare_window, project, qtbot)
    return bare_window


def stored(window) -> list[SampleId]:
    store = Store(window.workspace.session.project.folder / "project.sqlite")
    queue = store.queue()
    store.close()
    return [item.sample for item in queue]


def rows(window) -> list[tuple[int, int]]:
    return [tuple(item.sample) for item in window.workspace.queue.list.model().items]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.FRAME, [(2, 4), (1, 8), (2, 20), (1, 40)]),
        (Order.UNCERTAINTY, [(2, 20), (2, 4), (1, 40), (1, 8)]),
        (Order.PERSON, [(1, 8), (1, 40), (2, 4), (2, 20)]),
        (Order.PROPOSED, [(1, 40), (2, 20), (1, 8), (2, 4)]),
    ],
)
def test_rows_and_keys_go_in_the_order_that_was_chosen(mixed, order, expected, qtbot):
    choose(mixed.workspace.queue.orders, order.value, qtbot)
    assert rows(mixed) == expected
    visited = []
    for _ in expected:
        qtbot.keyClick(mixed, Qt.Key.Key_Space)
        settle(mixed, qtbot)
        visited.append(tuple(mixed.workspace.session.sample))
    assert visited == expected
    assert stored(mixed)[0] == (1, 40)  # only what is shown was sorted


def test_the_doubt_of_reasons():
    assert uncertainty({"thc": 0.2, "wpu": 0.4, "thc+wpu": 0.9, "distance": 1.0}) == pytest.approx(0.3)
    assert uncertainty({"thc+wpu": 0.9, "distance": 1.0}) == 0.9
    assert uncertainty({ADDED: 1.0}) == 0
    alike = [QueueItem(SampleId(2, 3), 0, False, {}), QueueItem(SampleId(1, 3), 0, False, {})]
    assert in_order(alike, Order.UNCERTAINTY, {}) == alike


def test_only_what_is_asked_for_is_shown(window, qtbot):
    queue = window.workspace.queue
    qtbot.keyClick(window, Qt.Key.Key_Return)
    settle(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_X)
    settle(window, qtbot)
    frames = {"Waiting": [20, 30, 40, 50], "Done": [0], "Skipped": [10], "All": [0, 10, 20, 30, 40, 50]}
    for text, expected in frames.items():
        choose(queue.filters, text, qtbot)
        assert [frame for _, frame in rows(window)] == expected
        assert queue._counter.text() == "1 of 6"
    choose(queue.filters, "Waiting", qtbot)
    # what is done leaves the list at once, and comes back by undoing
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert [frame for _, frame in rows(window)] == [30, 40, 50]
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert [frame for _, frame in rows(window)] == [20, 30, 40, 50]


def test_a_filter_that_lets_nothing_through_says_so(window, qtbot):
    queue = window.workspace.queue
    choose(queue.filters, "Skipped", qtbot)
    assert queue._empty.isVisible()
    assert queue._empty.text() == "Nothing was skipped."
    choose(queue.filters, "All", qtbot)
    assert queue.list.isVisible()


def test_postponing_moves_to_the_end_goes_on_and_is_undone(window, qtbot):
    session = window.workspace.session
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.keyClick(window, Qt.Key.Key_X, SHIFT)
    assert [sample.frame for sample in stored(window)] == [10, 20, 30, 40, 50, 0]
    assert session.frame == 10
    for _ in range(5):
        qtbot.keyClick(window, Qt.Key.Key_Space)
    assert session.frame == 0
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert [sample.frame for sample in stored(window)] == [0, 10, 20, 30, 40, 50]
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL | SHIFT)
    assert [sample.frame for sample in stored(window)] == [10, 20, 30, 40, 50, 0]


def test_what_comes_next_in_the_queue_is_read_ahead(window, qtbot):
    for following in (10, 20):
        qtbot.keyClick(window, Qt.Key.Key_Space)
        assert window.workspace.reader.next == following
    settle(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert window.workspace.reader.next == 30


def test_only_what_waits_can_be_postponed(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_D)
    qtbot.keyClick(window, Qt.Key.Key_X, SHIFT)
    assert "Only a pose that waits" in window.status.currentMessage()
    assert window.workspace.session.undo.count() == 0


def test_the_person_on_screen_can_be_queued_and_taken_out_again(window, qtbot):
    session = window.workspace.session
    qtbot.keyClick(window, Qt.Key.Key_D)
    qtbot.keyClick(window, Qt.Key.Key_2)
    qtbot.keyClick(window, Qt.Key.Key_E)
    assert stored(window)[-1] == SampleId(2, 1)
    item = session.queue[-1]
    assert item.reason.keys() == {ADDED, "td"}
    assert reason_in_words(item.reason).startswith("added by you, off its path 0.")
    assert window.workspace.queue._counter.text() == "0 of 7"
    qtbot.keyClick(window, Qt.Key.Key_E)
    assert "already" in window.status.currentMessage()
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert SampleId(2, 1) not in stored(window)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL | SHIFT)
    assert SampleId(2, 1) in stored(window)


def test_a_skipped_sample_is_put_back_by_adding_it(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_X)
    qtbot.keyClick(window, Qt.Key.Key_Home)
    qtbot.keyClick(window, Qt.Key.Key_E)
    assert SampleId(1, 0) in [item.sample for item in window.workspace.session.pending]


def test_opening_a_row_zooms_to_the_person_and_selects_the_most_doubtful_joint(window, qtbot):
    canvas, session, view = window.workspace.canvas, window.workspace.session, window.workspace.queue.list
    place = view.visualRect(view.model().index(2)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle(window, qtbot)
    assert session.sample == SampleId(1, 20)
    rect = canvas.view.rect(session.person_at(session.sample).box)
    assert canvas.rect().contains(rect.toAlignedRect())
    assert max(rect.width() / canvas.width(), rect.height() / canvas.height()) > 0.6
    assert session.joint == 9
    assert canvas.rect().contains(joint_place(window, 0, 9))


def estimated_as(session, **columns: np.ndarray) -> None:
    """What is read from disk is shared and stays as it is."""
    session.predictions = replace(session.predictions, **columns)


def test_tab_visits_the_most_doubtful_first(window, qtbot, monkeypatch):
    session = window.workspace.session
    confidence = np.linspace(0.9, 0.5, 17, dtype=np.float32)
    confidence[[4, 11]] = 0.1, 0.2
    estimated_as(session, confidence=np.tile(confidence, (len(session.predictions), 1)))
    visited = []
    for _ in range(4):
        qtbot.keyClick(window, Qt.Key.Key_Tab)
        visited.append(session.joint)
    assert visited == [4, 11, 16, 15]
    qtbot.keyClick(window, Qt.Key.Key_Tab, SHIFT)
    assert session.joint == 16
    qtbot.keyClick(window, Qt.Key.Key_S)
    assert session.joint == 0  # the skeleton's order


def test_doubtful_joints_are_marked_until_they_are_moved_or_accepted(window, qtbot):
    session, canvas = window.workspace.session, window.workspace.canvas
    canvas.show_refined(False)
    points = session.predictions.points.copy()
    points[session.predictions.row(SampleId(1, 1)), 5] += 20  # a jump in one frame
    estimated_as(session, points=points)
    marked = lambda: np.flatnonzero(uncertain_joints(session, session.person_at(session.sample))).tolist()  # noqa: E731
    assert marked() == [9]
    with_mark = canvas.grab().toImage()
    qtbot.keyClick(window, Qt.Key.Key_D)
    settle(window, qtbot)
    assert marked() == [5, 9]
    qtbot.keyClick(window, Qt.Key.Key_Tab)
    qtbot.keyClick(window, Qt.Key.Key_Left, SHIFT)
    assert session.joint == 5
    assert marked() == [9]
    qtbot.keyClick(window, Qt.Key.Key_Home)
    settle(window, qtbot)
    session.select_joint(None)
    assert canvas.grab().toImage() == with_mark
    estimated_as(session, confidence=np.full_like(session.predictions.confidence, 0.9))
    canvas.read_people()
    assert canvas.grab().toImage() != with_mark
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert not uncertain_joints(session, session.person_at(SampleId(1, 0))).any()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_pace_leaves_idling_out_and_takes_the_median():
    clock = Clock()
    pace = LabellingPace(clock)
    for seconds in (10, 20, 30):
        assert pace.left(5) == ""
        pace.begin()
        clock.now += seconds / 2
        pace.move()
        clock.now += 500  # lunch
        pace.move()
        clock.now += seconds / 2
        pace.accept()
    assert pace.left(12) == "about 4 minutes left"
    assert pace.left(3) == "about 1 minute left"
    assert pace.left(2) == "less than a minute left"
    assert pace.left(600) == "about 3 hours left"
    assert pace.left(0) == ""


def test_the_panel_tells_how_long_it_will_take(window, qtbot):
    clock = window.workspace.pace._clock = Clock()
    window.workspace.pace.begin()
    for _ in range(3):
        clock.now += 45
        qtbot.keyClick(window, Qt.Key.Key_Return)
        settle(window, qtbot)
    assert window.workspace.queue._counter.text() == "3 of 6, about 2 minutes left"
