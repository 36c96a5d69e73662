"""WPU looks at the shape of the body, not at where or how large it is, and tells odd poses from natural ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import UserError
from core.project.models import RESOURCES
from core.uncertainty.features import DIMENSIONS, hybrid_features
from core.uncertainty.pose_unnaturalness import load_prior

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


def test_a_displaced_joint_makes_a_pose_odder():
    prior = load_prior(RESOURCES / "pose_prior" / "ours.safetensors")
    rng = np.random.default_rng(0)
    odd = np.repeat(STANDING[None], 200, 0)
    odd[np.arange(200), rng.integers(5, 17, 200)] += 0.35 * rng.choice([-1, 1], (200, 2))
    values = prior.unnaturalness(odd, np.ones((200, 17)), np.ones(200))
    assert (values > prior.unnaturalness(STANDING[None], ONES, np.ones(1))).mean() > 0.9


@pytest.mark.parametrize("variant", ["ours", "paper"])
def test_shipped_priors_load(variant):
    assert load_prior(RESOURCES / "pose_prior" / f"{variant}.safetensors").variant == variant


def test_a_broken_prior_is_refused(tmp_path):
    (tmp_path / "p.safetensors").write_bytes(b"broken")
    with pytest.raises(UserError, match=r"p\.safetensors"):
        load_prior(tmp_path / "p.safetensors")
