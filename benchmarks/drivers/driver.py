"""What all drivers have in common: the order of events, the clock, and the answer.

DRIVER make POSES VIDEO FOLDER       writes the tool's own project of POSES for VIDEO into FOLDER
DRIVER start BEGUN shows the empty window of a process that began at BEGUN, seconds since the epoch DRIVER
open BEGUN FOLDER opens a project until its first frame is painted DRIVER step BEGUN FOLDER opens a project
and steps through it, frame by frame

POSES: .npz with points (n, 17, 2) float32, image pixels, one pose per frame. The last line printed is JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

TIMEOUT = 120.0  # seconds
IDLE = 2.5  # seconds after which a started window is taken to have nothing left to do
FROM, STEPS = 280, 200  # the frame that stepping starts from, back first
PACE = 1 / 30  # seconds from one step to the next at least: a key held down


class Tool(Protocol):
    """qt: the QtCore, QtWidgets modules of the binding the tool uses."""

    qt: tuple

    def make(self, points, video: Path, folder: Path) -> None: ...
    def launch(self, work: Callable[[], None]) -> None:
        """Starts the tool as its users do; work takes the place of the event loop."""

    def window(self): ...
    def open(self, folder: Path) -> None: ...
    def canvas(self):
        """The widget that paints the frame; None as long as there is none."""

    def shown(self) -> int | None:
        """Number of the frame that the canvas paints if it is asked to; None before there is one."""

    def go_to(self, frame: int) -> None: ...
    def step(self, by: int) -> None:
        """1 or -1."""


def watched(qt: tuple, widget, accept: Callable[[], bool]):
    """An event filter that tells by its `done` when the widget is painted while accept() is true."""
    core, _ = qt

    class Watch(core.QObject):
        done = False

        def eventFilter(self, _, event) -> bool:
            if event.type() == core.QEvent.Type.Paint and accept():
                self.done = True
            return False

    watch = Watch()
    widget.installEventFilter(watch)
    return watch


class Clock:
    """Lets the tool work, and tells for how long."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self._core, widgets = tool.qt
        self._process = widgets.QApplication.processEvents

    def spin(self, until: Callable[[], bool]) -> None:
        end = time.perf_counter() + TIMEOUT
        heartbeat = self._core.QTimer()
        heartbeat.start(5)  # other threads get a turn while the window waits
        while not until():
            self._process(self._core.QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            if time.perf_counter() > end:
                raise TimeoutError("the window did not come to an end")
        heartbeat.stop()

    def pause(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        self.spin(lambda: time.perf_counter() > end)

    def settle(self) -> None:
        """Until there is nothing left in the queue of events."""
        empty = []
        self._core.QTimer.singleShot(0, lambda: empty.append(True))
        self.spin(lambda: bool(empty))

    def until_painted(self, work: Callable[[], None], frame: int) -> float:
        """Seconds from the begin of work to the end of painting the frame."""
        canvas = self._tool.canvas()
        watch = watched(self._tool.qt, canvas, lambda: self._tool.shown() == frame)
        begun = time.perf_counter()
        work()
        self.spin(lambda: watch.done)
        seconds = time.perf_counter() - begun
        canvas.removeEventFilter(watch)
        return seconds

    def step(self, by: int, frame: int) -> float:
        """Seconds that a step to this frame takes; waits for the time of the next one."""
        seconds = self.until_painted(lambda: self._tool.step(by), frame)
        if seconds < PACE:
            self.pause(PACE - seconds)
        return seconds


def resident() -> float:
    """MB of this process in memory."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def run(tool: Tool) -> None:
    what, *rest = sys.argv[1:]
    if what == "make":
        import numpy as np

        poses, video, folder = map(Path, rest)
        folder.mkdir(parents=True, exist_ok=True)
        tool.make(np.load(poses)["points"], video, folder)
    else:
        tool.launch(lambda: answer(tool, what, float(rest[0]), *map(Path, rest[1:])))


def answer(tool: Tool, what: str, begun: float, *folder: Path) -> None:
    clock = Clock(tool)
    window = tool.window()
    watch = watched(tool.qt, window, lambda: True)
    clock.spin(lambda: watch.done)
    clock.settle()
    result = {"start": time.time() - begun}
    clock.pause(IDLE)
    result["memory"] = resident()
    if what != "start":
        opened = time.perf_counter()
        tool.open(*folder)
        clock.spin(lambda: tool.canvas() is not None and tool.shown() is not None)
        watch = watched(tool.qt, tool.canvas(), lambda: True)
        clock.settle()
        tool.canvas().update()
        clock.spin(lambda: watch.done)
        result["open"] = time.perf_counter() - opened
        clock.pause(IDLE)
    if what == "step":
        clock.until_painted(lambda: tool.go_to(FROM), FROM)
        result["back"] = [clock.step(-1, FROM - n) for n in range(1, STEPS + 1)]
        result["forward"] = [clock.step(1, FROM - STEPS + n) for n in range(1, STEPS + 1)]
    print("\n" + json.dumps(result), flush=True)
    os._exit(0)  # without the tool's questions on closing
