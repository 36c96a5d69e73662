"""What a budget left is filled in while nothing else runs, and makes way for whatever does."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.background import filling
from core.domain import Silent
from core.project.project import Project
from core.workflow.estimate import estimate
from tests.clips import make_clip
from tests.gui.conftest import open_path

WAIT = 60_000
FRAMES = 250
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def _at_once(monkeypatch) -> None:
    monkeypatch.setattr(filling, "REST", 50)
    monkeypatch.setattr(filling, "QUIET", 0.0)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    clip, boxes = make_clip(folder / "long.mp4", FRAMES, width=160, height=96), folder / "people.txt"
    boxes.write_text("".join(f"{n + 1},1,40,10,60,80,1,-1,-1,-1\n" for n in range(FRAMES)))
    with Project(folder / "project", create=True) as project:
        video = project.add_video(clip)
        estimate(project, video.id, Silent(), device="cpu", estimator="lightning", boxes=boxes, budget=1e-9)
        project.store.set_setting("device", "cpu")
    return folder / "project"


@pytest.fixture
def begun(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "begun"))


def share(window) -> float:
    return window.workspace.session.project.coverage(1).share


def test_the_rest_is_filled_in_and_shown_as_it_comes(bare_window, begun, qtbot):
    open_path(bare_window, begun, qtbot)
    workspace = bare_window.workspace
    assert len(workspace.session.predictions) < FRAMES
    assert "% estimated" in workspace.timeline.heading.covered.text()
    qtbot.waitUntil(lambda: workspace.work.filling.job is not None, timeout=WAIT)
    assert workspace.timeline.heading.covered.text().endswith("filling in")
    assert workspace.work.why_not("propose") == ""  # it stands in nobody's way
    qtbot.waitUntil(lambda: workspace.work.filling.job is None, timeout=WAIT)
    assert share(bare_window) == 1
    assert len(workspace.session.predictions) == FRAMES
    assert workspace.timeline.heading.covered.text() == ""
    assert workspace.work.why_not("finish") == "Round 0 has estimated everything that is wanted."


def test_it_makes_way_for_a_job_and_goes_on_after_it(bare_window, begun, qtbot):
    open_path(bare_window, begun, qtbot)
    work = bare_window.workspace.work
    qtbot.waitUntil(lambda: work.filling.job is not None, timeout=WAIT)
    with qtbot.waitSignal(work.ended, timeout=WAIT):
        qtbot.keyClick(bare_window, Qt.Key.Key_B)
        assert work.job is not None
    assert bare_window.workspace.session.queue
    qtbot.waitUntil(lambda: work.filling.job is None and share(bare_window) == 1, timeout=WAIT)


@pytest.mark.long
def test_it_waits_while_somebody_is_at_work(bare_window, begun, qtbot, monkeypatch):
    monkeypatch.setattr(filling, "QUIET", 3600.0)
    open_path(bare_window, begun, qtbot)
    qtbot.waitUntil(lambda: bare_window.workspace.work.filling.job is not None, timeout=WAIT)
    qtbot.keyClick(bare_window, Qt.Key.Key_Right)
    qtbot.wait(500)
    before = share(bare_window)
    assert before < 1
    qtbot.wait(500)
    assert share(bare_window) == before
    monkeypatch.setattr(filling, "QUIET", 0.0)
    qtbot.waitUntil(lambda: share(bare_window) == 1, timeout=WAIT)


@pytest.mark.long
def test_nothing_is_filled_in_where_the_settings_say_so(bare_window, begun, qtbot):
    with Project(begun) as project:
        project.store.set_setting("fill", 0)
    open_path(bare_window, begun, qtbot)
    qtbot.wait(400)
    assert bare_window.workspace.work.filling.job is None
    with qtbot.waitSignal(bare_window.workspace.work.ended, timeout=WAIT):
        bare_window.perform("finish")
    assert share(bare_window) == 1


def test_closing_ends_it_and_keeps_what_is_there(bare_window, begun, qtbot):
    open_path(bare_window, begun, qtbot)
    qtbot.waitUntil(lambda: bare_window.workspace.work.filling.job is not None, timeout=WAIT)
    before = share(bare_window)
    bare_window.close_project()
    assert bare_window.workspace is None
    with Project(begun) as project:
        assert before <= project.coverage(1).share < 1
        assert {
            p.relative_to(begun).as_posix() for p in (begun / "computed").rglob("*.h5")
        } == project.store.shard_paths()


def test_a_job_that_begins_as_the_filling_ends_is_not_lost(bare_window, begun, qtbot):
    open_path(bare_window, begun, qtbot)
    work = bare_window.workspace.work
    qtbot.waitUntil(lambda: work.filling.job is not None, timeout=WAIT)
    work.filling.job.cancel()
    work.filling.job.wait()  # it has ended, which the window does not know yet
    with qtbot.waitSignal(work.ended, timeout=WAIT):
        qtbot.keyClick(bare_window, Qt.Key.Key_B)
    assert bare_window.workspace.session.queue
