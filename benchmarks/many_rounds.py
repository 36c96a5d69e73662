"""What memory, threads and processes do while round after round is proposed, labelled, fine-tuned and reviewed in a window.

python benchmarks/many_rounds.py [--rounds 10] [--steps 10]

The bundled clip, Lightning, shown off screen. Exit status 1 where a target is missed.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PySide6.QtCore import QSettings, Qt  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app import theme  # noqa: E402
from app.window import Window  # noqa: E402
from benchmarks.latency import make_project  # noqa: E402
from benchmarks.memory import handles, resident  # noqa: E402
from benchmarks.offscreen import opened, pause, spin  # noqa: E402

LONG = 300  # seconds a round may take
GROWTH = 30  # MB, from rounds 2 to 4 to the last three, in the mean: one round differs from the next by up to 60
REST = 5.0  # seconds after a round before it is measured


def look_at_everything(window: Window) -> None:
    """So that the cache of frames is full before anything is measured."""
    workspace = window.workspace
    for frame in range(workspace.session.video.frame_count):
        workspace.session.go_to(frame)
        spin(lambda: workspace.canvas.editable)


def play_a_round(window: Window) -> None:
    workspace = window.workspace
    number = workspace.session.round
    window.perform("finetune")
    spin(lambda: workspace.work.job is None, LONG)
    if workspace.session.round != number + 1:
        raise SystemExit(window.banner.sentence)
    window.perform("review")
    window.perform("propose")
    spin(lambda: workspace.work.job is None, LONG)
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_Return)
        spin(lambda: workspace.canvas.editable)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=10)
    arguments = parser.parse_args()
    samples = []
    with tempfile.TemporaryDirectory() as folder:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        app = QApplication([])
        theme.apply(app, theme.DARK)
        path = make_project(Path(folder), arguments.steps)
        with opened(path) as window:
            look_at_everything(window)
            for _ in range(arguments.rounds):
                play_a_round(window)
                pause(REST)
                samples.append((resident(), *handles(), len(multiprocessing.active_children())))
    print(f"{date.today()}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| round | memory | threads | open files | processes |\n|---|---|---|---|---|")
    for number, (memory, *counts) in enumerate(samples, 1):
        print(f"| {number} | {memory:.0f} MB | {' | '.join(map(str, counts))} |")
    growth = np.mean([memory for memory, *_ in samples[-3:]]) - np.mean([memory for memory, *_ in samples[1:4]])
    counts_flat = all(a <= b for a, b in zip(samples[-1][1:], samples[min(2, len(samples) - 1)][1:], strict=True))
    met = growth <= GROWTH and counts_flat
    print(f"\n{growth:+.0f} MB from rounds 2 to 4 to the last three (at most {GROWTH}); {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
