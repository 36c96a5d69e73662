"""Refined poses in the window: shown, taken over, filled in, and never taken for labels by themselves."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from app.canvas import people
from app.session import refined_poses as module
from core.domain import COCO17, SampleId
from core.queries.status import status
from tests.gui.conftest import drag, joint_place, open_path, settle
from tests.projects import add_round

ELBOW = 7
SHIFT = Qt.KeyboardModifier.ShiftModifier


def move_elbow(window, qtbot) -> None:
    start = joint_place(window, 0, ELBOW)
    drag(window.workspace.canvas, start, start + QPoint(-40, 30), qtbot)


def accept(window, qtbot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Return)


def go(window, qtbot, frame: int) -> None:
    window.workspace.session.go_to(frame)
    settle(window, qtbot)


def label_elbow(window, qtbot, *frames: int) -> None:
    for frame in frames:
        go(window, qtbot, frame)
        move_elbow(window, qtbot)
        accept(window, qtbot)


def off(workspace, frame: int) -> float:
    """Pixels between the elbow as refined and as predicted."""
    sample = SampleId(1, frame)
    return float(
        np.linalg.norm(
            workspace.refined.points_at(sample) - workspace.session.person_at(sample).prediction.points,
            axis=1,
        )[ELBOW]
    )


def test_a_correction_moves_the_frames_around_it_at_once(window, qtbot):
    workspace = window.workspace
    session = workspace.session
    assert off(workspace, 12) < 1
    go(window, qtbot, 10)
    move_elbow(window, qtbot)
    assert off(workspace, 12) > 3  # not accepted yet
    assert off(workspace, 12) > off(workspace, 25)
    assert SampleId(1, 12) not in session.labels
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert off(workspace, 12) < 1


def test_while_the_hand_moves_the_neighbours_follow(window, qtbot, monkeypatch):
    seen = []
    whole = people.overlays.draw_onion
    monkeypatch.setattr(
        people.overlays,
        "draw_onion",
        lambda painter, points, *rest: (seen.append(points), whole(painter, points, *rest)),
    )
    go(window, qtbot, 10)
    canvas = window.workspace.canvas
    canvas.show_ghosts("neighbours")
    before = window.workspace.session.person_at(SampleId(1, 11)).points[ELBOW]

    def follows() -> None:
        seen.clear()
        canvas.grab()
        assert max(np.linalg.norm(points[ELBOW] - before) for points in seen) > 5
        assert SampleId(1, 10) not in window.workspace.session.labels

    start = joint_place(window, 0, ELBOW)
    drag(canvas, start, start + QPoint(-40, 30), qtbot, follows)


def test_a_key_shows_and_hides_it(window, qtbot):
    label_elbow(window, qtbot, 10)
    go(window, qtbot, 12)
    canvas = window.workspace.canvas
    shown = canvas.grab().toImage()
    qtbot.keyClick(window, Qt.Key.Key_J, SHIFT)
    hidden = canvas.grab().toImage()
    assert shown != hidden
    qtbot.keyClick(window, Qt.Key.Key_J, SHIFT)
    assert canvas.grab().toImage() == shown


def test_where_it_is_the_predicted_pose_nothing_is_drawn(window, qtbot):
    canvas = window.workspace.canvas
    shown = canvas.grab().toImage()
    qtbot.keyClick(window, Qt.Key.Key_J, SHIFT)
    assert canvas.grab().toImage() == shown


def test_i_takes_it_over_as_a_label_in_the_making(window, qtbot):
    session = window.workspace.session
    label_elbow(window, qtbot, 10)
    go(window, qtbot, 12)
    wanted = window.workspace.refined.points_at(SampleId(1, 12)).copy()
    qtbot.keyClick(window, Qt.Key.Key_I)
    label = session.labels[SampleId(1, 12)]
    assert not label.accepted
    assert label.pose.points == pytest.approx(wanted)
    assert np.array_equal(
        label.pose.prediction.points,
        session.predictions.pose(session.predictions.row(SampleId(1, 12))).points,
    )
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert SampleId(1, 12) not in session.labels


def test_all_between_two_labels_are_filled_by_one_key_and_emptied_by_another(window, qtbot):
    session = window.workspace.session
    label_elbow(window, qtbot, 10, 21)
    go(window, qtbot, 15)
    wanted = {frame: window.workspace.refined.points_at(SampleId(1, frame)).copy() for frame in range(11, 21)}
    before = status(session.project)[-1]
    qtbot.keyClick(window, Qt.Key.Key_I, SHIFT)
    now = status(session.project)[-1]
    assert (now.g, now.share) == (before.g, before.share)  # nobody compared them with what was estimated
    assert (before.labelled, now.labelled) == (2, 12)
    assert sum(label.accepted for label in session.labels.values()) == 12
    for frame, points in wanted.items():
        assert session.labels[SampleId(1, frame)].pose.points == pytest.approx(points)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(session.labels) == 2


def test_labels_too_far_apart_are_not_filled(window, qtbot, monkeypatch):
    monkeypatch.setattr("app.session.editing.LONGEST", 0.1)
    label_elbow(window, qtbot, 10, 21)
    go(window, qtbot, 15)
    qtbot.keyClick(window, Qt.Key.Key_I, SHIFT)
    assert "too far" in window.status.currentMessage()
    assert len(window.workspace.session.labels) == 2


def test_only_what_is_near_a_change_is_computed_again(window, qtbot, monkeypatch):
    session = window.workspace.session
    monkeypatch.setattr(module, "BLOCK", 8)
    window.workspace.refined._forget()
    computed = []
    whole = window.workspace.refined._compute
    monkeypatch.setattr(
        window.workspace.refined, "_compute", lambda *args: computed.append(args[:2]) or whole(*args)
    )
    for frame in range(60):
        window.workspace.refined.points_at(SampleId(1, frame))
    assert len(computed) == 8
    computed.clear()
    monkeypatch.setattr("core.refinement.refine.REACH", 0.3)  # 60 frames are two seconds
    session.labels_changed.emit({SampleId(1, 30)})
    for track in (1, 2):
        for frame in range(60):
            window.workspace.refined.points_at(SampleId(track, frame))
    assert len([one for one in computed if one[0] == 1]) < 8


def exchanged_sides(columns) -> None:
    rows = (columns["track"] == 1) & (columns["frame"] >= 10) & (columns["frame"] < 20)
    columns["points"][rows] = columns["points"][rows][:, COCO17.flip_index]


def test_one_key_mends_a_whole_stretch_and_another_takes_it_back(bare_window, project, qtbot):
    add_round(project, exchanged_sides)
    open_path(bare_window, project, qtbot)
    session, checks = bare_window.workspace.session, bare_window.workspace.track_checks
    qtbot.waitUntil(lambda: any(one.mistake for one in checks.found), timeout=10_000)
    heard = []
    session.hint.connect(heard.append)
    for _ in checks.found:
        qtbot.keyClick(bare_window, Qt.Key.Key_N, SHIFT)
        if "left and right are exchanged" in heard[-1]:
            break
    settle(bare_window, qtbot)
    assert 10 <= session.frame < 20
    qtbot.keyClick(bare_window, Qt.Key.Key_T)
    assert heard[-1].endswith("10 poses were put right and are labels now.")
    assert sorted(sample.frame for sample in session.labels) == list(range(10, 20))
    for sample, label in session.labels.items():
        right = session.person_at(sample).prediction.points[COCO17.flip_index]
        assert label.pose.points == pytest.approx(right)
    qtbot.waitUntil(lambda: not any(one.mistake for one in checks.found), timeout=10_000)
    qtbot.keyClick(bare_window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.labels == {}
