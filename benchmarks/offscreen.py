"""A long video made in seconds, and a window to watch it in, shown off screen."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import av
import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from app.background.memory import share_arenas
from app.style import theme
from app.window.window import Window
from core.video.imaging import cv2
from tests.clips import make_clip

GOP = 250  # frames from one keyframe to the next
WIDTH, HEIGHT = 1920, 1080
TIMEOUT = 60.0


def spin(until: Callable[[], bool], timeout: float = TIMEOUT) -> None:
    """Lets the window work until something is so; sleeps in between as the window itself does, or threads
    would starve.
    """
    end = time.perf_counter() + timeout
    heartbeat = QTimer()
    heartbeat.start(10)
    while not until():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        # what only a running event loop does by itself
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if time.perf_counter() > end:
            raise TimeoutError("The window did not come to an end.")
    QApplication.processEvents()


def pause(seconds: float) -> None:
    end = time.perf_counter() + seconds
    spin(lambda: time.perf_counter() > end)


def took(work: Callable[[], object]) -> float:
    """Seconds that it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def panning(texture: np.ndarray) -> Callable[[int], np.ndarray]:
    """Frames that look at a large texture from places that move."""
    return lambda n: texture[n : n + HEIGHT, 2 * n : 2 * n + WIDTH]


def make_video(path: Path, gops: int, gop: int = GOP) -> Path:
    """1080p, 25 frames per second: one group of pictures of `gop` frames, written many times over."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (HEIGHT // 8 + 40, WIDTH // 8 + 70, 3), np.uint8)
    texture = cv2.resize(coarse, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    one = make_clip(
        path.with_name("one.mp4"),
        gop,
        gop,
        width=WIDTH,
        height=HEIGHT,
        picture=panning(texture),
        options={"crf": "30"},
    )
    with av.open(str(path), "w") as target:
        stream = None
        for copy in range(gops):
            with av.open(str(one)) as source:
                stream = stream or target.add_stream_from_template(source.streams.video[0])
                length = round(gop / 25 / source.streams.video[0].time_base)
                for packet in source.demux(source.streams.video[0]):
                    if packet.dts is not None:
                        packet.pts, packet.dts = packet.pts + copy * length, packet.dts + copy * length
                        packet.stream = stream
                        target.mux(packet)
    return path


@contextmanager
def application() -> Iterator[Path]:
    """The application in the dark theme, and a folder for what it works on, in which its settings lie as
    well.
    """
    with tempfile.TemporaryDirectory() as folder:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        running = QApplication([])
        theme.apply(running, theme.DARK)
        yield Path(folder)


@contextmanager
def opened(path: Path) -> Iterator[Window]:
    """The window with a project and its first frame on screen."""
    share_arenas()
    window = Window()
    window.resize(1600, 1000)
    window.show()
    QApplication.processEvents()
    show(window, path)
    try:
        yield window
    finally:  # or threads of the window would outlive it
        window.close()
        spin(lambda: not window.isVisible())


def show(window: Window, path: Path) -> None:
    window.open(path)
    spin(lambda: window.workspace.session is not None and window.workspace.canvas.editable)
