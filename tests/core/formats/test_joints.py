import pytest

from core.domain import COCO17, UserError
from core.formats.joints import joint_places
from core.formats.records import Record

FILE = Record({}, "category 1 in labels.json", "labels.json")
SHOULDER, HIP = COCO17.joints.index("left_shoulder"), COCO17.joints.index("right_hip")


@pytest.mark.parametrize(
    ("shoulder", "hip"),
    [
        ("left_shoulder", "right_hip"),
        ("LShoulder", "RHip"),
        ("l_shoulder", "r_hip"),
        ("lshoulder", "rhip"),
        ("L-Shoulder", "R Hip"),
        ("Shoulder_L", "hip.r"),
        ("shoulder left", "HipRight"),
    ],
)
def test_names_of_others_are_known(shoulder: str, hip: str) -> None:
    places, unknown = joint_places([shoulder, hip, "tail"], COCO17, FILE)
    assert (places.tolist(), unknown) == ([SHOULDER, HIP, -1], ("tail",))


def test_the_exact_name_comes_first() -> None:
    places, unknown = joint_places(["ear_l", "left_ear", "nose"], COCO17, FILE)
    assert (places.tolist(), unknown) == ([-1, 3, 0], ("ear_l",))
    with pytest.raises(UserError, match="two of its keypoints are the same joint"):
        joint_places(["ear_l", "l_ear", "nose"], COCO17, FILE)


def test_few_known_joints_make_no_labels() -> None:
    names = ["nose", *(f"point {n}" for n in range(16))]
    with pytest.raises(UserError, match=r"only 1 of its 17 keypoints .* point 2 and 13 more are not"):
        joint_places(names, COCO17, FILE)
    with pytest.raises(UserError, match=r"none of its 2 keypoints is a joint of COCO-17, e\.g\. nose"):
        joint_places(["paw", "tail"], COCO17, FILE)
    assert joint_places(["nose"], COCO17, FILE)[0].tolist() == [0]
    everything = [*COCO17.joints, *(f"hand {n}" for n in range(60))]
    assert len(joint_places(everything, COCO17, FILE)[1]) == 60
