import gc
import os
import shutil
import signal
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from app.panels.banner import Notice
from app.panels.joints import JointTable
from app.session import project_opening
from app.session.recent_projects import Recent
from app.session.session import Change
from app.startup.main import run
from app.window.window import Window
from core.domain import Skeleton
from core.project.project import Project
from tests.clips import make_clip, number_in
from tests.core.video.test_broken import cut_short
from tests.gui.conftest import drop, open_path

ROOT = Path(__file__).resolve().parents[2]


def test_a_video_gets_a_project_beside_it_and_finds_it_again(bare_window, clip, qtbot):
    open_path(bare_window, clip, qtbot)
    folder = clip.with_suffix(".posetailor")
    assert Project.exists(folder)
    assert bare_window.workspace.session.predictions is None
    assert bare_window.workspace.steps._next.property("action") == "estimate"
    bare_window.close_project()
    open_path(bare_window, clip, qtbot)
    assert len(bare_window.workspace.session.project.videos()) == 1


def test_a_project_moved_together_with_its_video_opens(project, clip, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    moved = shutil.move(project, tmp_path / "elsewhere" / project.name)
    video = shutil.move(clip, tmp_path / "elsewhere" / clip.name)
    assert project_opening.target_of(Path(moved)).video == Path(video)


def test_a_folder_that_cannot_be_written_keeps_the_project_elsewhere(clip, tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert project_opening.target_of(clip).folder == tmp_path / "data" / "clip.posetailor"


def test_a_file_that_is_no_video_says_so_and_the_window_stays_usable(bare_window, clip, tmp_path, qtbot):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video at all" * 100)
    bare_window.open(bad)
    qtbot.waitUntil(lambda: bare_window.banner.isVisible(), timeout=10_000)
    assert "bad.mp4" in bare_window.banner.sentence
    assert bare_window.workspace is None
    assert not (tmp_path / "bad.posetailor").exists()
    open_path(bare_window, clip, qtbot)
    assert not bare_window.banner.isVisible()


def test_a_damaged_project_says_so(bare_window, project, qtbot):
    for path in project.glob("project.sqlite*"):
        path.write_bytes(b"x" * 4096)
    bare_window.open(project)
    qtbot.waitUntil(lambda: bare_window.banner.isVisible(), timeout=10_000)
    assert bare_window.workspace is None


def test_a_damaged_shard_is_said_and_the_project_opens(bare_window, project, qtbot):
    (shard,) = (project / "computed/video-1/round-0").glob("samples-*.h5")
    shard.write_bytes(b"broken")
    open_path(bare_window, project, qtbot)
    assert shard.name in bare_window.banner.sentence
    assert bare_window.workspace.steps._next.property("action") == "estimate"


def test_dropping_a_video_opens_it(bare_window, clip, qtbot):
    drop(bare_window, clip)
    qtbot.waitUntil(lambda: bare_window.workspace.session is not None, timeout=10_000)


def test_a_damaged_frame_is_said_to_be_so(window, qtbot):
    window.workspace.canvas.show_frame(0, None)
    assert not window.workspace.canvas.editable
    window.workspace.canvas.grab()


def test_both_themes_paint(window, qtbot):
    dark = window.grab().toImage()
    window.perform("theme_light")
    assert window.grab().toImage() != dark


def test_a_damaged_project_on_the_command_line_is_offered_to_be_repaired(
    project, capsys, monkeypatch, qapp, qtbot
):
    (project / "project.sqlite").write_bytes(b"x" * 4096)
    seen = []

    def look(_: QApplication) -> int:
        (window,) = (one for one in qapp.topLevelWidgets() if isinstance(one, Window) and one.isVisible())
        qtbot.addWidget(window)
        seen.append((window.banner.isVisible(), window.banner.way_out.text()))
        return 0

    monkeypatch.setattr(QApplication, "exec", look)
    assert run(project, demo=False) == 0
    assert seen == [(True, "Repair")]
    assert "damaged" in capsys.readouterr().err


def test_command_line_with_a_bad_target(capsys):
    assert run(Path("/nowhere/at/all.mp4"), demo=False) == 2
    assert "all.mp4" in capsys.readouterr().err


def test_closing_while_a_job_runs(window, qtbot):
    from app.session.session import Change
    from core.domain import raise_if_cancelled

    def long(project, monitor):
        while True:
            raise_if_cancelled(monitor)

    window.workspace.work.start("Estimating", long, Change.PREDICTIONS)
    window.close()
    assert window.isVisible()
    assert window.status._cancel.text() == "Stopping…"
    assert not window.workspace.isEnabled()
    qtbot.waitUntil(window.isHidden, timeout=10_000)


def test_opening_another_while_a_job_runs(window, tmp_path, qtbot):
    from app.session.session import Change
    from core.domain import raise_if_cancelled

    def long(project, monitor):
        while True:
            raise_if_cancelled(monitor)

    other = make_clip(tmp_path / "other.mp4", frames=5)
    window.workspace.work.start("Estimating", long, Change.PREDICTIONS)
    window.open(other)
    assert window.status._cancel.text() == "Stopping…"
    qtbot.waitUntil(lambda: window.windowTitle().startswith("other.mp4"), timeout=10_000)
    qtbot.waitUntil(lambda: window.workspace.session is not None, timeout=10_000)
    assert window.menuBar().isEnabled()


def test_a_closed_project_leaves_nothing_behind(window, clip, qtbot):
    workspace = window.workspace
    parts = ("session", "canvas", "timeline", "player", "people", "joints", "queue", "rounds", "review")
    gone = [weakref.ref(one) for one in (workspace, *(getattr(workspace, part) for part in parts))]
    del workspace
    gc.disable()  # by itself Python looks after minutes
    try:
        open_path(window, clip, qtbot)
        window.shortcuts.set("accept", ("F9",))
        qtbot.waitUntil(lambda: not any(one() for one in gone), timeout=10_000)
    finally:
        gc.enable()


def test_nothing_heavy_is_imported_before_the_window(tmp_path):
    heavy = ("torch", "onnxruntime", "scipy", "trackers", "cv2", "h5py", "pyqtgraph", "qtawesome", "av")
    code = f"import sys, app.window.window; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_welcome_offers(bare_window, tmp_path, monkeypatch, qtbot):
    video = make_clip(tmp_path / "other.mp4", frames=5)
    monkeypatch.setattr("app.actions.opening.QFileDialog.getOpenFileNames", lambda *_: ([str(video)], ""))
    button = next(b for b in bare_window.findChildren(QPushButton) if b.text().startswith("Open video"))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bare_window.workspace.session is not None, timeout=10_000)


def test_recent_projects_are_offered_until_they_are_gone(bare_window, project, clip, tmp_path, qtbot):
    open_path(bare_window, project, qtbot)
    qtbot.keyClick(bare_window, Qt.Key.Key_Return)
    bare_window.perform("close_project")
    rows = recent_rows(bare_window)
    assert [row.text() for row in rows] == [f"clip.mp4\nRound 0 · 1 label · 5 waiting · in {tmp_path.name}"]
    qtbot.mouseClick(rows[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bare_window.workspace is not None and bare_window.workspace.session is not None)
    other = make_clip(tmp_path / "other.mp4", frames=5)
    open_path(bare_window, other, qtbot)
    shutil.rmtree(project)
    bare_window.perform("close_project")
    assert [row.text() for row in recent_rows(bare_window)] == [
        f"other.mp4\nNot estimated yet · in {tmp_path.name}"
    ]


def recent_rows(window) -> list[QPushButton]:
    layout = window._welcome._recent
    return [w for n in range(layout.count()) if isinstance(w := layout.itemAt(n).widget(), QPushButton)]


def test_brightening_changes_the_picture_and_is_remembered(window, clip, qtbot):
    canvas = window.workspace.canvas
    as_filmed = canvas.picture.pixels.copy()
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: canvas.picture.pixels.mean() > as_filmed.mean() + 10, timeout=10_000)
    qtbot.keyClick(window, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: canvas.editable, timeout=10_000)
    assert number_in(canvas.picture.pixels) == 1
    open_path(window, clip, qtbot)
    assert window.workspace.canvas.picture.pixels.mean() > as_filmed.mean() + 10
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: np.array_equal(window.workspace.canvas.picture.pixels, as_filmed), timeout=10_000)


@pytest.mark.skipif(sys.platform == "win32", reason="no process can send Ctrl+C there")
def test_ctrl_c_in_the_terminal_closes_the_window(tmp_path):
    code = (
        "import sys; from app.startup import main; shown = main.Window.showEvent\n"
        "main.Window.showEvent = lambda self, event: (shown(self, event), print('up', flush=True))\n"
        "sys.exit(main.run(None, False))"
    )
    folders = {name: str(tmp_path) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | folders, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "up\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()


def test_the_joints_are_those_of_the_estimator_once_it_is_known(window):
    session = window.workspace.session
    table = JointTable(session)
    assert table.rowCount() == 17
    few = Skeleton("Few", ("snout", "tail"), (), (), (0.1, 0.1))
    session.joint = 9
    session.project.store.set_setting("skeleton", few.to_json())
    session.refresh(Change.PREDICTIONS)
    table.show(None, None)
    assert [table.data(table.index(row, 0)) for row in range(table.rowCount())] == ["snout", "tail"]
    assert session.joint is None


def test_return_takes_what_the_welcome_page_offers(bare_window, project, qtbot):
    open_path(bare_window, project, qtbot)
    bare_window.close_project()
    recent_rows(bare_window)[0].setFocus()
    qtbot.keyClick(recent_rows(bare_window)[0], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bare_window.workspace is not None and bare_window.workspace.session is not None)


def test_many_recent_projects_leave_the_window_small_enough_for_a_laptop(bare_window, tmp_path, qtbot):
    projects = [Recent(str(tmp_path / str(n)), f"clip-{n}.mp4", "Round 0") for n in range(5)]
    bare_window._welcome.show_recent(projects)
    bare_window.banner.say(Notice("There is no video."))
    assert bare_window.minimumSizeHint().height() < 600
    last = recent_rows(bare_window)[-1]
    bare_window._welcome.ensureWidgetVisible(last)
    qtbot.waitUntil(lambda: not last.visibleRegion().isEmpty())


def test_a_video_that_is_cut_short_opens_and_says_so(bare_window, tmp_path, qtbot):
    video = cut_short(make_clip(tmp_path / "cut.mkv", frames=100, gop=20), 0.5)
    open_path(bare_window, video, qtbot)
    assert bare_window.banner.sentence.startswith("cut.mkv is cut short: 2.")
    assert bare_window.workspace.canvas.shown == 0
    bare_window.workspace.clip_known.emit(bare_window.workspace.clip)  # as after another video
    bare_window.banner.dismiss()
    assert not bare_window.banner.isVisible()
