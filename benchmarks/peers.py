"""How quick today's tools are beside ours, in one run on one screen.

python benchmarks/peers.py [--sleap PYTHON] [--x-anylabeling PYTHON] [--napari PYTHON] [--only NAME ...]

PYTHON: the interpreter of a virtual environment in which the tool is installed (`sleap`,
`x-anylabeling-cvhub[cpu]`, `napari[pyqt6] napari-deeplabcut`); a tool without one is left out. All run on the
same virtual screen (Xvfb) of 1600 x 1000. "Bare" is a window that shows the video with OpenCV and does
nothing else.

start: from the process to the painted window with nothing left to do, median of 3 after one that warms up;
memory: resident, 2.5 s later. open: a project with 40,000 poses, one in each frame of a 1080p video, median
of 3. A step: from the call of the tool's own action to the end of painting the next frame, 30 a second at
most as with a key held down, in a 1080p video of 300 frames whose only keyframe is the first.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.offscreen import make_video  # noqa: E402
from core.project.project import Project  # noqa: E402
from tests.projects import make_project  # noqa: E402

DRIVERS = Path(__file__).with_name("drivers")
PEERS = {"SLEAP": "sleap_gui", "X-AnyLabeling": "x_anylabeling", "napari-DeepLabCut": "napari_dlc"}
TOOLS = {"Bare": "bare", "PoseTailor": "ours"} | PEERS
TIMES = 3
LIMIT = 300  # seconds a driver may take


class Failed(Exception):
    """What a driver said last."""


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """The environment of programs on a screen of their own."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            yield {"DISPLAY": f":{answer.readline().strip()}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait()


class Tool:
    """One tool with the interpreter it is installed for."""

    def __init__(self, name: str, python: str, environment: dict[str, str]) -> None:
        self.name = name
        self._command = [python, str(DRIVERS / f"{TOOLS[name]}.py")]
        self._environment = environment

    def make(self, poses: Path, video: Path, folder: Path) -> Path:
        self._run("make", str(poses), str(video), str(folder))
        return folder

    def measure(self, what: str, *folder: Path) -> dict:
        output = self._run(what, str(time.time()), *map(str, folder))
        return json.loads(output.splitlines()[-1])

    def _run(self, *arguments: str) -> str:
        command = [*self._command, *arguments]
        try:
            done = subprocess.run(
                command, env=self._environment, capture_output=True, text=True, timeout=LIMIT
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{arguments[0]}: no answer within {LIMIT} s") from error
        if done.returncode:
            raise Failed(f"{arguments[0]}: {done.stderr.strip()[-2000:]}")
        return done.stdout


def row(tool: Tool, material: Path) -> str:
    """A line of the table."""
    long, short = (
        tool.make(material / f"{name}.npz", material / f"{name}.mp4", material / TOOLS[tool.name] / name)
        for name in ("long", "short")
    )
    tool.measure("start")
    starts = [tool.measure("start") for _ in range(TIMES)]
    start, memory = (statistics.median(entry[key] for entry in starts) for key in ("start", "memory"))
    opening = statistics.median(tool.measure("open", long)["open"] for _ in range(TIMES))
    steps = tool.measure("step", short)
    ways = " | ".join(
        "{:.0f} / {:.0f} / {:.0f}".format(*milliseconds(steps[way])) for way in ("forward", "back")
    )
    return f"| {tool.name} | {start:.2f} s | {memory:.0f} MB | {opening:.2f} s | {ways} |"


def milliseconds(seconds: list[float]) -> np.ndarray:
    return np.percentile(seconds, (50, 95, 100)) * 1000


def make_material(folder: Path) -> None:
    """long, short: videos (.mp4) with a pose in each frame (.npz)."""
    make_video(folder / "long.mp4", 160)
    make_video(folder / "short.mp4", 1, 300)
    for name in ("long", "short"):
        with Project(make_project(folder / f"{name}-poses", folder / f"{name}.mp4", people=1)) as project:
            np.savez(folder / f"{name}.npz", points=project.predictions(1).points)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("sleap", "x-anylabeling", "napari"):
        parser.add_argument(f"--{name}", metavar="PYTHON")
    parser.add_argument("--only", nargs="+", choices=TOOLS, default=list(TOOLS))
    options = parser.parse_args()
    pythons = dict.fromkeys(TOOLS, sys.executable) | dict(
        zip(PEERS, (options.sleap, options.x_anylabeling, options.napari), strict=True)
    )
    with tempfile.TemporaryDirectory() as folder, screen() as display:
        material = Path(folder)
        make_material(material)
        home = {
            name: str(material / "home")
            for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
        }
        (material / "home").mkdir()
        print(f"{date.today()}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
        print(
            "| tool | start | memory | open 40,000 poses | step forward, ms: median / 95 % / longest | "
            "step back |"
        )
        print("|---|---|---|---|---|---|", flush=True)
        for name in options.only:
            if pythons[name]:
                try:
                    print(row(Tool(name, pythons[name], os.environ | home | display), material), flush=True)
                except Failed as failure:
                    print(f"| {name} | failed: {failure} |", flush=True)


if __name__ == "__main__":
    main()
