"""Boxes come back in the pixels of the frame, however the picture was turned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.overlap import iou
from core.tracking.detector import suppress_overlaps, turn_back
from core.tracking.multipose import MultiposeDetector
from core.tracking.settings import FindSettings


@given(
    st.integers(0, 3),
    st.integers(40, 90),
    st.integers(40, 90),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(3, 15),
)
def test_a_box_found_in_a_turned_picture_is_where_the_thing_is(turn, width, height, x, y, extent):
    picture = np.zeros((height, width))
    picture[y : y + extent, x : x + 5] = 1
    ys, xs = np.nonzero(np.rot90(picture, -turn))
    found = np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1, 0.9]], np.float32)
    assert turn_back(found, width, height, turn)[0, :4].tolist() == [x, y, x + 5, y + extent]


def test_of_overlapping_boxes_the_best_stays():
    boxes = np.array([[0, 0, 10, 10, 0.5], [0, 1, 10, 10, 0.9], [20, 20, 30, 30, 0.3]])
    assert suppress_overlaps(boxes)[:, 4].tolist() == [0.9, 0.3]


def test_intersection_over_union():
    a, b = np.array([[0, 0, 10, 10]]), np.array([[5, 0, 15, 10], [0, 0, 10, 10], [20, 20, 21, 21]])
    assert iou(a, b)[0] == pytest.approx([1 / 3, 1, 0])


def one_person_network(images: np.ndarray):
    """Stands for the network: one peak at cell (10, 20) with a box of 8 x 12 cells, half a cell off."""
    _, height, width, _ = images.shape
    shape = (1, 2, height // 4, width // 4)
    centers = np.zeros((1, 1, *shape[2:]), np.float32)
    centers[0, 0, 20, 10] = 0.8
    sizes, offsets = np.zeros(shape, np.float32), np.full(shape, 0.5, np.float32)
    sizes[0, :, 20, 10] = 12, 8
    return centers, sizes, offsets


def test_centre_size_and_offset_make_the_box():
    detector = MultiposeDetector(one_person_network, lambda image: None, FindSettings(size=256))
    (box,) = detector.find(np.zeros((256, 128, 3), np.uint8), 256, 512, turn=0)
    assert box[:4] == pytest.approx([2 * 26 - 0.5, 2 * 58 - 0.5, 2 * 58 - 0.5, 2 * 106 - 0.5])
    assert box[4] == pytest.approx(0.8)
