"""Panning and zooming in a lane of long curves, against the same in an empty lane.

python benchmarks/timeline.py [--curves 5] [--frames 1000000] [--steps 200] [--width 1200] [--height 120]

A step changes the part in view and paints at once. Both lanes take the same steps, one after the other.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pyqtgraph as pg  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.style import theme  # noqa: E402
from app.timeline.items import Curve  # noqa: E402
from app.timeline.lane import Lane  # noqa: E402
from app.timeline.pyramid import Pyramid  # noqa: E402

View = tuple[float, float]


class Strip:
    """A window with a single lane."""

    def __init__(self, frames: int, width: int, height: int) -> None:
        self.plots = pg.GraphicsLayoutWidget()
        self.plots.resize(width, height)
        self.lane = Lane(frames)
        self.plots.ci.addItem(self.lane, 0, 0)
        self.plots.show()

    def milliseconds(self, view: View) -> float:
        """What it takes to show another part."""
        started = time.perf_counter()
        self.lane.setXRange(*view, padding=0)
        self.plots.viewport().repaint()
        return 1000 * (time.perf_counter() - started)


def pans(frames: int, steps: int, share: float) -> Iterator[View]:
    """From the beginning to the end, with a share of all in view."""
    width = share * frames
    for n in range(steps):
        first = n * (frames - width) / steps
        yield first, first + width


def zooms(frames: int, steps: int) -> Iterator[View]:
    """From everything down to a hundred frames around a place off the middle, evenly in the eyes of who
    turns a wheel.
    """
    for n in range(steps):
        width = frames * (100 / frames) ** (n / (steps - 1))
        first = (frames - width) * 0.37
        yield first, first + width


def doubts(frames: int, rng: np.random.Generator) -> np.ndarray:
    """(frames,) float32 in 0..1 as criteria are: slow waves, noise, sudden peaks, and a tenth of the
    frames missing.
    """
    values = 0.4 + 0.3 * np.sin(np.arange(frames) / 700 + rng.uniform(0, 6)) + rng.normal(0, 0.08, frames)
    values[rng.integers(0, frames, frames // 500)] = 1
    for start in rng.integers(0, frames, 20):
        values[start : start + frames // 200] = np.nan
    return values.clip(0, 1).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--curves", type=int, default=5)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--height", type=int, default=120)
    arguments = parser.parse_args()
    app = QApplication(sys.argv[:1])
    full, empty = (Strip(arguments.frames, arguments.width, arguments.height) for _ in range(2))
    rng = np.random.default_rng(0)
    values = [doubts(arguments.frames, rng) for _ in range(arguments.curves)]
    started = time.perf_counter()
    for n, one in enumerate(values):
        full.lane.addItem(Curve(Pyramid(one), theme.person_colour(n)), ignoreBounds=True)
    built = 1000 * (time.perf_counter() - started)
    print(
        f"{arguments.curves} curves of {arguments.frames} frames, {arguments.width} x {arguments.height} "
        "pixels:"
    )
    print(f"built in {built:.0f} ms; milliseconds a step, median / 95th percentile of {arguments.steps}")
    movements = {
        "pan, nine tenths": list(pans(arguments.frames, arguments.steps, 0.9)),
        "pan, a tenth": list(pans(arguments.frames, arguments.steps, 0.1)),
        "pan, two screens": list(
            pans(arguments.frames, arguments.steps, 2 * arguments.width / arguments.frames)
        ),
        "zoom": list(zooms(arguments.frames, arguments.steps)),
    }
    for name, views in movements.items():
        app.processEvents()
        full.milliseconds(views[0]), empty.milliseconds(views[0])
        pairs = np.array([(full.milliseconds(view), empty.milliseconds(view)) for view in views])
        (curves, nothing), (curves95, nothing95) = np.percentile(pairs, (50, 95), axis=0)
        print(
            f"{name:<28} curves {curves:5.1f} / {curves95:5.1f}   empty {nothing:5.1f} / {nothing95:5.1f}   "
            f"{curves / nothing:4.1f} times"
        )


if __name__ == "__main__":
    main()
