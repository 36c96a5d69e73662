"""Poses that other programs estimated."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import COCO17, UserError
from core.domain.skeletons import H36M17
from core.formats import openpose, tables
from core.formats.found_poses import FoundPoses
from core.formats.labels import read_labels
from core.formats.pose_files import OfVideo, read_poses
from core.workflow.label_frames import Numbering
from core.workflow.placed_poses import PlacedPoses, completed, place
from tests.core.formats import pose_samples
from tests.core.formats.damage import changed, garbage
from tests.core.formats.pose_samples import ANN, EVERYBODY, JOINTS, SIZE, SURE, VALUES, WALK
from tests.core.formats.test_rows import rows_of

TIMES = np.arange(3) / 25


def read(path: Path) -> FoundPoses:
    return read_poses(path, OfVideo("walk", "walk", SIZE))


def placed(path: Path, numbering: Numbering | None = None, frames: int = 3) -> PlacedPoses:
    times = np.arange(frames) / 25
    return place(read(path), path.name, COCO17, times, np.ones(frames, bool), {}, numbering)


@pytest.mark.parametrize("write", EVERYBODY, ids=lambda write: write.__name__)
def test_two_people_come_back(write: Callable[[Path], Path], tmp_path: Path) -> None:
    poses = placed(write(tmp_path))
    assert poses.frame.tolist() == [0, 0, 1, 1, 2, 2]
    assert len(poses.names) == 2
    for one in (0, 1):
        mine = poses.points[poses.person == one]
        other = int(mine[0, 0, 0] > WALK[0, 0, 0, 0] + 50)
        np.testing.assert_allclose(mine, WALK[:, other], atol=1e-3)
    sure = np.ones(17) if write is pose_samples.sports2d else SURE
    np.testing.assert_allclose(poses.confidence, np.broadcast_to(sure, (6, 17)), atol=1e-3)


@pytest.mark.parametrize("write", ANN, ids=lambda write: write.__name__)
def test_shares_of_the_image(write: Callable[[Path], Path], tmp_path: Path) -> None:
    poses = placed(write(tmp_path))
    np.testing.assert_allclose(poses.points, WALK[:, 0], atol=1e-9)
    assert poses.names == ["Person 1"]
    assert "lost: left_eye_inner" in poses.notes[-1]


@pytest.mark.parametrize(
    ("write", "names"),
    [
        (pose_samples.deeplabcut, ["ann", "bob"]),
        (pose_samples.nwb, ["ann", "bob"]),
        (pose_samples.several_in_a_row, ["ann", "bob"]),
        (pose_samples.named_in_a_row, ["Ann", "Bob"]),
        (pose_samples.alphapose, ["Person 0", "Person 1"]),
        (pose_samples.ultralytics, ["Person 1", "Person 2"]),
        (pose_samples.sports2d, ["person00", "person01"]),
    ],
)
def test_people_are_called_as_in_the_file(write: Callable, names: list[str], tmp_path: Path) -> None:
    assert placed(write(tmp_path)).names == names


def test_one_file_of_many_stands_for_all(tmp_path: Path) -> None:
    folder = pose_samples.openpose(tmp_path)
    assert len(read(sorted(folder.iterdir())[1])) == 6
    labels = pose_samples.ultralytics(tmp_path)
    assert len(read(labels / "labels" / "walk_2.txt")) == 6


def test_predictions_of_a_sleap_file(tmp_path: Path) -> None:
    sio = pytest.importorskip("sleap_io")
    nodes, video = sio.Skeleton(list(COCO17.joints)), sio.Video("walk.mp4", open_backend=False)
    frames = [
        sio.LabeledFrame(
            video=video,
            frame_idx=n,
            instances=[
                sio.PredictedInstance.from_numpy(WALK[n, p], nodes, point_scores=SURE, score=0.9)
                for p in (0, 1)
            ],
        )
        for n in range(3)
    ]
    sio.save_slp(sio.Labels(frames), str(tmp_path / "a.slp"), verbose=False)
    poses = placed(tmp_path / "a.slp")
    assert len(poses) == 6
    np.testing.assert_allclose(poses.confidence, np.broadcast_to(SURE, (6, 17)), atol=1e-6)
    labels = read_labels(tmp_path / "a.slp", COCO17, lambda image: SIZE)
    assert (labels.people, labels.passed) == ([], {"predictions of a model": 6})


def test_frames_that_are_counted_from_one(tmp_path: Path) -> None:
    results = json.loads(pose_samples.alphapose(tmp_path).read_text())
    for result in results:
        result["image_id"] = int(result["image_id"].removesuffix(".jpg")) + 1
    path = tmp_path / "numbers.json"
    path.write_text(json.dumps(results))
    assert placed(path).frame.tolist() == [0, 0, 1, 1, 2, 2]  # 1 to 3 in a video of three
    longer = placed(path, frames=9)
    assert longer.frame.tolist() == [1, 1, 2, 2, 3, 3]
    assert "begin with 1. If it counts from 1" in longer.notes[0]
    assert placed(path, Numbering(1), frames=9).frame.tolist() == [0, 0, 1, 1, 2, 2]
    assert placed(path, Numbering(1, 4), frames=9).frame.tolist() == [0, 0, 4, 4, 8, 8]
    with pytest.raises(UserError, match=r"has a pose in frame 3 \(from 0\), and the video has 3 frames"):
        placed(path, Numbering(0))


def test_frames_of_a_folder_of_images_go_by_their_names(tmp_path: Path) -> None:
    found = read(pose_samples.alphapose(tmp_path))
    poses = place(
        found, "a", COCO17, np.arange(9) / 25, np.ones(9, bool), {"0.jpg": 4, "1.jpg": 5, "2.jpg": 8}, None
    )
    assert poses.frame.tolist() == [4, 4, 5, 5, 8, 8]


def test_times_beyond_the_video(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"walk\.nwb has a pose at 0\.08 s, the video ends at 0\.04 s"):
        placed(pose_samples.nwb(tmp_path), frames=2)


@pytest.mark.parametrize("name", ["track=Ann", "track=Ann (1)", "PoseEstimation"])
def test_names_of_people_in_nwb(name: str, tmp_path: Path) -> None:
    """As sleap-io, PoseTailor and movement write them."""
    path = pose_samples.nwb(tmp_path)
    with h5py.File(path, "r+") as file:
        file.move("processing/behavior/ann", f"processing/behavior/{name}")
        del file["processing/behavior/bob"]
        file["general/subject/subject_id"] = "Ann"
    assert placed(path).names == ["Ann"]


def test_times_that_are_numbers_of_frames(tmp_path: Path) -> None:
    """sleap-io writes one frame a second unless it is told otherwise."""
    path = pose_samples.nwb(tmp_path)
    with h5py.File(path, "r+") as file:
        for joint in JOINTS:
            file[f"processing/behavior/bob/{joint}/timestamps"][:] = np.arange(3)
            file[f"processing/behavior/ann/{joint}/starting_time"].attrs["rate"] = 1.0
    poses = placed(path)
    assert poses.frame.tolist() == [0, 0, 1, 1, 2, 2]
    assert poses.notes == ["The times of walk.nwb go beyond the video: taken as the numbers of frames."]


@pytest.mark.parametrize(
    ("given", "taken", "says"),
    [
        (SURE, SURE, ""),
        (SURE * 100, SURE, "go up to 95: divided by 100"),
        (np.where(SURE < 0.5, -1, SURE), np.where(SURE < 0.5, 0, SURE), ""),
        (np.where(SURE < 0.5, np.nan, SURE), np.where(SURE < 0.5, 0, SURE), ""),
        (SURE * 1.2, np.minimum(SURE * 1.2, 1), ""),
        (np.full(17, 1.0), np.ones(17), "says nothing of how sure it is of a joint: all have the same"),
        (np.full(17, 2.0), np.ones(17), "says nothing of how sure it is of a joint: all have the same"),
        (np.zeros(17), np.ones(17), "says nothing of how sure it is of a joint."),
        (np.arange(17) % 3, np.arange(17) % 3 / 2, "are visibilities (1 hidden, 2 visible)"),
    ],
)
def test_confidences_of_any_range(given: np.ndarray, taken: np.ndarray, says: str, tmp_path: Path) -> None:
    values = VALUES.copy()
    values[..., 2] = given
    results = [
        {"image_id": n, "category_id": 1, "keypoints": values[n, p].ravel().tolist(), "score": 0.8}
        for n in range(3)
        for p in (0, 1)
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    poses = placed(path)
    np.testing.assert_allclose(poses.confidence, np.broadcast_to(taken, (6, 17)))
    assert says in "".join(poses.notes)
    assert bool(says) == bool(poses.notes)


def test_poses_of_another_picture(tmp_path: Path) -> None:
    path = pose_samples.mmpose(tmp_path)
    content = json.loads(path.read_text())
    for scale, says in ((0.02, "in metres or some other unit"), (9, "outside of the picture of 200 x 100")):
        for n, frame in enumerate(content):
            for p, one in enumerate(frame["instances"]):
                one["keypoints"] = (scale * (WALK[n, p] - (0, 200 if scale < 1 else 0))).tolist()
        path.write_text(json.dumps(content))
        with pytest.raises(UserError, match=says):
            read(path)


def test_what_is_not_found_has_a_place_and_no_confidence(tmp_path: Path) -> None:
    path = pose_samples.openpose(tmp_path)
    file = sorted(path.iterdir())[1]
    content = json.loads(file.read_text())
    for person in content["people"]:
        person["pose_keypoints_2d"][3 * 4 : 3 * 5] = [0, 0, 0]  # the right wrist of BODY_25
    file.write_text(json.dumps(content))
    poses, wrist = placed(path), COCO17.joints.index("right_wrist")
    rows = poses.frame == 1
    assert (poses.confidence[rows, wrist] == 0).all()
    between = (poses.points[poses.frame == 0, wrist] + poses.points[poses.frame == 2, wrist]) / 2
    np.testing.assert_allclose(poses.points[rows, wrist], between, atol=1e-3)


def test_a_joint_that_is_never_found_lies_at_its_neighbour() -> None:
    points = WALK[:, 0].copy()
    points[:, 9] = np.nan
    filled = completed(points, np.arange(3), 25, COCO17)
    np.testing.assert_allclose(filled[:, 9], points[:, 7])
    assert np.isfinite(filled).all()


def test_poses_of_hardly_any_joint_and_outside_of_what_is_wanted_are_passed_over(tmp_path: Path) -> None:
    path = pose_samples.mmpose(tmp_path)
    content = json.loads(path.read_text())
    content[0]["instances"][0]["keypoints"] = [[5, 5], [6, 6], *[[0, 0]] * 15]
    path.write_text(json.dumps(content))
    wanted = np.array([True, True, False])
    poses = place(read(path), "a", COCO17, TIMES, wanted, {}, None)
    assert poses.frame.tolist() == [0, 1, 1]
    assert poses.passed == {
        "poses of fewer than 3 joints": 1,
        "poses outside of the frames that are wanted": 2,
    }


def test_another_order_of_joints_is_noticed(tmp_path: Path) -> None:
    body = np.array(
        [
            *[
                (50, 50),
                (45, 50),
                (45, 70),
                (45, 90),
                (55, 50),
                (55, 70),
                (55, 90),
                (50, 40),
                (50, 30),
                (50, 25),
                (50, 20),
            ],
            *[(58, 30), (62, 42), (62, 53), (42, 30), (38, 42), (38, 53)],
        ]
    )  # of H36M-17
    people = [{"keypoints": (body + 0.1 * n).tolist(), "keypoint_scores": [1.0] * 17} for n in range(12)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"frame_id": n, "instances": [one]} for n, one in enumerate(people)]))
    notes = placed(path, frames=12).notes
    assert any(f"fit the order of joints of {H36M17.name} better" in note for note in notes)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "a.json",
            '[{"frame_id": 0, "instances": [{"keypoints": [[1, 2]], "keypoint_scores": [1]}]}]',
            "skeleton with 1",
        ),
        ("a.json", '{"people": []}', "does not end in a frame number"),
        ("a_1.json", '{"people": []}', "holds no poses"),
        ("a.json", '{"a": 1}', "is no file of poses that is known. Give a folder of JSON files as OpenPose"),
        ("a.json", '[{"image_id": 1, "keypoints": "x"}]', "its keypoints are not numbers"),
        ("a.csv", "a,b\n1,2\n", "is no file of poses that is known"),
        (
            "a.csv",
            "frame,nose_x,nose_y,a_x,a_y,b_x,b_y\n0,1\n",
            "line 2 of a.csv: it has 2 columns, the first line has 7",
        ),
        (
            "a.csv",
            "frame,a_x,a_y,b_x,b_y,c_x,c_y\n0,1,1,2,2,3,3\n",
            r"Only 0 of the 17 joints .* those of a\.csv \(a, b, c",
        ),
        ("a.trc", "x", "is not a TRC file"),
        ("a.c3d", "x", "a.c3d holds markers in space"),
        ("a.pickle", "x", r"can hold code, so it is not opened. Give the .h5 or .csv"),
        (
            "a.csv",
            "a_x,a_y,b_x,b_y,c_x,c_y,c_z,c_ncams\n0,1,2,3,4,5,6,7\n",
            "holds points in space, of anipose",
        ),
        ("a.nwb", "x", "a.nwb is cut short, damaged, or no HDF5 file"),
        ("a.slp", "", "a.slp is empty. Download or export it again"),
        ("a.json", "version https://git-lfs.github.com", "a.json is the pointer that Git LFS keeps"),
    ],
)
def test_what_is_wrong_is_said(name: str, content: str, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=says):
        placed(tmp_path / name)


def test_metres_are_no_pixels(tmp_path: Path) -> None:
    path = pose_samples.sports2d(tmp_path)
    lines = path.read_text().splitlines()
    for at in range(5, len(lines)):
        cells = lines[at].split("\t")
        lines[at] = "\t".join([*cells[:2], *(str(float(cell) / 100) for cell in cells[2:])])
    path.write_text("\n".join(lines))
    with pytest.raises(UserError, match="is in metres, not in pixels"):
        read(path)


finite = st.floats(3, 1e5, allow_nan=False)  # smaller ones could be shares of the picture


@settings(max_examples=40, deadline=None)
@given(points=st.lists(st.tuples(finite, finite), min_size=17, max_size=17), sure=st.floats(0.01, 1))
def test_what_is_exported_comes_back(
    points: list, sure: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """OpenPose's JSON to a ten-thousandth, and a long table bit for bit."""
    folder, values = tmp_path_factory.mktemp("poses"), np.array(points)
    rows = rows_of(values, np.full(17, 2))
    rows.human[:] = False
    rows.confidence[:] = sure
    for frame, text in openpose.write_frames(rows, int(rows.frame[0]) + 1):
        (folder / openpose.file_name("walk", frame)).write_text(text)
    again = read(folder)
    np.testing.assert_allclose(again.points[0], values, atol=1e-4)
    out = io.StringIO()
    tables.write_long(
        [tables.Part("walk", np.arange(9) / 25, {1: "Ann"}, rows)], COCO17.joints, out, lambda: None
    )
    (folder / "poses.csv").write_text(out.getvalue())
    again = read(folder / "poses.csv")
    assert again.points[0].tobytes() == values.tobytes()
    assert (again.confidence == sure).all()


SAMPLES = {
    write.__name__: write
    for write in (pose_samples.alphapose, pose_samples.mmpose_demo, pose_samples.alphapose_open)
}


@pytest.mark.parametrize("write", SAMPLES)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_whatever_is_wrong_is_said_in_a_sentence(write: str, data: st.DataObject, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = json.loads(SAMPLES[write](folder).read_text())
    path = folder / "damaged.json"
    path.write_text(data.draw(changed(content) | garbage.map(json.dumps)))
    with suppress(UserError):
        placed(path)


def test_a_wide_table_of_two_videos(tmp_path: Path) -> None:
    """As PoseTailor exports it: confidences before visibilities, rows of a human passed over."""
    joints = COCO17.joints
    header = ["video", "frame", "person", "source"]
    header += [f"{joint}_{what}" for joint in joints for what in ("x", "y", "confidence", "visibility")]
    cells = [cell for x, y in WALK[0, 0].tolist() for cell in (str(x), str(y), "0.5", "")]
    rows = [["walk", "1", "Ann", "model"], ["run", "2", "Bob", "model"], ["walk", "2", "Ann", "human"]]
    (tmp_path / "a.csv").write_text(
        "\n".join(",".join(row) for row in [header, *([*row, *cells] for row in rows)])
    )
    poses = placed(tmp_path / "a.csv")
    assert (poses.frame.tolist(), poses.names) == ([1], ["Ann"])
    assert (poses.confidence == 0.5).all()
    assert poses.passed == {"rows of a human": 1}


def test_a_folder_of_several_videos(tmp_path: Path) -> None:
    pose_samples.pose2sim(tmp_path)  # walk_json
    assert len(read(tmp_path)) == 6


def test_only_other_videos(tmp_path: Path) -> None:
    path = pose_samples.coco_results(tmp_path).parent / "dataset.json"
    images = [{"id": n, "file_name": f"{video}_000000.png"} for n, video in enumerate(("run", "swim"), 1)]
    people = [{"id": n, "image_id": n, "category_id": 1, "keypoints": [5.0] * 51} for n in (1, 2)]
    path.write_text(json.dumps({"images": images, "annotations": people}))
    with pytest.raises(UserError, match=r"holds no poses of this video \(2 annotations of other videos\)"):
        read(path)


def test_alphapose_with_face_and_hands(tmp_path: Path) -> None:
    values = np.zeros((136, 3))
    values[:17] = pose_samples.VALUES[0, 0]
    path = tmp_path / "alphapose-results.json"
    path.write_text(json.dumps([{"image_id": "0.jpg", "keypoints": values.ravel().tolist(), "score": 3.0}]))
    poses = placed(path)
    np.testing.assert_allclose(poses.points[0], WALK[0, 0])
