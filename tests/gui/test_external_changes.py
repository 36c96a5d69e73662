"""A command that runs beside the window, or another window: what it does is seen here."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt

from app.background import external_changes, track_checks
from app.session.changes import Change
from app.window.window import Window
from core.domain import SampleId, UserError
from core.project.project import Project
from core.project.store.shards import ShardDamaged
from core.project.store.store import QueueItem
from core.queries.track_checks import TrackCheck
from tests.gui.conftest import open_path
from tests.projects import add_round

WAIT = 10_000


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(external_changes, "EVERY", 50)


def test_a_round_made_by_a_command_appears(window, project, qtbot):
    add_round(project, lambda _: None)
    qtbot.waitUntil(lambda: window.workspace.session.round == 1, timeout=WAIT)
    assert window.workspace.rounds.table.rowCount() == 2
    assert "Another program changed the project" in window.status.currentMessage()


def test_what_a_command_proposed_is_in_the_queue(window, project, qtbot):
    with Project(project) as other:
        other.store.append_to_queue([QueueItem(SampleId(1, 33), 0, False, {"thc": 0.5})])
    rows = window.workspace.queue.list.model()
    qtbot.waitUntil(lambda: rows.rowCount() == 7, timeout=WAIT)


def test_a_second_window_follows_the_first(window, project, qtbot):
    other = Window()
    qtbot.addWidget(other)
    other.show()
    open_path(other, project, qtbot)
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_Return)
    (sample,) = window.workspace.session.labels
    qtbot.waitUntil(lambda: sample in other.workspace.session.labels, timeout=WAIT)
    other.close()
    qtbot.waitUntil(other.isHidden, timeout=WAIT)


def test_its_own_work_is_not_read_twice(window, qtbot):
    seen = []
    window.workspace.session.changed.connect(seen.append)
    qtbot.keyClick(window, Qt.Key.Key_Return)
    window.perform("skip")
    qtbot.wait(300)
    assert not any(change & Change.PREDICTIONS for change in seen)
    assert "elsewhere" not in window.status.currentMessage()


def test_a_database_that_cannot_be_read_is_said_once(window, qtbot, monkeypatch):
    session, said = window.workspace.session, []
    session.failed.connect(said.append)

    def refuse() -> int:
        raise UserError("The disk is gone.")

    with monkeypatch.context() as patch:
        patch.setattr(session.project.store, "data_version", refuse)
        qtbot.waitUntil(lambda: said == ["The disk is gone."], timeout=WAIT)
        qtbot.wait(200)
    assert said == ["The disk is gone."]


def test_a_damaged_video_does_not_hide_who_looks_wrong_in_the_others(window, monkeypatch):
    def look(project, video):
        if video == 1:
            raise ShardDamaged("damaged")
        return [TrackCheck(2, "Person 2", 0, 3, 1, 0.5, "there")]

    monkeypatch.setattr(track_checks, "check_tracks", look)
    monkeypatch.setattr(track_checks, "as_track_checks", lambda *_: [])
    project = SimpleNamespace(videos=lambda: [1, 2])
    assert [one.track for one in track_checks._look(project, None)] == [2]
