"""People who come back after everything was estimated again get their poses at a click."""

import shutil
import threading

import numpy as np
from PySide6.QtCore import Qt

from app.background.work import ESTIMATED
from app.session.session import Change
from app.undo.people import ChangePeople
from core.domain import Cancelled, SampleId
from core.project.people.edits import delete_in
from tests.gui.conftest import open_path
from tests.gui.test_finding import ready
from tests.gui.test_people import WAIT, redo, undo
from tests.projects import add_round

__all__ = ["ready"]
LEFT = Qt.MouseButton.LeftButton


def deleted_while_it_learns(window, qtbot) -> None:
    """Person 2, before the next round of everyone else is there."""
    session, go_on = window.workspace.session, threading.Event()

    def next_round(project, monitor):
        assert go_on.wait(WAIT / 1000)
        shutil.copytree(project.estimator_folder(0), project.estimator_folder(1))
        add_round(project.folder, lambda columns: None)

    window.workspace.work.start("Fine-tuning", next_round, ESTIMATED)
    qtbot.keyClick(window, Qt.Key.Key_2)
    window.perform("delete_person")
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        go_on.set()
    assert session.round == 1
    assert 2 not in session.tracks


def test_who_comes_back_after_the_next_round_gets_poses_at_a_click(ready, qtbot):
    session, banner = ready.workspace.session, ready.banner
    deleted_while_it_learns(ready, qtbot)
    assert not banner.isVisible()
    undo(ready, qtbot)
    assert len(session.tracks[2].frames) == 30
    assert session.person_at(SampleId(2, 7)).prediction is None
    assert banner.sentence == "Person 2 came back after everything was estimated, so 30 poses are missing."
    redo(ready, qtbot)
    undo(ready, qtbot)
    qtbot.keyClick(ready, Qt.Key.Key_2)
    qtbot.keyClick(ready, Qt.Key.Key_Return)
    assert "no joints yet: place at least one, or have it estimated (P)" in ready.status.currentMessage()

    qtbot.mouseClick(banner.way_out, LEFT)
    with qtbot.waitSignal(ready.workspace.work.ended, timeout=WAIT):
        ready.perform("cancel_job")
    assert banner.isVisible()  # still missing
    assert "30 poses are missing" in banner.sentence
    assert banner.way_out.text() == "Estimate again"
    with qtbot.waitSignal(ready.workspace.work.ended, timeout=WAIT):
        qtbot.mouseClick(banner.way_out, LEFT)
    assert session.person_at(SampleId(2, 7)).prediction is not None
    assert np.isfinite(session.predictions.criteria["lc"]).all()
    assert not banner.isVisible()


def test_missing_poses_are_said_again_when_what_was_done_meanwhile_was_read(ready, qtbot):
    work, banner = ready.workspace.work, ready.banner
    deleted_while_it_learns(ready, qtbot)
    undo(ready, qtbot)
    with qtbot.waitSignal(work.ended, timeout=WAIT):
        work.start("Exporting", lambda project, monitor: "It is written.", Change(0), work.said.emit)
    assert banner.sentence == "It is written."
    qtbot.mouseClick(banner._close, LEFT)
    assert "30 poses are missing" in banner.sentence
    session = ready.workspace.session
    session.undo.push(ChangePeople(session, "Delete", delete_in(session.project, session.video, 2, 7, 8)))
    session.undo.push(ChangePeople(session, "Delete", delete_in(session.project, session.video, 2, 8, 9)))
    undo(ready, qtbot)
    assert "29 poses are missing" in banner.sentence  # not behind what was said before
    with qtbot.waitSignal(work.ended, timeout=WAIT):
        qtbot.mouseClick(banner.way_out, LEFT)
    assert not banner.isVisible()


def test_missing_poses_are_offered_when_the_project_is_opened_but_not_beside_other_work(ready, qtbot):
    folder, running = ready.workspace.session.project.folder, threading.Event()
    deleted_while_it_learns(ready, qtbot)

    def long(project, monitor):
        running.set()
        while not monitor.cancelled():
            pass
        raise Cancelled

    ready.workspace.work.start("Exporting", long, Change(0))
    qtbot.waitUntil(running.is_set, timeout=WAIT)
    undo(ready, qtbot)
    assert not ready.banner.isVisible()
    with qtbot.waitSignal(ready.workspace.work.ended, timeout=WAIT):
        ready.perform("cancel_job")
    assert "30 poses are missing" in ready.banner.sentence
    ready.close_project()
    ready.banner.clear()
    open_path(ready, folder, qtbot)
    assert ready.banner.isVisible()
    assert "30 poses are missing" in ready.banner.sentence
