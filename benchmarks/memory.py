"""What the window's memory does while somebody works through an hour of 1080p for minutes.

python benchmarks/memory.py [--minutes M]

90,000 frames, 25 a second, 250 between two keyframes, 225,000 predicted poses; shown off screen. Every turn
of the work plays, steps, seeks, scrubs and hovers over the timeline, at places all over the hour. Exit status
1 where a target is missed.
"""

import argparse
import os
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PySide6.QtCore import QPoint, Qt  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QWidget  # noqa: E402

from app.window.window import Window  # noqa: E402
from benchmarks.offscreen import GOP, application, make_video, opened, pause, spin  # noqa: E402
from tests.projects import make_project  # noqa: E402

GOPS = 360
FRAMES = GOP * GOPS
MOST, GROWTH = 1500, 20  # MB
MB = 1024  # kB


class Work:
    """Somebody at the window. actions: how many inputs there were so far."""

    def __init__(self, window: Window) -> None:
        self._window, self._workspace = window, window.workspace
        self._plots: QWidget = self._workspace.timeline.plots.viewport()
        self._random = np.random.default_rng(0)
        self.actions = 0

    def turn(self) -> None:
        self.seek()
        self.step(Qt.Key.Key_Right)
        self.step(Qt.Key.Key_Left)
        self.play()
        self.scrub()
        self.hover()

    def seek(self) -> None:
        for frame in self._random.integers(0, FRAMES, 3):
            QTest.mouseClick(self._plots, Qt.MouseButton.LeftButton, pos=self._place(frame))
            self._settle()

    def step(self, key: Qt.Key) -> None:
        for _ in range(40):
            QTest.keyClick(self._window, key)
            self._settle()

    def play(self) -> None:
        for _ in range(2):
            QTest.keyClick(self._window, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
            self.actions += 1
            pause(1.0)
        self._settle()

    def scrub(self) -> None:
        way = [self._place(frame) for frame in np.linspace(*self._random.integers(0, FRAMES, 2), 60)]
        QTest.mousePress(self._plots, Qt.MouseButton.LeftButton, pos=way[0])
        for place in way:
            self._move(place)
        QTest.mouseRelease(self._plots, Qt.MouseButton.LeftButton, pos=way[-1])
        self._settle()

    def hover(self) -> None:
        for frame in np.sort(self._random.integers(0, FRAMES, 60)):
            self._move(self._place(frame))

    def _move(self, place: QPoint) -> None:
        QTest.mouseMove(self._plots, place)
        self.actions += 1
        pause(0.01)

    def _place(self, frame: float) -> QPoint:
        return self._workspace.timeline.scene_place("chosen", frame).toPoint()

    def _settle(self) -> None:
        self.actions += 1
        spin(lambda: self._workspace.canvas.editable)


def resident(field: str = "VmRSS") -> float:
    """MB of this process in memory; VmHWM is the most it ever was."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / MB


def handles() -> tuple[int, int]:
    """Threads and open files of this process."""
    return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


def work(window: Window, seconds: float) -> bool:
    """Prints what was measured; whether all targets were met."""
    hand = Work(window)
    hand.turn()  # whatever is loaded at its first use is there
    threads, files = handles()
    begun, samples = time.monotonic(), []
    while time.monotonic() - begun < seconds:
        hand.turn()
        samples.append(resident())
    quarter = len(samples) // 4
    growth = median(samples[-quarter:]) - median(samples[quarter : 2 * quarter])
    threads_after, files_after = handles()
    peak = resident("VmHWM")
    rows = (
        ("peak of the memory", f"{peak:.0f} MB", f"below {MOST} MB", peak < MOST),
        ("growth, second to last quarter", f"{growth:+.0f} MB", f"at most {GROWTH} MB", growth <= GROWTH),
        (
            "threads, before and after",
            f"{threads}, {threads_after}",
            "no more after",
            threads_after <= threads,
        ),
        ("open files, before and after", f"{files}, {files_after}", "no more after", files_after <= files),
    )
    print(f"{hand.actions} inputs in {seconds / 60:.0f} minutes, {len(samples)} turns\n")
    print("| measured | figure | target | met |\n|---|---|---|---|")
    for what, figure, target, met in rows:
        print(f"| {what} | {figure} | {target} | {'yes' if met else 'no'} |")
    print("\nMB after each turn:", " ".join(f"{sample:.0f}" for sample in samples))
    return all(met for *_, met in rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5)
    minutes = parser.parse_args().minutes
    with application() as place:
        project = make_project(place / "hour", make_video(place / "video.mp4", GOPS), people=3)
        print(f"{date.today()}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        with opened(project) as window:
            return 0 if work(window, 60 * minutes) else 1


if __name__ == "__main__":
    sys.exit(main())
