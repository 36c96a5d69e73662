"""What the mouse does to several joints, to whole people and without dragging."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.session import editing
from app.undo.labels import change_label
from core.domain import Box, SampleId, Visibility
from tests.gui.conftest import image_place, joint_place, settle

LEFT = Qt.MouseButton.LeftButton
NONE, ALT, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
SAMPLE = SampleId(1, 0)
LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST, LEFT_ANKLE, RIGHT_ANKLE = 5, 7, 9, 15, 16


def drag(window, start: QPoint, way: QPoint, keys: Qt.KeyboardModifier = NONE, check=None) -> None:
    canvas = window.workspace.canvas
    QTest.mousePress(canvas, LEFT, keys, start)
    for share in (0.2, 0.6, 1.0):
        QTest.mouseMove(canvas, start + way * share)
        QApplication.processEvents()
    if check is not None:
        check()
    QTest.mouseRelease(canvas, LEFT, keys, start + way)


def points(window) -> np.ndarray:
    return window.workspace.session.person_at(SAMPLE).points.copy()


def moved_by(window, before: np.ndarray) -> np.ndarray:
    """(K, 2) pixels of the screen by which each joint was moved."""
    return (points(window) - before) * window.workspace.canvas.view.scale


def only(joints, way: QPoint) -> np.ndarray:
    expected = np.zeros((17, 2))
    expected[list(joints)] = way.toTuple()
    return expected


def test_a_click_places_the_selected_joint_and_goes_to_the_next(window, qtbot):
    session, canvas = window.workspace.session, window.workspace.canvas
    session.select_joint(LEFT_ANKLE)
    places = [
        QPoint(canvas.width() // 2, canvas.height() // 3),
        QPoint(canvas.width() // 2 + 30, canvas.height() // 3),
    ]
    for place, joint, following in ((places[0], LEFT_ANKLE, RIGHT_ANKLE), (places[1], RIGHT_ANKLE, None)):
        assert canvas.joint_under(QPointF(place)) is None
        qtbot.mouseMove(canvas, place)
        assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor
        qtbot.mouseClick(canvas, LEFT, pos=place)
        label = session.labels[SAMPLE]
        assert label.pose.points[joint] == pytest.approx(image_place(window, place), abs=0.01)
        assert session.joint == following
    assert session.undo.undoText() == "Place right ankle"
    rest = QPoint(canvas.width() - 20, 10)
    qtbot.mouseClick(canvas, LEFT, pos=rest)  # nothing is selected any more, so nothing is placed
    assert session.undo.count() == 2
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert session.labels == {}


def test_a_click_on_another_body_in_the_same_box_selects_it_instead_of_throwing_the_joint_there(
    window, qtbot
):
    session, canvas = window.workspace.session, window.workspace.canvas
    label = editing.label_of(session.person_at(SAMPLE), 17, 0)
    box = session.person_at(SampleId(2, 0)).box
    around = Box(label.pose.box.x0, label.pose.box.y0, box.x1, box.y1)
    change_label(session, "A wide box", replace(label, pose=replace(label.pose, box=around)))
    session.select(1, LEFT_WRIST)
    before = points(window)
    hip, knee = (joint_place(window, 1, joint) for joint in (11, 13))
    qtbot.mouseClick(canvas, LEFT, pos=(hip + knee) / 2)
    np.testing.assert_array_equal(points(window), before)
    assert session.person == 2
    session.select(1, LEFT_WRIST)
    beside = joint_place(window, 0, LEFT_WRIST) + QPoint(14, 0)
    qtbot.mouseClick(canvas, LEFT, pos=beside)
    assert session.person == 1
    assert not np.array_equal(points(window), before)


def test_a_click_on_someone_else_places_nothing(window, qtbot):
    session, canvas = window.workspace.session, window.workspace.canvas
    session.select_joint(LEFT_WRIST)
    other = canvas.view.rect(canvas.people[1].box)
    qtbot.mouseClick(canvas, LEFT, pos=(other.topLeft() + QPointF(12, 12)).toPoint())
    assert (session.person, session.joint) == (2, None)
    assert session.undo.count() == 0


def test_escape_lets_go_of_the_joint(window, qtbot):
    session, canvas = window.workspace.session, window.workspace.canvas
    session.select_joint(3)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert session.joint is None
    qtbot.mouseClick(canvas, LEFT, pos=QPoint(canvas.width() // 2, canvas.height() // 3))
    assert session.undo.count() == 0


def test_alt_drags_the_limb(window):
    before, way = points(window), QPoint(-12, 20)
    drag(window, joint_place(window, 0, LEFT_SHOULDER), way, ALT)
    assert moved_by(window, before) == pytest.approx(
        only((LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST), way), abs=0.01
    )
    assert window.workspace.session.undo.count() == 1
    assert window.workspace.session.undo.undoText() == "Move 3 joints"


def test_missing_joints_of_a_limb_stay_missing(window, qtbot):
    qtbot.mouseMove(window.workspace.canvas, joint_place(window, 0, LEFT_WRIST))
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key.Key_Q)
    drag(window, joint_place(window, 0, LEFT_SHOULDER), QPoint(-10, 10), ALT)
    pose = window.workspace.session.labels[SAMPLE].pose
    assert pose.visibility[LEFT_WRIST] == Visibility.MISSING
    assert tuple(pose.points[LEFT_WRIST]) == (0, 0)


def test_a_rubber_band_picks_joints_that_are_dragged_together(window, qtbot):
    canvas, before = window.workspace.canvas, points(window)
    low = [joint_place(window, 0, joint) for joint in (LEFT_ANKLE, RIGHT_ANKLE)]
    start = QPoint(min(p.x() for p in low) - 14, low[0].y() - 14)
    end = QPoint(max(p.x() for p in low) + 14, low[0].y() + 14)
    drag(window, start, end - start, SHIFT, lambda: canvas.grab())
    assert canvas.picked == {LEFT_ANKLE, RIGHT_ANKLE}
    assert window.workspace.session.undo.count() == 0
    drag(window, low[0], QPoint(9, -15))
    assert moved_by(window, before) == pytest.approx(
        only((LEFT_ANKLE, RIGHT_ANKLE), QPoint(9, -15)), abs=0.01
    )
    qtbot.keyClick(window, Qt.Key.Key_D)
    settle(window, qtbot)
    assert canvas.picked == frozenset()


def test_the_border_of_the_box_moves_the_person(window, qtbot):
    session, canvas, before = window.workspace.session, window.workspace.canvas, points(window)
    box = session.person_at(SAMPLE).box
    rect, way = canvas.view.rect(box), QPoint(-8, 6)
    place = QPointF(rect.left(), rect.top() + 0.4 * rect.height()).toPoint()
    qtbot.mouseMove(canvas, place)
    assert canvas.cursor().shape() == Qt.CursorShape.SizeAllCursor
    drag(window, place, way)
    assert moved_by(window, before) == pytest.approx(only(range(17), way), abs=0.01)
    shift = np.tile(np.array(way.toTuple()) / canvas.view.scale, 2)
    assert session.labels[SAMPLE].pose.box == pytest.approx(np.array(box) + shift)
    assert session.person_at(SAMPLE).box == session.labels[SAMPLE].pose.box
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert session.person_at(SAMPLE).box == box


def test_a_corner_of_the_box_scales_the_person(window, qtbot):
    session, canvas, before = window.workspace.session, window.workspace.canvas, points(window)
    box = session.person_at(SAMPLE).box
    rect = canvas.view.rect(box)
    corner = rect.bottomRight().toPoint()
    qtbot.mouseMove(canvas, corner)
    assert canvas.cursor().shape() == Qt.CursorShape.SizeFDiagCursor
    drag(window, corner, (-0.5 * (rect.bottomRight() - rect.topLeft())).toPoint())
    fixed = np.array(box[:2])
    assert points(window) == pytest.approx(fixed + (before - fixed) / 2, abs=0.7)
    after = session.labels[SAMPLE].pose.box
    assert (after.x0, after.y0) == pytest.approx((box.x0, box.y0))
    assert after.height == pytest.approx(box.height / 2, abs=0.7)


def test_the_loupe_shows_what_the_hand_covers(window):
    canvas = window.workspace.canvas
    start = joint_place(window, 0, LEFT_ELBOW)
    hand = start + QPoint(10, 10)
    before, seen = canvas.grab().toImage(), []
    drag(window, start, QPoint(10, 10), check=lambda: seen.append(canvas.grab().toImage()))
    rims = [hand + QPoint(92 * dx + 64, 92 * dy) for dx in (-1, 1) for dy in (-1, 1)]
    changed = [rim for rim in rims if before.rect().contains(rim) and before.pixel(rim) != seen[0].pixel(rim)]
    assert len(changed) == 1  # beside the hand, in one of the four directions
    assert before.pixel(changed[0]) == canvas.grab().toImage().pixel(changed[0])


def test_hold_o_shows_the_neighbouring_poses(window, qtbot):
    canvas = window.workspace.canvas
    qtbot.keyClick(window, Qt.Key.Key_D)
    settle(window, qtbot)
    alone = canvas.grab().toImage()
    qtbot.keyPress(window, Qt.Key.Key_O)
    assert canvas.grab().toImage() != alone
    qtbot.keyRelease(window, Qt.Key.Key_O)
    assert canvas.grab().toImage() == alone


def first_label(window) -> None:
    drag(window, joint_place(window, 0, LEFT_WRIST), QPoint(15, 5))
    assert window.workspace.session.undo.count() == 1


@pytest.mark.parametrize("way", [QPoint(20, 10), QPoint(0, 0)], ids=["dragged", "held"])
def test_undo_during_a_drag_calls_it_off(window, qtbot, way):
    session = window.workspace.session
    estimated = points(window)
    first_label(window)

    def undo() -> None:
        qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
        assert session.labels == {}

    drag(window, joint_place(window, 0, LEFT_ELBOW), way, check=undo)
    assert session.labels == {}
    assert window.workspace.canvas.draft is None
    assert points(window) == pytest.approx(estimated)
    assert session.undo.canRedo()


def test_undo_while_a_click_is_held_places_nothing(window, qtbot):
    session, canvas = window.workspace.session, window.workspace.canvas
    first_label(window)
    session.select_joint(LEFT_ANKLE)
    place = QPoint(canvas.width() // 2, canvas.height() // 3)
    drag(window, place, QPoint(0, 0), check=lambda: qtbot.keyClick(window, Qt.Key.Key_Z, CTRL))
    assert session.labels == {}


@pytest.mark.parametrize("what", ["delete_person", "delete_in_frame"])
def test_deleting_the_person_during_a_drag_labels_nobody(window, qtbot, what):
    session = window.workspace.session
    drag(window, joint_place(window, 0, LEFT_ELBOW), QPoint(20, 10), check=lambda: window.perform(what))
    assert session.labels == {}
    assert SAMPLE not in [person.sample for person in window.workspace.canvas.people]
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert SAMPLE in [person.sample for person in window.workspace.canvas.people]
    assert session.labels == {}


def test_hiding_the_person_during_a_drag_labels_nobody(window):
    session = window.workspace.session
    drag(
        window,
        joint_place(window, 0, LEFT_ELBOW),
        QPoint(20, 10),
        check=lambda: session.show_people([1], False),
    )
    assert session.labels == {}


def test_a_drag_goes_on_while_somebody_else_changes(window):
    session, before = window.workspace.session, points(window)
    other = SampleId(2, 0)
    label = editing.label_of(session.person_at(other), 17, 0)
    way = QPoint(20, 10)
    drag(window, joint_place(window, 0, LEFT_ELBOW), way, check=lambda: change_label(session, "Other", label))
    assert other in session.labels
    assert moved_by(window, before) == pytest.approx(only((LEFT_ELBOW,), way), abs=0.01)
