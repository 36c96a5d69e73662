"""Who is who, by mouse and keys."""

import shutil
import threading

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.session.session import EVERYTHING, Change
from core.domain import Cancelled, PredictedPose, SampleId, Silent
from core.project.estimators.models import ESTIMATOR, shipped_model
from core.project.project import Project
from core.project.store.people_rows import SingleEstimate
from core.project.store.store import Store
from tests.gui.conftest import drag, image_place, joint_place, open_path, settle
from tests.projects import STANDING, add_round

WAIT = 30_000
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, CTRL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
TABLES = ("tracks", "labels", "queue", "people_edits", "drawn_boxes")


@pytest.fixture
def estimator(monkeypatch) -> list[SampleId]:
    """In place of the real one: sees a person who stands in the box, upside down. Says which samples it
    was asked for.
    """
    asked = []

    def look(project, sample, box, monitor):
        asked.append(sample)
        points = np.array(box[:2]) + (box.width, box.height) * (1 - STANDING)
        return SingleEstimate(
            sample,
            box,
            PredictedPose(points.astype(np.float32), np.full(17, 0.6, np.float32), project.latest_round()),
        )

    monkeypatch.setattr("app.background.single_pose.estimate_single", look)
    return asked


def tables(window) -> dict[str, list]:
    store = Store(window.workspace.session.project.folder / "project.sqlite")
    rows = {table: sorted(store.read(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
    store.close()
    return rows


def undo(window, qtbot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)


def redo(window, qtbot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL | SHIFT)


def go_to(window, frame: int, qtbot) -> None:
    window.workspace.session.go_to(frame)
    settle(window, qtbot)


def draw(qtbot, window, start: QPoint, way: QPoint, keys=NONE, check=None) -> None:
    """N, then a drag."""
    canvas = window.workspace.canvas
    qtbot.keyClick(window, Qt.Key.Key_N)
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor
    QTest.mousePress(canvas, LEFT, keys, start)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(canvas, start + way * share)
        QApplication.processEvents()
    if check is not None:
        check()
    QTest.mouseRelease(canvas, LEFT, keys, start + way)


def at_rest(window, qtbot) -> None:
    qtbot.waitUntil(lambda: not window.workspace.single.busy, timeout=WAIT)


def context_menu(window, widget, place: QPoint) -> QMenu:
    """Opened by a right click that comes from the window system."""
    QTest.mouseClick(window.windowHandle(), RIGHT, NONE, widget.mapTo(window, place))
    return QApplication.activePopupWidget()


def menu_of_person(window, n: int = 0) -> QMenu:
    return context_menu(window, window.workspace.canvas, joint_place(window, n, 0))


def choose(qtbot, menu: QMenu, *path: str) -> None:
    """Clicks one entry after the other, submenus on the way."""
    for text in path:
        entry = next(action for action in menu.actions() if action.text().startswith(text))
        qtbot.waitUntil(menu.isVisible, timeout=WAIT)
        QTest.mouseMove(menu, menu.actionGeometry(entry).center())
        QTest.mouseClick(menu, LEFT, NONE, menu.actionGeometry(entry).center())
        menu = entry.menu()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None, timeout=WAIT)


CORNER, SIZE = QPoint(30, 40), QPoint(90, 160)


def test_a_drawn_person_is_estimated_at_once(bare_window, project, qtbot):
    folder = project / "estimators" / "round-0"
    folder.mkdir(parents=True)
    shutil.copyfile(shipped_model("lightning", Silent()), folder / ESTIMATOR)
    open_path(bare_window, project, qtbot)
    window, session, canvas = bare_window, bare_window.workspace.session, bare_window.workspace.canvas
    before = tables(window)
    draw(qtbot, window, CORNER, SIZE, check=lambda: canvas.grab())
    assert session.person == 3
    assert session.names[3] == "Person 3"
    expected = [*image_place(window, CORNER), *image_place(window, CORNER + SIZE)]
    assert session.person_at(SampleId(3, 0)).box == pytest.approx(np.maximum(expected, 0), abs=0.1)
    assert session.undo.undoText() == "Draw a box"
    at_rest(window, qtbot)
    pose = session.person_at(SampleId(3, 0)).prediction
    assert pose.round == 0
    assert canvas.points_of(SampleId(3, 0)).shape == (17, 2)
    assert session.undo.count() == 1
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert session.labels[SampleId(3, 0)].accepted

    undo(window, qtbot)
    undo(window, qtbot)
    assert tables(window) == before
    assert [person.sample.track for person in canvas.people] == [1, 2]
    redo(window, qtbot)
    assert np.array_equal(session.person_at(SampleId(3, 0)).prediction.points, pose.points)


def test_escape_calls_drawing_off(window, qtbot):
    canvas, session = window.workspace.canvas, window.workspace.session
    qtbot.keyClick(window, Qt.Key.Key_N)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not canvas.drawing
    qtbot.keyClick(window, Qt.Key.Key_N)
    qtbot.mousePress(canvas, LEFT, pos=CORNER)
    qtbot.mouseMove(canvas, CORNER + SIZE)
    assert canvas.band is not None
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    qtbot.mouseRelease(canvas, LEFT, pos=CORNER + SIZE)
    assert canvas.band is None
    draw(qtbot, window, CORNER, QPoint(4, 40))
    assert "too small" in window.status.currentMessage()
    assert session.undo.count() == 0


def test_more_boxes_of_a_person_who_left(window, qtbot, estimator):
    session = window.workspace.session
    session.select(2)  # gone from frame 30 on
    go_to(window, 40, qtbot)
    draw(qtbot, window, CORNER, SIZE)
    go_to(window, 44, qtbot)
    draw(qtbot, window, CORNER + QPoint(40, 0), SIZE)
    at_rest(window, qtbot)
    assert session.person == 2
    assert estimator == [(2, 40), (2, 44)]
    first, last = (session.person_at(SampleId(2, frame)).box for frame in (40, 44))
    go_to(window, 42, qtbot)
    between = session.person_at(SampleId(2, 42))
    assert between.prediction is None
    assert between.box == pytest.approx((np.array(first) + last) / 2, abs=0.01)
    assert SampleId(2, 42) in [person.sample for person in window.workspace.canvas.people]
    window.workspace.canvas.grab()
    qtbot.keyClick(window, Qt.Key.Key_P)
    at_rest(window, qtbot)
    assert session.person_at(SampleId(2, 42)).prediction is not None
    go_to(window, 46, qtbot)
    draw(qtbot, window, CORNER, SIZE, SHIFT)
    assert session.names[session.person] == "Person 3"
    at_rest(window, qtbot)


def test_drawing_goes_on_while_something_else_runs(window, qtbot, estimator):
    running = threading.Event()

    def long(project, monitor):
        running.set()
        while not monitor.cancelled():
            monitor.report("Fine-tuning", 1, 100)
        raise Cancelled

    window.workspace.work.start("Fine-tuning", long, Change.PREDICTIONS)
    qtbot.waitUntil(running.is_set, timeout=WAIT)
    draw(qtbot, window, CORNER, SIZE)
    qtbot.waitUntil(
        lambda: window.workspace.session.person_at(SampleId(3, 0)).prediction is not None, timeout=WAIT
    )
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        window.workspace.work.job.cancel()


def test_the_next_round_looks_at_drawn_boxes_it_did_not_know(window, qtbot, estimator):
    session = window.workspace.session
    draw(qtbot, window, CORNER, SIZE)
    at_rest(window, qtbot)
    assert session.person_at(SampleId(3, 0)).prediction.round == 0
    # as a fine-tuning that was under way when the box was drawn
    with Project(session.project.folder) as project:
        add_round(project.folder, lambda columns: None)
    session.refresh(EVERYTHING)
    at_rest(window, qtbot)
    assert estimator == [(3, 0), (3, 0)]
    assert session.person_at(SampleId(3, 0)).prediction.round == 1


def test_what_cannot_be_estimated_is_said_once(window, qtbot):
    draw(qtbot, window, CORNER, SIZE)  # the project has no estimator
    at_rest(window, qtbot)
    assert "There is no estimator" in window.banner.sentence
    person = window.workspace.session.person_at(SampleId(3, 0))
    assert person.prediction is None
    assert person.box is not None


def test_estimating_again_in_a_moved_box(window, qtbot, estimator):
    session, canvas, sample = window.workspace.session, window.workspace.canvas, SampleId(1, 0)
    first = session.person_at(sample).points.copy()
    rect = canvas.view.rect(session.person_at(sample).box)
    border = QPointF(rect.left(), rect.top() + 0.4 * rect.height()).toPoint()
    drag(canvas, border, border + QPoint(-6, 5), qtbot)
    moved = session.labels[sample]
    qtbot.keyClick(window, Qt.Key.Key_P)
    at_rest(window, qtbot)
    person = session.person_at(sample)
    assert person.label is None  # it only said where the box is
    assert person.box == pytest.approx(moved.pose.box, abs=1e-3)
    assert person.points[0][1] > person.points[15][1]  # head below feet, as this estimator sees people
    assert session.undo.undoText() == "Estimate again"
    undo(window, qtbot)
    assert session.labels[sample].pose.points.tobytes() == moved.pose.points.tobytes()
    undo(window, qtbot)
    assert np.array_equal(session.person_at(sample).points, first)


@pytest.mark.parametrize("accepted", [False, True])
def test_estimating_again_leaves_a_label(window, qtbot, estimator, accepted):
    session, canvas, sample = window.workspace.session, window.workspace.canvas, SampleId(1, 0)
    start = joint_place(window, 0, 7)
    drag(canvas, start, start + QPoint(-25, 30), qtbot)
    if accepted:
        qtbot.keyClick(window, Qt.Key.Key_Return)
        go_to(window, 0, qtbot)
    label = session.labels[sample]
    qtbot.keyClick(window, Qt.Key.Key_P)
    at_rest(window, qtbot)
    assert session.labels[sample].pose.points.tobytes() == label.pose.points.tobytes()
    assert "Your label stays" in window.status.currentMessage()
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    person = session.person_at(sample)
    assert person.points[0][1] > person.points[15][1]


def test_deleting_from_the_menu_of_the_person(window, qtbot):
    session, before = window.workspace.session, tables(window)
    menu = menu_of_person(window, 1)
    assert session.person == 2
    assert menu.actions()[0].text() == "Person 2"
    choose(qtbot, menu, "Delete in this frame")
    assert [person.sample.track for person in window.workspace.canvas.people] == [1]
    assert session.undo.undoText() == "Delete Person 2 in this frame"
    go_to(window, 1, qtbot)
    choose(qtbot, menu_of_person(window, 1), "Delete in all frames")
    assert list(session.tracks) == [1]
    assert window.workspace.people.model.rowCount() == 1
    assert list(window.workspace.timeline._curves["thc"]) == [1]
    assert session.person == 1
    undo(window, qtbot)
    undo(window, qtbot)
    assert tables(window) == before
    assert (session.person, session.frame) == (2, 0)


def test_labels_and_queue_follow_people(window, qtbot):
    session = window.workspace.session
    go_to(window, 10, qtbot)
    session.select(1)
    qtbot.keyClick(window, Qt.Key.Key_M)
    points = session.labels[SampleId(1, 10)].pose.points.copy()
    before = tables(window)
    menu = menu_of_person(window)
    choose(qtbot, menu, "Swap", "Person 2")
    assert session.undo.undoText() == "Swap Person 1 and Person 2"
    assert list(session.labels) == [SampleId(2, 10)]
    assert [item.sample.track for item in session.queue] == [1, 2, 2, 2, 2, 2]
    assert [len(session.tracks[track].frames) for track in (1, 2)] == [30, 60]
    session.select(2)
    choose(qtbot, menu_of_person(window, 1), "Split")
    assert session.person == 3
    assert list(session.labels) == [SampleId(3, 10)]
    go_to(window, 40, qtbot)
    session.select(3)
    choose(qtbot, menu_of_person(window), "Merge", "Person 1")
    assert session.undo.undoText() == "Split Person 2"  # refused, since both are in frames 10 to 29
    assert window.banner.sentence.startswith("Person 3 and Person 1 are both in 20 frames (the first is 10)")
    for _ in range(2):
        undo(window, qtbot)
    assert tables(window) == before
    for _ in range(2):
        redo(window, qtbot)
    assert np.array_equal(session.labels[SampleId(3, 10)].pose.points, points)
    for _ in range(3):
        undo(window, qtbot)
    assert session.labels == {}


def test_merging_what_was_split_from_the_panel(window, qtbot):
    session, tree = window.workspace.session, window.workspace.people.tree
    go_to(window, 20, qtbot)
    place = tree.visualRect(tree.model().index(0, 0)).center()
    choose(qtbot, context_menu(window, tree.viewport(), place), "Split")
    assert [tree.model().index(n, 0).data() for n in range(3)] == ["Person 3", "Person 2", "Person 1"]
    assert session.person == 3
    place = tree.visualRect(tree.model().index(0, 0)).center()
    choose(qtbot, context_menu(window, tree.viewport(), place), "Merge", "Person 1")
    assert session.person == 1
    assert [len(track.frames) for track in session.tracks.values()] == [60, 30]
    assert session.undo.undoText() == "Merge Person 3 into Person 1"


def test_everyone_has_a_colour_of_their_own_whatever_their_numbers(window, qtbot):
    session, tree = window.workspace.session, window.workspace.people.tree
    session.project.store.reserve_tracks(14)  # as where parts of people were joined
    go_to(window, 20, qtbot)
    place = tree.visualRect(tree.model().index(0, 0)).center()
    choose(qtbot, context_menu(window, tree.viewport(), place), "Split")
    assert sorted(session.tracks) == [1, 2, 17]
    discs = [
        tree.model().index(row, 0).data(Qt.ItemDataRole.DecorationRole).pixmap(24, 24) for row in range(3)
    ]
    assert len({disc.toImage().pixelColor(12, 12).name() for disc in discs}) == 3


def test_choosing_the_other_from_the_menu_bar(window, qtbot):
    session = window.workspace.session
    window.perform("swap_people")
    menu = QApplication.activePopupWidget()
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert session.undo.undoText() == "Swap Person 1 and Person 2"
    assert len(session.tracks[1].frames) == 30
