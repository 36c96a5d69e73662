"""Built-in skeletons, the names of their joints elsewhere, and poses of one as those of another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import COCO17, Skeleton, UserError
from core.domain.conversion import Conversion
from core.domain.joint_names import JointNames
from core.domain.skeleton import USUAL_SIGMA
from core.domain.skeletons import SKELETONS, skeleton_named

KEYS = st.sampled_from(sorted(SKELETONS))


@pytest.mark.parametrize(("key", "skeleton"), SKELETONS.items())
def test_a_built_in_skeleton_keeps_the_rules_and_its_flip_undoes_itself(key: str, skeleton: Skeleton):
    assert Skeleton.from_json(skeleton.to_json()) == skeleton
    assert key.endswith(str(len(skeleton)))
    assert (skeleton.flip_index[skeleton.flip_index] == np.arange(len(skeleton))).all()
    assert len({frozenset(edge) for edge in skeleton.edges}) == len(skeleton.edges)
    mirrored = {frozenset(skeleton.flip_index[list(edge)].tolist()) for edge in skeleton.edges}
    assert mirrored == {frozenset(edge) for edge in skeleton.edges}
    sided = {joint for joint in skeleton.joints if joint.startswith(("left_", "right_"))}
    assert sided <= {skeleton.joints[k] for pair in skeleton.flip_pairs for k in pair}


def test_one_is_found_by_its_key_and_by_its_name():
    assert skeleton_named("coco17") is skeleton_named("COCO-17") is skeleton_named("coco_17") is COCO17
    assert skeleton_named("OpenPose BODY_25") is skeleton_named("Body 25") is SKELETONS["body25"]
    with pytest.raises(
        UserError, match=r"no built-in skeleton 'coco'\. Choose one of coco17, wholebody133, halpe26"
    ):
        skeleton_named("coco")


def test_sigmas_are_the_published_ones():
    for key, joint, sigma in (
        ("coco17", "left_hip", 0.107),
        ("wholebody133", "face_8", 0.02),
        ("wholebody133", "right_pinky4", 0.031),
        ("halpe26", "hip", 0.066),
        ("aic14", "right_wrist", 0.01057665),
        ("body25", "left_heel", 0.066),
        ("h36m17", "spine", USUAL_SIGMA),
    ):
        skeleton = SKELETONS[key]
        assert skeleton.sigmas[skeleton.joints.index(joint)] == sigma


OPENPOSE = """
Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee RAnkle LHip LKnee LAnkle REye
LEye REar
LEar LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel
"""
OPENCAP = """
r.ASIS_study L.ASIS_study r.PSIS_study L.PSIS_study r_knee_study r_mknee_study r_ankle_study r_mankle_study
r_toe_study r_5meta_study r_calc_study L_knee_study L_mknee_study L_ankle_study L_mankle_study L_toe_study
L_calc_study L_5meta_study r_shoulder_study L_shoulder_study C7_study r_thigh1_study r_thigh2_study
r_thigh3_study
L_thigh1_study L_thigh2_study L_thigh3_study r_sh1_study r_sh2_study r_sh3_study L_sh1_study L_sh2_study
L_sh3_study RHJC_study LHJC_study r_lelbow_study r_melbow_study r_lwrist_study r_mwrist_study L_lelbow_study
L_melbow_study L_lwrist_study L_mwrist_study
"""
SPORTS2D = """
Hip RHip RKnee RAnkle RBigToe RSmallToe RHeel LHip LKnee LAnkle LBigToe LSmallToe LHeel Neck Head Nose
RShoulder
RElbow RWrist LShoulder LElbow LWrist
"""
MPII = """
right_ankle right_knee right_hip left_hip left_knee left_ankle pelvis thorax upper_neck head_top right_wrist
right_elbow right_shoulder left_shoulder left_elbow left_wrist
"""
MEDIAPIPE = """
NOSE LEFT_EYE_INNER LEFT_EYE LEFT_EYE_OUTER RIGHT_EYE_INNER RIGHT_EYE RIGHT_EYE_OUTER LEFT_EAR RIGHT_EAR
MOUTH_LEFT
MOUTH_RIGHT LEFT_SHOULDER RIGHT_SHOULDER LEFT_ELBOW RIGHT_ELBOW LEFT_WRIST RIGHT_WRIST LEFT_PINKY RIGHT_PINKY
LEFT_INDEX RIGHT_INDEX LEFT_THUMB RIGHT_THUMB LEFT_HIP RIGHT_HIP LEFT_KNEE RIGHT_KNEE LEFT_ANKLE RIGHT_ANKLE
LEFT_HEEL RIGHT_HEEL LEFT_FOOT_INDEX RIGHT_FOOT_INDEX
"""
H36M = """
root right_hip right_knee right_foot left_hip left_knee left_foot spine thorax neck_base head left_shoulder
left_elbow left_wrist right_shoulder right_elbow right_wrist
"""


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("body25", OPENPOSE),
        ("opencap43", OPENCAP),
        ("sports2d22", SPORTS2D),
        ("mpii16", MPII),
        ("mediapipe33", MEDIAPIPE),
        ("h36m17", H36M),
    ],
)
def test_the_names_and_the_order_of_each_tool_are_known(key: str, names: str):
    theirs = names.split()
    assert JointNames(SKELETONS[key].joints).places(theirs).tolist() == list(range(len(theirs)))


@given(
    KEYS, st.sampled_from(["{s}{P}", "{s}_{p}", "{p}_{s}", "{P}{side}", "{Side} {P}", "{p}.{S}", "{side}{P}"])
)
def test_a_side_may_be_spelled_in_any_way(key: str, way: str):
    skeleton = SKELETONS[key]
    names = JointNames(skeleton.joints)
    for place, joint in enumerate(skeleton.joints):
        side, _, part = joint.partition("_")
        if side in ("left", "right"):
            sides = {"s": side[0], "S": side[0].upper(), "side": side, "Side": side.capitalize()}
            assert names.find(way.format(p=part, P=part.title().replace("_", ""), **sides)) == place


def test_the_nearest_of_several_names_of_a_joint_counts():
    assert JointNames(COCO17.joints).places(["left_foot", "LAnkle", "left_ankle"]).tolist() == [-1, -1, 15]
    assert JointNames(["LFoot", "LAnkle"]).places(["left_ankle", "left_foot"]).tolist() == [1, 0]


@given(KEYS, KEYS, st.integers(0, 2**32 - 1))
def test_there_and_back_keeps_what_both_have(one: str, other: str, seed: int):
    there = Conversion(SKELETONS[one], SKELETONS[other])
    back = Conversion(SKELETONS[other], SKELETONS[one])
    points = np.random.default_rng(seed).normal(0, 1000, (3, len(there.source), 2))
    again = back.points(there.points(points))
    for place, joint in enumerate(there.source.joints):
        if joint in there.target.joints:
            assert (again[:, place] == points[:, place]).all()
        elif joint not in back.derived:
            assert joint in there.lost
            assert np.isnan(again[:, place]).all()


@given(KEYS, KEYS)
def test_every_joint_is_told_of(one: str, other: str):
    conversion = Conversion(SKELETONS[one], SKELETONS[other])
    same = set(conversion.target.joints) & set(conversion.source.joints)
    assert {*conversion.derived, *conversion.missing} == set(conversion.target.joints) - same
    assert set(conversion.lost) == set(conversion.source.joints) - same


def test_neck_and_hip_are_derived_and_marked():
    conversion = Conversion(COCO17, SKELETONS["halpe26"])
    assert conversion.derived == ("neck", "hip")
    assert conversion.missing[0] == "head"
    assert (len(conversion.missing), conversion.lost) == (7, ())
    points = np.full((17, 2), np.nan)
    points[[5, 6, 11]] = [[10, 20], [30, 40], [5, 5]]
    found = dict(zip(conversion.target.joints, conversion.points(points).tolist(), strict=True))
    assert found["neck"] == [20, 30]
    assert np.isnan(found["hip"]).all()  # one of both hips is not there
    confidence = conversion.confidence(np.linspace(0.1, 0.9, 17))
    assert confidence[conversion.target.joints.index("neck")] == pytest.approx(0.35)
    assert confidence[conversion.target.joints.index("head")] == 0
    assert conversion.sentence == (
        "17 of the 26 joints of Halpe-26 are joints of COCO-17; derived as the middle of left and right: "
        "neck, hip; without a source: head, left_big_toe, right_big_toe, left_small_toe, "
        "right_small_toe, left_heel, right_heel."
    )
    assert Conversion(SKELETONS["mediapipe33"], COCO17).sentence.endswith("right_thumb2 and 4 more.")


def test_joints_of_one_s_own_are_converted_by_the_names_of_others():
    own = Skeleton.from_json({"joints": ["LShoulder", "RShoulder", "Pelvis", "tail"]})
    conversion = Conversion(own, SKELETONS["body25"])
    assert conversion.lost == ("tail",)
    assert conversion.derived == ("neck",)
    assert "hip" not in conversion.missing
