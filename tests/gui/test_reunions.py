"""Is it the same person? One key says yes, another no."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.panels.people_rows import Order
from tests.clips import make_clip
from tests.gui.conftest import open_path
from tests.gui.test_people import undo
from tests.projects import make_returning

LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def returning(tmp_path: Path, bare_window, qtbot):
    clip = make_clip(tmp_path / "clip.mp4", 240, width=160, height=96)
    open_path(bare_window, make_returning(tmp_path / "project", clip), qtbot)
    looked(bare_window, qtbot)
    return bare_window


def looked(window, qtbot) -> None:
    track_checks = window.workspace.track_checks
    track_checks.check.ask()
    qtbot.waitUntil(lambda: not track_checks.check.pending, timeout=20_000)


def test_who_returns_three_times_is_one_after_three_keys(returning, qtbot):
    window, session = returning, returning.workspace.session
    strip = window.workspace.people.reunions
    assert strip.isVisible()
    for count in (4, 3, 2):
        looked(window, qtbot)
        assert "?" in strip.sentence.text()
        if strip.same.text().startswith("Look"):
            qtbot.keyClick(window, Qt.Key.Key_Y)
        qtbot.keyClick(window, Qt.Key.Key_Y)
        assert len(session.tracks) == count
    looked(window, qtbot)
    assert not strip.isVisible()
    assert session.undo.count() == 3
    for _ in range(3):
        undo(window, qtbot)
    assert len(session.tracks) == 5


def test_a_look_at_the_people_that_ends_with_the_project_is_not_told(returning, qtbot):
    window, track_checks, told = returning, returning.workspace.track_checks, []
    track_checks.check.ready.connect(told.append)
    track_checks.check.ask()
    job = track_checks.check._job
    job.wait()  # what it found is on its way to the window
    window.close_project()
    qtbot.wait(50)
    assert not told
    assert not window.banner.isVisible()


def test_both_are_seen_beside_the_question(returning, qtbot):
    window = returning
    strip = window.workspace.people.reunions
    qtbot.waitUntil(lambda: all(not picture.pixmap().isNull() for picture in strip.pictures), timeout=20_000)
    one = window.workspace.track_checks.reunion
    names = window.workspace.session.names
    assert [picture.toolTip() for picture in strip.pictures] == [names[one.track], names[one.other]]
    left, right = (picture.geometry() for picture in strip.pictures)
    assert left.right() < strip.sentence.geometry().left() < strip.sentence.geometry().right() < right.left()
    before = strip.pictures[0].pixmap().cacheKey()
    window.workspace.session.select(5)  # the question stays, and so do its pictures
    assert strip.pictures[0].pixmap().cacheKey() == before


def test_no_is_not_asked_again_until_it_is_undone(returning, qtbot):
    window, session = returning, returning.workspace.session
    strip, track_checks = window.workspace.people.reunions, window.workspace.track_checks
    session.select(5)
    assert strip.same.text().startswith("Look")
    assert not strip.other.isVisible()
    QTest.mouseClick(strip.same, LEFT)
    first = track_checks.reunion
    assert session.person == first.track
    assert "yes (Y) or no (Shift+Y)?" in window.status.currentMessage()
    QTest.mouseClick(strip.other, LEFT)
    assert session.project.setting("apart") == [sorted((first.track, first.other))]
    looked(window, qtbot)
    assert (first.track, first.other) not in [(one.track, one.other) for one in track_checks.reunions]
    assert len(session.tracks) == 5
    undo(window, qtbot)
    assert session.project.setting("apart") is None


def test_the_check_of_tracks_goes_there_too(returning, qtbot):
    window, seen = returning, set()
    for _ in window.workspace.track_checks.found:
        qtbot.keyClick(window, Qt.Key.Key_N, SHIFT)
        seen.add(window.status.currentMessage())
    assert sum("by what they look like" in sentence for sentence in seen) == 3


def test_fragments_stand_together_where_the_list_is_sorted_by_likeness(returning, qtbot):
    """Click one, choose the order, Shift+click the last, merge: five inputs however many they are."""
    window, session, people = returning, returning.workspace.session, returning.workspace.people
    session.select(3)
    with qtbot.waitSignal(window.workspace.track_checks.likeness.ready, timeout=20_000):
        people.orders.activated.emit(people.orders.findData(Order.ALIKE))
    model, tree = people.model, people.tree
    assert {model.track_at(row) for row in range(4)} == {1, 2, 3, 4}
    assert model.track_at(0) == 3
    for row, keys in ((0, Qt.KeyboardModifier.NoModifier), (3, SHIFT)):
        tree.scrollTo(model.index(row, 0))
        QTest.mouseClick(tree.viewport(), LEFT, keys, tree.visualRect(model.index(row, 0)).center())
    qtbot.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert len(session.tracks) == 2
    assert session.undo.count() == 1
