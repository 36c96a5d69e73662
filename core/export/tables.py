"""CSV, long and wide, for R, pandas or Excel."""

import csv
from collections.abc import Callable
from itertools import count as numbers
from pathlib import Path

from core.domain import Monitor, UserError, raise_if_cancelled
from core.export.material import count, gather
from core.export.options import ExportOptions
from core.formats.tables import Part, write_long, write_wide
from core.project.project import Project

EVERY = 200  # samples between two reports


def export_long(project: Project, path: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Writes the file and reads it again. Raises UserError, Cancelled, OSError."""
    return _export(project, path, monitor, options, write_long)


def export_wide(project: Project, path: Path, monitor: Monitor, options: ExportOptions) -> str:
    """As export_long."""
    return _export(project, path, monitor, options, write_wide)


def _export(project: Project, path: Path, monitor: Monitor, options: ExportOptions, write: Callable) -> str:
    material = gather(project, options, monitor)
    parts = [Part(clip.name, clip.times, clip.people, clip.rows()) for clip in material.clips]
    samples = sum(len(part.rows) for part in parts)
    done = numbers(1)

    def step() -> None:
        if (number := next(done)) % EVERY == 0:
            raise_if_cancelled(monitor)
            monitor.report("Exporting", number, samples)

    raise_if_cancelled(monitor)
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        rows = write(parts, material.skeleton.joints, file, step)
    _check(path, rows)
    human = sum(int(part.rows.human.sum()) for part in parts)
    wrote = (
        f"Wrote {count(human, 'label')} and {count(samples - human, 'prediction')} in {count(rows, 'row')}."
    )
    return " ".join([wrote, "All rows were read again.", *material.notes])


def _check(path: Path, rows: int) -> None:
    """Every line has the columns of the first, and none is missing."""
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.reader(file)
        width = len(next(table))
        whole = sum(len(line) == width for line in table)
    if whole != rows:
        raise UserError(f"{whole} of {rows} rows were read again; nothing was exported.")
