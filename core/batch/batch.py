"""Many videos, one after the other or side by side, on this machine or on others: estimated, proposed,
exported.
"""

import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from core.domain import Monitor, UserError, raise_if_cancelled
from core.export.formats import format_named
from core.project.project import Project
from core.queries.coverage import coverage_in_words

logger = logging.getLogger("posetailor")
MAIN = Path(__file__).resolve().parents[2] / "main.py"
SUFFIX = ".posetailor"
STEPS = ("estimate", "propose", "export")


@dataclass(frozen=True)
class Work:
    """What is to be done with one video. project: its folder; steps: of STEPS; out: where the export goes;
    further: of the estimation, as on the command line.
    """

    video: str
    project: str
    out: str
    steps: tuple[str, ...]
    format: str
    further: tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """video: its path; steps: those that were taken now, not before; error: why it stopped, '' when all is
    done.
    """

    video: str
    steps: tuple[str, ...]
    error: str = ""


def read_list(path: Path) -> list[Path]:
    """A text file with a video or a folder of images a line, relative to it; blank lines and those after #
    are left out.

    Raises UserError for a file that cannot be read, an empty one, and one with two videos of one name.
    """
    try:
        lines = [line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"The list {path} cannot be read ({error}). Give a text file with a video a line."
        ) from error
    videos = [(path.parent / Path(line).expanduser()).resolve() for line in lines if line]
    if not videos:
        raise UserError(f"The list {path} names no video. Write one a line.")
    times = Counter(video.stem for video in videos)
    if twice := next((name for name, count in times.items() if count > 1), None):
        raise UserError(
            f"The list {path} has two videos called {twice!r}, whose projects would be one. Rename one."
        )
    return videos


def plan(
    videos: list[Path], out: Path, steps: tuple[str, ...], format: str, further: tuple[str, ...]
) -> list[Work]:
    """Raises UserError for an unknown step or format."""
    format_named(format)
    if wrong := next((step for step in steps if step not in STEPS), None):
        raise UserError(f"There is no step {wrong!r}. Choose of {', '.join(STEPS)}.")
    out = out.expanduser().absolute()
    return [
        Work(
            str(video),
            str(out / f"{video.stem}{SUFFIX}"),
            str(out / f"{video.stem}-{format}"),
            steps,
            format,
            further,
        )
        for video in videos
    ]


def run_here(works: list[Work], jobs: int, monitor: Monitor) -> Iterator[Done]:
    """On this machine, so many at a time, as they end. Raises Cancelled between two videos."""
    with ThreadPoolExecutor(max(1, jobs), "batch") as pool:
        running = [pool.submit(take, work) for work in works]
        try:
            yield from _as_they_end(running, works, as_completed, monitor)
        finally:
            for future in running:
                future.cancel()


def run_on_cluster(works: list[Work], address: str, monitor: Monitor) -> Iterator[Done]:
    """On the workers of a Dask scheduler, which see the same paths and have PoseTailor installed.

    Raises UserError where dask.distributed is not installed or the scheduler does not answer.
    """
    try:
        from dask import distributed
    except ImportError as error:
        raise UserError(
            "A cluster needs dask.distributed, which is not installed. Run: pip install "
            "'posetailor[cluster]'."
        ) from error
    try:
        client = distributed.Client(address, timeout="10s")
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError(
            f"The scheduler {address} does not answer ({error}). Check the address, and that it runs."
        ) from error
    with client:
        running = client.map(take, works, pure=False)
        yield from _as_they_end(running, works, distributed.as_completed, monitor)


def _as_they_end(running: list, works: list[Work], as_they_end: Callable, monitor: Monitor) -> Iterator[Done]:
    """One that could not even say why it failed, such as a worker that was killed, does not end the
    others.
    """
    work_of = dict(zip(running, works, strict=True))
    for count, future in enumerate(as_they_end(running), 1):
        try:
            done = future.result()
        except Exception as error:
            logger.exception("%s failed", work_of[future].video)
            done = Done(work_of[future].video, (), _reason(error))
        monitor.report("Videos", count, len(works))
        yield done
        raise_if_cancelled(monitor)


def take(work: Work) -> Done:
    """The steps that are still to be taken, each in a process of its own; a step that fails ends it."""
    taken: list[str] = []
    for step in work.steps:
        try:
            if _is_taken(work, step):
                continue
            done = subprocess.run(_command(work, step), capture_output=True, text=True, check=False)
        except (UserError, OSError) as error:
            return Done(work.video, tuple(taken), str(error))
        if done.returncode:
            said = done.stderr.strip().splitlines()
            return Done(
                work.video, tuple(taken), said[-1] if said else f"{step} ended with {done.returncode}."
            )
        taken.append(step)
    return Done(work.video, tuple(taken))


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def _command(work: Work, step: str) -> list[str]:
    own = [sys.executable, *([] if getattr(sys, "frozen", False) else [str(MAIN)]), step]
    match step:
        case "estimate":
            return [*own, work.video, "--project", work.project, *work.further, "--budget", "all", "--quiet"]
        case "propose":
            return [*own, "--project", work.project, "--quiet"]
    return [*own, "--project", work.project, "--format", work.format, "--out", work.out, "--quiet"]


def _is_taken(work: Work, step: str) -> bool:
    """What an earlier run finished. An export is made again once it was moved away."""
    folder = Path(work.project)
    if not Project.exists(folder):
        return False
    with Project(folder) as project:
        latest = project.latest_round()
        if step == "estimate":
            return latest is not None and not coverage_in_words(project)
        if step == "propose":
            return any(item.round == latest for item in project.queue())
        return Path(work.out).exists()


def cores() -> int:
    """How many videos at a time suit this machine: an estimation keeps about two cores busy."""
    return max(1, (os.cpu_count() or 2) // 2)


def summary(done: list[Done]) -> str:
    """As JSON for programs."""
    return json.dumps([vars(one) for one in done], indent=2)
