"""Boxes without names are put together by where they lie."""

import numpy as np

from core.tracking.chains import chains


def test_overlapping_boxes_of_frames_in_a_row_are_one_person():
    left, right = np.array([0.0, 0, 40, 80]), np.array([100.0, 0, 140, 80])
    boxes = np.stack([left, right, right + 3, left + 3, left + 6, right + 400])
    assert chains(np.array([0, 0, 1, 1, 2, 2]), boxes, 1).tolist() == [0, 1, 1, 0, 0, 2]


def test_who_is_away_for_longer_is_somebody_else():
    box = np.array([[0.0, 0, 40, 80]] * 2)
    assert chains(np.array([0, 3]), box, 3).tolist() == [0, 0]
    assert chains(np.array([0, 3]), box, 2).tolist() == [0, 1]
