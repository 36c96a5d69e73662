"""How late the window's event loop is while it fine-tunes and estimates, against the same window at rest.

python benchmarks/latency.py [--seconds 20] [--steps 150]

The bundled clip, Lightning, all cores, shown off screen. A timer of 10 ms tells how late each of its calls
comes; meanwhile somebody steps through the frames, six a second, and drags a joint every second. Exit status
1 where a target is missed.
"""

import argparse
import os
import shutil
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PySide6.QtCore import QPoint, Qt, QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402

from app.session.project_opening import DEMO_CLIP  # noqa: E402
from app.window.window import Window  # noqa: E402
from benchmarks.offscreen import application, opened, pause, spin  # noqa: E402
from core.domain import Silent  # noqa: E402
from core.project.project import Project  # noqa: E402
from core.workflow.annotate import annotate  # noqa: E402
from core.workflow.estimate import estimate  # noqa: E402
from core.workflow.propose import propose  # noqa: E402

REFERENCE = DEMO_CLIP.with_suffix(".json")
INTERVAL = 10  # milliseconds
MOST = 50  # milliseconds, 99th percentile


class Lateness:
    """Of a timer: how many milliseconds after its time each call comes, by the stage that is going on."""

    def __init__(self) -> None:
        self.stage = "at rest"
        self.by_stage: dict[str, list[float]] = {}
        self._due: float | None = None
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=INTERVAL)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter() * 1000
        if self._due is not None:
            self.by_stage.setdefault(self.stage, []).append(max(0.0, now - self._due))
        self._due = now + INTERVAL


class Hand:
    """Steps through the frames and drags a joint now and then, by a timer of its own."""

    def __init__(self, window: Window) -> None:
        self._window, self._turn = window, 0
        self._timer = QTimer(interval=160)
        self._timer.timeout.connect(self._act)
        self._timer.start()

    def _act(self) -> None:
        self._turn += 1
        canvas = self._window.workspace.canvas
        QTest.keyClick(self._window, Qt.Key.Key_Right if self._turn % 40 < 20 else Qt.Key.Key_Left)
        if self._turn % 6 == 0 and canvas.editable and canvas.people:
            place = canvas.place_of(canvas.people[0].sample, 5).toPoint()
            QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place)
            for n in (1, 2, 3, 2, 1, 0):  # and back, or the labels would say nothing of the person
                QTest.mouseMove(canvas, place + QPoint(3 * n, 2 * n))
            QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place)

    def stop(self) -> None:
        self._timer.stop()


def make_project(folder: Path, steps: int) -> Path:
    clip = folder / DEMO_CLIP.name
    shutil.copyfile(DEMO_CLIP, clip)
    with Project(folder / "demo.posetailor", create=True) as project:
        project.store.set_setting("estimator", "lightning")
        project.store.set_setting("steps", steps)
        estimate(project, project.add_video(clip).id, Silent())
        propose(project, size=24)
        annotate(project, REFERENCE)
        return project.folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20, help="to look at the window at rest")
    parser.add_argument("--steps", type=int, default=150)
    arguments = parser.parse_args()
    with application() as folder:
        path = make_project(folder, arguments.steps)
        load = os.getloadavg()[0]
        with opened(path) as window:
            work, lateness, hand = window.workspace.work, Lateness(), Hand(window)
            pause(arguments.seconds)
            window.perform("finetune")
            work.job.progress.connect(lambda stage, *_: setattr(lateness, "stage", stage))
            lateness.stage = "starting"
            spin(lambda: work.job is None, 600)
            lateness.stage = "after"
            pause(2)
            hand.stop()
            said = window.banner.sentence if window.banner.isVisible() else ""
    if said:
        print(f"{said}\n")
    print(f"{date.today()}, load {load:.1f} on {os.cpu_count()} cores\n")
    print("| while | calls | median | 99 % | longest |\n|---|---|---|---|---|")
    for stage, late in lateness.by_stage.items():
        median, worst = np.percentile(late, (50, 99))
        print(f"| {stage} | {len(late)} | {median:.1f} ms | {worst:.1f} ms | {max(late):.0f} ms |")
    busy = np.concatenate(
        [late for stage, late in lateness.by_stage.items() if stage not in ("at rest", "after")]
    )
    rest, worst = (np.percentile(late, 99) for late in (lateness.by_stage["at rest"], busy))
    print(
        f"\n99 % over the whole fine-tuning: {worst:.1f} ms (at most {MOST}), {worst / rest:.1f} times "
        "that at rest"
    )
    sys.exit(int(worst > MOST))


if __name__ == "__main__":
    main()
