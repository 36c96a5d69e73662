"""Frames at somebody's beginning and end in which nobody is seen."""

import numpy as np

from core.tracking.presence import present


def test_ends_without_anybody_are_told_from_the_rest():
    confidence = np.concatenate([np.full(20, 0.01), np.full(40, 0.4), np.full(10, 0.02)])
    assert np.flatnonzero(present(confidence)).tolist() == list(range(20, 60))


def test_a_single_sure_frame_is_nobody():
    confidence = np.concatenate([np.full(20, 0.01), np.full(40, 0.4)])
    confidence[6] = 0.3
    assert not present(confidence)[:20].any()


def test_somebody_hidden_in_between_stays():
    confidence = np.full(60, 0.4)
    confidence[20:40] = 0.01
    assert present(confidence).all()


def test_a_video_that_is_unclear_altogether_loses_nothing():
    for unclear in (np.linspace(0.01, 0.03, 50), np.zeros(5), np.full(1, 0.2), np.array([0.0, 1, 1, 0])):
        assert present(unclear).all()
