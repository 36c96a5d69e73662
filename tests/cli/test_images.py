"""The loop over a folder of images, as a user types it: frames of a real clip as JPEG, the real Lightning."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.formats.coco import read_file, write
from core.project.project import Project
from core.video.imaging import cv2, read_image
from core.video.source import open_video
from tests.commands import run
from tests.reference import ASSISTED, scaled

ROOT = Path(__file__).parents[2]
FRAMES = 8
WIDTH, HEIGHT = 544, 960


def name(frame: int) -> str:
    """Counted from 1, as ffmpeg does, and not padded."""
    return f"img_{frame + 1}.jpg"


def write_frames(folder: Path) -> None:
    """The first frames of the bundled clip, half as large."""
    folder.mkdir()
    with open_video(ASSISTED.with_suffix(".mp4")) as source:
        for number, frame in source.stream(0, FRAMES):
            small = cv2.resize(frame.to_array("rgb"), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(folder / name(number)), small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 97])


def write_truth(path: Path) -> None:
    """The clip's reference with the names that an annotation tool would have for these images."""
    reference = scaled(read_file(ASSISTED), 0.5, FRAMES)
    images = {
        key: replace(image, file_name=name(image.frame), frame=image.frame + 1)
        for key, image in reference.images.items()
    }
    path.write_text(write(replace(reference, images=images)))


def say(line: str) -> str:
    """What the command prints."""
    return run(*line.split())


@pytest.mark.long
def test_the_loop_over_a_folder_of_images(tmp_path: Path) -> None:
    images, project, truth, out = (
        tmp_path / part for part in ("walk_60fps", "project", "truth.json", "export")
    )
    write_frames(images)
    write_truth(truth)
    estimated = say(f"estimate {images} --project {project} --estimator lightning --device cpu")
    assert estimated.startswith(f"Estimated {2 * FRAMES} poses of 2 people in walk_60fps.\n")
    say(f"propose --project {project} --size 2")
    assert say(f"annotate --project {project} --from {truth}") == "2 poses were labelled from truth.json.\n"
    assert say(f"finetune --project {project} --steps 1 --device cpu").startswith("Round 1: 1 steps in ")
    say(f"export --project {project} --format coco --out {out}")

    with Project(project) as opened:
        (video,) = opened.videos()
        assert (video.path, video.width, video.height, video.fps) == (images, WIDTH, HEIGHT, 60.0)
        labels = opened.store.labels()
        assert len(opened.predictions(video.id, 1)) == 2 * FRAMES
    reference = read_file(ASSISTED)
    for sample, label in labels.items():
        same_frame = [p for p in reference.people if reference.images[p.image].frame == sample.frame]
        placed = label.pose.labelled
        distance = [np.abs((p.points + 0.5) / 2 - 0.5 - label.pose.points)[placed].max() for p in same_frame]
        assert min(distance) < 1e-6
    exported = json.loads((out / "annotations.json").read_text())["images"]
    assert {image["frame_id"] for image in exported} == {sample.frame for sample in labels}
    for image in exported:
        original = read_image(images / name(image["frame_id"]))
        assert np.array_equal(read_image(out / "images" / image["file_name"]), original)


def test_boxes_and_poses_from_a_file_go_to_the_images_they_name(tmp_path: Path) -> None:
    images, project, truth = (tmp_path / part for part in ("walk_60fps", "project", "truth.json"))
    write_frames(images)
    write_truth(truth)
    say(f"estimate {images} --project {project} --estimator lightning --device cpu --boxes {truth}")
    reference = scaled(read_file(ASSISTED), 0.5, FRAMES)
    with Project(project) as opened:
        predictions = opened.predictions(1)
        assert len(predictions) == 2 * FRAMES
        for row in range(len(predictions)):
            frame = int(predictions.frame[row])
            boxes = [p.box for p in reference.people if reference.images[p.image].frame == frame]
            assert min(np.abs(np.array(box) - predictions.boxes[row]).max() for box in boxes) < 1e-3
