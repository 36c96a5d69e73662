"""The video with everybody's pose drawn in."""

from functools import partial
from pathlib import Path

import numpy as np

from core.domain import Monitor, UserError, raise_if_cancelled
from core.export.material import Clip, count, gather, write_text
from core.export.options import ExportOptions
from core.formats.poses import PoseRows
from core.project.project import Project
from core.queries.scores import NotComputed, scores
from core.video.overlay import Drawn, write_overlay
from core.video.source import open_video

README = """Exported by PoseTailor

*-skeletons.mp4  the video with everybody's pose: thick where a human labelled it, thin where the estimator
                 predicts it; an occluded joint is a ring. Left joints are orange, right ones blue. The bar at
                 the bottom is the whole video, bright where poses are uncertain ({criterion}), with a white
                 line where the video is.
"""
AGREE = 2e-3  # seconds between a time stamp and the original's


def export_overlay(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Fills the empty folder and reads each video again. Raises UserError, Cancelled, OSError."""
    material = gather(project, options, monitor)
    criterion = project.setting("criterion")
    total = sum(clip.video.frame_count for clip in material.clips if not clip.trouble)
    if not total:
        raise UserError(f"There is no video to draw on: {material.clips[0].trouble}")
    frames = before = 0
    for clip in material.clips:
        if clip.trouble:
            material.notes.append(clip.trouble)
            continue
        rows, uncertainty = clip.rows(), None
        if clip.predictions is not None:
            uncertainty = _uncertainty(project, clip, criterion)
        with open_video(clip.video.path) as source:

            def step(done: int, before: int = before) -> None:
                raise_if_cancelled(monitor)
                monitor.report("Drawing the video", before + done, total)

            path = folder / f"{clip.name}-skeletons.mp4"
            written = write_overlay(
                source, path, material.skeleton, partial(_people, clip, rows), uncertainty, step
            )
            damaged = len(source) - written
            _check(path, written, source.times if not damaged else None)
        if damaged:
            material.notes.append(f"{count(damaged, 'frame')} of {clip.video.path.name} cannot be decoded.")
        frames += written
        before += clip.video.frame_count
    write_text(folder / "README.txt", README.format(criterion=criterion))
    raise_if_cancelled(monitor)
    wrote = f"Drew {count(frames, 'frame')}, at the pace of the original; all of them were read again."
    return " ".join([wrote, *material.notes])


def _people(clip: Clip, rows: PoseRows, frame: int) -> list[Drawn]:
    start, stop = np.searchsorted(rows.frame, [frame, frame + 1])
    return [
        Drawn(
            clip.places[int(rows.track[i])],
            clip.people[int(rows.track[i])],
            rows.points[i],
            rows.human[i] & (rows.visibility[i] == 1),
            bool(rows.human[i]),
        )
        for i in range(start, stop)
    ]


def _uncertainty(project: Project, clip: Clip, criterion: str) -> np.ndarray | None:
    """(frames,) of the most uncertain person in each, NaN where nobody is; None where it was not computed."""
    try:
        values = scores(project, clip.video.id, criterion)
    except NotComputed:
        return None
    uncertainty = np.full(clip.video.frame_count, np.nan)
    if clip.predictions is not None:
        np.fmax.at(uncertainty, clip.predictions.frame, values)
    return uncertainty


def _check(path: Path, frames: int, times: np.ndarray | None) -> None:
    """times: of the original, None where frames of it are missing. Raises UserError."""
    with open_video(path) as again:
        right = len(again) == frames and (times is None or np.abs(again.times - times).max() < AGREE)
    if not right:
        raise UserError(f"{path.name} is not read as it was written; nothing was exported.")
