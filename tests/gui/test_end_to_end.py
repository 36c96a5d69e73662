"""The whole loop with the real estimator, driven by mouse and keys."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QPushButton

from app.session.project_opening import target_of
from core.domain import SampleId
from core.project.project import Project
from core.project.store.store import Store
from tests.clips import make_demo
from tests.gui.conftest import drag, image_place, joint_place, open_path, settle
from tests.gui.test_exchange import in_export_dialog

FRAMES = 24
LONG = 900_000  # milliseconds: as long as it takes where others work, too
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="session")
def upside_down(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("clips") / "upside_down.mp4", FRAMES, turned=True)


@pytest.fixture
def video(upside_down: Path, tmp_path: Path) -> Path:
    """The clip with a project beside it that uses the small estimator and fine-tunes for a moment only."""
    video = tmp_path / upside_down.name
    shutil.copyfile(upside_down, video)
    with Project(target_of(video).folder, create=True) as project:
        project.store.set_setting("estimator", "lightning")
        # fewer spoil poses that were accepted, and the round is refused
        project.store.set_setting("steps", 80)
    return video


def in_database(window) -> Store:
    return Store(window.workspace.session.project.folder / "project.sqlite")


def stored_labels(window) -> dict:
    store = in_database(window)
    labels = store.labels(accepted_only=False)
    store.close()
    return labels


def same(one, other) -> bool:
    return np.array_equal(one.pose.points, other.pose.points) and one.pose.box == other.pose.box


def estimate(window, qtbot) -> None:
    with qtbot.waitSignal(window.workspace.work.ended, timeout=LONG):
        qtbot.mouseClick(window.workspace.steps._next, Qt.MouseButton.LeftButton)
    assert window.workspace.session.round == 0, window.banner.sentence


def propose(window, qtbot) -> None:
    with qtbot.waitSignal(window.workspace.work.ended, timeout=LONG):
        qtbot.keyClick(window, Qt.Key.Key_B)
    settle(window, qtbot)


def accept(window, qtbot) -> SampleId:
    """Twice where the window doubts the pose."""
    session = window.workspace.session
    sample = session.sample
    qtbot.keyClick(window, Qt.Key.Key_Return)
    settle(window, qtbot)
    if (
        session.sample == sample
        and "accept it again" in window.status.currentMessage() + window.banner.sentence
    ):
        qtbot.keyClick(window, Qt.Key.Key_Return)
        settle(window, qtbot)
    return sample


def test_the_whole_loop(bare_window, video, tmp_path, qtbot):
    window = bare_window
    open_path(window, video, qtbot)
    workspace, session = window.workspace, window.workspace.session
    estimate(window, qtbot)
    assert len(session.tracks) == 2
    assert all(len(curves) == 2 for curves in workspace.timeline._curves.values())
    assert len(workspace.canvas.people) == 2

    propose(window, qtbot)
    queued = [item.sample for item in session.pending]
    assert len(queued) == 5
    assert session.sample == queued[0]
    assert session.joint is not None

    correct_a_joint_and_change_ones_mind(window, qtbot)
    labelled = [accept(window, qtbot) for _ in range(3)]
    assert labelled == queued[:3]
    assert workspace.queue._counter.text() == "3 of 5, less than a minute left"
    before = stored_labels(window)
    first_poses = session.predictions

    with qtbot.waitSignal(workspace.work.started, timeout=LONG):
        qtbot.keyClick(window, Qt.Key.Key_L, CTRL)
    labelled.append(go_on_labelling(window, queued[3], qtbot))
    qtbot.waitUntil(lambda: workspace.work.job is None, timeout=LONG)

    assert session.round == 1, window.banner.sentence
    assert session.predictions is not first_poses
    assert not np.array_equal(session.predictions.points, first_poses.points)
    after = stored_labels(window)
    assert set(after) == set(labelled)
    assert all(same(after[sample], label) for sample, label in before.items())
    assert after[labelled[3]].pose.round == 0  # it was corrected from the round before
    assert all(len(curves) == 2 for curves in workspace.timeline._curves.values())
    assert session.rounds[0].g is not None
    assert workspace.rounds.table.item(1, 2).text() == f"{session.rounds[0].g:.2f}"
    assert workspace.rounds._advice.text() == session.rounds[-1].advice.sentence != ""

    export(window, tmp_path / "poses", len(labelled), qtbot)


def correct_a_joint_and_change_ones_mind(window, qtbot) -> None:
    """A joint dragged, undone and redone."""
    canvas, sample = window.workspace.canvas, window.workspace.session.sample
    person = [p.sample for p in canvas.people].index(sample)
    joint = window.workspace.session.joint
    start = joint_place(window, person, joint)
    end = start + QPoint(24, -18)
    drag(canvas, start, end, qtbot)
    moved = stored_labels(window)[sample].pose.points[joint]
    assert moved == pytest.approx(image_place(window, end), abs=2)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert sample not in stored_labels(window)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL | SHIFT)
    assert np.array_equal(stored_labels(window)[sample].pose.points[joint], moved)


def go_on_labelling(window, sample: SampleId, qtbot) -> SampleId:
    """Steps through frames and accepts a pose while the estimator is fine-tuned; returns the sample."""
    workspace = window.workspace
    for _ in range(12):
        qtbot.keyClick(window, Qt.Key.Key_D)
        settle(window, qtbot)
    workspace.open_sample(sample)
    settle(window, qtbot)
    accepted = accept(window, qtbot)
    assert workspace.work.job is not None
    assert workspace.work.job.name == "Fine-tuning"
    assert workspace.session.labels[sample].accepted
    return accepted


def export(window, folder: Path, labels: int, qtbot) -> None:
    with qtbot.waitSignal(window.workspace.work.said, timeout=LONG):
        in_export_dialog(window, qtbot, lambda dialog: dialog._place.setText(str(folder)))
    assert str(folder) in window.banner.sentence
    assert window.banner.isVisible()
    coco = COCO(str(folder / "annotations.json"))
    assert len(coco.anns) == labels
    assert json.loads((folder / "annotations.json").read_text())["categories"][0]["name"] == "person"


@pytest.fixture
def labelled(bare_window, video, qtbot):
    """Estimated, and one proposed pose accepted."""
    open_path(bare_window, video, qtbot)
    estimate(bare_window, qtbot)
    propose(bare_window, qtbot)
    accept(bare_window, qtbot)
    return bare_window


def files_of(folder: Path) -> set[Path]:
    """Without the databases and the locks, which come and go."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder) for path in found if "sqlite" not in path.name and ".lock" not in path.name
    }


def start_finetuning(window, qtbot) -> None:
    """Until the training process reports its first stage."""
    qtbot.keyClick(window, Qt.Key.Key_L, CTRL)
    with qtbot.waitSignal(window.workspace.work.job.progress, timeout=LONG):
        pass


def test_cancelled_and_interrupted_finetuning_leave_the_project_as_it_was(labelled, qtbot):
    session, work = labelled.workspace.session, labelled.workspace.work
    folder = session.project.folder
    files, labels, poses = files_of(folder), stored_labels(labelled), session.predictions.points.copy()

    start_finetuning(labelled, qtbot)
    with qtbot.waitSignal(work.ended, timeout=LONG):
        qtbot.mouseClick(labelled.status._cancel, Qt.MouseButton.LeftButton)
        assert labelled.status._cancel.text() == "Stopping…"
    assert "cancelled" in labelled.status.currentMessage()
    assert session.round == 0
    assert np.array_equal(session.predictions.points, poses)
    assert files_of(folder) == files
    assert all(same(label, labels[sample]) for sample, label in stored_labels(labelled).items())

    start_finetuning(labelled, qtbot)

    def quit_it() -> None:
        buttons = QApplication.activeModalWidget().findChildren(QPushButton)
        qtbot.mouseClick(next(one for one in buttons if one.text() == "Quit"), Qt.MouseButton.LeftButton)

    QTimer.singleShot(100, quit_it)
    labelled.close()
    assert labelled.isVisible()  # "Stopping…" is shown, nobody waits in front of a frozen window
    qtbot.waitUntil(labelled.isHidden, timeout=LONG)
    with Project(folder) as project:
        assert project.latest_round() == 0
        assert len(project.store.rounds()) == 1
    assert files_of(folder) == files
