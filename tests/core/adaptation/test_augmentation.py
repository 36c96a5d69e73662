"""Augmented joints stay on what they mark."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.adaptation.augmentation import Augmentation, augment, hidden
from core.domain import COCO17

PICTURE, SIDE = 288, 192
SIZE = (SIDE, SIDE)


def dot_at(x: float, y: float) -> np.ndarray:
    ys, xs = np.mgrid[:PICTURE, :PICTURE]
    blob = 255 * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * 4.0**2))
    return np.repeat(blob[..., None], 3, 2).astype(np.uint8)


@given(st.integers(0, 10_000), st.floats(120, 168), st.floats(120, 168))
def test_a_marked_dot_is_still_under_its_mark(seed, x, y):
    points = np.zeros((17, 2))
    points[[5, 6]] = (x, y)  # a left and a right joint, so that the mirror image has one of each there too
    labelled = np.zeros(17, bool)
    labelled[[5, 6]] = True
    rng = np.random.default_rng(seed)
    crop, moved, still_labelled = augment(
        rng, Augmentation(), dot_at(x, y), points, labelled, SIZE, COCO17.flip_index
    )
    assert still_labelled.tolist() == labelled.tolist()
    weight = crop[..., 0].astype(float)
    ys, xs = np.mgrid[:SIDE, :SIDE]
    centre = np.array([(weight * xs).sum(), (weight * ys).sum()]) / weight.sum()
    assert np.abs(centre - moved[5]).max() < 0.5


def test_a_mirror_image_swaps_left_and_right():
    points = np.arange(34, dtype=float).reshape(17, 2) + 100
    settings = Augmentation(scale=0, rotation=0, shift=0, flip_chance=1)
    labelled = np.arange(17) % 2 == 0
    args = (dot_at(1, 1), points, labelled, SIZE, COCO17.flip_index)
    _, mirrored, mirrored_labelled = augment(np.random.default_rng(0), settings, *args)
    _, plain, _ = augment(np.random.default_rng(0), Augmentation(0, 0, 0.6, 0, 0), *args)
    assert np.allclose(mirrored[5], (SIDE - 1 - plain[6][0], plain[6][1]))
    assert np.allclose(mirrored[0], (SIDE - 1 - plain[0][0], plain[0][1]))
    assert mirrored_labelled[5] == labelled[6]


@given(st.integers(0, 10_000))
def test_what_stands_in_front_covers_a_part_and_leaves_the_rest(seed):
    crop, other = np.full((SIDE, SIDE, 3), 10, np.uint8), np.full((PICTURE, PICTURE, 3), 200, np.uint8)
    seen = hidden(np.random.default_rng(seed), crop, other)
    assert 0.002 < (seen != crop).any(2).mean() < 0.5
    assert (crop == 10).all()
