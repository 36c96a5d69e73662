"""DeepLabCut: folders to be put into labeled-data of a multi-animal project, and predictions as tables."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from core.domain import Monitor, UserError, raise_if_cancelled
from core.export.material import Clip, Material, count, gather, labelled_people, write_images, write_text
from core.export.options import ExportOptions
from core.formats import deeplabcut
from core.formats.poses import PoseRows
from core.formats.sheet import read_sheet
from core.project.project import Project

README = """Exported by PoseTailor

labeled-data/  {people}: put the folders into labeled-data of a multi-animal project with scorer {scorer},
               these individuals and these bodyparts in its config.yaml, then run deeplabcut.convertcsv2h5
predictions/   {predictions} poses of the whole video{manner}, a table of x, y and likelihood by frame per
               video

individuals: {individuals}
bodyparts: {joints}

The number in the name of an image is the frame, from 0. A joint is placed or empty; DeepLabCut does not know
of occluded ones, so those that were placed are.
"""


def export_deeplabcut(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Fills the empty folder and reads it again. Raises UserError, Cancelled, OSError."""
    material = gather(project, replace(options, image_format="png"), monitor)
    joints = material.skeleton.joints
    images: dict[tuple[int, int], Path] = {}
    predicted = 0
    for clip in material.clips:
        raise_if_cancelled(monitor)
        people = _unique(clip.people)
        if clip.labels:
            place = folder / "labeled-data" / clip.name
            place.mkdir(parents=True)
            labels = replace(clip, predictions=None).rows()
            _write(place / deeplabcut.LABELS, labels, people, material, clip, True)
            images |= {(clip.video.id, frame): place / deeplabcut.image_name(frame) for frame in clip.labels}
        if clip.predictions is not None:
            (folder / "predictions").mkdir(exist_ok=True)
            rows = replace(clip, labels={}).rows()
            _write(folder / "predictions" / f"{clip.name}.csv", rows, people, material, clip, False)
            predicted += len(rows)
    written = write_images(material, images, monitor) if options.images else 0
    individuals = dict.fromkeys(name for clip in material.clips for name in _unique(clip.people).values())
    write_text(
        folder / "README.txt",
        README.format(
            people=labelled_people(material),
            scorer=deeplabcut.SCORER,
            predictions=predicted,
            manner=options.manner,
            individuals=", ".join(individuals),
            joints=", ".join(joints),
        ),
    )
    wrote = (
        f"Wrote {labelled_people(material)}, {count(written, 'image')} and {count(predicted, 'prediction')}."
    )
    return " ".join([wrote, "All tables were read again.", *material.notes])


def _write(
    path: Path, rows: PoseRows, people: dict[int, str], material: Material, clip: Clip, labels: bool
) -> None:
    """Raises UserError where it is not read as it was written."""
    text = deeplabcut.write(rows, people, material.skeleton.joints, clip.name, labels)
    write_text(path, text)
    again = deeplabcut.from_lines(read_sheet(path.read_text("utf-8"), path.name), path.name)
    if again.poses != len(rows):
        raise UserError(f"{path.name} was not read as it was written; nothing was exported.")


def _unique(people: dict[int, str]) -> dict[int, str]:
    """Names by track; those of the same name are told apart by their number."""
    times = Counter(people.values())
    return {track: name if times[name] == 1 else f"{name} {track}" for track, name in people.items()}
