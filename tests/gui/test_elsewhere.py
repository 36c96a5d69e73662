"""A command that runs beside the window, or another window: what it does is seen here."""

import pytest
from PySide6.QtCore import Qt

from app.changes import Change
from app.jobs import elsewhere
from app.window import Window
from core.domain import SampleId
from core.project.project import Project
from core.project.store.store import QueueItem
from tests.gui.conftest import open_path
from tests.projects import add_round

WAIT = 10_000


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(elsewhere, "EVERY", 50)


def test_a_round_made_by_a_command_appears(window, project, qtbot):
    add_round(project, lambda _: None)
    qtbot.waitUntil(lambda: window.workspace.session.round == 1, timeout=WAIT)
    assert window.workspace.rounds.table.rowCount() == 2
    assert "changed from elsewhere" in window.status.currentMessage()


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
