import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from core.domain import Box, Cancelled, LabelledPose, SampleId, Silent, UserError
from core.export import coco
from core.export.export import export
from core.formats.coco import read_file
from core.project.project import Project
from core.project.store.store import Label
from core.video.imaging import cv2
from core.workflow.annotate import annotate
from tests.clips import make_clip, number_in
from tests.core.conftest import FRAMES, HEIGHT, WIDTH, enqueue, fill, standing

FILES = {"annotations.json", "predictions.json", "image_info.json", "README.txt", "images"}


def label(
    project: Project, *samples: tuple[int, int], accepted: bool = True, missing: int = 2
) -> list[Label]:
    """Labels a little off the predictions, the last `missing` joints not placed."""
    labels = []
    for sample in samples:
        predictions = project.predictions(project.video_of_track()[sample[0]])
        row = predictions.row(SampleId(*sample))
        points = predictions.points[row].astype(np.float64) + 1 / 3
        visibility = np.array([2] * 10 + [1] * 7, np.int8)
        if missing:
            points[-missing:] = visibility[-missing:] = 0
        pose = LabelledPose(points, visibility, predictions.box(row), predictions.pose(row), 0)
        labels.append(Label(SampleId(*sample), pose, accepted))
    project.store.set_labels(labels)
    return labels


def load(path: Path) -> dict:
    return json.loads(path.read_text())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "exports" / "coco"


def siblings(out: Path) -> list[str]:
    return [path.name for path in out.parent.iterdir()] if out.parent.exists() else []


def test_writes_the_folder(project: Project, out: Path) -> None:
    label(project, (1, 3), (2, 3), (1, 7))
    label(project, (2, 9), accepted=False)
    sentence = export(project, "coco", out, Silent())
    assert sentence == (
        "Wrote 3 labelled people in 2 frames, 2 images and 24 predictions. The file "
        f"was read back with pycocotools and is complete. It is in {out}."
    )
    assert {path.name for path in out.iterdir()} == FILES
    assert siblings(out) == ["coco"]
    annotations = load(out / "annotations.json")
    assert [image["id"] for image in annotations["images"]] == [4, 8]
    assert annotations["images"][0] == {
        "id": 4,
        "file_name": "walk_000003.png",
        "width": WIDTH,
        "height": HEIGHT,
        "frame_id": 3,
        "video": "walk",
        "pts_s": pytest.approx(3 / 25),
        "is_labeled": True,
    }
    assert [(a["id"], a["image_id"], a["track_id"]) for a in annotations["annotations"]] == [
        (1, 4, 1),
        (2, 4, 2),
        (3, 8, 1),
    ]
    assert annotations["annotations"][0]["num_keypoints"] == 15
    assert {path.name for path in (out / "images").iterdir()} == {"walk_000003.png", "walk_000007.png"}
    for number in (3, 7):
        image = cv2.imread(str(out / "images" / f"walk_{number:06d}.png"))
        assert image.shape == (HEIGHT, WIDTH, 3)
        assert number_in(image) == number
    assert "count from 0" in (out / "README.txt").read_text()


def test_predictions_stay_predictions(project: Project, out: Path) -> None:
    label(project, (1, 3))
    export(project, "coco", out, Silent())
    results = load(out / "predictions.json")
    predictions = project.predictions(1)
    assert len(results) == len(predictions) == 2 * FRAMES
    row = predictions.row(SampleId(1, 3))
    table = np.array(results[row]["keypoints"]).reshape(17, 3)
    assert (table[:, :2] == predictions.points[row]).all()
    assert (table[:, 2] == predictions.confidence[row]).all()
    assert results[row]["score"] == pytest.approx(predictions.confidence[row].mean())
    info = COCO(out / "image_info.json")
    assert len(info.loadRes(str(out / "predictions.json")).anns) == 2 * FRAMES
    assert [image["id"] for image in info.dataset["images"] if image["is_labeled"]] == [4]
    assert sorted(info.imgs) == list(range(1, FRAMES + 1))


def test_readers_keep_every_instance(project: Project, out: Path) -> None:
    """The rules of mmpose's and detectron2's loaders (design: formats), with joints outside of box and
    image.
    """
    (made,) = label(project, (1, 3))
    wild = made.pose.points.copy()
    wild[0], wild[1] = (-20, -30), (75, 200)
    outside = Box(-40, -50, -10, -20)
    project.store.set_labels(
        [
            Label(SampleId(1, 3), LabelledPose(wild, made.pose.visibility, made.pose.box, None, 0), True),
            Label(SampleId(2, 3), LabelledPose(wild - 500, made.pose.visibility, outside, None, 0), True),
            Label(
                SampleId(2, 4), LabelledPose(wild + 500, made.pose.visibility, Box(5, 5, 5, 5), None, 0), True
            ),
        ]
    )
    export(project, "coco", out, Silent())
    content = load(out / "annotations.json")
    images = {image["id"]: image for image in content["images"]}
    assert len({a["id"] for a in content["annotations"]}) == len(content["annotations"]) == 3
    for annotation in content["annotations"]:
        image = images[annotation["image_id"]]
        assert (out / "images" / image["file_name"]).is_file()
        assert annotation["iscrowd"] == 0
        assert annotation["num_keypoints"] > 0
        assert annotation["segmentation"] == []
        x, y, w, h = annotation["bbox"]
        assert w >= 1
        assert h >= 1
        assert x >= 0
        assert y >= 0
        assert x + w <= image["width"] - 1
        assert y + h <= image["height"] - 1
        assert annotation["area"] == pytest.approx(w * h)
        assert annotation["track_id"] >= 1
    assert content["annotations"][0]["bbox"] == [0, 0, pytest.approx(75), HEIGHT - 1]


def test_a_label_comes_back_bit_for_bit(project: Project, new_project: Callable, out: Path) -> None:
    labels = label(project, (1, 3), (2, 3), (1, 7), (2, 11))
    export(project, "coco", out, Silent())
    again = new_project({"Ann": standing(10, 10, 60, 90), "Bob": standing(90, 12, 150, 92)})
    enqueue(again, (1, 3))
    annotate(again, out / "annotations.json", any_sample=True)
    returned = again.store.labels()
    assert len(returned) == 4
    for made in labels:
        assert returned[made.sample].pose.points.tobytes() == made.pose.points.tobytes()
        assert returned[made.sample].pose.visibility.tobytes() == made.pose.visibility.tobytes()


def test_images_of_further_videos_have_ids_of_their_own(project: Project, tmp_path: Path, out: Path) -> None:
    (tmp_path / "other").mkdir()
    path = make_clip(tmp_path / "other" / "walk.mp4", 20, width=WIDTH, height=HEIGHT)
    (track,) = fill(project, path, {"Cy": standing(5, 5, 50, 90)})
    label(project, (1, 3), (track, 3))
    export(project, "coco", out, Silent())
    images = read_file(out / "annotations.json").images
    assert {number: image.file_name for number, image in images.items()} == {
        4: "walk_000003.png",
        FRAMES + 4: "walk-2_000003.png",
    }
    assert number_in(cv2.imread(str(out / "images" / "walk-2_000003.png"))) == 3
    assert len(load(out / "predictions.json")) == 3 * FRAMES


def test_without_the_video_the_labels_still_go_out(project: Project, tmp_path: Path, out: Path) -> None:
    label(project, (1, 3))
    project.store.relink_video(1, tmp_path / "walk.mp4", project.videos()[0].content_id)
    sentence = export(project, "coco", out, Silent())
    assert "1 labelled person in 1 frame, 0 images" in sentence
    assert "missing or another video than the one estimated, so there are no images" in sentence
    assert list((out / "images").iterdir()) == []
    assert load(out / "annotations.json")["images"][0]["pts_s"] == pytest.approx(3 / 25)
    make_clip(tmp_path / "walk.mp4", 5, width=WIDTH, height=HEIGHT)
    assert "another video than the one estimated" in export(project, "coco", out, Silent())


def test_labels_without_a_joint_are_left_out(project: Project, out: Path) -> None:
    label(project, (1, 3))
    label(project, (2, 4), missing=17)
    sentence = export(project, "coco", out, Silent())
    assert "1 label without a placed joint left out" in sentence
    assert len(load(out / "annotations.json")["images"]) == 1


def test_predictions_alone(project: Project, out: Path) -> None:
    sentence = export(project, "coco", out, Silent())
    assert "there are no labels yet" in sentence
    assert load(out / "annotations.json")["annotations"] == []


def test_nothing_to_export(tmp_path: Path, clip: Path, out: Path) -> None:
    with Project(tmp_path / "new", create=True) as project:
        project.add_video(clip)
        with pytest.raises(UserError, match="nothing to export"):
            export(project, "coco", out, Silent())
    assert siblings(out) == []


def test_an_unknown_format(project: Project, out: Path) -> None:
    with pytest.raises(UserError, match=r"no export format 'xml'; choose one of coco"):
        export(project, "xml", out, Silent())


def test_an_earlier_export_is_replaced(project: Project, out: Path) -> None:
    label(project, (1, 3))
    export(project, "coco", out, Silent())
    project.store.delete_labels([SampleId(1, 3)])
    label(project, (1, 5))
    export(project, "coco", out, Silent())
    assert [path.name for path in (out / "images").iterdir()] == ["walk_000005.png"]
    assert siblings(out) == ["coco"]


@pytest.mark.parametrize("stranger", ["notes.txt", "images/mine.jpg"])
def test_what_others_put_there_is_kept(project: Project, out: Path, stranger: str) -> None:
    label(project, (1, 3))
    export(project, "coco", out, Silent())
    (out / stranger).write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        export(project, "coco", out, Silent())
    assert (out / stranger).read_text() == "mine"


def test_folders_that_may_be_used(project: Project, tmp_path: Path) -> None:
    label(project, (1, 3))
    (tmp_path / "empty").mkdir()
    export(project, "coco", tmp_path / "empty", Silent())
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="is a file"):
        export(project, "coco", tmp_path / "file", Silent())
    with pytest.raises(UserError, match="could not be written"):
        export(project, "coco", tmp_path / "file" / "below", Silent())
    with pytest.raises(UserError, match="holds other files"):
        export(project, "coco", project.folder, Silent())


class StopAfter(Silent):
    """Cancels after some reports."""

    def __init__(self, reports: int) -> None:
        self.left = reports
        self.seen: list[tuple[str, int, int]] = []

    def report(self, stage: str, done: int, total: int, **values: float | str) -> None:
        self.seen.append((stage, done, total))
        self.left -= 1

    def cancelled(self) -> bool:
        return self.left <= 0


def test_cancelled_or_failed_it_leaves_the_earlier_one(
    project: Project, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label(project, (1, 3))
    export(project, "coco", out, Silent())
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    label(project, *((1, n) for n in range(8)))
    monitor = StopAfter(5)
    with pytest.raises(Cancelled):
        export(project, "coco", out, monitor)
    written = [seen for seen in monitor.seen if seen[0] == "Exporting"]
    assert 0 < len(written) < 8
    assert written == [("Exporting", n + 1, 8) for n in range(len(written))]

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(coco, "write_text", no_space)
    with pytest.raises(UserError, match="No space left on device"):
        export(project, "coco", out, Silent())
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert siblings(out) == ["coco"]
    shutil.rmtree(out)
    with pytest.raises(UserError, match="No space"):
        export(project, "coco", out, Silent())
    assert siblings(out) == []
