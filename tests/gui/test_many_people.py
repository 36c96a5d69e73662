"""Hundreds of people are put in order with a few inputs, and none of them takes longer than the window may
stand still.
"""

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import app.session.session as session_module
import core.project.project as project_module
from app.dialogs.find import FindDialog
from app.panels.field import Field
from app.panels.people_rows import FOLD, Order
from app.session.changes import EVERYTHING
from app.session.session import Change
from app.style import theme
from core.project.project import Project
from tests.clips import make_clip
from tests.gui.conftest import in_modal, open_path
from tests.gui.test_people import choose, context_menu, tables, undo
from tests.projects import make_fragments

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
GHOSTS, PARTS = 150, 20


@pytest.fixture
def many(tmp_path: Path, bare_window, qtbot):
    """Ann, all the time; 20 fragments of Bob, one after the other, 30 frames each; 150 ghosts of three
    frames.
    """
    clip = make_clip(tmp_path / "many.mp4", 30 * PARTS, width=160, height=96)
    open_path(bare_window, make_fragments(tmp_path / "many", clip, PARTS, GHOSTS), qtbot)
    return bare_window


def click(window, row: int, keys=NONE) -> None:
    tree = window.workspace.people.tree
    index = tree.model().index(row, 0)
    tree.scrollTo(index)
    rect = tree.visualRect(index)
    QTest.mouseClick(tree.viewport(), LEFT, keys, QPoint(rect.left() + 60, rect.center().y()))


def fold(window) -> int:
    return window.workspace.people.model.row_of(FOLD)


def write(text: str, qtbot) -> None:
    """Into the field that has the keys."""
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), Field))
    field = QApplication.focusWidget()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def names(window) -> list[str]:
    model = window.workspace.people.model
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_150_ghosts_are_folded_and_go_with_a_click_and_a_key(many, qtbot, monkeypatch):
    window, session = many, many.workspace.session
    before = tables(window)
    assert names(window)[-1] == "150 seen briefly"
    assert len(names(window)) == 1 + PARTS + 1
    transactions = []
    exchange = session.project.store.exchange
    monkeypatch.setattr(
        session.project.store, "exchange", lambda rows: (transactions.append(1), exchange(rows))
    )
    click(window, fold(window))
    assert len(session.several) == GHOSTS
    qtbot.keyClick(window, Qt.Key.Key_Delete, SHIFT)
    assert len(session.tracks) == 1 + PARTS
    assert len(transactions) == 1
    assert session.undo.count() == 1
    assert session.undo.undoText() == "Delete 150 people"
    undo(window, qtbot)
    assert tables(window) == before
    assert len(session.tracks) == 1 + PARTS + GHOSTS


def test_20_fragments_are_one_person_after_two_clicks_and_a_key(many, qtbot):
    window, session = many, many.workspace.session
    before = tables(window)
    click(window, 1)
    click(window, PARTS, SHIFT)
    assert len(session.several) == PARTS
    qtbot.keyClick(window, Qt.Key.Key_M, CTRL)
    assert len(session.tracks) == 2 + GHOSTS
    assert len(session.tracks[session.person].frames) == 30 * PARTS
    assert session.undo.count() == 1
    undo(window, qtbot)
    assert tables(window) == before


def test_rows_do_not_move_up_under_the_cursor_when_few_are_left(many):
    people = many.workspace.people
    place = people.tree.mapToGlobal(QPoint(0, 0))
    many.workspace.session.tracks.clear()
    people._refresh(Change.TRACKS)
    people.layout().activate()
    assert people.filter.isVisible()
    assert people.tree.mapToGlobal(QPoint(0, 0)) == place


def test_two_who_are_in_one_frame_are_not_merged_and_nothing_changes(many, qtbot):
    window, session = many, many.workspace.session
    click(window, 0)
    click(window, 3, CTRL)
    qtbot.keyClick(window, Qt.Key.Key_M, CTRL)
    assert "are both in 30 frames" in window.banner.sentence
    assert session.undo.count() == 0


def test_the_fold_opens_with_a_double_click_and_hides_all_with_its_mark(many, qtbot):
    window, session, tree = many, many.workspace.session, many.workspace.people.tree
    row = fold(window)
    tree.scrollTo(tree.model().index(row, 0))
    rect = tree.visualRect(tree.model().index(row, 0))
    QTest.mouseClick(tree.viewport(), LEFT, NONE, QPoint(rect.left() + 10, rect.center().y()))
    assert len(session.hidden) == GHOSTS
    QTest.mouseDClick(tree.viewport(), LEFT, NONE, QPoint(rect.left() + 60, rect.center().y()))
    assert len(names(window)) == 1 + PARTS + 1 + GHOSTS


def test_people_are_found_by_name_and_sorted(many, qtbot):
    window, people = many, many.workspace.people
    QTest.mouseClick(people.filter, LEFT)
    qtbot.keyClicks(people.filter, "bob 1")
    assert names(window) == ["Bob 1", *(f"Bob {n}" for n in range(10, 20))]
    assert people._counter.text() == f"11 of {1 + PARTS + GHOSTS}"
    assert window.workspace.session.undo.count() == 0  # the letters were no shortcuts
    qtbot.keyClick(people.filter, Qt.Key.Key_Escape)
    assert len(names(window)) == 1 + PARTS + 1
    for order, first in ((Order.NAME, "Ann"), (Order.FIRST, "Ann"), (Order.LARGEST, "Bob 1")):
        people.orders.setCurrentText(order.value)
        people.orders.activated.emit(people.orders.currentIndex())
        assert names(window)[0] == first
    people.orders.activated.emit(people.orders.findData(Order.NAME))
    assert names(window)[1:4] == ["Bob 1", "Bob 2", "Bob 3"]


def test_a_name_is_changed_in_place_and_that_is_undone(many, qtbot):
    window, session, tree = many, many.workspace.session, many.workspace.people.tree
    before = tables(window)
    click(window, 0)
    qtbot.keyClick(window, Qt.Key.Key_F2)
    write("Zoe", qtbot)
    qtbot.waitUntil(lambda: session.names[1] == "Zoe")
    assert names(window)[0] == "Zoe"
    assert session.labels == {}  # Return accepted no pose
    undo(window, qtbot)
    assert tables(window) == before
    click(window, 0)  # a double click is one more after the first
    QTest.mouseDClick(tree.viewport(), LEFT, NONE, tree.visualRect(tree.model().index(0, 0)).center())
    write("Bob 2", qtbot)
    qtbot.waitUntil(lambda: window.banner.isVisible())
    assert "There is a Bob 2 already" in window.banner.sentence
    assert tables(window) == before


def test_several_are_what_the_menu_and_the_key_speak_of_until_one_is_clicked(many, qtbot):
    window, session, tree = many, many.workspace.session, many.workspace.people.tree
    click(window, 1)
    click(window, 2, CTRL)
    menu = context_menu(window, tree.viewport(), tree.visualRect(tree.model().index(1, 0)).center())
    assert menu.actions()[0].text() == "2 people"
    choose(qtbot, menu, "Only this person matters")
    with Project(session.project.folder) as project:
        assert project.of_interest(1) == {2, 3}
    session.select(3)  # as a click on the canvas does
    assert session.several == ()
    qtbot.keyClick(window, Qt.Key.Key_Delete, SHIFT)
    assert len(session.tracks) == PARTS + GHOSTS


def test_no_row_is_drawn_before_it_is_seen(many, qtbot, monkeypatch):
    """However many there are."""
    people = many.workspace.people
    people.model.toggle()
    drawn = []
    disc = theme.disc
    monkeypatch.setattr(theme, "disc", lambda *values: (drawn.append(values), disc(*values))[1])
    people.model.read()
    people.tree.grab()
    assert 0 < len(drawn) < 60


@pytest.mark.parametrize("key", [(Qt.Key.Key_Delete, SHIFT), (Qt.Key.Key_M, CTRL), (Qt.Key.Key_K, NONE)])
def test_what_a_change_of_many_comes_to_is_not_read_on_the_windows_thread(many, qtbot, monkeypatch, key):
    """Neither when it is made, nor when it is undone; and nothing more is changed meanwhile."""
    window, session = many, many.workspace.session
    qtbot.waitUntil(lambda: not window.workspace.track_checks.check.pending)
    before, count = tables(window), len(session.tracks)
    here, heard = threading.current_thread(), []
    session.hint.connect(heard.append)
    for name in ("make_assignments", "edited", "shared_bodies"):
        read = getattr(project_module, name)

        def elsewhere(*arguments: object, read=read) -> object:
            assert threading.current_thread() is not here
            return read(*arguments)

        monkeypatch.setattr(project_module, name, elsewhere)
    monkeypatch.setattr(session_module, "MANY", 1)
    click(window, 1)
    click(window, PARTS, SHIFT)
    qtbot.keyClick(window, *key)
    assert session.behind
    qtbot.keyClick(window, *key)
    assert heard[-1] == "The last change of people is still being read."
    qtbot.waitUntil(lambda: not session.behind)
    assert session.undo.count() == 1
    assert len(session.tracks) < count or session.context
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: not session.behind)
    assert tables(window) == before
    assert len(session.tracks) == count
    assert not session.context


def test_a_name_that_is_being_typed_stays_when_more_people_come(many, qtbot):
    """As while the rest of a video is estimated."""
    window, session = many, many.workspace.session
    click(window, 2)
    track = session.person
    qtbot.keyClick(window, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), Field))
    field = QApplication.focusWidget()
    field.selectAll()
    qtbot.keyClicks(field, "Mo")
    session.refresh(EVERYTHING)
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), Field))
    qtbot.keyClicks(QApplication.focusWidget(), "na")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.names[track] == "Mona")


def test_as_long_as_nothing_is_touched_people_are_looked_for_as_at_first(many, monkeypatch, qtbot):
    """Within the budget, segment by segment, where a change of what is there waits for all of it."""
    asked = []
    work, last = many.workspace.work, many.workspace.session.video.frame_count - 1
    monkeypatch.setattr(work, "may", lambda _: True)
    monkeypatch.setattr(work, "estimate", lambda span, settings: asked.append(("estimate", span)))
    monkeypatch.setattr(work, "find", lambda span, settings: asked.append(("find", span.last)))

    def look(change=lambda _: None) -> None:
        in_modal(many, qtbot, FindDialog, lambda: many.perform("find_people"), change)

    look()
    look(lambda dialog: dialog._last.setValue(5))
    many.perform("enqueue")
    look()
    undo(many, qtbot)
    look()
    assert asked == [("estimate", None), ("find", 5), ("find", last), ("estimate", None)]


def test_why_people_do_not_become_one_is_said_until_somebody_else_is_selected(many, qtbot):
    click(many, 0)
    click(many, 1, CTRL)
    many.perform("merge_person")
    assert "so they are two people" in many.banner.sentence
    many.perform("next_frame")
    assert many.banner.isVisible()
    click(many, 2)
    assert not many.banner.isVisible()
