"""What memory, threads and processes do while round after round is proposed, labelled, fine-tuned and
reviewed in a window.

python benchmarks/many_rounds.py [--rounds 20] [--steps 5] [--minutes M] [--work 60]

The bundled clip, Lightning, shown off screen. With --minutes it goes on for so long, and between two rounds
somebody, for --work seconds, steps, drags joints, takes back and does again, plays, looks at heatmaps, looks
for people in a part of the video again, and opens the project anew. Exit status 1 where a target is missed.
"""

import argparse
import multiprocessing
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

from app.window.window import Window  # noqa: E402
from benchmarks.latency import Hand, make_project  # noqa: E402
from benchmarks.memory import handles, resident  # noqa: E402
from benchmarks.offscreen import application, opened, pause, show, spin  # noqa: E402
from core.domain import Span  # noqa: E402
from core.tracking.settings import USUAL  # noqa: E402

LONG = 300  # seconds a round may take
# MB in the mean, from the second quarter of the rounds to the last: one differs from the next by up to 60
GROWTH = 30
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


def work_on(window: Window, path: Path, seconds: float) -> None:
    """So long everything else, with steps and drags all along; then the project is opened anew and looked
    through.
    """
    hand, turns = Hand(window), (undo_and_redo, play, look_at_heatmaps, find_again)
    for turn in turns:
        pause(seconds / len(turns))
        turn(window)
    hand.stop()
    show(window, path)
    look_at_everything(window)


def undo_and_redo(window: Window) -> None:
    for name in ("undo",) * 5 + ("redo",) * 5:
        window.perform(name)


def play(window: Window) -> None:
    for _ in range(2):
        window.perform("play")
        pause(2.0)


def look_at_heatmaps(window: Window) -> None:
    for _ in range(2):
        window.perform("show_heatmap")
        pause(2.0)


def find_again(window: Window) -> None:
    workspace = window.workspace
    workspace.work.find(Span(workspace.session.video.id, 20, 40), USUAL)
    spin(lambda: workspace.work.job is None, LONG)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--work", type=float, default=60)
    arguments = parser.parse_args()
    print(f"{date.today()}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| round | minutes | memory | threads | open files | processes |\n|---|---|---|---|---|---|")
    samples: list[tuple[float, int, int, int]] = []
    with application() as folder:
        path = make_project(folder, arguments.steps)
        with opened(path) as window:
            look_at_everything(window)
            begun = time.monotonic()
            while time.monotonic() - begun < arguments.minutes * 60 or len(samples) < arguments.rounds:
                if arguments.minutes:
                    work_on(window, path, arguments.work)
                play_a_round(window)
                pause(REST)
                samples.append((resident(), *handles(), len(multiprocessing.active_children())))
                memory, *counts = samples[-1]
                minutes = (time.monotonic() - begun) / 60
                print(
                    f"| {len(samples)} | {minutes:.1f} | {memory:.0f} MB | {' | '.join(map(str, counts))} |",
                    flush=True,
                )
    quarter = max(1, len(samples) // 4)
    second, last = np.array(samples[quarter : 2 * quarter]), np.array(samples[-quarter:])
    growth = last[:, 0].mean() - second[:, 0].mean()
    met = growth <= GROWTH and (last.max(0) <= second.max(0))[1:].all()
    print(
        f"\n{growth:+.0f} MB from the second quarter to the last (at most {GROWTH}); "
        f"{'met' if met else 'missed'}"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
