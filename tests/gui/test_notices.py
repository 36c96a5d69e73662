"""A project in trouble: its video gone, its file damaged, another window in it. The window says so and
offers a way out.
"""

import sqlite3
from contextlib import closing

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QToolButton

from app.panels.banner import Notice
from app.window.window import Window
from core.domain import SampleId
from core.export.options import ExportOptions
from core.project.project import DATABASE, Project
from core.project.recovery.backups import back_up, backups
from core.project.store.store import Store
from tests.clips import make_clip, number_in
from tests.gui.conftest import drag, joint_place, open_path, settle

WAIT = 10_000


def press_the_offer(window, qtbot) -> None:
    qtbot.mouseClick(window.banner.way_out, Qt.MouseButton.LeftButton)


@pytest.fixture
def without_video(bare_window, project, clip, tmp_path, qtbot):
    """The project open, its video in another folder."""
    (tmp_path / "elsewhere").mkdir()
    clip.rename(tmp_path / "elsewhere" / "moved.mp4")
    open_path(bare_window, project, qtbot)
    return bare_window


def test_without_its_video_a_project_opens_with_all_that_is_known(without_video, qtbot):
    window = without_video
    assert "clip.mp4 is gone, so there are no pictures" in window.banner.sentence
    session = window.workspace.session
    assert [person.sample for person in window.workspace.canvas.people] == [SampleId(1, 0), SampleId(2, 0)]
    assert (window.workspace.canvas.picture.pixels == 96).all()
    assert len(session.predictions) == 90
    assert window.workspace.queue.list.model().rowCount() == 6
    qtbot.keyClick(window, Qt.Key.Key_Right)
    settle(window, qtbot)
    assert session.frame == window.workspace.canvas.shown == 1
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert session.labels[SampleId(1, 1)].accepted


def test_the_video_is_found_again(without_video, tmp_path, monkeypatch, qtbot):
    window = without_video
    moved = tmp_path / "elsewhere" / "moved.mp4"
    monkeypatch.setattr("app.window.notices.QFileDialog.getOpenFileName", lambda *_: (str(moved), ""))
    qtbot.keyClick(window, Qt.Key.Key_Right)
    press_the_offer(window, qtbot)
    qtbot.waitUntil(lambda: window.workspace.session.missing == "", timeout=WAIT)
    settle(window, qtbot)
    assert number_in(window.workspace.canvas.picture.pixels) == 1
    assert window.windowTitle().startswith("moved.mp4")
    qtbot.waitUntil(lambda: window.workspace.work.job is None, timeout=WAIT)
    with Project(tmp_path / "clip.posetailor") as project:
        assert project.videos()[0].path == moved
        assert len(project.videos()) == 1


def test_another_video_is_refused_unless_it_fits_and_is_wanted(without_video, tmp_path, monkeypatch, qtbot):
    window = without_video
    files = [make_clip(tmp_path / "long.mp4", frames=61), make_clip(tmp_path / "other.mp4", frames=60, gop=5)]
    monkeypatch.setattr("app.window.notices.QFileDialog.getOpenFileName", lambda *_: (str(files.pop(0)), ""))
    press_the_offer(window, qtbot)
    qtbot.waitUntil(
        lambda: "has 61 frames of 160 x 96 pixels, not 60" in window.banner.sentence, timeout=WAIT
    )
    assert window.banner.way_out.text() == "Choose another…"
    qtbot.waitUntil(lambda: window.workspace.work.job is None, timeout=WAIT)
    press_the_offer(window, qtbot)
    qtbot.waitUntil(lambda: "of the same length and size" in window.banner.sentence, timeout=WAIT)
    qtbot.waitUntil(lambda: window.workspace.work.job is None, timeout=WAIT)
    assert window.workspace.session.missing
    press_the_offer(window, qtbot)
    qtbot.waitUntil(lambda: window.workspace.session.missing == "", timeout=WAIT)
    settle(window, qtbot)
    assert number_in(window.workspace.canvas.picture.pixels) == 0
    qtbot.waitUntil(lambda: window.workspace.work.job is None, timeout=WAIT)


def test_another_video_in_its_place_is_not_taken_for_it(bare_window, project, clip, qtbot):
    make_clip(clip, frames=25, width=128, height=64)
    open_path(bare_window, project, qtbot)
    assert "clip.mp4 is another video than the one of this project" in bare_window.banner.sentence
    assert bare_window.workspace.canvas.picture.pixels.shape[:2] == (96, 160)
    assert bare_window.workspace.transport.slider.maximum() == 59
    qtbot.keyClick(bare_window, Qt.Key.Key_End)
    settle(bare_window, qtbot)
    assert bare_window.workspace.canvas.shown == 59
    assert [video.path.name for video in bare_window.workspace.session.videos] == ["clip.mp4"]


def test_a_project_moved_together_with_its_video_just_opens(bare_window, project, clip, tmp_path, qtbot):
    (tmp_path / "new").mkdir()
    clip.rename(tmp_path / "new" / "clip.mp4")
    moved = project.rename(tmp_path / "new" / "clip.posetailor")
    open_path(bare_window, moved, qtbot)
    assert not bare_window.banner.isVisible()
    assert number_in(bare_window.workspace.canvas.picture.pixels) == 0
    assert bare_window.workspace.session.project.videos()[0].path == tmp_path / "new" / "clip.mp4"


def test_what_else_is_wrong_is_said_once_the_first_was_read(bare_window, project, clip, qtbot):
    clip.unlink()
    for file in (project / "computed").rglob("samples*.h5"):
        file.unlink()
    open_path(bare_window, project, qtbot)
    banner = bare_window.banner
    assert "clip.mp4 is gone" in banner.sentence
    qtbot.mouseClick(banner.findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert "missing or damaged" in banner.sentence
    qtbot.mouseClick(banner.findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert not banner.isVisible()


@pytest.fixture
def second_window(window, project, qtbot):
    """Another one on the same project."""
    other = Window()
    qtbot.addWidget(other)
    other.show()
    open_path(other, project, qtbot)
    yield other
    other.close()
    qtbot.waitUntil(other.isHidden, timeout=WAIT)


def test_a_write_protected_project_is_looked_at_and_exported(
    bare_window, project, tmp_path, monkeypatch, qtbot
):
    with closing(Store(project / DATABASE)):  # so that what waited beside the file is in it
        pass
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    monkeypatch.setattr("core.project.store.connection._writable", lambda _: False)
    open_path(bare_window, project, qtbot)
    assert "clip.posetailor is write-protected, so it can be looked at" in bare_window.banner.sentence
    assert "only to look at" in bare_window.windowTitle()
    assert len(bare_window.workspace.session.tracks) == 2
    qtbot.keyClick(bare_window, Qt.Key.Key_Return)
    assert "is write-protected, so nothing is changed" in bare_window.banner.sentence
    assert bare_window.workspace.work.why_not("finetune") == "clip.posetailor is write-protected."
    bare_window.workspace.work.export("coco", tmp_path / "out", ExportOptions())
    qtbot.waitUntil(lambda: "predictions" in bare_window.banner.sentence, timeout=WAIT)
    bare_window.close_project()
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_a_second_window_only_looks(window, second_window, tmp_path, qtbot):
    assert "only to look at" in second_window.windowTitle()
    assert "open for editing in another window" in second_window.banner.sentence
    session = second_window.workspace.session
    start = joint_place(second_window, 0, 7)
    for change in (
        lambda: qtbot.keyClick(second_window, Qt.Key.Key_Return),
        lambda: drag(second_window.workspace.canvas, start, start * 1.1, qtbot),
        lambda: second_window.perform("skip"),
        lambda: second_window.perform("delete_person"),
        lambda: session.choose_estimator("lightning"),
    ):
        second_window.banner.hide()
        change()
        QApplication.processEvents()
    assert "so nothing is changed from here" in second_window.banner.sentence
    assert session.labels == {}
    assert session.undo.count() == 0
    for step in ("estimate", "propose", "finetune"):
        assert "another window" in second_window.workspace.work.why_not(step)
    second_window.workspace.work.export("coco", tmp_path / "out", ExportOptions())
    qtbot.waitUntil(lambda: "predictions" in second_window.banner.sentence, timeout=WAIT)
    qtbot.waitUntil(lambda: second_window.workspace.work.job is None, timeout=WAIT)
    window.perform("accept")
    assert window.workspace.session.labels
    with Project(session.project.folder) as project:
        assert len(project.store.labels()) == 1
        assert len(project.store.track_names(1)) == 2


def test_a_second_window_may_edit_once_the_first_is_closed(window, second_window, qtbot):
    window.close_project()
    press_the_offer(second_window, qtbot)
    qtbot.waitUntil(lambda: second_window.workspace.session is not None, timeout=WAIT)
    settle(second_window, qtbot)
    assert not second_window.workspace.session.read_only
    qtbot.keyClick(second_window, Qt.Key.Key_Return)
    assert len(second_window.workspace.session.labels) == 1


def damage(project) -> None:
    path = project / DATABASE
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        if content[page * 4096] == 0x0D and page % 3 == 0:
            content[page * 4096 + 8 : (page + 1) * 4096] = b"\xa5" * 4088
    path.write_bytes(content)


def test_a_damaged_project_is_repaired_by_a_button(bare_window, project, qtbot):
    back_up(project)
    damage(project)
    bare_window.open(project)
    qtbot.waitUntil(lambda: bare_window.banner.way_out.text() == "Repair", timeout=WAIT)
    assert "damaged or not a PoseTailor project" in bare_window.banner.sentence
    assert bare_window.workspace is None
    press_the_offer(bare_window, qtbot)
    qtbot.waitUntil(lambda: "Recovered 0 labels" in bare_window.banner.sentence, timeout=WAIT)
    settle(bare_window, qtbot)
    assert len(bare_window.workspace.session.queue) == 6
    assert list(project.glob("project-damaged-*.sqlite"))


def test_no_file_at_all_is_repaired_from_the_backup(bare_window, project, qtbot):
    back_up(project)
    (project / DATABASE).write_bytes(b"gone")
    bare_window.open(project)
    press_the_offer(bare_window, qtbot)
    qtbot.waitUntil(lambda: "Recovered 0 labels" in bare_window.banner.sentence, timeout=WAIT)
    assert len(bare_window.workspace.session.queue) == 6


@pytest.mark.parametrize("name", ["people-*.h5", "round-0/samples-*.h5", "*"])
@pytest.mark.parametrize("how", ["missing", "cut"])
def test_a_damaged_computed_file_is_said_and_nothing_else_is_lost(bare_window, project, name, how, qtbot):
    files = [p for p in (project / "computed").rglob("*.h5") if name == "*" or p.match(f"*/{name}")]
    assert files
    for file in files:
        if how == "missing":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:500])
    open_path(bare_window, project, qtbot)
    session = bare_window.workspace.session
    if name == "people-*.h5":  # the estimates know the same boxes
        assert not bare_window.banner.isVisible()
        assert len(session.tracks) == 2
    else:
        assert (
            "missing or damaged, and with it poses that can be computed again" in bare_window.banner.sentence
        )
        assert bare_window.banner.way_out.text() == "Estimate again"
        assert session.predictions is None
    assert len(session.queue) == 6
    for key in (Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_Space):
        qtbot.keyClick(bare_window, key)
    settle(bare_window, qtbot)


def test_opening_keeps_what_was_labelled_as_a_backup(window, project, qtbot):
    qtbot.waitUntil(lambda: len(backups(project)) == 1, timeout=WAIT)
    qtbot.keyClick(window, Qt.Key.Key_Return)
    window.close_project()
    open_path(window, project, qtbot)
    qtbot.waitUntil(lambda: len(backups(project)) == 2, timeout=WAIT)
    database = sqlite3.connect(backups(project)[0].path)
    assert database.execute("SELECT COUNT(*) FROM labels").fetchone() == (1,)
    database.close()


def test_why_a_video_cannot_be_opened_is_seen_on_the_first_page(bare_window, tmp_path, qtbot):
    """The page that comes back to the front does not cover it."""
    (tmp_path / "cut.mp4").write_bytes(b"no video")
    bare_window.open(tmp_path / "cut.mp4")
    qtbot.waitUntil(lambda: bare_window.workspace is None, timeout=WAIT)
    banner = bare_window.banner
    assert "cannot be read as a video" in banner.sentence
    seen = bare_window.childAt(banner.mapTo(bare_window, banner.rect().center()))
    assert banner.isAncestorOf(seen)


def test_a_notice_leaves_the_selected_person_to_be_seen(window, qtbot, monkeypatch):
    banner, canvas = window.banner, window.workspace.canvas
    below, high = canvas.height() - 60, canvas.mapTo(window._pages, QPoint(0, 0)).y()
    for top, bottom, low in ((0, below, True), (60, canvas.height(), False), (0, canvas.height(), False)):
        monkeypatch.setattr(
            banner, "_person", lambda top=top, bottom=bottom: QRect(QPoint(9, top), QPoint(60, bottom))
        )
        banner.clear()
        banner.say(Notice("Somebody else lies here."))
        assert (banner.geometry().top() > high) == low
    monkeypatch.undo()
    window.workspace.canvas.show_box(window.workspace.canvas.boxed().box)
    assert canvas.rect().intersects(canvas.place_of_selected())
