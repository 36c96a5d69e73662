"""Nothing goes wrong in silence: an error in any thread reaches the user, and the thread goes on."""

import os
import sys
import threading

import pytest
from PySide6.QtCore import QThread

from app.diagnostics.log import hear_of_bugs
from app.frames.heatmaps import HeatmapReader, Request
from app.frames.hover_previews import HoverPreviews, Wanted
from app.frames.thumbnails import Thumbnails
from app.window.notices import Bugs
from core.domain import Box, SampleId, UserError
from core.video.source import VideoSource
from tests.clips import make_clip, number_in
from tests.gui.conftest import settle

WAIT = 10_000
BOX = Box(10, 10, 50, 80)


def shown(window) -> int:
    return number_in(window.workspace.canvas.picture.pixels)


def test_a_video_that_is_moved_while_it_is_open_is_said_and_comes_back(window, clip, tmp_path, qtbot):
    session = window.workspace.session
    session.go_to(40)
    settle(window, qtbot)
    clip.rename(tmp_path / "moved.mp4")
    window.workspace.reader._source._other = None  # a step back needs another decoder
    window.workspace.reader._source._cache.clear()
    session.go_to(20)
    qtbot.waitUntil(lambda: "is not there any more" in window.banner.sentence, timeout=WAIT)
    assert window.banner.isVisible()
    (tmp_path / "moved.mp4").rename(clip)
    for frame in (19, 45, 3):
        session.go_to(frame)
        qtbot.waitUntil(lambda n=frame: window.workspace.canvas.shown == n, timeout=WAIT)
        assert shown(window) == frame


def test_a_video_that_is_cut_while_it_is_open_is_said_and_comes_back(window, clip, qtbot):
    session = window.workspace.session
    whole = clip.read_bytes()
    os.truncate(clip, 0)
    window.workspace.reader._source._decoder.close()
    session.go_to(50)
    qtbot.waitUntil(lambda: "is another file than it was" in window.banner.sentence, timeout=WAIT)
    qtbot.waitUntil(lambda: window.workspace.canvas.shown == 50, timeout=WAIT)
    assert window.workspace.canvas.picture.pixels is None  # not the picture of another frame
    clip.write_bytes(whole)
    for frame in (30, 50):
        session.go_to(frame)
        qtbot.waitUntil(lambda n=frame: window.workspace.canvas.shown == n, timeout=WAIT)
        assert shown(window) == frame


def test_a_bug_in_the_reader_is_said_once_and_the_next_frame_is_read(window, qtbot, monkeypatch):
    read = VideoSource.read

    def broken(source, n, *rest):
        if n in (10, 11, 12) and QThread.currentThread() is window.workspace.reader:
            raise RuntimeError("no one foresaw this")
        return read(source, n, *rest)

    monkeypatch.setattr(VideoSource, "read", broken)
    said = []
    window.workspace.reader.failed.connect(said.append)
    for frame in (10, 11, 12):
        window.workspace.session.go_to(frame)
        qtbot.waitUntil(lambda n=frame: window.workspace.canvas.shown == n, timeout=WAIT)
    assert said == [
        "Reading the video failed unexpectedly. Help → Log has the details; your labels are safe."
    ]
    assert window.banner.sentence == said[0]
    window.workspace.session.go_to(13)
    settle(window, qtbot)
    assert shown(window) == 13


@pytest.fixture
def broken_sources(monkeypatch):
    """Until the list is emptied, every video makes trouble that nobody foresaw."""
    trouble = ["here"]
    opened = VideoSource.read

    def broken(source, *rest):
        if trouble:
            raise RuntimeError("no one foresaw this")
        return opened(source, *rest)

    monkeypatch.setattr(VideoSource, "read", broken)
    return trouble


@pytest.mark.parametrize("kind", [HoverPreviews, Thumbnails])
def test_other_readers_go_on_too(kind, clip, qtbot, broken_sources):
    reader = kind()
    wanted = [Wanted(clip, n) if kind is HoverPreviews else {clip: {SampleId(1, n): BOX}} for n in (3, 4)]
    reader.start()
    with qtbot.waitSignal(reader.failed, timeout=WAIT) as said:
        reader.ask(wanted[0])
    assert "failed unexpectedly" in said.args[0]
    broken_sources.clear()
    with qtbot.waitSignal(reader.ready, timeout=WAIT):
        reader.ask(wanted[1])
    reader.stop()


def test_the_heatmaps_of_a_project_that_cannot_be_read_come_once_it_can(project, qtbot):
    database = project / "project.sqlite"
    database.rename(project / "away.sqlite")
    reader = HeatmapReader(project)
    request = Request(1, 0, SampleId(1, 0), BOX)
    for _ in range(2):
        with qtbot.waitSignal(reader.failed, timeout=WAIT) as said:
            reader.ask(request)
        assert "There is no project in" in said.args[0]
        reader._said = ""
    assert reader.isRunning()
    reader.stop()


def test_a_glimpse_of_a_video_that_comes_back(tmp_path, clip, qtbot):
    reader = HoverPreviews()
    reader.start()
    with qtbot.waitSignal(reader.ready, timeout=WAIT):
        reader.ask(Wanted(clip, 1))
    other = tmp_path / "other.mp4"
    reader.ask(Wanted(other, 1))
    qtbot.wait(50)
    make_clip(other)
    with qtbot.waitSignal(reader.ready, timeout=WAIT):
        reader.ask(Wanted(other, 2))
    reader.stop()


@pytest.fixture
def _hooks(monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "__excepthook__", lambda *_: None)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)


@pytest.mark.usefixtures("_hooks")
@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (UserError("The disk is full. Free some."), "The disk is full. Free some."),
        (ValueError("x"), "Something failed unexpectedly. Help → Log has the details; your labels are safe."),
    ],
)
def test_what_nobody_caught_is_said_wherever_it_was_raised(bare_window, qtbot, error, sentence):
    hear_of_bugs(Bugs(bare_window.banner).said.emit)

    def fail() -> None:
        raise error

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bare_window.banner.sentence == sentence, timeout=WAIT)
    bare_window.banner.clear()
    sys.excepthook(type(error), error, None)  # as a slot does
    assert bare_window.banner.sentence == sentence
