"""What goes out in a format comes in again, and what other programs ask of their files is kept."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sleap_io
import yaml

from core.domain import COCO17, Cancelled, LabelledPose, SampleId, Silent, UserError
from core.export import material
from core.export.export import export
from core.export.formats import FORMATS
from core.export.options import ExportOptions
from core.formats import interchange
from core.project.project import Project
from core.queries.refined import refined_predictions
from core.video.imaging import cv2
from core.video.source import open_video
from core.workflow.annotate import annotate
from tests.clips import make_clip, number_in
from tests.core.conftest import FRAMES, HEIGHT, WIDTH, fill, standing
from tests.core.export.test_export import StopAfter, label

LABELLED = ((1, 3), (2, 3), (1, 7), (2, 11))
EXACT = {"coco", "cvat", "csv", "sleap"}
SEEN_ONLY = {"dlc", "posetrack"}  # a joint is labelled or not
PEOPLE = {"Ann": standing(10, 10, 60, 90), "Bob": standing(90, 12, 150, 92)}
NO_JRDB = (0, 3, 4)  # nose and ears, which JRDB-Pose does not have
NO_POSETRACK = (1, 2, 3, 4)  # eyes and ears


@pytest.mark.parametrize("format", ["coco", "cvat", "yolo", "dlc", "csv", "sleap", "posetrack", "jrdb"])
def test_labels_come_back(project: Project, new_project: Callable, write: Callable, format: str) -> None:
    """Bit for bit where the format has the precision."""
    labels = label(project, *LABELLED)
    out = write(format)
    source = {
        "coco": out / "annotations.json",
        "cvat": out / "annotations" / "person_keypoints_default.json",
        "posetrack": out / "walk.posetrack.json",
        "jrdb": out / "walk.jrdb.json",
    }.get(format, out)
    again = new_project(PEOPLE)
    result = annotate(again, source, any_sample=True)
    assert result.labelled == len(labels)
    returned = again.store.labels()
    for made in labels:
        seen = made.pose.visibility.copy()
        if format in SEEN_ONLY:
            seen[seen > 0] = 2
        lost = {"jrdb": NO_JRDB, "posetrack": NO_POSETRACK}.get(format, ())
        seen[list(lost)] = 0
        pose = returned[made.sample].pose
        assert pose.visibility.tolist() == seen.tolist()
        wanted = np.where(seen[:, None] > 0, made.pose.points, 0)
        if format in EXACT:
            assert pose.points.tobytes() == wanted.tobytes()
        else:
            assert np.abs(pose.points - wanted).max() < 1e-5


@pytest.mark.parametrize("format", ["coco", "cvat", "yolo", "dlc", "csv", "sleap"])
def test_a_folder_with_labels_of_two_videos_of_one_name_comes_back(
    project: Project, new_project: Callable, write: Callable, tmp_path: Path, format: str
) -> None:
    (tmp_path / "other").mkdir()
    other = make_clip(tmp_path / "other" / "walk.mp4", FRAMES, 6, width=WIDTH, height=HEIGHT)
    again = new_project(PEOPLE)
    for one in (project, again):
        fill(one, other, {"Cleo": standing(20, 10, 60, 90)})
    label(project, (1, 3), (3, 3), (3, 9))
    assert annotate(again, write(format), any_sample=True).labelled == 3
    assert set(again.store.labels()) == {SampleId(1, 3), SampleId(3, 3), SampleId(3, 9)}


def test_one_joint_alone_finds_its_person_by_name(
    project: Project, new_project: Callable, write: Callable
) -> None:
    """Where a box around the joints is too small to tell."""
    label(project, (1, 3), missing=16)
    again = new_project(PEOPLE)
    annotate(again, write("csv"), any_sample=True)
    assert list(again.store.labels()) == [SampleId(1, 3)]


def visible(pose: LabelledPose) -> np.ndarray:
    """(K, 2) its points, nan where a joint is not labelled."""
    return np.where(pose.visibility[:, None] > 0, pose.points, np.nan)


def test_yolo_rows_keep_the_rules_of_ultralytics(project: Project, write: Callable) -> None:
    """verify_image_label: 5 + 3K columns, coordinates in 0..1, no class beyond the names, no row twice."""
    made = label(project, *LABELLED)
    out = write("yolo", val_share=0.5, block_seconds=0.2, image_format="jpg")
    data = yaml.safe_load((out / "data.yaml").read_text())
    assert "path" not in data  # or images would be looked for where the trainer is started
    assert data["kpt_shape"] == [17, 3]
    assert data["flip_idx"] == [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
    assert data["names"] == {0: "person"}
    rows = 0
    stems: dict[str, set[str]] = {}
    for part in ("train", "val"):
        assert data[part] == f"./images/{part}"
        labels, images = (
            {path.stem for path in (out / kind / part).iterdir()} for kind in ("labels", "images")
        )
        assert labels == images
        stems[part] = images
        for path in (out / "labels" / part).iterdir():
            table = np.array([[float(v) for v in line.split()] for line in path.read_text().splitlines()])
            assert table.shape[1] == 5 + 3 * 17
            points = table[:, 5:].reshape(len(table), -1, 3)
            assert points[..., :2].max() <= 1
            assert table.min() >= 0
            assert table[:, :5].max() <= 1
            assert table[:, 0].max() < len(data["names"])
            assert len(np.unique(table, axis=0)) == len(table)
            rows += len(table)
    assert rows == len(LABELLED)
    read = sleap_io.load_ultralytics(str(out), split="train")
    assert read.skeletons[0].node_names == list(COCO17.joints)
    assert [len(frame.instances) for frame in read] == [2, 1]
    corner = visible(made[3].pose) + 0.5  # from the middle of the first pixel to its corner
    assert np.abs(read[1].instances[0].numpy() - corner)[~np.isnan(corner)].max() < 1e-3
    assert stems == {"train": {"walk_000003", "walk_000011"}, "val": {"walk_000007"}}  # blocks of five frames
    image = cv2.imread(str(out / "images" / "val" / "walk_000007.jpg"))
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert number_in(image) == 7


def test_deeplabcut_has_its_headers_and_images(project: Project, write: Callable) -> None:
    made = label(project, *LABELLED)
    out = write("dlc")
    folder = out / "labeled-data" / "walk"
    lines = list(csv.reader((folder / "CollectedData_PoseTailor.csv").open()))
    assert [line[0] for line in lines[:4]] == ["scorer", "individuals", "bodyparts", "coords"]
    assert lines[1][3] == "Ann"
    assert lines[1][-1] == "Bob"
    assert lines[3][3:] == ["x", "y"] * 34
    assert [line[:3] for line in lines[4:]] == [
        ["labeled-data", "walk", f"img{n:06d}.png"] for n in (3, 7, 11)
    ]
    assert {path.name for path in folder.glob("*.png")} == {f"img{n:06d}.png" for n in (3, 7, 11)}
    assert len((out / "predictions" / "walk.csv").read_text().splitlines()) == 4 + FRAMES
    read = sleap_io.load_dlc(str(folder / "CollectedData_PoseTailor.csv"))
    assert {track.name for track in read.tracks} == {"Ann", "Bob"}
    assert len(read) == 3
    (instance,) = read[2].instances
    places = [instance.skeleton.node_names.index(joint) for joint in COCO17.joints]
    assert np.allclose(instance.numpy()[places], visible(made[3].pose), equal_nan=True)


def test_tables_tell_a_human_from_a_model(project: Project, write: Callable) -> None:
    (made,) = label(project, (1, 3))
    rows = list(csv.DictReader(write("csv", poses="predicted").open()))
    assert len(rows) == 2 * FRAMES * 17
    human = [row for row in rows if row["source"] == "human"]
    assert [row["visibility"] for row in human] == ["2"] * 10 + ["1"] * 5 + ["0"] * 2
    assert {row["confidence"] for row in human} == {""}
    assert float(human[0]["x"]) == made.pose.points[0, 0]
    model = next(row for row in rows if row["source"] == "model")
    assert float(model["confidence"]) == project.predictions(1).confidence[0, 0]
    assert model["visibility"] == ""
    wide = list(csv.DictReader(write("csv-wide", predictions=False).open()))
    assert len(wide) == 1
    assert float(wide[0]["nose_x"]) == made.pose.points[0, 0]


def test_smoothing_is_for_predictions_alone(project: Project, write: Callable) -> None:
    (made,) = label(project, (1, 3))
    rows = list(csv.DictReader(write("csv", smoothing=0.3, poses="predicted").open()))
    x = {
        (row["source"], row["person"], int(row["frame"])): float(row["x"])
        for row in rows
        if row["joint"] == "nose"
    }
    assert x["human", "Ann", 3] == made.pose.points[0, 0]
    smooth = np.array([x["model", "Bob", frame] for frame in range(FRAMES)])
    raw = project.predictions(1).points[project.predictions(1).rows_of_track(2), 0, 0]
    assert np.abs(np.diff(smooth, 2)).mean() < np.abs(np.diff(raw, 2)).mean() / 2


def test_refined_poses_are_neither_a_humans_nor_as_predicted(project: Project, write: Callable) -> None:
    label(project, (1, 3))
    rows = list(csv.DictReader(write("csv").open()))
    assert {row["source"] for row in rows} == {"human", "refined"}
    assert sum(row["source"] == "human" for row in rows) == 17
    refined, predicted = refined_predictions(project, project.videos()[0], Silent()), project.predictions(1)
    first = next(row for row in rows if (row["person"], row["frame"]) == ("Ann", "4"))
    row = predicted.row(SampleId(1, 4))
    assert float(first["x"]) == refined.points[row, 0, 0]
    assert float(first["confidence"]) == predicted.confidence[row, 0]


def test_predictions_beside_labels_stay_predictions_where_a_label_is(
    project: Project, write: Callable
) -> None:
    label(project, (1, 3))
    out = write("coco")
    results = json.loads((out / "predictions.json").read_text())
    predicted = project.predictions(1)
    xy = predicted.points[predicted.row(SampleId(1, 3)), 0].tolist()
    assert any(result["image_id"] == 4 and result["keypoints"][:2] == pytest.approx(xy) for result in results)
    assert "refined by the labels and the motion around them" in (out / "README.txt").read_text()


def test_other_poses_are_not_known(write: Callable) -> None:
    with pytest.raises(UserError, match="refined or predicted, not 'guessed'"):
        write("csv", poses="guessed")


def test_some_joints(project: Project, write: Callable) -> None:
    label(project, (1, 3))
    content = json.loads(
        (write("coco", joints=("left_hip", "nose", "left_knee")) / "annotations.json").read_text()
    )
    assert content["categories"][0]["keypoints"] == ["nose", "left_hip", "left_knee"]
    assert content["categories"][0]["skeleton"] == [[3, 2]]
    assert len(content["annotations"][0]["keypoints"]) == 9
    with pytest.raises(UserError, match="no joint 'tail'; choose among nose"):
        write("csv", joints=("tail",))


def test_labels_alone(project: Project, write: Callable) -> None:
    label(project, (1, 3))
    out = write("coco", predictions=False, images=False)
    assert {path.name for path in out.iterdir()} == {"annotations.json", "README.txt"}
    assert not (write("yolo", predictions=False) / "predictions").exists()


def test_the_video_with_skeletons_keeps_its_pace(project: Project, write: Callable) -> None:
    label(project, (1, 3))
    with (
        open_video(write("overlay") / "walk-skeletons.mp4") as drawn,
        open_video(project.videos()[0].path) as original,
    ):
        assert len(drawn) == len(original)
        assert np.abs(drawn.times - original.times).max() < 1e-3
        difference = np.abs(drawn.read(3, "rgb").astype(int) - original.read(3, "rgb")).max(2)
    assert (difference[10:90, 10:60] > 40).any()  # Ann
    assert difference[-2].mean() > 20  # the bar


def test_cvats_labels_have_the_folder_that_datumaro_looks_for(project: Project, write: Callable) -> None:
    label(project, (1, 3))
    assert (write("cvat") / "images").is_dir()


def test_figures(project: Project, write: Callable) -> None:
    label(project, (1, 3))
    out = write("figures")
    names = {f"{stem}.{ending}" for stem in ("criteria-walk", "learning-curve") for ending in ("png", "svg")}
    assert {path.name for path in out.iterdir()} == names | {"README.txt"}
    assert "Bob" in (out / "criteria-walk.svg").read_text()


@pytest.mark.parametrize("format", ["openpose", "trc"])
def test_an_export_is_replaced_by_a_later_one(project: Project, write: Callable, format: str) -> None:
    out = write(format)
    before = sorted(path.name for path in out.rglob("*"))
    assert sorted(path.name for path in write(format).rglob("*")) == before


@pytest.mark.parametrize(
    "format", ["yolo", "dlc", "csv", "csv-wide", "overlay", "figures", "angles", "cvat", "jrdb"]
)
def test_cancelled_it_leaves_nothing(project: Project, tmp_path: Path, format: str) -> None:
    label(project, *LABELLED)
    out = FORMATS[format].place(tmp_path / "out" / "walk", format)
    with pytest.raises(Cancelled):
        export(project, format, out, StopAfter(0))
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("format", ["coco", "yolo", "dlc"])
def test_on_a_full_disk_it_leaves_nothing(
    project: Project, tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    label(project, *LABELLED)

    def no_space(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(material, "encoded", no_space)
    with pytest.raises(UserError, match="No space left on device"):
        export(project, format, tmp_path / "out" / "here", Silent())
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_that_is_there_is_kept(project: Project, tmp_path: Path) -> None:
    label(project, (1, 3))
    mine = tmp_path / "mine.csv"
    mine.write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        export(project, "csv", mine, Silent())
    assert mine.read_text() == "mine"
    export(project, "csv", mine, Silent(), replace=True)
    assert mine.read_text().startswith("video,")
    with pytest.raises(UserError, match=r"should end in \.csv"):
        export(project, "csv", tmp_path / "mine.txt", Silent())


def test_what_is_missing_is_said(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interchange, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"pip install 'posetailor\[interchange\]'"):
        export(project, "sleap", tmp_path / "poses.slp", Silent())
    (tmp_path / "poses.slp").write_bytes(b"")
    with pytest.raises(UserError, match="Install it with"):
        annotate(project, tmp_path / "poses.slp", any_sample=True)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "frame,joint,x,y\n3,nose,12,huh\n", "line 2 of a.csv: its y is 'huh', a number is needed"),
        ("a.csv", "frame,joint,x,y\n-3,nose,12,3\n", "line 2 of a.csv: its frame is '-3', a whole number"),
        (
            "a.csv",
            "frame,joint,x,y\n3,nose,1,1\n3,nose,1,1\n",
            "line 3 of a.csv: this person has another nose in frame 3",
        ),
        ("a.csv", "frame,joint,x,y\n3,tail,1,1\n", "a.csv: none of its 1 keypoints is a joint of COCO-17"),
        ("a.csv", "frame,joint,x,y\n99,nose,20,20\n", "labels for frames that do not exist"),
        ("a.csv", "frame,joint,x,y\n3,nose\n", "line 2 of a.csv: it does not have the 4 columns"),
        ("a.csv", "a,b\n1,2\n", "a.csv is no file of labels that is known. Give PoseTrack21"),
        (
            "a.csv",
            "scorer,s,s\nbodyparts,nose,nose\ncoords,x,y\n3,1,2\n4,1\n",
            "line 5 of a.csv: it has 2 columns, 3",
        ),
        ("a.csv", "scorer,s,s\nbodyparts,nose,nose\n", "the header of a.csv: it has no row coords"),
        (
            "a.csv",
            "scorer,s,s\nbodyparts,nose,nose\ncoords,x,y\n3,1,\n",
            "line 4 of a.csv: joint nose has only one",
        ),
    ],
)
def test_a_bad_file_is_said_and_changes_nothing(
    project: Project, tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError) as error:
        annotate(project, tmp_path / name, any_sample=True)
    assert said in str(error.value)
    assert project.store.labels(accepted_only=False) == {}


def test_a_broken_row_among_good_ones_imports_nothing(project: Project, write: Callable) -> None:
    label(project, *LABELLED)
    out = write("yolo", val_share=0.0)
    project.store.delete_labels([SampleId(*sample) for sample in LABELLED])
    path = out / "labels" / "train" / "walk_000007.txt"
    path.write_text(path.read_text().rsplit(" ", 1)[0])
    with pytest.raises(
        UserError, match=r"line 1 of labels/train/walk_000007.txt: it has 55 columns, exactly 56"
    ):
        annotate(project, out, any_sample=True)
    assert project.store.labels() == {}


def test_unknown_joints_are_said(project: Project, tmp_path: Path) -> None:
    lines = ["frame,joint,x,y,person", "3,nose,20,20,Ann", "3,tail,30,30,Ann", "3,Left Hip,40,60,Ann"]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    result = annotate(project, tmp_path / "a.csv", any_sample=True)
    assert "what COCO-17 does not have was passed over: tail" in result.sentence
    pose = project.store.labels()[SampleId(1, 3)].pose
    assert np.flatnonzero(pose.labelled).tolist() == [0, 11]


@pytest.mark.parametrize("format", ["coco", "yolo", "dlc", "csv", "sleap"])
def test_frames_of_a_folder_keep_their_numbers(tmp_path: Path, clip: Path, format: str) -> None:
    """Also where its images have the names of an export, counted from 1."""
    if why := FORMATS[format].needs():
        pytest.skip(why)
    images = tmp_path / "walk"
    images.mkdir()
    with open_video(clip) as source:
        for n in range(FRAMES):
            cv2.imwrite(str(images / f"walk_{n + 1:06d}.png"), source.read(n, "rgb")[..., ::-1])
    with Project(tmp_path / "project", create=True) as project:
        fill(project, images, PEOPLE)
        labels = label(project, *LABELLED)
        out = FORMATS[format].place(tmp_path, format)
        export(project, format, out, Silent())
        project.store.delete_labels([made.sample for made in labels])
        annotate(project, out / "annotations.json" if format == "coco" else out, any_sample=True)
        assert sorted(project.store.labels()) == sorted(made.sample for made in labels)


def test_yolo_labels_of_others_go_by_the_names_of_images(tmp_path: Path, clip: Path) -> None:
    images = tmp_path / "walk"
    images.mkdir()
    with open_video(clip) as source:
        for n in range(FRAMES):
            cv2.imwrite(str(images / f"{n + 1}.jpg"), source.read(n, "rgb")[..., ::-1])
    with Project(tmp_path / "project", create=True) as project:
        fill(project, images, PEOPLE)
        label(project, (1, 3))
        export(project, "yolo", tmp_path / "yolo", Silent(), ExportOptions(val_share=0))
        project.store.delete_labels([SampleId(1, 3)])
        (tmp_path / "yolo" / "README.txt").unlink()
        for kind, ending in (("labels", "txt"), ("images", "png")):
            folder = tmp_path / "yolo" / kind / "train"
            (folder / f"walk_000003.{ending}").rename(folder / f"4.{ending.replace('png', 'jpg')}")
        annotate(project, tmp_path / "yolo", any_sample=True)
        assert list(project.store.labels()) == [SampleId(1, 3)]
