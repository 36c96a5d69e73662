"""A wrong order of joints is noticed when labels come in; a right one is not remarked upon."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import COCO17, Skeleton
from core.domain.conversion import Conversion
from core.domain.skeletons import SKELETONS
from core.formats.joint_order import FEWEST_POSES, MOST_POSES, misfit, order_warnings
from core.formats.labels import read_labels

SEEDS = st.integers(0, 2**32 - 1)
LIMB = {"elbow": 60, "wrist": 55, "knee": 95, "ankle": 90}


def people(count: int = 40, seed: int = 0, facing: bool = True) -> np.ndarray:
    """(N, 17, 2): people who swing their limbs, turn by up to 50 degrees and lean, at places and of sizes
    of their own.
    """
    rng = np.random.default_rng(seed)
    place = {joint: k for k, joint in enumerate(COCO17.joints)}
    poses = np.zeros((count, 17, 2))
    for pose in poses:
        width = np.cos(rng.uniform(-0.9, 0.9)) * (1 if facing else -1)
        for side, sign in (("left", 1), ("right", -1)):
            out = np.array([sign * width, 0])
            for part, far, height in (
                ("eye", 8, -175),
                ("ear", 15, -172),
                ("shoulder", 38, -120),
                ("hip", 18, 0),
            ):
                pose[place[f"{side}_{part}"]] = far * out + (0, height)
            for chain, spread in ((("shoulder", "elbow", "wrist"), 0.8), (("hip", "knee", "ankle"), 0.4)):
                angle = 0.0
                for parent, part in pairwise(chain):
                    angle += rng.normal(0, spread)
                    step = LIMB[part] * np.array([np.sin(angle), np.cos(angle)])
                    pose[place[f"{side}_{part}"]] = pose[place[f"{side}_{parent}"]] + step
        pose[place["nose"]] = (0, -165)
        lean = rng.normal(0, 0.3)
        turn = np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
        pose[:] = rng.uniform(0.3, 3) * (pose + rng.normal(0, 3, (17, 2))) @ turn + rng.uniform(-500, 500, 2)
    return poses


def warnings_of(points: np.ndarray, skeleton: Skeleton = COCO17, hidden: tuple[int, ...] = (0,)) -> list[str]:
    """hidden: joints that are not seen in the first pose, so that the file tells of visibility."""
    seen = np.isfinite(points).all(2)
    seen[0, list(hidden)] = False
    return order_warnings(points, seen, skeleton)


@given(SEEDS)
def test_the_right_order_is_not_remarked_upon(seed: int):
    points = people(40, seed)
    points[np.random.default_rng(seed).random(points.shape[:2]) < 0.1] = np.nan
    assert warnings_of(points) == []
    for key in ("h36m17", "mpii16", "aic14", "body25", "halpe26", "wholebody133"):
        assert warnings_of(Conversion(COCO17, SKELETONS[key]).points(points), SKELETONS[key]) == []


@given(SEEDS)
def test_another_skeleton_with_as_many_joints_is_named(seed: int):
    points = people(40, seed)
    theirs = Conversion(COCO17, SKELETONS["h36m17"]).points(points)
    (sentence,) = warnings_of(theirs)
    assert sentence.startswith("The limbs fit the order of joints of H36M-17 better than that of COCO-17")
    (sentence,) = warnings_of(points, SKELETONS["h36m17"])
    assert sentence.startswith("The limbs fit the order of joints of COCO-17 better than that of H36M-17")


def test_joints_in_no_order_are_noticed():
    points, rng = people(), np.random.default_rng(3)
    said = [warnings_of(points[:, rng.permutation(17)]) for _ in range(50)]
    assert sum(map(bool, said)) >= 48
    assert sum("too long for a body" in sentence for sentences in said for sentence in sentences) >= 40


@pytest.mark.parametrize(
    ("parts", "between"),
    [
        (["wrist"], "between elbow and wrist;"),
        (["ankle"], "between knee and ankle;"),
        (["shoulder", "elbow", "wrist"], "between shoulders and hips;"),
    ],
)
def test_sides_exchanged_in_a_part_of_the_body_are_noticed(parts: list[str], between: str):
    points = people()
    pairs = np.array(
        [[COCO17.joints.index(f"{side}_{part}") for side in ("left", "right")] for part in parts]
    )
    points[:, pairs] = points[:, pairs[:, ::-1]]
    (sentence,) = warnings_of(points)
    assert between in sentence


def test_left_and_right_exchanged_altogether_are_noticed_where_faces_are_seen():
    exchanged = people()[:, COCO17.flip_index]
    (sentence,) = warnings_of(exchanged)
    assert (
        "In 100% of the poses whose eyes are visible, left and right are as in a body seen from behind"
        in sentence
    )
    behind = people(facing=False)
    assert warnings_of(behind) != []
    behind[:, 1:3] = np.nan  # nobody has labelled eyes that cannot be seen
    assert warnings_of(behind) == []
    # a file without visibility
    assert order_warnings(exchanged, np.ones(exchanged.shape[:2], bool), COCO17) == []


def test_few_poses_and_what_is_no_human_tell_nothing():
    points = people()[:, np.random.default_rng(3).permutation(17)]
    assert warnings_of(points) != []
    assert warnings_of(points[: FEWEST_POSES - 1]) == []
    assert warnings_of(np.full_like(points, np.nan)) == []
    assert warnings_of(np.ones_like(points)) == []
    assert (
        warnings_of(points[:, :3], Skeleton.from_json({"joints": ["snout", "left_fin", "right_fin"]})) == []
    )
    assert order_warnings(np.empty((0, 17, 2)), np.empty((0, 17), bool), COCO17) == []


def test_of_many_poses_some_are_looked_at(monkeypatch):
    looked = []
    monkeypatch.setattr(
        "core.formats.joint_order.misfit", lambda body: looked.append(len(body)) or misfit(body)
    )
    points = np.tile(people(), (1000, 1, 1))
    assert warnings_of(points) == []
    assert max(looked) <= MOST_POSES < len(points)


def test_labels_that_come_in_are_checked(tmp_path):
    points = Conversion(COCO17, SKELETONS["h36m17"]).points(people(10))
    keypoints = np.concatenate([np.nan_to_num(points), 2.0 * np.isfinite(points[..., :1])], 2).reshape(10, -1)
    content = {
        "images": [{"id": n, "file_name": f"clip_{n:06d}.png"} for n in range(10)],
        "annotations": [
            {"id": n + 1, "image_id": n, "category_id": 1, "keypoints": row.tolist()}
            for n, row in enumerate(keypoints)
        ],
        "categories": [{"id": 1, "name": "person"}],  # without names of joints, which are COCO-17's then
    }
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(content))
    (sentence,) = read_labels(path, COCO17, lambda image: None).warnings
    assert "H36M-17" in sentence
