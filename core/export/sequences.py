"""Labels as the benchmarks on tracked people publish theirs: PoseTrack21 and JRDB-Pose, a file per video."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from core.domain import Monitor, UserError, raise_if_cancelled
from core.export.material import Clip, coco_people, count, gather, labelled_people, write_text
from core.export.options import ExportOptions
from core.formats import jrdb, posetrack
from core.formats.coco import CocoDataset, CocoImage
from core.project.project import Project

README = """Exported by PoseTailor

{people} in the form of {title}, a file per video. Joints go by their names; those that {title} does not know
are left out, and those that only it knows are unlabelled. The number in an image's name is the frame, from 0.
"""


def export_posetrack(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Fills the empty folder and reads it again. Raises UserError, Cancelled, OSError."""

    def named(clip: Clip, frame: int) -> CocoImage:
        return replace(clip.image(frame), file_name=f"images/{clip.name}/{frame:06d}.jpg")

    return _export(project, folder, monitor, options, posetrack, "PoseTrack21", named)


def export_jrdb(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """As export_posetrack."""

    def named(clip: Clip, frame: int) -> CocoImage:
        return replace(clip.image(frame), file_name=f"{clip.name}/{frame:06d}.jpg")

    return _export(project, folder, monitor, options, jrdb, "JRDB-Pose", named)


def _export(
    project: Project,
    folder: Path,
    monitor: Monitor,
    options: ExportOptions,
    format: ModuleType,
    title: str,
    named: Callable[[Clip, int], CocoImage],
) -> str:
    material = gather(project, replace(options, predictions=False), monitor)
    material.need_labels(f"{title} is a format of labels")
    ending = ".posetrack.json" if format is posetrack else ".jrdb.json"
    kept = 0
    for clip in material.clips:
        raise_if_cancelled(monitor)
        if not clip.labels:
            continue
        images = {image.id: image for image in (named(clip, frame) for frame in clip.labels)}
        people = coco_people([clip])
        path = folder / f"{clip.name}{ending}"
        write_text(path, format.write(CocoDataset(material.skeleton, images, people)))
        kept += len(format.read_file(path).people)
    left_out = material.labels - kept
    if not kept:
        raise UserError(f"No label has a joint that {title} knows, so there is nothing to export.")
    write_text(folder / "README.txt", README.format(people=labelled_people(material), title=title))
    wrote = f"Wrote {labelled_people(material)}; {count(kept, 'person', 'people')} were read again."
    if left_out:
        wrote += (
            f" {count(left_out, 'person', 'people')} without a joint that {title} knows will be passed over."
        )
    return " ".join([wrote, *material.notes])
