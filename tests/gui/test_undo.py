"""A step that cannot be written, taken back or made again leaves everything, and the list of steps, as it
was.
"""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.session import editing
from app.undo.labels import change_label
from app.undo.queue import PostponeSample, SkipSample
from app.undo.settings import ChangeSettings
from core.domain import Outdated, SampleId, UserError
from core.project.store.settings import LAST_TRACK
from core.project.store.store import Store

CTRL = Qt.KeyboardModifier.ControlModifier
SAMPLE = SampleId(1, 0)
FULL = "The disk is full. Free some."


@pytest.fixture
def full(window, monkeypatch):
    """Whether the disk is: a list that is emptied when it is not."""
    trouble = []
    begin = Store.transaction

    def transaction(store):
        if trouble:
            raise trouble[0]
        return begin(store)

    monkeypatch.setattr(Store, "transaction", transaction)
    return trouble


def place(window, x: float, merge_key: tuple | None = None) -> None:
    session = window.workspace.session
    label = editing.label_of(session.person_at(SAMPLE), 17, 0)
    change_label(session, "Place", editing.moved(label, 3, x, 20.0), merge_key)


def stored_x(window) -> float | None:
    label = window.workspace.session.project.store.labels(accepted_only=False).get(SAMPLE)
    return None if label is None else float(label.pose.points[3, 0])


def test_a_step_that_could_not_be_written_is_not_merged_into_the_one_before(window, full):
    session, key = window.workspace.session, ("nudge", SAMPLE, 3)
    place(window, 10.0, key)
    full.append(UserError(FULL))
    place(window, 11.0, key)
    assert window.banner.sentence == FULL
    full.clear()
    assert session.undo.count() == 1
    session.undo.undo()
    session.undo.redo()
    assert stored_x(window) == 10.0


def test_an_undo_that_fails_can_be_tried_again(window, full, qtbot):
    session = window.workspace.session
    place(window, 10.0)
    place(window, 30.0)
    full.append(UserError(FULL))
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert window.banner.sentence == FULL
    assert (session.undo.index(), session.undo.count()) == (2, 2)
    assert stored_x(window) == 30.0
    full.clear()
    for expected in (10.0, None):
        qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
        assert stored_x(window) == expected
    full.append(UserError(FULL))
    session.undo.redo()
    assert (session.undo.index(), session.undo.count(), stored_x(window)) == (0, 2, None)
    full.clear()
    for expected in (10.0, 30.0):
        session.undo.redo()
        assert stored_x(window) == expected


@pytest.mark.parametrize("what", ["skip", "postpone", "settings", "people"])
def test_so_it_is_with_every_kind_of_step(window, full, what):
    session = window.workspace.session
    store = session.project.store
    sample = session.queue[0].sample

    def state() -> tuple:
        # never used again
        settings = {key: value for key, value in store.settings().items() if key != LAST_TRACK}
        return store.queue(), settings, store.mark(("tracks", "people_edits", "labels"))

    before = state()
    if what == "people":
        window.perform("delete_person")
    else:
        steps = {
            "skip": lambda: SkipSample(session, sample),
            "postpone": lambda: PostponeSample(session, sample),
            "settings": lambda: ChangeSettings(session, {"tau": 0.9, "size": 3}),
        }
        session.undo.push(steps[what]())
    after = state()
    assert after != before
    for go, left, reached in ((session.undo.undo, after, before), (session.undo.redo, before, after)):
        full.append(UserError(FULL))
        go()
        assert state() == left
        full.clear()
        go()
        assert state() == reached


def test_what_can_never_be_taken_back_does_not_stand_in_the_way(window, full):
    session = window.workspace.session
    place(window, 10.0)
    place(window, 30.0)
    full.append(Outdated("Another PoseTailor was quicker."))
    session.undo.undo()
    full.clear()
    assert session.undo.count() == 1
    session.undo.undo()
    assert stored_x(window) is None


def test_undoing_settings_leaves_open_what_nobody_chose(window):
    session = window.workspace.session
    before = session.project.store.settings()
    assert "tau" not in before
    session.undo.push(ChangeSettings(session, {"tau": 0.9, "criterion": "lc"}))
    assert session.project.setting("tau") == 0.9
    session.undo.undo()
    assert session.project.store.settings() == before
    session.undo.redo()
    assert session.criterion == "lc"


def test_an_import_takes_labels_away_and_brings_others_at_once(window):
    session = window.workspace.session
    place(window, 10.0)
    other = editing.label_of(session.person_at(SampleId(2, 0)), 17, 0)
    seen = []
    session.project.store._db.set_trace_callback(seen.append)
    session.write({SAMPLE: None, other.sample: other})
    session.project.store._db.set_trace_callback(None)
    assert sum(one.startswith("COMMIT") for one in seen) == 1
    assert list(session.project.store.labels(accepted_only=False)) == [other.sample]
    assert np.array_equal(session.labels[other.sample].pose.points, other.pose.points)
