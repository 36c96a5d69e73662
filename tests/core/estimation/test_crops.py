"""The way from heatmap cells to image pixels and back, and the spreading of grey levels."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.estimation.crops import cells_to_image, crop_squares, image_to_cells, spread_levels

number = st.floats(-2000, 4000)
extent = st.floats(2, 3000)


@given(number, number, extent, extent, st.floats(0, 47), st.floats(0, 47))
def test_cells_to_image_and_back_is_the_identity(x, y, w, h, cx, cy):
    squares = crop_squares(np.array([[x, y, x + w, y + h]]), 1.15)
    cells = np.array([[[cx, cy]]])
    assert np.allclose(image_to_cells(cells_to_image(cells, squares, 48), squares, 48), cells, atol=1e-6)


@given(number, number, extent, extent)
def test_square_holds_the_box_and_shares_its_centre(x, y, w, h):
    left, top, side = crop_squares(np.array([[x, y, x + w, y + h]]), 1.15)[0]
    assert side >= max(w, h)
    assert abs(left + (side - 1) / 2 - (x + w / 2)) <= 0.5 + 1e-6
    assert abs(top + (side - 1) / 2 - (y + h / 2)) <= 0.5 + 1e-6


def test_centre_cell_of_a_known_square():
    # 96 pixels from 10 to 105 in 48 cells: cell 0 covers pixels 10 and 11, its centre lies between them.
    assert cells_to_image(np.zeros((1, 1, 2)), np.array([[10, 20, 96]]), 48).tolist() == [[[10.5, 20.5]]]


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
