"""The way from heatmap cells to image pixels and back, and the spreading of grey levels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import COCO17
from core.estimation.crops import (
    cells_to_image,
    crop_image,
    crop_rectangles,
    image_to_cells,
    spread_levels,
)
from core.estimation.spec import CONVENTIONS, EstimatorSpec

number = st.floats(-2000, 4000)
extent = st.floats(2, 3000)
sizes = st.tuples(st.integers(1, 8), st.integers(1, 8)).map(lambda n: (32 * n[0], 32 * n[1]))


def spec_of(size: tuple[int, int], convention: str) -> EstimatorSpec:
    return EstimatorSpec("any", *size, 4, 8, COCO17, convention=convention)


@given(
    number,
    number,
    extent,
    extent,
    sizes,
    st.sampled_from(sorted(CONVENTIONS)),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_cells_to_image_and_back_is_the_identity(x, y, w, h, size, convention, cx, cy):
    spec = spec_of(size, convention)
    rectangles = crop_rectangles(np.array([[x, y, x + w, y + h]]), 1.25, size[0] / size[1])
    extents = spec.extents(rectangles)
    cells = np.array([[[cx, cy]]]) * (np.array(spec.cells) - 1)
    there = cells_to_image(cells, extents, spec.cells)
    assert np.allclose(image_to_cells(there, extents, spec.cells), cells, atol=1e-6)


@given(number, number, extent, extent, sizes)
def test_rectangle_holds_the_box_shares_its_centre_and_has_the_aspect(x, y, w, h, size):
    aspect = size[0] / size[1]
    left, top, width, height = crop_rectangles(np.array([[x, y, x + w, y + h]]), 1.15, aspect)[0]
    assert height >= h
    assert width >= w - aspect  # of the rounding of 15 % more
    assert abs(width - height * aspect) <= 0.5 or width == 2
    assert abs(left + (width - 1) / 2 - (x + w / 2)) <= 0.5 + 1e-6
    assert abs(top + (height - 1) / 2 - (y + h / 2)) <= 0.5 + 1e-6


def test_centre_cell_of_a_known_square():
    # 96 pixels from 10 to 105 in 48 cells: cell 0 covers pixels 10 and 11, its centre lies between them.
    extents = spec_of((192, 192), "centre").extents(np.array([[10, 20, 96, 96]]))
    assert cells_to_image(np.zeros((1, 1, 2)), extents, (48, 48)).tolist() == [[[10.5, 20.5]]]


@pytest.mark.parametrize(
    ("convention", "first", "last"),
    [("centre", (1.5, 1.5), (189.5, 253.5)), ("corner", (0, 0), (188, 252)), ("udp", (0, 0), (191, 255))],
)
def test_each_convention_says_where_the_first_and_the_last_cell_lie_in_the_crop(convention, first, last):
    spec = spec_of((192, 256), convention)
    corners = cells_to_image(np.array([[(0.0, 0.0), (47.0, 63.0)]]), spec.crop_extent, spec.cells)[0]
    assert np.allclose(corners, [first, last])


def test_a_picture_that_uses_its_range_is_left_alone():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    before = image.copy()
    spread_levels(image)
    assert (image == before).all()


def test_a_dark_picture_is_spread_and_keeps_its_order():
    ramp = np.repeat(np.linspace(3, 40, 64).astype(np.uint8)[None, :, None], 64, 0).repeat(3, 2)
    spread = ramp.copy()
    spread_levels(spread)
    assert np.ptp(spread) > 120
    assert (np.diff(spread[0, :, 1].astype(int)) >= 0).all()


def test_a_uniform_picture_with_noise_is_not_blown_up_to_full_contrast():
    rng = np.random.default_rng(0)
    image = np.clip(rng.normal(100, 0.5, (64, 64, 3)), 0, 255).astype(np.uint8)
    spread_levels(image)
    assert np.percentile(image, 99) - np.percentile(image, 1) < 80


def test_what_is_around_a_crop_does_not_change_its_levels():
    """A dark person before a bright sky is learned from as it is estimated."""
    image = np.full((120, 120, 3), 230, np.uint8)
    image[30:90, 30:90] = np.random.default_rng(0).integers(10, 60, (60, 60, 1), np.uint8)
    crop = crop_image(image, np.array([30, 30, 60, 60]), (60, 60), True)
    around = crop_image(image, np.array([15, 15, 90, 90]), (90, 90), True, middle=(60, 60))
    assert (around[15:75, 15:75] == crop).all()
    assert np.ptp(crop) > 140
