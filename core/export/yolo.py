"""YOLO-pose: a data set that can be trained on as it is."""

from pathlib import Path

import numpy as np

from core.domain import Box, LabelledPose, Monitor, UserError, raise_if_cancelled
from core.export.material import (
    Clip,
    Material,
    count,
    framed,
    gather,
    labelled_people,
    write_images,
    write_text,
)
from core.export.options import ExportOptions
from core.formats import yolo
from core.project.project import Project

README = """Exported by PoseTailor

images/, labels/  {people}, split by whole blocks of {block:g} s, since neighbouring frames look alike:
                  {train} for training, {val} for validation
data.yaml         where they are, the joints and what a mirror does with them
{predictions}
A row is class, box and x, y, v of each joint as shares of the image, counted from its corner; what lies
outside of the image is brought to its border. v: 0 not labelled, 1 occluded but placed, 2 visible. The number
in a file name is the frame, from 0.

Train with: yolo pose train data=data.yaml model=MODEL, from anywhere by the whole path of data.yaml.
"""
PREDICTIONS = """predictions/      {number} poses that the estimator of round {round} predicts{manner}, apart
                  from labels: rows of the same form with the confidence of each joint in place of v, and the
                  person's number at the end
"""


def export_yolo(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Fills the empty folder and reads it again by the rules of its trainer. Raises UserError, Cancelled,
    OSError.
    """
    material = gather(project, options, monitor)
    material.need_labels("YOLO-pose is a format to train on")
    parts = {
        (clip.video.id, frame): "val" if options.is_validation(clip.times[frame]) else "train"
        for clip in material.clips
        for frame in clip.labels
    }
    if "train" not in parts.values():
        raise UserError(
            "All labelled frames would be for validation; make its share smaller or the blocks shorter."
        )
    for part in ("train", "val"):
        (folder / "images" / part).mkdir(parents=True)
        (folder / "labels" / part).mkdir(parents=True)
    validation = "val" in parts.values()
    write_text(folder / yolo.DATA, yolo.data_yaml(material.skeleton, validation))
    names = {
        (clip.video.id, frame): Path(clip.image(frame, options.image_format).file_name)
        for clip in material.clips
        for frame in clip.labels
    }
    for clip in material.clips:
        for frame, labels in clip.labels.items():
            where = clip.video.id, frame
            rows = [_row(clip, label.pose) for label in labels]
            text = "\n".join(rows) + "\n"
            write_text((folder / "labels" / parts[where] / names[where]).with_suffix(".txt"), text)
    images = {where: folder / "images" / parts[where] / name for where, name in names.items()}
    written = write_images(material, images, monitor)
    predicted = _write_predictions(material, folder, monitor) if options.predictions else 0
    shares = [list(parts.values()).count(part) for part in ("train", "val")]
    write_text(
        folder / "README.txt",
        README.format(
            people=labelled_people(material),
            block=options.block_seconds,
            train=count(shares[0], "frame"),
            val=count(shares[1], "frame"),
            predictions=PREDICTIONS.format(number=predicted, round=material.round, manner=options.manner)
            if predicted
            else "",
        ),
    )
    raise_if_cancelled(monitor)
    _check(material, folder)
    split = (
        f"{count(written, 'image')}, {shares[0]} of the frames for training and {shares[1]} for validation"
    )
    if not validation:
        split += " (data.yaml then validates on those for training; shorter blocks give others)"
    wrote = f"Wrote {labelled_people(material)}, {split}, and {count(predicted, 'prediction')}."
    return " ".join([wrote, "All rows were read again and keep the rules of YOLO-pose.", *material.notes])


def _row(clip: Clip, pose: LabelledPose) -> str:
    return yolo.row(
        framed(pose, clip.video), pose.points, pose.visibility, (clip.video.width, clip.video.height)
    )


def _write_predictions(material: Material, folder: Path, monitor: Monitor) -> int:
    (folder / "predictions").mkdir()
    written = 0
    for clip in material.clips:
        if clip.predictions is None:
            continue
        size = clip.video.width, clip.video.height
        seen = np.full(len(material.skeleton), 2, np.int8)
        for frame in np.unique(clip.predictions.frame):
            raise_if_cancelled(monitor)
            rows = clip.predictions.rows_at(int(frame))
            lines = []
            for i in range(rows.start, rows.stop):
                box = Box(*map(float, clip.predictions.boxes[i]))
                cells = yolo.row(box, clip.predictions.points[i], seen, size).split()
                cells[7::3] = (f"{value:.4g}" for value in clip.predictions.confidence[i].tolist())
                lines.append(" ".join([*cells, str(int(clip.predictions.track[i]))]))
            written += len(lines)
            name = Path(clip.image(int(frame)).file_name).with_suffix(".txt")
            write_text(folder / "predictions" / name, "\n".join(lines) + "\n")
            monitor.report("Writing predictions", written, material.predictions)
    return written


def _check(material: Material, folder: Path) -> None:
    """Raises UserError where what was written cannot be read as it was meant."""
    sizes = {clip.name: (clip.video.width, clip.video.height) for clip in material.clips}
    again = yolo.read(folder / yolo.DATA, material.skeleton, lambda image: sizes.get(image.clip))
    if len(again.people) != material.labels:
        raise UserError(
            f"{len(again.people)} of {material.labels} rows were read again; nothing was exported."
        )
