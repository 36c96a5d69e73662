"""SLEAP and NWB, through libraries of their own."""

from pathlib import Path

import numpy as np

from core.domain import Monitor, UserError, raise_if_cancelled
from core.export.material import Material, count, gather
from core.export.options import ExportOptions
from core.formats.interchange import Film, write_nwb, write_slp
from core.project.project import Project


def export_sleap(project: Project, path: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Writes the file and has sleap-io read it. Raises UserError, Cancelled."""
    material, films = _films(project, monitor, options)
    labels, predictions = write_slp(films, material.skeleton, path)
    human = sum(int(film.rows.human.sum()) for film in films)
    if (labels, predictions) != (human, sum(len(film.rows) for film in films) - human):
        raise UserError("sleap-io does not read what was written; nothing was exported.")
    raise_if_cancelled(monitor)
    wrote = (
        f"Wrote {count(labels, 'label')} and {count(predictions, 'prediction')}; sleap-io reads all of it."
    )
    return " ".join([wrote, *material.notes])


def export_nwb(project: Project, path: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Writes the file and has pynwb read it. Raises UserError, Cancelled."""
    material, films = _films(project, monitor, options)
    points = sum(int((~np.isnan(film.rows.points).any(2)).sum()) for film in films)
    if write_nwb(films, material.skeleton, path) != points:
        raise UserError("pynwb does not read what was written; nothing was exported.")
    raise_if_cancelled(monitor)
    poses = sum(len(film.rows) for film in films)
    return " ".join([f"Wrote {count(poses, 'pose')}; pynwb reads all of it.", *material.notes])


def _films(project: Project, monitor: Monitor, options: ExportOptions) -> tuple[Material, list[Film]]:
    material = gather(project, options, monitor)
    monitor.report("Exporting", 0, 0)
    raise_if_cancelled(monitor)
    films = [
        Film(clip.video.path, (clip.video.width, clip.video.height), clip.times, clip.people, clip.rows())
        for clip in material.clips
    ]
    return material, [film for film in films if len(film.rows)]
