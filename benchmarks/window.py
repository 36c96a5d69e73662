"""How quick the window is on a project with 100,000 predicted poses, in one run.

python benchmarks/window.py [--only NAME ...]

The video is 1080p with 250 frames between two keyframes; the window is shown off screen. A step counts from
the key to the end of painting, a drag event from the move of the mouse to the end of painting.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PySide6.QtCore import QPoint, Qt  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.frames.reader import CACHE_BYTES  # noqa: E402
from app.session.session import Change  # noqa: E402
from app.window.window import Window  # noqa: E402
from benchmarks.offscreen import GOP, application, make_video, opened, pause, show, spin, took  # noqa: E402
from core.project.project import Project  # noqa: E402
from core.project.store.store import QueueItem  # noqa: E402
from core.video.imaging import cv2  # noqa: E402
from core.video.source import VideoSource  # noqa: E402
from tests.projects import make_project  # noqa: E402

JUMPS = 20
GOPS = 160  # 40,000 frames: 100,000 poses of two people who stay and one who leaves halfway

# Tells how long a start takes, from the begin of the process to the first painted window, and its memory
# after a while.
START = """
import sys, time
begun = float(sys.argv[1])
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.startup.main import run
app = QApplication([])
def painted():
    app.processEvents()
    print(time.time() - begun, flush=True)
def idle():
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS")), flush=True)
    app.quit()
QTimer.singleShot(0, painted)
QTimer.singleShot(2500, idle)
run(None, False)
"""


class Row(NamedTuple):
    """A line of the table: what was measured, in words, and whether it reached its target."""

    what: str
    figure: str
    target: str
    met: bool


def milliseconds(seconds: list[float]) -> str:
    low, high = np.percentile(seconds, (50, 95)) * 1000
    return f"{low:.1f} ms (95 %: {high:.1f})"


def effort(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and those the window's own thread was on a processor: others on the machine
    add to the first.
    """
    busy = time.thread_time()
    seconds = took(work)
    return seconds, time.thread_time() - busy


# the measurements


def stepping(poses: Path, video: Path, empty: Path) -> Iterator[Row]:
    """The same frames again and again, so that all are in the cache."""
    with opened(poses) as window:
        canvas, session = window.workspace.canvas, window.workspace.session

        def step(key: Qt.Key) -> None:
            frame = session.frame + (1 if key == Qt.Key.Key_Right else -1)
            QTest.keyClick(window, key)
            spin(lambda: canvas.shown == frame)

        def paint() -> None:
            canvas.show_frame(canvas.shown, canvas.picture.pixels)
            canvas.repaint()

        session.go_to(20_000)
        spin(lambda: canvas.editable)
        keys = [Qt.Key.Key_Right] * 8 + [Qt.Key.Key_Left] * 8
        for key in keys:
            step(key)
        steps, paints = [], []
        for key in keys * 8:
            steps.append(effort(lambda key=key: step(key)))
            paints.append(effort(paint))
    (step_clock, step_work), (paint_clock, paint_work) = (
        np.median(steps, 0) * 1000,
        np.median(paints, 0) * 1000,
    )
    what = (
        f"step to a cached frame {step_clock:.1f} ms ({step_work:.1f} ms of work), painting it alone "
        f"{paint_clock:.1f} ms ({paint_work:.1f} ms)"
    )
    ratio = step_clock / paint_clock
    yield Row(what, f"{ratio:.2f}", "at most 1.5 times", ratio <= 1.5)


def dragging(poses: Path, video: Path, empty: Path) -> Iterator[Row]:
    with opened(poses) as window:
        canvas = window.workspace.canvas
        start = canvas.place_of(canvas.people[0].sample, 7).toPoint()
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
        moves = []
        for n in range(300):
            place = start + QPoint(5 + n % 60, 5 + n % 37)

            def move(place: QPoint = place) -> None:
                QTest.mouseMove(canvas, place)
                QApplication.processEvents()

            moves.append(effort(move))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start)
        QApplication.processEvents()
    (median, work), (late, late_work) = np.percentile(moves, (50, 95), axis=0) * 1000
    what = f"one event of a drag, median and 95 % ({work:.1f} / {late_work:.1f} ms of work)"
    yield Row(what, f"{median:.1f} / {late:.1f} ms", "at most 8 ms", late <= 8)


def stepping_back(poses: Path, video: Path, empty: Path) -> Iterator[Row]:
    first, last = 80 * GOP, 81 * GOP - 1
    with VideoSource(video, CACHE_BYTES) as source:
        source.read(last)
        ours = [took(lambda n=n: source.read(n)) for n in range(last - 1, first, -1)]
    capture = cv2.VideoCapture(str(video))
    theirs = []
    for n in range(last - 1, first, -10):

        def seek(n: int = n) -> None:
            capture.set(cv2.CAP_PROP_POS_FRAMES, n)
            assert capture.read()[0]

        theirs.append(took(seek))
    capture.release()
    ratio = statistics.mean(theirs) / statistics.mean(ours)
    what = (
        f"step back within {GOP} frames, mean {statistics.mean(ours) * 1000:.1f} ms (longest "
        f"{max(ours) * 1000:.0f}), OpenCV's seek {statistics.mean(theirs) * 1000:.0f} ms"
    )
    yield Row(what, f"{ratio:.0f} times as fast", "at least 20 times", ratio >= 20)


def jumping(poses: Path, video: Path, empty: Path) -> Iterator[Row]:
    """By the key to one queued sample after the other, a second apart, all over the video."""
    with opened(poses) as window:
        session, random = window.workspace.session, np.random.default_rng(0)
        rows = random.choice(len(session.predictions), 2 * JUMPS + 1, replace=False)
        session.write_queue(
            added=[QueueItem(session.predictions.sample(int(row)), 0, False, {}) for row in rows]
        )
        session.refresh(Change.QUEUE)
        ahead = jumps(window)
        with mock.patch.object(VideoSource, "look_ahead", return_value=iter(())):
            cold = jumps(window)[1:]
    what = (
        f"jump to the next in the queue {milliseconds(ahead)}, {milliseconds(cold)} where nothing is "
        "read ahead"
    )
    ratio = statistics.median(cold) / statistics.median(ahead)
    yield Row(what, f"{ratio:.1f} times as fast", "at least 2 times", ratio >= 2)


def jumps(window: Window) -> list[float]:
    """Seconds of each."""

    def jump() -> None:
        QTest.keyClick(window, Qt.Key.Key_Space)
        spin(lambda: window.workspace.canvas.editable)

    seconds = []
    for _ in range(JUMPS):
        pause(1)
        seconds.append(took(jump))
    return seconds


def scrubbing(poses: Path, video: Path, empty: Path) -> Iterator[Row]:
    """Ten drags along the whole video, a move every 10 ms; what is still shown after letting go, and how
    late.
    """
    late, wrong, most = [], 0, 0
    with opened(poses) as window:
        workspace = window.workspace
        shown: list[int] = []
        workspace.reader.frame_ready.connect(lambda frame, _: shown.append(frame))
        random = np.random.default_rng(0)
        for _ in range(10):
            for frame in np.linspace(*random.integers(0, GOP * GOPS, 2), 60).astype(int).tolist():
                workspace._scrub(frame, True)
                pause(0.01)
            shown.clear()
            late.append(
                took(
                    lambda frame=frame: (workspace._scrub(frame, False), spin(lambda: shown[-1:] == [frame]))
                )
            )
            pause(0.3)
            wrong += shown[-1] != frame or workspace.canvas.shown != frame
            most = max(most, len(shown))
    figure = f"{wrong} of 10 wrong, {most} pictures at most"
    yield Row(
        f"after scrubbing, the exact frame {milliseconds(late)} later",
        figure,
        "none, at most 3",
        not wrong and most <= 3,
    )


def opening(poses: Path, video: Path, empty: Path) -> Iterator[Row]:
    times: dict[Path, list[float]] = {poses: [], empty: []}
    with opened(empty) as window:
        for _ in range(4):
            for path in times:
                window.close_project()
                times[path].append(took(lambda path=path: show(window, path)))
    with_poses, without = (statistics.median(times[path]) for path in (poses, empty))
    what = f"opening with 100,000 poses {with_poses:.2f} s, with none {without:.2f} s"
    more = with_poses - without
    yield Row(what, f"{more:+.2f} s", "at most +1 s", more <= 1)


def starting(poses: Path, video: Path, empty: Path) -> Iterator[Row]:
    home = {
        name: str(video.parent / "home")
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    }
    seconds, megabytes = [], []
    for _ in range(4):
        command = [sys.executable, "-c", START, str(time.time())]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | home, capture_output=True, text=True, check=True
        )
        started, memory = done.stdout.split()
        seconds.append(float(started))
        megabytes.append(int(memory) / 1024)
    start, memory = statistics.median(seconds[1:]), max(megabytes)
    yield Row(
        "start, from the process to the painted window", f"{start:.2f} s", "at most 1.0 s", start <= 1.0
    )
    yield Row("memory of the idle window", f"{memory:.0f} MB", "at most 200 MB", memory <= 200)


MEASUREMENTS = (stepping, dragging, stepping_back, jumping, scrubbing, opening, starting)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    names = [measure.__name__ for measure in MEASUREMENTS]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    wanted = parser.parse_args().only
    with application() as place:
        video = make_video(place / "video.mp4", GOPS)
        poses, empty = make_project(place / "poses", video, people=3), place / "empty"
        with Project(empty, create=True) as project:
            project.add_video(video)
        print(f"{date.today()}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
        print("| measured | figure | target | met |\n|---|---|---|---|")
        for measure in MEASUREMENTS:
            if measure.__name__ in wanted:
                for row in measure(poses, video, empty):
                    print(
                        f"| {row.what} | {row.figure} | {row.target} | {'yes' if row.met else 'no'} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
