"""Several videos in one project, folders of images among them."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QPushButton

from app.background.job import Job
from app.dialogs.which_video import WhichVideoDialog
from app.panels.sample_rows import shortened
from app.panels.videos import WIDEST
from app.session.recent_projects import Recent
from app.session.session import Change
from core.domain import SampleId
from core.project.project import Project
from tests.clips import make_clip, make_images, number_in
from tests.commands import refused
from tests.gui.conftest import choose, drop, open_path, settle
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
    chooser = workspace.people.videos.list
    assert [chooser.itemText(n) for n in range(chooser.count())] == ["clip.mp4", "second.mp4"]
    assert [chooser.itemData(n) for n in range(chooser.count())] == ["6 to correct", "2 to correct"]
    choose(chooser, "second.mp4", qtbot)
    wait_for(two, "second.mp4", qtbot)
    assert shown(two) == ("second.mp4", 0)
    assert [person.sample for person in workspace.canvas.people] == [SampleId(3, 0)]
    assert workspace.people.model.rowCount() == 1
    assert list(workspace.timeline._curves["thc"]) == [3]
    assert workspace.timeline.lanes["thc"].viewRange()[0][1] <= SECOND
    assert workspace.session.person == 3
    two.perform("last_frame")
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


def test_a_video_that_is_gone_is_said_and_its_people_are_shown_on_grey(two, tmp_path, qtbot):
    (tmp_path / "second.mp4").unlink()
    two.workspace.open_sample(SampleId(3, 7))
    assert "second.mp4 is gone" in two.banner.sentence
    assert two.banner.way_out.text() == "Find the video…"
    settle(two, qtbot)
    assert two.workspace.session.sample == SampleId(3, 7)
    assert [person.sample for person in two.workspace.canvas.people] == [SampleId(3, 7)]
    assert (two.workspace.canvas.picture.pixels == 96).all()
    assert two.workspace.canvas.picture.pixels.shape[:2] == (128, 128)


def test_adding_a_video(window, tmp_path, monkeypatch, qtbot):
    assert not window.workspace.people.videos.isVisible()
    third = make_clip(tmp_path / "third.mp4", frames=12, width=144, height=80)
    monkeypatch.setattr("app.actions.opening.QFileDialog.getOpenFileNames", lambda *_: ([str(third)], ""))
    window.perform("add_video")
    wait_for(window, "third.mp4", qtbot)
    assert shown(window) == ("third.mp4", 0)
    assert window.workspace.people.videos.list.currentText() == "third.mp4"
    assert window.workspace.people.videos.list.currentData() == "not estimated"
    assert window.workspace.steps._next.property("action") == "estimate"
    assert not window.workspace.steps.estimator.isVisible()  # it is the project's already
    qtbot.waitUntil(lambda: window.workspace.work.job is None, timeout=WAIT)


def test_two_of_one_name_are_told_apart(bare_window, tmp_path, qtbot):
    parts = [("left", "trial.mp4"), ("right", "trial.mp4"), ("right", "other.mp4")]
    for n, (place, name) in enumerate(parts):
        (tmp_path / place).mkdir(exist_ok=True)
        make_clip(tmp_path / place / name, frames=12 + n)
    with Project(tmp_path / "project", create=True) as project:
        for place, name in parts:
            project.add_video(tmp_path / place / name)
    open_path(bare_window, tmp_path / "project", qtbot)
    videos = bare_window.workspace.people.videos.list
    told = ["left/trial.mp4", "right/trial.mp4", "other.mp4"]
    assert [videos.itemText(place) for place in range(3)] == told
    assert bare_window.windowTitle().startswith("left/trial.mp4")
    dialog = WhichVideoDialog(bare_window.workspace.session, "labels.csv", bare_window)
    assert [dialog.list.item(place).text().split("    ")[0] for place in range(3)] == told
    said = refused("people", tmp_path / "project", "list", "--video", "trial.mp4")
    assert f"one of the project's ({', '.join(told)}) with --video" in " ".join(said.split())


def names(window) -> list[str]:
    """The videos of the open project."""
    return [video.path.name for video in window.workspace.session.videos]


def test_a_folder_of_images_opens_like_a_video(bare_window, tmp_path, qtbot):
    folder = make_images(tmp_path / "walk_10fps", 12)
    (folder / "walk 7.png").write_bytes(b"no image")
    drop(bare_window, folder)
    wait_for_session(bare_window, qtbot)
    wait_for(bare_window, "walk_10fps", qtbot)
    assert bare_window.workspace.session.project.folder == tmp_path / "walk_10fps.posetailor"
    assert shown(bare_window) == ("walk_10fps", 0)
    assert bare_window.workspace.clip.times[10] == pytest.approx(1.0)
    qtbot.keyClick(bare_window, Qt.Key.Key_End)
    settle(bare_window, qtbot)
    assert shown(bare_window) == ("walk_10fps", 11)
    for _ in range(3):
        qtbot.keyClick(bare_window, Qt.Key.Key_Left)
    settle(bare_window, qtbot)
    assert shown(bare_window) == ("walk_10fps", 8)
    qtbot.keyClick(bare_window, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: "walk 7.png is not an image" in bare_window.status.currentMessage(), timeout=WAIT)
    bare_window.close_project()
    open_path(bare_window, tmp_path / "walk_10fps.posetailor", qtbot)
    assert shown(bare_window) == ("walk_10fps", 0)


def test_a_folder_of_images_joins_a_video(window, tmp_path, monkeypatch, qtbot):
    folder = make_images(tmp_path / "walk", 5)
    monkeypatch.setattr("app.actions.opening.QFileDialog.getExistingDirectory", lambda *_: str(folder))
    window.perform("add_images")
    wait_for(window, "walk", qtbot)
    assert shown(window) == ("walk", 0)
    assert names(window) == ["clip.mp4", "walk"]
    qtbot.waitUntil(lambda: window.workspace.work.job is None, timeout=WAIT)


def test_queued_poses_in_images_have_pictures(bare_window, project, tmp_path, qtbot):
    add_video(project, make_images(tmp_path / "walk", 12), queued=(3, 11))
    open_path(bare_window, project, qtbot)
    model = bare_window.workspace.queue.list.model()
    qtbot.waitUntil(lambda: len(model.pictures) == 8, timeout=WAIT)
    bare_window.workspace.open_sample(SampleId(3, 11))
    wait_for(bare_window, "walk", qtbot)
    assert shown(bare_window) == ("walk", 11)


def test_several_videos_dropped_make_one_project(bare_window, clip, tmp_path, qtbot):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all" * 100)
    drop(bare_window, clip, broken, make_images(tmp_path / "walk", 4))
    wait_for_session(bare_window, qtbot)
    assert names(bare_window) == ["clip.mp4", "walk"]
    assert "broken.mp4" in bare_window.banner.sentence
    assert bare_window.workspace.session.project.folder == tmp_path / "clip.posetailor"


def test_a_folder_of_videos_opens_as_one_project(bare_window, tmp_path, qtbot):
    drop(bare_window, make_takes(tmp_path))
    wait_for_session(bare_window, qtbot)
    assert names(bare_window) == ["take 1.mp4", "take 2.mp4", "take 10.mp4"]
    assert bare_window.workspace.session.project.folder == tmp_path / "takes.posetailor"
    wait_for(bare_window, "take 1.mp4", qtbot)


def test_a_folder_of_videos_dropped_on_a_project_joins_it(window, tmp_path, qtbot):
    drop(window, make_takes(tmp_path))
    wait_for(window, "take 1.mp4", qtbot)
    assert names(window) == ["clip.mp4", "take 1.mp4", "take 2.mp4", "take 10.mp4"]
    qtbot.waitUntil(lambda: window.workspace.work.job is None, timeout=WAIT)


def test_a_folder_with_neither_is_said_to_be_so(bare_window, project, clip, tmp_path):
    (tmp_path / "empty").mkdir()
    bare_window.open(tmp_path / "empty")
    assert "holds no images or videos" in bare_window.banner.sentence
    bare_window.open(clip, project)
    assert "is a project. Open it by itself" in bare_window.banner.sentence
    assert bare_window.workspace is None


def make_takes(folder):
    """A folder of videos."""
    takes = folder / "takes"
    takes.mkdir()
    for n in (10, 2, 1):
        make_clip(takes / f"take {n}.mp4", frames=n + 2)
    return takes


def wait_for_session(window, qtbot) -> None:
    qtbot.waitUntil(
        lambda: window.workspace is not None and window.workspace.session is not None, timeout=WAIT
    )


def test_all_videos_are_estimated_or_the_one_on_screen_and_it_is_said_which(two, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "core.workflow.estimate.estimate", lambda project, videos, *_, **__: asked.append(videos)
    )
    work, subjects = two.workspace.work, []
    work.started.connect(lambda job: subjects.append(two.status._stage.text()))
    for keys in (
        Qt.KeyboardModifier.ControlModifier,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier,
    ):
        key = Qt.Key.Key_R if not asked else Qt.Key.Key_E
        with qtbot.waitSignal(work.ended, timeout=WAIT):
            qtbot.keyClick(two, key, keys)
    assert asked == [[1, 2], [1]]
    assert subjects == ["Estimating · 2 videos", "Estimating · clip.mp4"]


def test_a_long_name_is_shortened_in_its_middle_and_not_cut_off(two, qtbot):
    chooser = two.workspace.people.videos.list
    assert chooser.shown == "clip.mp4"
    chooser.setItemText(0, "a_video_of_two_people_outdoors_in_the_evening.mp4")
    assert chooser.shown.startswith("a_video")
    assert "…" in chooser.shown
    assert chooser.shown.endswith(".mp4")


LONG = f"{'participant_17_walks_on_the_beam_' * 7}.mp4"


def test_a_long_name_makes_nothing_wider_than_the_screen(two, qtbot):
    status, chooser = two.status, two.workspace.people.videos
    before = two.minimumSizeHint().width()
    status.show_clip(f"{LONG} · 1088 × 1920 · 60 fps · 100 frames")
    status.begin_job(Job("Estimating", lambda monitor: None, two, LONG))
    assert two.minimumSizeHint().width() < before + 600  # for the progress, its time and two buttons
    assert status._clip.shown.startswith("participant_17")
    assert status._clip.shown.endswith("100 frames")
    assert "…" in status._stage.text()
    status.end_job()
    path = Path(LONG)
    two.workspace.session.videos[0] = replace(two.workspace.session.videos[0], path=path)
    welcome = two._welcome
    welcome.show_recent([Recent(f"/{LONG}/project", LONG, "Round 0")])
    row = welcome.findChild(QPushButton, "recent")
    assert row.sizeHint().width() <= row.parentWidget().width()
    assert row.text().startswith("participant_17")
    chooser._refresh(Change.TRACKS)
    assert chooser.list.view().minimumWidth() <= WIDEST


@pytest.mark.parametrize(
    ("title", "width", "wanted"),
    [
        ("Person 1 · frame 42 · walk_cam01", 230, "Person 1 · frame 42 · walk_cam01"),
        ("Person 1 · frame 42 · assisted_walking_cam01", 190, "Person 1 · frame 42 · a…01"),
        (f"{'Somebody ' * 9}· frame 42", 90, "Som…e 42"),
    ],
)
def test_of_a_row_the_end_of_the_videos_name_is_seen(qapp, title, width, wanted):
    metrics = QFontMetrics(qapp.font())
    shown = shortened(title, metrics, width)
    assert metrics.horizontalAdvance(shown) <= width
    assert shown[:3] == wanted[:3]
    assert shown[-2:] == wanted[-2:]
    assert ("…" in shown) == ("…" in wanted)


def test_it_is_said_how_many_of_the_videos_were_reached_in_the_time(two, qtbot):
    said = []
    two.workspace.session.hint.connect(said.append)
    two.workspace.work._say_reached("")
    assert not said
    two.workspace.work._say_reached("The time allowed reached 1 of 2 videos")
    assert said == ["The time allowed reached 1 of 2 videos; the others follow in the background."]
