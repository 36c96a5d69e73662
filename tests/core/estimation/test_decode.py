"""Joints are read below the cell."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.estimation.decode import decode


def gaussian(x: float, y: float, sigma: float = 1.5, cells: int = 48) -> np.ndarray:
    ys, xs = np.mgrid[:cells, :cells]
    return np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * sigma**2)).astype(np.float32)


@given(st.floats(2, 45), st.floats(2, 45), st.floats(0.05, 1))
def test_a_gaussian_is_found_to_a_hundredth_of_a_cell(x, y, height):
    cells, confidence = decode(height * gaussian(x, y)[None, None])
    assert np.abs(cells[0, 0] - (x, y)).max() < 0.01
    assert 0.85 * height <= confidence[0, 0] <= height


def test_each_joint_of_each_sample_is_read_by_itself():
    heatmaps = np.stack([[gaussian(5, 7), gaussian(30, 12)], [gaussian(40, 44), gaussian(3, 2)]])
    assert np.allclose(decode(heatmaps)[0], [[[5, 7], [30, 12]], [[40, 44], [3, 2]]], atol=0.01)


def test_peak_in_the_corner_and_empty_heatmap_stay_inside():
    heatmaps = np.stack([[gaussian(0, 0), np.zeros((48, 48), np.float32)]])
    cells, confidence = decode(heatmaps)
    assert (cells >= -0.5).all()
    assert (cells <= 47.5).all()
    assert confidence[0, 1] == 0
