import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.video.resample import cut, resample


def bump(x: float, y: float, sigma: float, height: int = 120, width: int = 160) -> np.ndarray:
    """(height, width) uint8: a Gaussian centred on x, y."""
    row, column = np.mgrid[0:height, 0:width]
    return np.round(255 * np.exp(-((column - x) ** 2 + (row - y) ** 2) / (2 * sigma**2))).astype(np.uint8)


def centroid(image: np.ndarray) -> np.ndarray:
    """(2,) x, y of what is bright in image (H, W)."""
    row, column = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    weight = image.astype(np.float64)
    return np.array([(column * weight).sum(), (row * weight).sum()]) / weight.sum()


@given(
    x=st.floats(60, 90),
    y=st.floats(50, 70),
    left=st.integers(-60, 30),
    top=st.integers(-60, 20),
    right=st.integers(120, 300),
    bottom=st.integers(100, 300),
    out_w=st.integers(24, 300),
    out_h=st.integers(24, 300),
)
def test_a_bright_dot_lands_where_the_geometry_says(
    x: float, y: float, left: int, top: int, right: int, bottom: int, out_w: int, out_h: int
) -> None:
    w, h = right - left, bottom - top
    scale = np.array([w / out_w, h / out_h])
    image = bump(x, y, sigma=6)
    expected = (np.array([x, y]) - (left, top) + 0.5) / scale - 0.5
    # the dot is rounded to grey levels; its own centroid stands for it, and enlarging magnifies 1/32 px of
    # the warp
    expected += (centroid(image) - (x, y)) / scale
    np.testing.assert_allclose(centroid(resample(image, left, top, w, h, out_w, out_h)), expected, atol=0.1)


def test_whole_blocks_are_averaged() -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 96), dtype=np.uint8)
    mean = image.reshape(24, 4, 24, 4).mean(axis=(1, 3))
    assert np.abs(resample(image, 0, 0, 96, 96, 24, 24) - mean).max() <= 1


@pytest.mark.parametrize("size", [48, 96, 97, 192])
def test_a_region_of_the_same_size_is_itself(size: int) -> None:
    image = np.random.default_rng(1).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    assert np.array_equal(resample(image, 3, 5, size, size, size, size), image[5 : 5 + size, 3 : 3 + size])


def test_outside_of_the_image_is_filled() -> None:
    image = np.full((20, 30), 200, np.uint8)
    out = resample(image, -30, -20, 60, 40, 60, 40, outside=7)
    assert (out[20:, 30:] == 200).all()
    assert (out[:20] == 7).all()
    assert (out[:, :30] == 7).all()
    assert (resample(image, 100, 100, 10, 10, 5, 5, outside=7) == 7).all()
    assert (cut(image, -50, 3, 10, 4) == 0).all()


def test_a_cut_inside_is_a_view() -> None:
    image = np.zeros((20, 30), np.uint8)
    assert np.shares_memory(cut(image, 1, 2, 10, 10), image)
    assert not np.shares_memory(cut(image, -1, 2, 10, 10), image)


@pytest.mark.parametrize(("side", "size"), [(100, 17), (100, 33), (100, 51), (100, 100), (100, 230)])
def test_nothing_from_outside_gets_into_a_region_that_ends_at_the_border(side: int, size: int) -> None:
    image = np.full((100, 100, 3), 200, np.uint8)
    assert (resample(image, 0, 0, side, side, size, size) == 200).all()
    out = resample(image, -100, -100, side + 100, side + 100, 2 * size, 2 * size)
    assert (out[-size + 3 :, -size + 3 :] == 200).all()
