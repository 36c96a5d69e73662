import numpy as np
import pytest

from core.uncertainty.joints import DOUBTFUL, JUMP, joint_doubt

HEIGHT = 200.0


def pose() -> np.ndarray:
    return np.arange(10, dtype=float).reshape(5, 2) * 20


def test_a_low_peak_is_doubtful() -> None:
    doubt = joint_doubt(pose(), np.array([1.0, 0.8, 0.31, 0.29, 0.0]), HEIGHT, None)
    assert doubt == pytest.approx([0, 0.2, 0.69, 0.71, 1])
    assert (doubt > DOUBTFUL).tolist() == [False, False, False, True, True]


def test_a_joint_that_jumps_is_doubtful_and_a_moving_one_is_not() -> None:
    sure = np.ones(5)
    moving = (pose() - 30, pose() + 30)
    assert joint_doubt(pose(), sure, HEIGHT, moving) == pytest.approx(np.zeros(5))
    jumping = pose()
    jumping[2, 0] += 1.01 * JUMP * HEIGHT
    doubt = joint_doubt(jumping, sure, HEIGHT, moving)
    assert np.flatnonzero(doubt > DOUBTFUL).tolist() == [2]
    assert joint_doubt(jumping, sure, 2 * HEIGHT, moving)[2] < DOUBTFUL  # half of a jump for someone twice as tall


def test_doubt_stays_between_0_and_1() -> None:
    far = (pose() + 1000, pose() + 1000)
    assert joint_doubt(pose(), np.array([0, 0.5, 1, 1.2, -0.1]), 0.0, far).tolist() == [1.0] * 5
