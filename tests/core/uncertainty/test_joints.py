import numpy as np
import pytest

from core.uncertainty.joints import JUMP, UNCERTAIN, joint_uncertainty

HEIGHT = 200.0


def pose() -> np.ndarray:
    return np.arange(10, dtype=float).reshape(5, 2) * 20


def test_a_low_peak_is_uncertain() -> None:
    uncertainty = joint_uncertainty(pose(), np.array([1.0, 0.8, 0.31, 0.29, 0.0]), HEIGHT, None)
    assert uncertainty == pytest.approx([0, 0.2, 0.69, 0.71, 1])
    assert (uncertainty > UNCERTAIN).tolist() == [False, False, False, True, True]


def test_a_joint_that_jumps_is_uncertain_and_a_moving_one_is_not() -> None:
    sure = np.ones(5)
    moving = (pose() - 30, pose() + 30)
    assert joint_uncertainty(pose(), sure, HEIGHT, moving) == pytest.approx(np.zeros(5))
    jumping = pose()
    jumping[2, 0] += 1.01 * JUMP * HEIGHT
    uncertainty = joint_uncertainty(jumping, sure, HEIGHT, moving)
    assert np.flatnonzero(uncertainty > UNCERTAIN).tolist() == [2]
    assert (
        joint_uncertainty(jumping, sure, 2 * HEIGHT, moving)[2] < UNCERTAIN
    )  # half of a jump for someone twice as tall


def test_doubt_stays_between_0_and_1() -> None:
    far = (pose() + 1000, pose() + 1000)
    assert joint_uncertainty(pose(), np.array([0, 0.5, 1, 1.2, -0.1]), 0.0, far).tolist() == [1.0] * 5
