import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from core.domain import SampleId, UserError, Visibility
from core.project.store.store import Store
from tests.clips import number_in
from tests.gui.conftest import drag, image_place, joint_place, settle

LEFT_ELBOW = 7


def stored(window, sample):
    """What the database says, through a connection of its own."""
    store = Store(window.workspace.session.project.folder / "project.sqlite")
    label = store.labels(accepted_only=False).get(sample)
    store.close()
    return label


def shown_number(window) -> int:
    canvas = window.workspace.canvas
    return number_in(canvas.picture.pixels[..., :3])


def test_frame_and_people_are_shown(window):
    canvas = window.workspace.canvas
    assert shown_number(window) == 0
    assert [person.sample for person in canvas.people] == [SampleId(1, 0), SampleId(2, 0)]
    assert window.workspace.session.person == 1


def test_stepping_shows_the_very_frame(window, qtbot):
    for key, frame in ((Qt.Key.Key_D, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_A, 1), (Qt.Key.Key_End, 59)):
        qtbot.keyClick(window, key)
        settle(window, qtbot)
        assert window.workspace.session.frame == frame
        assert shown_number(window) == frame


def test_click_selects_a_person(window, qtbot):
    canvas = window.workspace.canvas
    rect = canvas.view.rect(canvas.people[1].box)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=(rect.topLeft() + QPoint(3, 3)).toPoint())
    assert window.workspace.session.person == 2
    qtbot.keyClick(window, Qt.Key.Key_1)
    assert window.workspace.session.person == 1


def test_dragging_a_joint_is_one_undoable_step(window, qtbot):
    session, canvas = window.workspace.session, window.workspace.canvas
    sample = SampleId(1, 0)
    before = session.person_at(sample).points.copy()
    start = joint_place(window, 0, LEFT_ELBOW)
    end = start + QPoint(-25, 30)

    def nothing_written_yet():
        assert stored(window, sample) is None
        assert canvas.cursor().shape() == Qt.CursorShape.BlankCursor

    drag(canvas, start, end, qtbot, nothing_written_yet)
    assert canvas.cursor().shape() != Qt.CursorShape.BlankCursor
    label = stored(window, sample)
    assert label.pose.points[LEFT_ELBOW] == pytest.approx(image_place(window, end), abs=0.3)
    others = np.arange(17) != LEFT_ELBOW
    assert np.array_equal(label.pose.points[others], before[others])
    assert (label.pose.visibility == Visibility.VISIBLE).all()
    assert not label.accepted
    assert np.array_equal(label.pose.prediction.points, before)
    assert label.pose.round == 0
    assert session.undo.count() == 1

    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert stored(window, sample) is None
    assert sample not in session.labels
    qtbot.keyClick(
        window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    again = stored(window, sample)
    assert np.array_equal(again.pose.points, label.pose.points)
    assert np.array_equal(again.pose.visibility, label.pose.visibility)
    assert again.pose.box == label.pose.box


def test_a_change_that_cannot_be_written_is_said_and_not_made(window, qtbot, monkeypatch):
    session = window.workspace.session

    def full(*_):
        raise UserError("The disk is full.")

    monkeypatch.setattr(session.project.store, "set_labels", full)
    before = session.person_at(SampleId(1, 0)).points.copy()
    start = joint_place(window, 0, LEFT_ELBOW)
    drag(window.workspace.canvas, start, start + QPoint(20, 20), qtbot)
    assert window.banner.sentence == "The disk is full."
    assert session.labels == {}
    assert session.undo.count() == 0
    assert np.array_equal(session.person_at(SampleId(1, 0)).points, before)


def test_escape_takes_a_drag_back(window, qtbot):
    canvas = window.workspace.canvas
    start = joint_place(window, 0, LEFT_ELBOW)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(canvas, start + QPoint(20, 20))
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(20, 20))
    assert stored(window, SampleId(1, 0)) is None
    assert window.workspace.session.undo.count() == 0


def test_a_click_on_a_joint_only_selects_it(window, qtbot):
    qtbot.mouseClick(window.workspace.canvas, Qt.MouseButton.LeftButton, pos=joint_place(window, 1, 13))
    assert (window.workspace.session.person, window.workspace.session.joint) == (2, 13)
    assert window.workspace.session.undo.count() == 0


def test_q_goes_round_the_visibilities_of_the_joint_under_the_cursor(window, qtbot):
    canvas, sample = window.workspace.canvas, SampleId(1, 0)
    predicted = window.workspace.session.person_at(sample).points[13].copy()
    qtbot.mouseMove(canvas, joint_place(window, 0, 13))
    for expected in (Visibility.OCCLUDED, Visibility.MISSING, Visibility.VISIBLE):
        qtbot.keyClick(window, Qt.Key.Key_Q)
        assert stored(window, sample).pose.visibility[13] == expected
        if expected == Visibility.MISSING:
            assert tuple(stored(window, sample).pose.points[13]) == (0, 0)
    assert stored(window, sample).pose.points[13] == pytest.approx(predicted)


def test_joint_keys_and_nudging(window, qtbot):
    session, sample = window.workspace.session, SampleId(1, 0)
    for key, joint in (
        (Qt.Key.Key_S, 0),
        (Qt.Key.Key_S, 1),
        (Qt.Key.Key_W, 0),
        (Qt.Key.Key_W, 16),
        (Qt.Key.Key_W, 15),
    ):
        qtbot.keyClick(window, key)
        assert session.joint == joint
    x, y = session.person_at(sample).points[15]
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_Left, shift)
    qtbot.keyClick(window, Qt.Key.Key_Up, shift | Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window, Qt.Key.Key_Right, shift | Qt.KeyboardModifier.AltModifier)
    assert stored(window, sample).pose.points[15] == pytest.approx((x + 9, y - 0.25))
    assert session.undo.count() == 1  # nudges of one joint are one step
    session.undo.undo()
    assert stored(window, sample) is None


def test_wheel_zooms_at_the_cursor_and_drag_pans(window, qtbot):
    canvas = window.workspace.canvas
    place = QPoint(200, 150)
    before = image_place(window, place)
    event = QWheelEvent(
        place, canvas.mapToGlobal(place), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    scale = canvas.view.scale
    QApplication.sendEvent(canvas, event)
    assert canvas.view.scale > scale
    assert image_place(window, place) == pytest.approx(before)
    empty = QPoint(canvas.width() // 2, 4)
    grabbed = image_place(window, empty)
    drag(canvas, empty, empty + QPoint(0, 40), qtbot)
    assert image_place(window, empty + QPoint(0, 40)) == pytest.approx(grabbed)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.view.scale == pytest.approx(scale)


def test_swap_copy_fill_and_remove(window, qtbot):
    session = window.workspace.session
    points = session.person_at(SampleId(1, 0)).points.copy()
    qtbot.keyClick(window, Qt.Key.Key_M)
    swapped = stored(window, SampleId(1, 0)).pose.points
    assert np.array_equal(swapped[5], points[6])
    assert np.array_equal(swapped[0], points[0])
    qtbot.keyClick(window, Qt.Key.Key_D)
    settle(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_C)
    shift = session.person_at(SampleId(1, 1)).box.x0 - session.person_at(SampleId(1, 0)).box.x0
    expected = swapped + np.array([shift, 0])
    assert stored(window, SampleId(1, 1)).pose.points == pytest.approx(expected, abs=0.05)
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    assert stored(window, SampleId(1, 1)) is None
    qtbot.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ShiftModifier)
    assert "This needs an accepted label" in window.status.currentMessage()


def test_hold_h_hides_the_people(window, qtbot):
    canvas = window.workspace.canvas
    with_people = canvas.grab().toImage()
    qtbot.keyPress(window, Qt.Key.Key_H)
    without = canvas.grab().toImage()
    qtbot.keyRelease(window, Qt.Key.Key_H)
    assert without != with_people
    assert canvas.grab().toImage() == with_people
