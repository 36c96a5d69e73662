"""Fewer dimensions keep who is near whom."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.selection.projection import DIMENSIONS, projected


@given(st.integers(0, 1000))
def test_distances_stay_within_a_few_per_cent(seed: int) -> None:
    features = np.random.default_rng(seed).gamma(2, 0.3, (12, 1280)).astype(np.float16)
    fewer = projected(features)
    assert fewer.shape == (12, DIMENSIONS)
    one, other = (np.linalg.norm(x[:, None] - x[None], axis=-1) for x in (features.astype(np.float32), fewer))
    apart = ~np.eye(12, dtype=bool)
    assert np.abs(other[apart] / one[apart] - 1).max() < 0.25
    assert abs(np.mean(other[apart] / one[apart]) - 1) < 0.1


def test_few_dimensions_stay_as_they_are() -> None:
    features = np.arange(12, dtype=np.float16).reshape(3, 4)
    assert (projected(features) == features).all()


def test_it_is_the_same_every_time() -> None:
    features = np.ones((2, 1280), np.float32)
    assert (projected(features) == projected(features.copy())).all()
