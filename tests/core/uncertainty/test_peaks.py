"""Peaks are found where they were put, below the cell, and as often as they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.estimation.decode import decode
from core.uncertainty.peaks import find_peaks, peak_cells

SIDE = 48
PLACES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=4, unique=True)


@given(PLACES, st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_places_and_heights(places: list[tuple[int, int]], dx: float, dy: float) -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    centres = [(4 + 8 * i + dx, 4 + 8 * j + dy) for i, j in places]
    heights = 0.9 - 0.1 * np.arange(len(places))
    blobs = [
        h * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 2) for (cx, cy), h in zip(centres, heights, strict=True)
    ]
    heatmap = np.sum(blobs, 0).astype(np.float32)
    assert peak_cells(heatmap) == pytest.approx(np.array(centres), abs=0.02)
    assert np.count_nonzero(find_peaks(heatmap[None, None])) == len(places)


def test_an_empty_map_has_none() -> None:
    assert peak_cells(np.zeros((SIDE, SIDE), np.float32)).shape == (0, 2)


@given(st.floats(-1, SIDE), st.floats(-1, SIDE))
def test_the_highest_is_where_the_joint_is_read_also_at_the_border(cx: float, cy: float) -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    heatmap = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 2).astype(np.float32)
    assert peak_cells(heatmap)[0] == pytest.approx(decode(heatmap[None, None])[0][0, 0], abs=1e-4)
