"""What Sports2D and Pose2Sim read is what was written."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.domain import COCO17, UserError
from core.formats import openpose, trc
from core.formats.poses import PoseRows

SOME = st.floats(-1e4, 1e4).map(lambda value: round(value, 3)) | st.just(float("nan"))


@given(arrays.arrays(float, (4, 3, 2), elements=SOME), st.floats(1, 240))
def test_trc_comes_back(points: np.ndarray, fps: float) -> None:
    points[np.isnan(points).any(2)] = np.nan
    times = np.arange(4) / fps
    markers, seconds, again = trc.read(
        trc.write("a.trc", ("nose", "left_eye", "right_big_toe"), times, points, fps), "a"
    )
    assert markers == ["Nose", "LEye", "RBigToe"]
    np.testing.assert_allclose(seconds, times, atol=1e-6)
    np.testing.assert_allclose(again, points, atol=1e-4)


NAMES = (
    *("Nose", "LEye", "REye", "LEar", "REar", "LShoulder", "RShoulder", "LElbow", "RElbow"),
    *("LWrist", "RWrist", "LHip", "RHip", "LKnee", "RKnee", "LAnkle", "RAnkle"),
)


def test_every_joint_of_coco_has_the_name_that_sports2d_knows() -> None:
    assert tuple(map(trc.marker_name, COCO17.joints)) == NAMES


def test_hands_and_toes_have_the_names_that_sports2d_has_angles_of() -> None:
    joints = ("right_wrist", "right_index1", "left_pinky1", "left_thumb2", "left_foot_index", "right_index2")
    names = ("RWrist", "RIndex", "LPinky", "LThumb", "LBigToe", "RIndex2")
    assert tuple(map(trc.marker_name, joints)) == names


def test_the_head_of_a_trc_file_counts_what_follows() -> None:
    times, points = np.array([0.0, 0.04]), np.full((2, 1, 2), 5.0)
    lines = trc.write("b_px_person00.trc", ("nose",), times, points, 25.0).splitlines()
    assert lines[0] == "PathFileType\t4\t(X/Y/Z)\tb_px_person00.trc"
    assert lines[2].split("\t") == ["25", "25", "2", "1", "px", "25", "0", "2"]
    assert lines[3:5] == ["Frame#\tTime\tNose\t\t", "\t\tX1\tY1\tZ1"]
    assert lines[5:] == ["0\t0.000000\t5.0000\t5.0000\t0", "1\t0.040000\t5.0000\t5.0000\t0"]


def test_a_frame_of_openpose_holds_its_people_and_others_are_empty() -> None:
    rows = PoseRows.empty(2, 2)
    rows.frame[:], rows.track[:] = (1, 1), (4, 7)
    rows.points[0], rows.confidence[0] = [[1.5, 2.5], [3, 4]], [0.5, 0.25]
    rows.points[1] = [[10, 20], [np.nan, np.nan]]  # a label, whose second joint is missing
    texts = dict(openpose.write_frames(rows, 3))
    assert [len(json.loads(text)["people"]) for text in texts.values()] == [0, 2, 0]
    found = openpose.read_frame(texts[1], "x")
    assert found[4].tolist() == [[1.5, 2.5, 0.5], [3, 4, 0.25]]
    assert found[7].tolist() == [[10, 20, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"people": [{}]}', '{"people": [{"pose_keypoints_2d": [1, 2]}]}', "null"]
)
def test_what_openpose_would_not_write_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="OpenPose"):
        openpose.read_frame(text, "x.json")


@pytest.mark.parametrize(
    "text", ["", "PathFileType", "x\n" * 9, "PathFileType\n\n\nFrame#\tTime\tA\n\n1\tx\n"]
)
def test_what_is_no_trc_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="TRC"):
        trc.read(text, "x.trc")
