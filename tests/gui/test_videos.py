"""Several videos in one project."""

import pytest
from PySide6.QtCore import Qt

from core.domain import SampleId
from tests.clips import make_clip, number_in
from tests.gui.conftest import open_path, settle
from tests.projects import add_video

WAIT = 10_000
FIRST, SECOND = 60, 30  # frames


@pytest.fixture
def two(bare_window, project, tmp_path, qtbot):
    """The first of two videos on screen; person 3 is alone in the second and queued there."""
    second = make_clip(tmp_path / "second.mp4", frames=SECOND, width=128, height=128)
    assert add_video(project, second, queued=(7, 21)) == 3
    open_path(bare_window, project, qtbot)
    return bare_window


def shown(window) -> tuple[str, int]:
    """Which video and which frame the picture is of, and everything else agrees."""
    workspace = window.workspace
    height, width = workspace.canvas.picture.pixels.shape[:2]
    assert (width, height) == (workspace.session.video.width, workspace.session.video.height)
    assert number_in(workspace.canvas.picture.pixels) == workspace.session.frame
    assert workspace.transport.slider.maximum() == workspace.session.video.frame_count - 1
    assert window.windowTitle().startswith(workspace.session.video.path.name)
    return workspace.session.video.path.name, workspace.session.frame


def wait_for(window, video: str, qtbot) -> None:
    qtbot.waitUntil(lambda: window.workspace.session.video.path.name == video, timeout=WAIT)
    settle(window, qtbot)
    qtbot.waitUntil(lambda: window.workspace.clip is not None, timeout=WAIT)


def test_the_drop_down_switches_everything(two, qtbot):
    workspace = two.workspace
    chooser = workspace.people.videos
    assert [chooser.itemText(n) for n in range(chooser.count())] == ["clip.mp4", "second.mp4"]
    chooser.showPopup()
    place = chooser.view().visualRect(chooser.model().index(1, 0)).center()
    qtbot.mouseMove(chooser.view().viewport(), place)
    qtbot.mouseClick(chooser.view().viewport(), Qt.MouseButton.LeftButton, pos=place)
    wait_for(two, "second.mp4", qtbot)
    assert shown(two) == ("second.mp4", 0)
    assert [person.sample for person in workspace.canvas.people] == [SampleId(3, 0)]
    assert workspace.people.tree.topLevelItemCount() == 1
    assert list(workspace.timeline._curves["thc"]) == [3]
    assert workspace.timeline.lanes["thc"].viewRange()[0][1] <= SECOND
    assert workspace.session.person == 3
    qtbot.keyClick(two, Qt.Key.Key_End)
    settle(two, qtbot)
    assert shown(two) == ("second.mp4", SECOND - 1)


def test_a_queue_row_of_another_video_opens_there_and_undo_comes_back(two, qtbot):
    session, model = two.workspace.session, two.workspace.queue.list.model()
    assert model.rowCount() == 8
    assert model.index(0).data() == "Person 1 · frame 0 · clip"
    assert model.index(6).data() == "Person 1 · frame 7 · second"
    qtbot.waitUntil(lambda: len(model.pictures) == 8, timeout=WAIT)
    qtbot.keyClick(two, Qt.Key.Key_Return)
    assert session.labels[SampleId(1, 0)].accepted
    view = two.workspace.queue.list
    view.scrollTo(model.index(6))
    place = view.visualRect(model.index(6)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    wait_for(two, "second.mp4", qtbot)
    assert shown(two) == ("second.mp4", 7)
    assert session.sample == SampleId(3, 7)
    qtbot.keyClick(two, Qt.Key.Key_Return)
    assert session.labels[SampleId(3, 7)].accepted
    settle(two, qtbot)
    assert session.sample == SampleId(3, 21)
    for _ in range(2):
        qtbot.keyClick(two, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait_for(two, "clip.mp4", qtbot)
    assert shown(two) == ("clip.mp4", 0)
    assert session.labels == {}
    assert len(two.workspace.canvas.people) == 2


def test_a_video_that_is_gone_is_said_and_the_first_stays(two, tmp_path, qtbot):
    (tmp_path / "second.mp4").unlink()
    two.workspace.open_sample(SampleId(3, 7))
    assert "second.mp4" in two.banner.sentence
    assert two.workspace.session.video.path.name == "clip.mp4"
    settle(two, qtbot)
    assert shown(two) == ("clip.mp4", 0)


def test_adding_a_video(window, tmp_path, monkeypatch, qtbot):
    assert not window.workspace.people.videos.isVisible()
    third = make_clip(tmp_path / "third.mp4", frames=12, width=144, height=80)
    monkeypatch.setattr("app.window.QFileDialog.getOpenFileName", lambda *_: (str(third), ""))
    window.perform("add_video")
    wait_for(window, "third.mp4", qtbot)
    assert shown(window) == ("third.mp4", 0)
    assert window.workspace.people.videos.currentText() == "third.mp4"
    assert window.workspace.steps._next.property("action") == "estimate"
    assert not window.workspace.steps.estimator.isVisible()  # it is the project's already
    qtbot.waitUntil(lambda: window.workspace.work.job is None, timeout=WAIT)
