"""What the commands print with: progress bars, tables and sentences."""

import os
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

QUIET = "POSETAILOR_QUIET"  # environment variable: no progress is shown
console = Console(stderr=True, quiet=bool(os.environ.get(QUIET)))

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Bar:
    """A monitor that draws one progress bar with the time left."""

    def __init__(self, progress: Progress):
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def report(self, stage: str, done: int, total: int, **values: float | str) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=None, note="")
        hide_unmeasured(self._progress)
        note = "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in values.items())
        self._progress.update(
            self._tasks[stage], completed=done, total=total or None, note=note, visible=True
        )

    def cancelled(self) -> bool:
        return False

    def enough(self) -> bool:
        return False


def hide_unmeasured(progress: Progress) -> None:
    """Work whose length is not known never says that it is done: it is, once other work goes on."""
    for task in progress.tasks:
        if task.total is None:
            progress.update(task.id, visible=False)


class _Bars(Progress):
    def stop(self) -> None:
        """A pipe is given the bars as they are at the end."""
        hide_unmeasured(self)
        super().stop()


def progress_bar() -> Progress:
    return _Bars(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[note]}"),
        console=console,
    )


def table(*columns: str, title: str | None = None) -> Table:
    """Narrow enough for 80 columns, which is what a pipe gets."""
    return Table(*columns, box=SIMPLE_HEAD, padding=0, title=title, title_justify="left")


def print_all(sentences: Iterable[str]) -> None:
    """Those that say something."""
    for sentence in filter(None, sentences):
        print(sentence)
