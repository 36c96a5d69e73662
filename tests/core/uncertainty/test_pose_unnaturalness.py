"""WPU looks at the shape of the body, not at where or how large it is, and tells odd poses from natural
ones.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from core.domain import COCO17, Skeleton, UserError
from core.project.estimators.models import RESOURCES
from core.uncertainty.criteria import usable
from core.uncertainty.features import BODY, DIMENSIONS, as_coco, hybrid_features, why_no_prior
from core.uncertainty.pose_prior import load_prior

STANDING = np.array(
    [
        *(
            (0.50, 0.05),
            (0.52, 0.03),
            (0.48, 0.03),
            (0.54, 0.05),
            (0.46, 0.05),
            (0.60, 0.20),
            (0.40, 0.20),
            (0.63, 0.36),
        ),
        *(
            (0.37, 0.36),
            (0.63, 0.50),
            (0.37, 0.50),
            (0.56, 0.52),
            (0.44, 0.52),
            (0.56, 0.74),
            (0.44, 0.74),
            (0.56, 0.95),
        ),
        (0.44, 0.95),
    ]
)
ONES = np.ones((1, 17))


@given(st.floats(-3000, 3000), st.floats(-3000, 3000), st.floats(20, 2000))
def test_place_and_size_do_not_matter(x, y, height):
    for variant in ("ours", "paper"):
        plain = hybrid_features(STANDING[None], ONES, np.ones(1), variant)
        moved = hybrid_features(STANDING[None] * height + (x, y), ONES, np.array([height]), variant)
        assert np.allclose(plain, moved, atol=1e-3)
        assert plain.shape == (1, DIMENSIONS[variant])


def test_paper_folds_angles_and_ours_keeps_their_sign():
    mirrored = STANDING * (-1, 1)
    assert np.allclose(
        hybrid_features(STANDING[None], ONES, np.ones(1), "paper")[:, 34:],
        hybrid_features(mirrored[None], ONES, np.ones(1), "paper")[:, 34:],
    )
    signed = [hybrid_features(p[None], ONES, np.ones(1), "ours")[:, 34:42] for p in (STANDING, mirrored)]
    assert np.allclose(signed[0], -signed[1])


def test_ours_sees_how_long_the_limbs_are():
    stretched = STANDING.copy()
    stretched[9] = STANDING[7] + 2 * (STANDING[9] - STANDING[7])
    plain, longer = (
        hybrid_features(p[None], ONES, np.ones(1), "ours")[0, 50:] for p in (STANDING, stretched)
    )
    changed = [i for i, edge in enumerate(COCO17.edges) if set(edge) == {7, 9}]
    assert np.allclose(longer[changed], 2 * plain[changed], atol=1e-6)
    assert np.allclose(np.delete(longer, changed), np.delete(plain, changed), atol=1e-6)


def test_confidence_moves_the_centre_of_the_paper_alone():
    doubtful = np.where(np.arange(17) < 5, 0.1, 1.0)[None]
    for variant in ("ours", "paper"):
        sure, unsure = (hybrid_features(STANDING[None], w, np.ones(1), variant) for w in (ONES, doubtful))
        assert np.allclose(sure, unsure) == (variant == "ours")


@pytest.mark.parametrize("joint", range(5, 17))
def test_a_displaced_joint_makes_a_pose_odder(joint):
    prior = load_prior(RESOURCES / "pose_prior" / "ours.safetensors")
    angle = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    odd = np.repeat(STANDING[None], 8, 0)
    odd[:, joint] += 0.35 * np.stack([np.cos(angle), np.sin(angle)], 1)
    standing = prior.unnaturalness(STANDING[None], ONES, np.ones(1))
    values = prior.unnaturalness(odd, np.ones((8, 17)), np.ones(8))
    assert (values > standing).mean() > 0.8
    assert values.mean() > 2 * standing


def test_ours_is_a_distance_in_box_heights():
    """A prior that always gives the mean back: the value is how far the farthest joint lies from it."""
    prior = load_prior(RESOURCES / "pose_prior" / "ours.safetensors")
    none = replace(prior, layers=tuple((0 * weight, 0 * bias) for weight, bias in prior.layers))
    relative = STANDING - STANDING.mean(0) - prior.mean[:34].reshape(2, 17).T
    value = none.unnaturalness(STANDING[None] * 300, ONES, np.array([300.0]))
    assert value == pytest.approx(np.linalg.norm(relative, axis=1).max(), rel=1e-4)


@pytest.mark.parametrize("variant", ["ours", "paper"])
def test_shipped_priors_load(variant):
    assert load_prior(RESOURCES / "pose_prior" / f"{variant}.safetensors").variant == variant


def test_a_broken_prior_is_refused(tmp_path):
    (tmp_path / "p.safetensors").write_bytes(b"broken")
    with pytest.raises(UserError, match=r"p\.safetensors"):
        load_prior(tmp_path / "p.safetensors")


def test_a_prior_of_other_layers_is_refused(tmp_path):
    data = load_file(RESOURCES / "pose_prior" / "ours.safetensors")
    data["layers.1.weight"] = np.ascontiguousarray(data["layers.1.weight"][:, :-1])
    save_file(data, tmp_path / "p.safetensors")
    with pytest.raises(UserError, match=r"p\.safetensors does not fit"):
        load_prior(tmp_path / "p.safetensors")


def as_body(points: np.ndarray) -> tuple[np.ndarray, Skeleton]:
    """The poses (N, 17, 2) with the body's joints alone, in another order and with one that COCO does not
    know.
    """
    skeleton = Skeleton("Body", ("tail", *BODY[::-1]), (), (), (0.1,) * 13)
    return np.concatenate([points[:, :1], points[:, :4:-1]], 1), skeleton


def test_joints_are_matched_by_name_and_a_missing_head_stands_above_the_shoulders():
    points, skeleton = as_body(STANDING[None])
    found, weights, known = as_coco(points, np.ones((1, 13)), skeleton)
    assert np.allclose(found[0, 5:], STANDING[5:])
    assert known.tolist() == [False] * 5 + [True] * 12
    assert weights[0].tolist() == [0] * 5 + [1] * 12
    assert np.allclose(found[0, :5], (0.5, 0.2 - 0.16))


def test_a_body_without_a_head_is_as_natural_and_a_wrong_joint_as_odd():
    odd = STANDING.copy()
    odd[9] += (0.4, -0.5)
    poses = np.stack([STANDING, odd])
    for variant in ("ours", "paper"):
        prior = load_prior(RESOURCES / "pose_prior" / f"{variant}.safetensors")
        whole = prior.unnaturalness(poses, np.ones((2, 17)), np.ones(2))
        found, skeleton = as_body(poses)
        points, confidence, known = as_coco(found, np.ones((2, 13)), skeleton)
        body = prior.unnaturalness(points, confidence, np.ones(2), known)
        assert body[1] > 1.3 * body[0]
        if prior.variant == "ours":
            assert np.allclose(body, whole, atol=0.1)


def test_a_skeleton_without_a_body_has_no_prior():
    assert why_no_prior(COCO17) == why_no_prior(as_body(STANDING[None])[1]) == ""
    assert "Hand has no left_shoulder, right_shoulder" in why_no_prior(
        Skeleton("Hand", ("thumb",), (), (), (0.1,))
    )
    assert usable("thc+wpu", COCO17) == "thc+wpu"
    assert usable("thc+wpu", Skeleton("Hand", ("thumb",), (), (), (0.1,))) == "thc+lc"
