"""How long the window stands still while many people are put in order.

python benchmarks/stalls.py [--frames 18000] [--parts 20] [--ghosts 150]

A project of one person who is there all the time, another in so many parts, and ghosts of three frames, shown
off screen at 1280 x 800. From a key or a click to the end of what it brings with it, the longest time in
which the window's thread was busy at a stretch, on a processor: others on the machine count for nothing. Exit
status 1 where that was more than 100 ms.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PySide6.QtCore import QAbstractEventDispatcher, QPoint, Qt  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402

from app.window.window import Window  # noqa: E402
from benchmarks.offscreen import application, opened, pause  # noqa: E402
from tests.clips import make_clip  # noqa: E402
from tests.projects import make_fragments  # noqa: E402

MOST = 100  # milliseconds
SETTLED = 3.0  # seconds in which what an input brings with it has begun, and what comes of it is over
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


class Busy:
    """Stretches in which the window's thread did not wait for anything. longest: milliseconds on a
    processor.
    """

    def __init__(self) -> None:
        QAbstractEventDispatcher.instance().aboutToBlock.connect(self.end)
        self.longest, self._since = 0.0, time.thread_time()

    def again(self) -> None:
        self.longest, self._since = 0.0, time.thread_time()

    def end(self) -> None:
        now = time.thread_time()
        self.longest, self._since = max(self.longest, 1000 * (now - self._since)), now


def settle(window: Window) -> None:
    """Waits until everything that an input brings with it has come, also where others are busy."""
    pause(SETTLED)
    workspace = window.workspace
    while workspace.session.behind or not workspace.timeline.up_to_date or workspace.work.job is not None:
        pause(SETTLED)


def click(window: Window, row: int, keys: Qt.KeyboardModifier = NONE) -> None:
    """On a row of the list of people."""
    tree = window.workspace.people.tree
    index = tree.model().index(row, 0)
    tree.scrollTo(index)
    rect = tree.visualRect(index)
    QTest.mouseClick(tree.viewport(), LEFT, keys, QPoint(rect.left() + 60, rect.center().y()))


def steps(window: Window, parts: int) -> list[tuple[str, Callable[[], None]]]:
    """What is done, in this order: each in as many inputs as a person needs."""

    def key(which: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> Callable[[], None]:
        return lambda: QTest.keyClick(window, which, modifier)

    return [
        ("Select all ghosts", lambda: click(window, 1 + parts)),
        ("Delete them", key(Qt.Key.Key_Delete, SHIFT)),
        ("Undo", key(Qt.Key.Key_Z, CTRL)),
        ("Select the first part", lambda: click(window, 1)),
        ("Select all parts", lambda: click(window, parts, SHIFT)),
        ("Merge them", key(Qt.Key.Key_M, CTRL)),
        ("Undo", key(Qt.Key.Key_Z, CTRL)),
        ("Select who is there all the time", lambda: click(window, 0)),
        ("Only this person matters", key(Qt.Key.Key_K)),
        ("Undo", key(Qt.Key.Key_Z, CTRL)),
        ("The next frame", key(Qt.Key.Key_Right)),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--frames", type=int, default=18_000)
    parser.add_argument("--parts", type=int, default=20)
    parser.add_argument("--ghosts", type=int, default=150)
    arguments = parser.parse_args()
    longest = 0.0
    with application() as folder:
        clip = make_clip(folder / "many.mp4", arguments.frames, width=160, height=96)
        project = make_fragments(folder / "many", clip, arguments.parts, arguments.ghosts)
        with opened(project) as window:
            window.resize(1280, 800)
            window.activateWindow()
            QTest.qWaitForWindowActive(window)
            settle(window)
            busy = Busy()
            boxes = sum(len(track.frames) for track in window.workspace.session.tracks.values())
            print(f"\n{date.today()}: {boxes:,} boxes of {len(window.workspace.session.tracks)} people\n")
            print("| what is done | people then | longest stretch of work |\n|---|---|---|")
            for name, act in steps(window, arguments.parts):
                busy.again()
                act()
                settle(window)
                longest = max(longest, busy.longest)
                people = len(window.workspace.session.tracks)
                print(f"| {name} | {people} | {busy.longest:.0f} ms |", flush=True)
    print(f"\nAt most {MOST} ms asked: {'met' if longest <= MOST else 'missed'}.")
    return int(longest > MOST)


if __name__ == "__main__":
    sys.exit(main())
