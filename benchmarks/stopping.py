"""How soon a round that is being computed in a window says that it stops, and how soon it has ended, whenever
it is stopped.

python benchmarks/stopping.py [--times 40] [--steps 60]

The bundled clip, Lightning, all cores, shown off screen. A round is fine-tuned to its end once; then it is
begun again and again, and a click on Cancel (every third time on "Stop and keep what it learned", while it
trains) comes at a random moment. Exit status 1 where a target is missed.
"""

import argparse
import os
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PySide6.QtCore import Qt  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QPushButton  # noqa: E402

from app.window.window import Window  # noqa: E402
from benchmarks.latency import make_project  # noqa: E402
from benchmarks.offscreen import application, opened, spin  # noqa: E402
from core.project.project import Project  # noqa: E402

SHOWN, ENDED = 100, 3000  # milliseconds
LONG = 300  # seconds a round may take
TRAINING = "Fine-tuning"


class Stages:
    """Of the running job: what it is doing, and since when it does no longer train."""

    def __init__(self, window: Window) -> None:
        self.name = "starting"
        self.last = time.perf_counter()
        window.workspace.work.job.progress.connect(self._take)

    def _take(self, stage: str, *_: object) -> None:
        if stage != self.name:
            self.name, self.last = stage, time.perf_counter()


def begin(window: Window) -> Stages:
    window.perform("finetune")
    if window.workspace.work.job is None:
        raise SystemExit(window.status.currentMessage() or window.banner.sentence)
    return Stages(window)


def button(window: Window, *texts: str) -> QPushButton | None:
    return next(
        (b for b in window.status.findChildren(QPushButton) if b.isVisible() and b.text() in texts), None
    )


def click(window: Window, wanted: QPushButton) -> float:
    """Milliseconds until the window has painted what it says to that."""
    started = time.perf_counter()
    QTest.mouseClick(wanted, Qt.MouseButton.LeftButton)
    window.repaint()
    QApplication.processEvents()
    return (time.perf_counter() - started) * 1000


def cancel(window: Window, after: float) -> tuple[str, float, float] | None:
    """What it did, milliseconds until that was shown and until all had ended; None where the round was
    quicker.
    """
    due = time.perf_counter() + after
    stages, work = begin(window), window.workspace.work
    spin(lambda: time.perf_counter() > due or work.job is None, LONG)
    if work.job is None:
        return None
    stage, started = stages.name, time.perf_counter()
    shown = click(window, button(window, "Cancel", "Cancel and discard"))
    if work.job is not None and button(window, "Stopping…") is None:
        raise SystemExit("It does not say that it stops.")
    spin(lambda: work.job is None, LONG)
    return stage, shown, (time.perf_counter() - started) * 1000


def keep(window: Window, after: float) -> tuple[str, float, float] | None:
    """Of "Stop and keep what it learned", until it trains no more; the round goes on to its end and is
    gone again.
    """
    stages, work = begin(window), window.workspace.work
    spin(lambda: button(window, "Stop and keep what it learned") is not None or work.job is None, LONG)
    due = time.perf_counter() + after
    spin(lambda: time.perf_counter() > due or stages.name != TRAINING, LONG)
    wanted = button(window, "Stop and keep what it learned")
    if wanted is None:
        spin(lambda: work.job is None, LONG)
        return None
    started = time.perf_counter()
    shown = click(window, wanted)
    spin(lambda: stages.name != TRAINING or work.job is None, LONG)
    ended = (stages.last - started) * 1000
    spin(lambda: work.job is None, LONG)
    return "kept the best", shown, ended


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    load = os.getloadavg()[0]
    seen: dict[str, list[tuple[float, float]]] = {}
    with application() as folder:
        path = make_project(folder, arguments.steps)
        with opened(path) as window:
            started = time.perf_counter()
            begin(window)
            spin(lambda: window.workspace.work.job is None, LONG)
            whole = time.perf_counter() - started
            for turn in range(arguments.times):
                if turn % 3 == 2:
                    stopped = keep(window, random.uniform(0, 0.3 * whole))
                else:
                    stopped = cancel(window, random.uniform(0, whole))
                if stopped is not None:
                    seen.setdefault(stopped[0], []).append(stopped[1:])
        with Project(path) as project:
            rounds = len(project.store.rounds())
    print(
        f"{date.today()}, load {load:.1f} on {os.cpu_count()} cores; a round takes {whole:.1f} s, "
        f"{rounds} after all\n"
    )
    print("| while | times | said after | at most | ended after | at most |\n|---|---|---|---|---|---|")
    for stage, times in seen.items():
        (shown, ended), (latest, last) = np.median(times, 0), np.max(times, 0)
        print(
            f"| {stage} | {len(times)} | {shown:.0f} ms | {latest:.0f} ms | {ended:.0f} ms | {last:.0f} ms |"
        )
    worst = np.concatenate([np.array(times) for times in seen.values()]).max(0)
    met = worst[0] <= SHOWN and worst[1] <= ENDED
    print(
        f"\nsaid after {worst[0]:.0f} ms (at most {SHOWN}), ended after {worst[1]:.0f} ms (at most {ENDED}); "
        f"{'met' if met else 'missed'}"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
