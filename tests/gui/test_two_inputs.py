"""A pose that needs one joint moved costs two inputs: the drag, and Return."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from app.window.window import Window
from core.domain import SampleId
from core.project.project import Project
from core.project.store.store import Label
from core.queries.status import status
from tests.gui.conftest import drag, image_place, joint_place, open_path, settle
from tests.projects import make_project

POSES = 20
WAY = QPoint(-9, 14)  # pixels of the screen


class Hand:
    """What a user does, and how often."""

    def __init__(self, window: Window, qtbot) -> None:
        self.inputs = 0
        self._window, self._qtbot = window, qtbot

    def drag(self, canvas: QWidget, start: QPoint, end: QPoint) -> None:
        self.inputs += 1
        drag(canvas, start, end, self._qtbot)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.inputs += 1
        self._qtbot.keyClick(self._window, key, modifier)


def stored(folder: Path) -> tuple[dict[SampleId, Label], int]:
    """All labels in the database, and how many poses the project says are labelled."""
    with Project(folder) as project:
        return project.store.labels(accepted_only=False), sum(entry.labelled for entry in status(project))


@pytest.fixture
def batch(bare_window, clip, tmp_path, qtbot) -> Window:
    """A project with a batch of 20, its first sample on screen."""
    open_path(bare_window, make_project(tmp_path / "batch.posetailor", clip, queued=POSES), qtbot)
    return bare_window


def test_a_batch_of_twenty_is_corrected_with_two_inputs_a_pose(batch, qtbot):
    window, session, hand = batch, batch.workspace.session, Hand(batch, qtbot)
    folder, queue = session.project.folder, [item.sample for item in session.queue]
    predicted = {sample: session.person_at(sample).points.copy() for sample in queue}
    joints = {sample: n % len(session.skeleton) for n, sample in enumerate(queue)}
    places = {}
    for done, sample in enumerate(queue):
        assert session.sample == sample  # the queue went on by itself
        end = joint_place(window, 0, joints[sample]) + WAY
        places[sample] = image_place(window, end)
        hand.drag(window.workspace.canvas, end - WAY, end)
        hand.press(Qt.Key.Key_Return)
        settle(window, qtbot)
        assert window.workspace.queue._counter.text().startswith(f"{done + 1} of {POSES}")
    assert hand.inputs == 2 * POSES

    labels, labelled = stored(folder)
    assert labelled == len(labels) == POSES
    for sample, label in labels.items():
        assert label.accepted
        assert np.array_equal(label.pose.prediction.points, predicted[sample])
        moved = np.flatnonzero((label.pose.points != predicted[sample]).any(1))
        assert moved.tolist() == [joints[sample]]
        assert label.pose.points[joints[sample]] == pytest.approx(places[sample], abs=0.3)

    for done, sample in reversed(list(enumerate(queue))):
        for _ in range(2):  # the acceptance, then the drag
            hand.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        settle(window, qtbot)
        assert session.sample == sample
        assert np.array_equal(session.person_at(sample).points, predicted[sample])
        assert set(stored(folder)[0]) == set(queue[:done])
    assert session.undo.index() == 0
