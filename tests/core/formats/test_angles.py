"""Angles are those of Sports2D, and OpenSim's motion files come back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.domain import COCO17, UserError
from core.domain.skeletons import BODY25, HALPE26, OPENCAP43, SPORTS2D22, WHOLE_BODY
from core.formats import mot
from core.formats.angles import ANGLES, angles, known_angles, side_is_told_by

# a pose of Sports2D-22 by chance, and what compute_angles_for_person of sports2d 0.8.34 makes of it
POSE = np.reshape(
    [
        *(
            322,
            323,
            206,
            114,
            22,
            153,
            163,
            18,
            20,
            400,
            261,
            94,
            174,
            390,
            359,
            338,
            157,
            197,
            271,
            24,
            222,
            109,
        ),
        *(
            352,
            26,
            272,
            348,
            91,
            358,
            349,
            7,
            283,
            0,
            201,
            175,
            81,
            130,
            322,
            127,
            60,
            279,
            179,
            320,
            94,
            128,
        ),
    ],
    (1, 22, 2),
).astype(float)
SEEN = {
    "auto": (
        *(
            130.039,
            -135.199,
            -148.212,
            -88.467,
            176.649,
            -136.469,
            -150.828,
            27.626,
            158.731,
            -132.89,
            -3.715,
        ),
        *(
            78.184,
            136.245,
            123.383,
            -11.967,
            34.916,
            55.666,
            -8.616,
            -36.412,
            126.317,
            20.556,
            -160.989,
            179.287,
        ),
        66.121,
    ),
    "front": (
        *(
            130.039,
            -44.801,
            -148.212,
            88.467,
            -20.583,
            136.469,
            11.94,
            -27.626,
            158.731,
            132.89,
            -3.715,
            101.816,
        ),
        *(136.245, 56.617, -11.967, 145.084, -21.626, -171.384, -21.726, 53.683, 20.556, -19.011, 179.287),
        113.879,
    ),
}
NO_HANDS = {"right wrist", "left wrist", "right hand", "left hand"}
NO_FEET = {f"{side} {part}" for side in ("right", "left") for part in ("ankle", "foot")}


def standing(toes_to: int) -> np.ndarray:
    """(1, 22, 2): feet that point to -1 (left) or 1, a right knee bent by 60 degrees."""
    points = np.zeros((1, 22, 2))
    for joint, place in {
        "right_hip": (0, 0),
        "right_knee": (0, 50),
        "right_ankle": (-toes_to * 50 * np.sin(np.pi / 3), 50 + 50 * np.cos(np.pi / 3)),
        "right_big_toe": (20 * toes_to, 100),
        "left_big_toe": (20 * toes_to, 100),
    }.items():
        points[0, SPORTS2D22.joints.index(joint)] = place
    return points


@pytest.mark.parametrize("side", SEEN)
def test_angles_are_those_of_sports2d(side: str) -> None:
    np.testing.assert_allclose(angles(POSE, SPORTS2D22, side)[0], SEEN[side], atol=0.001)


@pytest.mark.parametrize(
    ("skeleton", "missing", "by"),
    [
        (COCO17, NO_HANDS | NO_FEET | {"head"}, "head"),
        (HALPE26, NO_HANDS, "feet"),
        (SPORTS2D22, NO_HANDS, "feet"),
        (BODY25, NO_HANDS | {"head"}, "feet"),
        (WHOLE_BODY, {"head"}, "feet"),
        (OPENCAP43, set(ANGLES), ""),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_angles_whose_joints_a_skeleton_lacks_are_left_out(skeleton, missing: set[str], by: str) -> None:
    assert set(ANGLES) - set(known_angles(skeleton)) == missing
    assert side_is_told_by(skeleton) == by


@pytest.mark.parametrize("way", [-1, 1])
def test_a_bent_knee_is_the_same_whichever_way_somebody_faces(way: int) -> None:
    at = known_angles(SPORTS2D22).index("right knee")
    assert angles(standing(way), SPORTS2D22)[0, at] == pytest.approx(60)


def test_without_feet_nose_and_ears_tell_which_way() -> None:
    points = np.repeat(standing(-1), 3, 0)
    body = np.full((3, 17, 2), np.nan)
    known = SPORTS2D22.places_of(COCO17.joints)
    body[:, known >= 0] = points[:, known[known >= 0]]
    body[:, 3:5] = 0  # ears
    body[:, 0, 0] = (-9, np.nan, -9)  # nose
    at = known_angles(COCO17).index("right knee")
    np.testing.assert_allclose(angles(body, COCO17)[:, at], 60)


def test_a_missing_joint_takes_only_its_angles_away() -> None:
    points = np.repeat(POSE, 3, 0)
    points[1, SPORTS2D22.joints.index("right_heel")] = np.nan
    found = angles(points, SPORTS2D22)
    names = np.array(known_angles(SPORTS2D22))
    assert names[np.isnan(found[1])].tolist() == ["right ankle", "right foot"]
    np.testing.assert_allclose(found[[0, 2]], np.array([SEEN["auto"]] * 2), atol=0.001)


def test_an_angle_goes_on_over_the_half_turn() -> None:
    turning = np.repeat(POSE, 40, 0)
    way = np.radians(np.arange(40) * 10)
    knee, ankle = (SPORTS2D22.joints.index(f"right_{part}") for part in ("knee", "ankle"))
    turning[:, ankle] = turning[:, knee] + 50 * np.stack([np.cos(way), np.sin(way)], 1)
    shank = angles(turning, SPORTS2D22, "right")[:, known_angles(SPORTS2D22).index("right shank")]
    np.testing.assert_allclose(np.diff(shank), -10, atol=1e-6)


@given(arrays.arrays(float, (3, 2), elements=st.floats(-400, 400) | st.just(float("nan"))))
def test_motion_files_come_back(values: np.ndarray) -> None:
    names, times, again = mot.read(mot.write(("right knee", "trunk"), np.arange(3) / 50, values), "a.mot")
    assert names == ["right knee", "trunk"]
    np.testing.assert_allclose(times, np.arange(3) / 50, atol=1e-6)
    np.testing.assert_allclose(again, values, atol=1e-4)


@pytest.mark.parametrize(
    "text", ["", "endheader", "time\ta\n", "endheader\ntime\ta\n0\tx\n", "endheader\ntime\ta\n0\n"]
)
def test_what_is_no_motion_file_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"a\.mot is not a motion file"):
        mot.read(text, "a.mot")
