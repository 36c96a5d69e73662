"""Poses and labels of other programs, by keys and dialogs."""

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox

from app.dialogs.poses import PosesDialog
from app.dialogs.which_video import WhichVideoDialog
from core.domain import SampleId, Skeleton
from core.project.project import Project
from tests.gui.conftest import in_modal, open_path, settle
from tests.projects import STANDING

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
WAIT = 60_000
OK = QDialogButtonBox.StandardButton.Ok


@pytest.fixture
def poses(tmp_path: Path) -> Path:
    """OpenPose's JSON with two people in COCO's order, a file per frame."""
    folder = tmp_path / "clip_json"
    folder.mkdir()
    for frame in range(60):
        people = [
            np.column_stack([STANDING * (70, 150) + (x + frame / 2, 40), np.full(17, 0.8)]).ravel().tolist()
            for x in (40, 180)
        ]
        content = {"people": [{"person_id": [-1], "pose_keypoints_2d": one} for one in people]}
        (folder / f"clip_{frame:012d}_keypoints.json").write_text(json.dumps(content))
    return folder


def begin(window, qtbot, act, button=OK) -> None:
    in_modal(
        window, qtbot, PosesDialog, lambda: qtbot.keyClick(window, Qt.Key.Key_I, CTRL | ALT), act, button
    )


def test_poses_are_shown_proposed_and_corrected(
    bare_window, clip: Path, poses: Path, monkeypatch: pytest.MonkeyPatch, qtbot
) -> None:
    window = bare_window
    open_path(window, clip, qtbot)
    session = window.workspace.session
    session.choose_estimator("lightning")

    def act(dialog: PosesDialog) -> None:
        ok = dialog.findChild(QDialogButtonBox).button(OK)
        assert not ok.isEnabled()
        qtbot.keyClicks(dialog.place, str(poses))
        assert ok.isEnabled()
        assert dialog.video.path == clip

    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        begin(window, qtbot, act)
    assert "Round 0 has 120 poses of 2 people from clip_json." in window.banner.sentence
    assert len(session.predictions) == 120
    assert session.scores("thc") is None
    assert np.isfinite(session.scores("wpu")).all()
    assert len(session.people_at(5)) == 2
    with qtbot.waitSignal(window.workspace.work.proposed, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_B)
    assert session.pending
    sample = session.pending[0].sample
    settle(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert sample in session.labels
    with Project(session.project.folder) as stored:
        assert sample in stored.store.labels()
    tasks = []

    def train(task, monitor):
        tasks.append(task)
        return {"given_stay": "they are nearer to your labels"}

    monkeypatch.setattr("core.workflow.fine_tune._train", train)
    qtbot.waitUntil(lambda: window.workspace.work.job is None, timeout=WAIT)
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        window.workspace.work.finetune()
    assert "The poses from clip_json stay, because they are nearer to your labels." in window.banner.sentence
    assert window.banner.way_out.text() == "Take the estimator's"
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.mouseClick(window.banner.way_out, Qt.MouseButton.LeftButton)
    assert [task.given is None for task in tasks] == [False, True]


def test_what_is_no_file_of_poses_is_said(bare_window, clip: Path, tmp_path: Path, qtbot) -> None:
    window = bare_window
    open_path(window, clip, qtbot)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        begin(window, qtbot, lambda dialog: dialog.place.setText(str(tmp_path / "a.csv")))
    assert "a.csv is no file of poses that is known. Give a folder of JSON" in window.banner.sentence
    assert window.workspace.session.predictions is None


def labels_of_one(folder: Path, image: dict, points: np.ndarray, skeleton: Skeleton) -> Path:
    """A COCO file of one person in one picture."""
    keypoints = np.concatenate([points, np.full((len(points), 1), 2)], 1).ravel().tolist()
    content = {
        "images": [{"id": 1, **image}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "keypoints": keypoints}],
        "categories": [{"id": 1, "name": "person", "keypoints": list(skeleton.joints)}],
    }
    path = folder / "labels.json"
    path.write_text(json.dumps(content))
    return path


def test_a_renamed_video_is_asked_for(window, tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = window.workspace.session
    row = session.predictions.rows_of_track(1)[4]
    frame, points = int(session.predictions.frame[row]), session.predictions.points[row] + 1.5
    image = {"file_name": f"another_{frame:06d}.png", "video": "another", "frame_id": frame}
    path = labels_of_one(tmp_path, image, points, session.skeleton)
    monkeypatch.setattr("app.actions.files.QFileDialog.getOpenFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_I, CTRL)
    assert "its images are of another" in window.banner.sentence

    def act(dialog: WhichVideoDialog) -> None:
        assert dialog.list.count() == 1
        assert dialog.chosen == str(session.video.path)

    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        in_modal(window, qtbot, WhichVideoDialog, lambda: press_offer(window, qtbot), act, OK)
    assert "1 pose was labelled from labels.json" in window.banner.sentence
    assert len(session.labels) == 1


def press_offer(window, qtbot) -> None:
    assert window.banner.way_out.text() == "Which video…"
    qtbot.mouseClick(window.banner.way_out, Qt.MouseButton.LeftButton)


def test_frames_counted_from_one_are_asked_about_by_buttons(
    window, tmp_path: Path, monkeypatch, qtbot
) -> None:
    """There is no frame as the last one is called, so as it is written it cannot be."""
    session = window.workspace.session
    last = session.video.frame_count
    points = session.predictions.points[session.predictions.row(SampleId(1, last - 1))]
    path = labels_of_one(tmp_path, {"file_name": f"frame_{last:06d}.png"}, points, session.skeleton)
    monkeypatch.setattr("app.actions.files.QFileDialog.getOpenFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_I, CTRL)
    assert "--" not in window.banner.sentence
    assert window.banner.way_out.text() == "Count from 1"
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.mouseClick(window.banner.way_out, Qt.MouseButton.LeftButton)
    assert list(session.labels) == [SampleId(1, last - 1)]
