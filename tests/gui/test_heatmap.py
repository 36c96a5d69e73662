"""The heatmap over the frame, and joints that snap to its peaks."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from core.domain import SampleId
from core.estimation.maps import Maps
from core.workflow.single_pose import BoxMaps
from tests.gui.conftest import drag, joint_place, settle

WAIT = 10_000
LEFT_ELBOW = 7
SIDE = 48  # cells, and pixels of the square: a cell is a pixel
PEAKS = ((30, 20), (12, 36))  # x, y cells, the higher first


@pytest.fixture
def looked(monkeypatch, window, qtbot) -> list[SampleId]:
    """In place of the real estimator: every joint may be in two places. Says which samples it was asked
    for.
    """
    asked = []

    class TwoPeaks:
        def __init__(self, project, video):
            self.video, self.round = video, project.latest_round()

        def maps(self, sample, box):
            asked.append(sample)
            y, x = np.mgrid[:SIDE, :SIDE]
            blobs = [np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8) for px, py in PEAKS]
            maps = np.repeat((0.8 * blobs[0] + 0.5 * blobs[1])[None].astype(np.float32), 17, 0)[None]
            return BoxMaps(sample, box, self.round, Maps((maps,)), np.array([20, 30, SIDE, SIDE]))

        def close(self):
            pass

    monkeypatch.setattr("core.workflow.single_pose.SingleEstimator", TwoPeaks)
    window.workspace.session.select_joint(LEFT_ELBOW)
    qtbot.keyClick(window, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: window.workspace.heatmap.seen is not None, timeout=WAIT)
    return asked


def peak_on_screen(window, n: int) -> QPoint:
    place = np.array([20, 30]) + PEAKS[n]
    return QPoint(*np.rint(window.workspace.canvas.view.to_screen(place)).astype(int).tolist())


def elbow(window) -> np.ndarray:
    return window.workspace.session.person_at(SampleId(1, 0)).points[LEFT_ELBOW]


def test_it_is_shown_while_it_is_on(window, looked, qtbot):
    canvas = window.workspace.canvas
    shown = canvas.grab().toImage()
    qtbot.keyClick(window, Qt.Key.Key_J)
    hidden = canvas.grab().toImage()
    assert shown.pixel(peak_on_screen(window, 0)) != hidden.pixel(peak_on_screen(window, 0))
    assert looked == [(1, 0)]
    qtbot.keyClick(window, Qt.Key.Key_D)
    settle(window, qtbot)
    assert looked == [(1, 0)]


def test_it_follows_the_selected_person(window, looked, qtbot):
    heatmap = window.workspace.heatmap
    qtbot.keyClick(window, Qt.Key.Key_D)
    settle(window, qtbot)
    qtbot.waitUntil(lambda: heatmap.seen is not None, timeout=WAIT)
    assert heatmap.seen.sample == (1, 1)
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert heatmap.seen is None  # until it is there, and a joint is selected
    qtbot.keyClick(window, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: heatmap.seen is not None, timeout=WAIT)
    assert heatmap.seen.sample == (2, 1)


@pytest.mark.parametrize("place", [0, 1])
def test_a_joint_that_is_dragged_snaps_to_a_peak(window, looked, qtbot, place):
    canvas = window.workspace.canvas
    drag(canvas, joint_place(window, 0, LEFT_ELBOW), peak_on_screen(window, place) + QPoint(4, -3), qtbot)
    assert elbow(window) == pytest.approx(np.array([20, 30]) + PEAKS[place], abs=0.05)


def test_a_joint_that_is_placed_snaps_and_elsewhere_does_not(window, looked, qtbot):
    canvas = window.workspace.canvas
    away = peak_on_screen(window, 0) + QPoint(30, -40)
    assert canvas.joint_under(away.toPointF()) is None
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=away)
    assert elbow(window) == pytest.approx(canvas.view.to_image(away.toPointF()), abs=0.01)
