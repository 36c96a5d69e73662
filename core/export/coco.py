"""COCO keypoints: a folder with what was labelled, what is predicted, and the labelled frames as pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.domain import Monitor, UserError, raise_if_cancelled
from core.export.material import (
    Clip,
    Material,
    coco_people,
    count,
    gather,
    labelled_people,
    write_images,
    write_text,
)
from core.export.options import ExportOptions
from core.formats.coco import CocoDataset, CocoImage, read_file, write, write_image_info, write_results
from core.formats.coco_check import count_results, self_evaluation
from core.project.project import Project

README = """Exported by PoseTailor

annotations.json  COCO keypoints: the {people} people that a human labelled, in {frames} frames
images/           {images} of these frames as pictures
{predicted}
Frames (frame_id, and the number in a file name) count from 0. Coordinates are pixel indices: a whole number
is the centre of a pixel, and that of the first is (0, 0). An image keeps its id in every file: 1 + frame,
plus the frames of the videos before. Visibility: 0 not labelled, 1 occluded but placed, 2 visible. A bbox is
the person's box, widened to hold the placed joints and cut at the border of the image; area is that of the
bbox. track_id is the person.

Sigmas for an evaluation (params.kpt_oks_sigmas), in the order of the joints:
{sigmas}

Videos:
{videos}
"""

PREDICTED = """predictions.json  COCO results: the {predictions} poses that the estimator of round {round}
                  predicts in the whole video{manner}; where there is a label they stay as they are predicted
image_info.json   the frames of predictions.json, to load it:
                  COCO("image_info.json").loadRes("predictions.json")
"""
CVAT_README = """Exported by PoseTailor

annotations/person_keypoints_default.json holds {people}.

In CVAT, make a task of the same video with a label "person" of type skeleton, whose points are named

{joints}

then put the folder annotations into a ZIP file and upload it with Actions > Upload annotations > COCO
Keypoints 1.0. Frames are matched by name (frame_000000 is the first), people by attributes.track_id.

Datumaro reads this folder as it is (coco_person_keypoints); it wants the folder images, which is empty.
"""

COMPLETE = 0.999  # AP of labels against themselves


def export_coco(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Fills the empty folder and has pycocotools read it; says what it holds. Raises UserError, Cancelled,
    OSError.
    """
    material = gather(project, options, monitor)
    ending = options.image_format
    labelled = {
        (clip.video.id, frame): clip.image(frame, ending) for clip in material.clips for frame in clip.labels
    }
    predicted = [
        clip.image(int(frame), ending)
        for clip in material.clips
        if clip.predictions is not None
        for frame in np.unique(clip.predictions.frame)
    ]
    written = 0
    if options.images:
        (folder / "images").mkdir()
        places = {where: folder / "images" / image.file_name for where, image in labelled.items()}
        written = write_images(material, places, monitor)
    people = coco_people(material.clips)
    images = {image.id: image for image in labelled.values()}
    write_text(
        folder / "annotations.json",
        write(CocoDataset(material.skeleton, images, people), "Labelled with PoseTailor"),
    )
    predictions = 0
    if options.predictions:
        predictions = _write_predictions(material, folder)
        write_text(folder / "image_info.json", write_image_info(material.skeleton, predicted))
    write_text(folder / "README.txt", _readme(material, len(people), len(images), written, predictions))
    raise_if_cancelled(monitor)
    verdict = _verdict(material, folder, predictions)
    wrote = (
        f"Wrote {labelled_people(material)}, {count(written, 'image')} and "
        f"{count(predictions, 'prediction')}."
    )
    return " ".join([wrote, verdict, *material.notes])


def export_cvat(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Labels as a task of CVAT takes them, a file per video; read again. Raises UserError, OSError."""
    material = gather(project, replace(options, predictions=False), monitor)
    material.need_labels("CVAT takes labels alone")
    for name in ("annotations", "images"):
        (folder / name).mkdir()
    clips = [clip for clip in material.clips if clip.labels]
    for clip in clips:
        raise_if_cancelled(monitor)
        of = clip.name if len(project.videos()) > 1 else None
        images = {image.id: image for image in (_cvat_image(clip, frame, of) for frame in clip.labels)}
        name = "default" if len(clips) == 1 else clip.name
        path = folder / "annotations" / f"person_keypoints_{name}.json"
        dataset = CocoDataset(material.skeleton, images, coco_people([clip]))
        write_text(path, write(dataset, "Labelled with PoseTailor"))
        read = read_file(path, material.skeleton)
        if len(read.people) != len(dataset.people):
            raise UserError(f"{path.name} was not read as it was written; nothing was exported.")
    joints = ", ".join(material.skeleton.joints)
    write_text(folder / "README.txt", CVAT_README.format(people=labelled_people(material), joints=joints))
    files = count(len(clips), "file")
    return " ".join(
        [f"Wrote {labelled_people(material)} into {files}; all of it was read again.", *material.notes]
    )


def _cvat_image(clip: Clip, frame: int, video: str | None) -> CocoImage:
    """A task has but one video, and its images' names do not say which. video: for who takes the labels back
    into a project of several.
    """
    return replace(clip.image(frame), file_name=f"frame_{frame:06d}.png", video=video)


def _readme(material: Material, people: int, frames: int, images: int, predictions: int) -> str:
    predicted = PREDICTED.format(
        predictions=predictions, round=material.round, manner=material.options.manner
    )
    return README.format(
        people=people,
        frames=frames,
        images=images,
        predicted=predicted if material.options.predictions else "",
        sigmas=", ".join(map(str, material.skeleton.sigmas)),
        videos="\n".join(
            f"{clip.name}: {clip.video.width} x {clip.video.height}, {clip.video.frame_count} frames, "
            f"{clip.video.fps:g} per second, image ids from {clip.first_id}"
            for clip in material.clips
        ),
    )


def _write_predictions(material: Material, folder: Path) -> int:
    """All samples of the latest round; returns how many."""
    joints = len(material.skeleton)
    images, points, confidence = [np.empty(0, np.int64)], [np.empty((0, joints, 2))], [np.empty((0, joints))]
    for clip in material.clips:
        if clip.predictions is not None:
            images.append(clip.predictions.frame + clip.first_id)
            points.append(clip.predictions.points)
            confidence.append(clip.predictions.confidence)
    results = write_results(np.concatenate(images), np.concatenate(points), np.concatenate(confidence))
    write_text(folder / "predictions.json", results)
    return sum(map(len, images))


def _verdict(material: Material, folder: Path, predictions: int) -> str:
    """What pycocotools makes of the files."""
    precision = self_evaluation(folder / "annotations.json", material.skeleton.sigmas)
    read = count_results(folder / "image_info.json", folder / "predictions.json") if predictions else 0
    if precision is None:
        return f"pycocotools reads {count(read, 'prediction')}; there are no labels yet."
    if precision < COMPLETE:
        return (
            "pycocotools reads the file, but not all of it: compared with itself it scores AP "
            f"{precision:.3f} instead of 1. Export it again, and report it where that does not help."
        )
    return "The file was read back with pycocotools and is complete."
