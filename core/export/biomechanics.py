"""What Sports2D, Pose2Sim and OpenPose's other readers take: a JSON file per frame, or a TRC file per
person.
"""

from pathlib import Path

import numpy as np

from core.domain import Monitor, UserError, raise_if_cancelled
from core.export.material import Material, count, gather, write_text
from core.export.options import ExportOptions
from core.formats import openpose, trc
from core.formats.poses import PoseRows
from core.project.project import Project

README = """Exported by PoseTailor

{what}
Frames count from 0, coordinates are pixels of the video.
"""
EVERY = 500  # files between two reports


def export_openpose(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Fills the empty folder and reads it again. Raises UserError, Cancelled, OSError."""
    material = gather(project, options, monitor)
    frames, poses = sum(clip.video.frame_count for clip in material.clips), 0
    done = 0
    for clip in material.clips:
        rows, place = clip.rows(), folder / f"{clip.name}_json"
        place.mkdir()
        for frame, text in openpose.write_frames(rows, clip.video.frame_count):
            if done % EVERY == 0:
                raise_if_cancelled(monitor)
                monitor.report("Exporting", done, frames)
            path = place / openpose.file_name(clip.name, frame)
            write_text(path, text)
            poses += len(openpose.read_frame(path.read_text("utf-8"), path.name))
            done += 1
        _check(poses, len(rows), clip.name)
        poses = 0
    write_text(folder / "README.txt", README.format(what="*_json  a file per frame, in OpenPose's form"))
    samples = sum(len(clip.rows()) for clip in material.clips)
    return _said(f"Wrote {count(samples, 'pose')} in {count(frames, 'file')}.", "files", material)


def export_trc(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """As export_openpose."""
    material = gather(project, options, monitor)
    joints = material.skeleton.joints
    people = []
    for clip in material.clips:
        rows = clip.rows()
        for place, track in enumerate(np.unique(rows.track).tolist()):
            raise_if_cancelled(monitor)
            name = f"{clip.name}_px_person{place:02d}.trc"
            points = through(rows, track, clip.video.frame_count, len(joints))
            write_text(folder / name, trc.write(name, joints, clip.times, points, clip.video.fps))
            _, _, again = trc.read((folder / name).read_text("utf-8"), name)
            if not np.allclose(again, points, atol=1e-3, equal_nan=True):
                raise UserError(f"{name} was not read as it was written; nothing was exported.")
            people.append(f"{name} is {clip.people.get(track, track)}")
    write_text(folder / "README.txt", README.format(what="\n".join(people)))
    return _said(f"Wrote {count(len(people), 'person', 'people')}, a file each.", "files", material)


def through(rows: PoseRows, track: int, frames: int, joints: int) -> np.ndarray:
    """(frames, K, 2) of one person, NaN where there is nothing."""
    points, own = np.full((frames, joints, 2), np.nan), rows.track == track
    points[rows.frame[own]] = rows.points[own]
    return points


def _check(found: int, expected: int, name: str) -> None:
    if found != expected:
        raise UserError(f"The files of {name} were not read as they were written; nothing was exported.")


def _said(wrote: str, what: str, material: Material) -> str:
    return " ".join([wrote, f"All {what} were read again.", *material.notes])
