"""Skeletons that people use, by name: what a joint is called here is the same in all of them.

Orders and limbs are facts of the data sets and tools; each skeleton says where its sigmas are from. Where
nobody published any, a joint that COCO-WholeBody has too has its sigma, and others have USUAL_SIGMA.
"""

import re
from itertools import pairwise

from core.domain.errors import UserError
from core.domain.skeleton import COCO17, USUAL_SIGMA, Skeleton
from core.domain.whole_body import EDGES, FEET, FLIP_PAIRS, JOINTS, SIGMAS

WHOLE_BODY = Skeleton("COCO-WholeBody-133", JOINTS, EDGES, FLIP_PAIRS, SIGMAS)
"""Body, feet, face (68 points as in 300-W) and hands (Jin et al. 2020), with the sigmas of its authors."""


_WHOLE_BODY_SIGMAS = dict(zip(JOINTS, SIGMAS, strict=True))
_HALPE_SIGMAS = dict.fromkeys(FEET, 0.079) | {"head": 0.026, "neck": 0.026, "hip": 0.066}


def _built(name: str, joints: str, chains: str, sigmas: dict[str, float] | None = None) -> Skeleton:
    """joints: in order, with blanks between them; chains: joints with limbs between neighbours, divided by
    commas, where one with '*' stands for a left and a right one; sigmas: published ones by joint.
    """
    names = tuple(joints.split())
    place = {joint: k for k, joint in enumerate(names)}
    sides = [
        chain.replace("*", side).split()
        for chain in chains.split(",")
        for side in (("left_", "right_") if "*" in chain else ("",))
    ]
    edges = dict.fromkeys((place[a], place[b]) for chain in sides for a, b in pairwise(chain))
    pairs = tuple(
        (place[one], place[one.replace("left_", "right_", 1)]) for one in names if one.startswith("left_")
    )
    known = _WHOLE_BODY_SIGMAS | (sigmas or {})
    return Skeleton(name, names, tuple(edges), pairs, tuple(known.get(one, USUAL_SIGMA) for one in names))


HALPE26 = _built(
    "Halpe-26",
    " ".join(COCO17.joints)
    + " head neck hip left_big_toe right_big_toe left_small_toe right_small_toe left_heel right_heel",
    "*ankle *knee *hip hip neck head,neck *shoulder *elbow *wrist,left_eye right_eye,nose *eye *ear,"
    "*ankle *big_toe *small_toe,*ankle *heel",
    _HALPE_SIGMAS,
)
"""COCO-17, then the top of the head, the middles of the shoulders and hips, and the feet; sigmas as mmpose
has them.
"""

MPII16 = _built(
    "MPII-16",
    "right_ankle right_knee right_hip left_hip left_knee left_ankle hip thorax upper_neck head "
    "right_wrist right_elbow right_shoulder left_shoulder left_elbow left_wrist",
    "*ankle *knee *hip hip thorax upper_neck head,thorax *shoulder *elbow *wrist",
)
"""MPII Human Pose (Andriluka et al. 2014), which publishes none: it is scored by PCKh."""

BODY25 = _built(
    "OpenPose BODY_25",
    "nose neck right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist hip right_hip "
    "right_knee right_ankle left_hip left_knee left_ankle right_eye left_eye right_ear left_ear "
    "left_big_toe left_small_toe left_heel right_big_toe right_small_toe right_heel",
    "hip neck nose,neck *shoulder *elbow *wrist,hip *hip *knee *ankle *big_toe *small_toe,*ankle "
    "*heel,nose *eye *ear",
)
"""OpenPose (Cao et al. 2019), also what OpenCap finds in videos."""

MEDIAPIPE33 = _built(
    "MediaPipe-33",
    "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer left_ear "
    "right_ear left_mouth right_mouth left_shoulder right_shoulder left_elbow right_elbow left_wrist "
    "right_wrist left_pinky1 right_pinky1 left_index1 right_index1 left_thumb2 right_thumb2 left_hip "
    "right_hip left_knee right_knee left_ankle right_ankle left_heel right_heel left_foot_index "
    "right_foot_index",
    "nose *eye_inner *eye *eye_outer *ear,left_mouth right_mouth,left_shoulder right_shoulder,left_hip "
    "right_hip,*shoulder *elbow *wrist *pinky1 *index1,*wrist *index1,*wrist *thumb2,*shoulder *hip "
    "*knee *ankle *heel *foot_index,*ankle *foot_index",
)
"""BlazePose (Bazarevsky et al. 2020). Its pinky, index and thumb are the knuckles that COCO-WholeBody numbers
1, 1 and 2; left_eye is the middle of that eye, with its corners beside it.
"""

AIC14 = _built(
    "AIC-14",
    "right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist right_hip right_knee "
    "right_ankle left_hip left_knee left_ankle head neck",
    "head neck *shoulder *elbow *wrist,*shoulder *hip *knee *ankle,left_hip right_hip",
    {
        "right_shoulder": 0.01388152,
        "right_elbow": 0.01515228,
        "right_wrist": 0.01057665,
        "left_shoulder": 0.01417709,
        "left_elbow": 0.01497891,
        "left_wrist": 0.01402144,
        "right_hip": 0.03909642,
        "right_knee": 0.03686941,
        "right_ankle": 0.01981803,
        "left_hip": 0.03843971,
        "left_knee": 0.03412318,
        "left_ankle": 0.02415081,
        "head": 0.01291456,
        "neck": 0.01236173,
    },
)
"""AI Challenger (Wu et al. 2017), with its sigmas: a sixth to two fifths of COCO's."""

H36M17 = _built(
    "H36M-17",
    "hip right_hip right_knee right_ankle left_hip left_knee left_ankle spine thorax neck_base head "
    "left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist",
    "hip *hip *knee *ankle,hip spine thorax neck_base head,thorax *shoulder *elbow *wrist",
)
"""The usual 17 of Human3.6M (Ionescu et al. 2014), which publishes none."""

SPORTS2D22 = _built(
    "Sports2D-22",
    "hip right_hip right_knee right_ankle right_big_toe right_small_toe right_heel left_hip left_knee "
    "left_ankle left_big_toe left_small_toe left_heel neck head nose right_shoulder right_elbow "
    "right_wrist left_shoulder left_elbow left_wrist",
    "hip *hip *knee *ankle *big_toe *small_toe,*ankle *heel,hip neck head nose,neck *shoulder *elbow *wrist",
    _HALPE_SIGMAS,
)
"""Halpe-26 without eyes and ears, in the order of Sports2D's and Pose2Sim's tables; sigmas of Halpe-26."""

OPENCAP43 = _built(
    "OpenCap-43",
    "right_asis left_asis right_psis left_psis right_lateral_knee right_medial_knee right_lateral_ankle "
    "right_medial_ankle right_toe right_fifth_metatarsal right_calcaneus left_lateral_knee "
    "left_medial_knee left_lateral_ankle left_medial_ankle left_toe left_calcaneus left_fifth_metatarsal "
    "right_acromion left_acromion c7 right_thigh1 right_thigh2 right_thigh3 left_thigh1 left_thigh2 "
    "left_thigh3 right_shank1 right_shank2 right_shank3 left_shank1 left_shank2 left_shank3 "
    "right_hip_joint_centre left_hip_joint_centre right_lateral_elbow right_medial_elbow "
    "right_lateral_wrist right_medial_wrist left_lateral_elbow left_medial_elbow left_lateral_wrist "
    "left_medial_wrist",
    "left_asis right_asis,left_psis right_psis,*asis *psis,c7 *acromion *lateral_elbow *lateral_wrist "
    "*medial_wrist *medial_elbow *lateral_elbow,*asis *hip_joint_centre *lateral_knee *lateral_ankle "
    "*calcaneus *fifth_metatarsal *toe,*hip_joint_centre *medial_knee *medial_ankle "
    "*calcaneus,*lateral_knee *medial_knee,*lateral_ankle *medial_ankle,*thigh1 *thigh2 *thigh3,*shank1 "
    "*shank2 *shank3",
)
"""The anatomical markers that OpenCap (Uhlrich et al. 2023) and Pose2Sim make of keypoints; none
published.
"""

SKELETONS = {
    "coco17": COCO17,
    "wholebody133": WHOLE_BODY,
    "halpe26": HALPE26,
    "mpii16": MPII16,
    "body25": BODY25,
    "mediapipe33": MEDIAPIPE33,
    "aic14": AIC14,
    "h36m17": H36M17,
    "sports2d22": SPORTS2D22,
    "opencap43": OPENCAP43,
}


def skeleton_named(name: str) -> Skeleton:
    """One that is built in, by its key or its name, whatever the case and the marks between. Raises
    UserError.
    """
    wanted = _plain(name)
    for key, skeleton in SKELETONS.items():
        if wanted in (key, _plain(skeleton.name)):
            return skeleton
    raise UserError(f"There is no built-in skeleton {name[:60]!r}. Choose one of {', '.join(SKELETONS)}.")


def of_count(joints: int) -> str:
    """What to say after a demand for a skeleton with that many joints: which built-in ones there are."""
    keys = [key for key, skeleton in SKELETONS.items() if len(skeleton) == joints]
    return f", such as the built-in {' or '.join(keys)}" if keys else ""


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()
