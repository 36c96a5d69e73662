"""What is shown to who is new here, and what the window remembers of how it was arranged."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton

from tests.gui.conftest import drag, joint_place, open_path, settle

ALL = "Drag a joint to where it belongs · Return accepts the pose · Space goes on without accepting"


def test_hints_go_one_by_one_as_they_are_followed(window, project, qtbot):
    hints = window.workspace.hints
    assert hints.isVisible()
    assert hints.sentence == ALL
    qtbot.keyClick(window, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert hints.sentence == "Drag a joint to where it belongs · Return accepts the pose"
    start = joint_place(window, 0, 7)
    drag(window.workspace.canvas, start, start + QPoint(20, 10), qtbot)
    assert hints.sentence == "Return accepts the pose"
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert not hints.isVisible()
    window.close_project()
    open_path(window, project, qtbot)
    assert not window.workspace.hints.isVisible()


def test_the_picture_stays_where_it_is_when_a_pose_ends_the_last_hint(window, qtbot):
    hints, canvas = window.workspace.hints, window.workspace.canvas
    hints._follow("accept", "next_queued")
    assert hints.sentence == "Drag a joint to where it belongs"
    start, size = joint_place(window, 0, 7), canvas.size()
    drag(canvas, start, start + QPoint(20, 10), qtbot)
    assert canvas.size() == size
    qtbot.keyClick(window, Qt.Key.Key_Right)
    settle(window, qtbot)
    assert not hints.isVisible()


def test_hints_can_be_dismissed_for_good(window, project, qtbot):
    (close,) = window.workspace.hints.findChildren(QToolButton)
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert not window.workspace.hints.isVisible()
    window.close_project()
    open_path(window, project, qtbot)
    assert not window.workspace.hints.isVisible()


def test_hints_name_the_users_keys(window):
    window.shortcuts.set("accept", ("F8",))
    window.shortcuts.set("next_queued", ())
    assert window.workspace.hints.sentence == "Drag a joint to where it belongs · F8 accepts the pose"


def test_no_hint_before_anything_is_proposed(bare_window, clip, qtbot):
    bare_window.open(clip)
    qtbot.waitUntil(lambda: bare_window.workspace.session is not None, timeout=10_000)
    assert not bare_window.workspace.hints.isVisible()
