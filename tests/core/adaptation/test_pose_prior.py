"""The pose prior learns what it is shown, and nothing about where or how large."""

import numpy as np
import pytest

from core.adaptation.pose_prior import adapt, pretrain, save_prior
from core.adaptation.pose_variation import DISPLACEMENT, LIMBS, NOISE, displace, vary, with_proportions
from core.domain import COCO17
from core.project.estimators.models import RESOURCES
from core.uncertainty.pose_prior import load_prior
from tests.core.uncertainty.test_pose_unnaturalness import STANDING

VARIANTS = ["ours", "paper"]


def labels(count: int = 20) -> np.ndarray:
    """(N, 17, 2) someone standing upside down, swaying a little, box heights."""
    rng = np.random.default_rng(0)
    return np.repeat(STANDING[None] * (1, -1), count, 0) + 0.02 * rng.normal(size=(count, 17, 2))


@pytest.mark.parametrize("variant", VARIANTS)
def test_labelled_poses_become_less_odd(variant):
    prior = load_prior(RESOURCES / "pose_prior" / f"{variant}.safetensors")
    poses, ones = labels(), np.ones((20, 17))
    adapted = adapt(prior, poses * 400, ones, np.full(20, 400.0))
    before, after = (p.unnaturalness(poses, ones, np.ones(20)).mean() for p in (prior, adapted))
    assert after < before


@pytest.mark.parametrize("variant", VARIANTS)
def test_adapting_does_not_depend_on_the_size_of_the_picture(variant):
    prior = load_prior(RESOURCES / "pose_prior" / f"{variant}.safetensors")
    small, large = (
        adapt(prior, labels() * s, np.ones((20, 17)), np.full(20, s), seed=1) for s in (64.0, 1024.0)
    )
    for (a, _), (b, _) in zip(small.layers, large.layers, strict=True):
        assert np.allclose(a, b, atol=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_prior_is_the_same_after_saving(variant, tmp_path):
    prior = pretrain(labels(), variant)
    save_prior(prior, tmp_path / "p.safetensors")
    loaded = load_prior(tmp_path / "p.safetensors")
    values = [p.unnaturalness(labels(), np.ones((20, 17)), np.ones(20)) for p in (prior, loaded)]
    assert loaded.variant == variant
    assert np.array_equal(*values)


def test_a_longer_part_is_longer_on_both_sides_and_points_where_it_did():
    pose = STANDING[None]
    assert np.allclose(with_proportions(pose, np.ones((8, 1, 1))), pose)
    factors = np.linspace(0.7, 1.4, 8)[:, None, None]
    longer = with_proportions(pose, factors)
    for root, joint, part in LIMBS:
        assert np.allclose(
            longer[:, joint] - longer[:, root], factors[part] * (pose[:, joint] - pose[:, root])
        )


def test_varied_poses_are_poses_of_the_same_joints():
    rng = np.random.default_rng(0)
    varied = vary(np.repeat(STANDING[None], 500, 0), rng)
    assert varied.shape == (500, 17, 2)
    shoulders_to_hips = varied[:, [11, 12], 1].mean(1) - varied[:, [5, 6], 1].mean(1)
    assert (shoulders_to_hips > 0).all()  # nobody is upside down
    left_of_right = varied[:, 5, 0] > varied[:, 6, 0]
    assert left_of_right.mean() > 0.99  # the mirror image of someone facing us faces us
    assert COCO17.joints[5] == "left_shoulder"


def test_some_joints_are_displaced_and_none_farther_than_said():
    poses = np.repeat(STANDING[None], 2000, 0)
    distance = np.linalg.norm(displace(poses, np.random.default_rng(0)) - poses, axis=2)
    assert distance.max() < DISPLACEMENT + 6 * NOISE
    assert 0.5 < (distance > 5 * NOISE).any(1).mean() < 0.8
