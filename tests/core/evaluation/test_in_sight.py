"""In which boxes somebody can be seen."""

import numpy as np
import pytest

from core.evaluation.in_sight import in_sight

DETECTED, HELD = 0.8, 0.0


def poses(count: int = 20) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Everybody detected in a box of 100 x 200, sure, the joints spread over it."""
    boxes = np.tile(np.array([50.0, 50, 150, 250]), (count, 1))
    points = np.random.default_rng(0).uniform((60, 60), (140, 240), (count, 17, 2))
    return boxes, points, np.full((count, 17), 0.5), np.full(count, DETECTED)


def test_everybody_is_seen() -> None:
    assert in_sight(*poses()).all()
    assert in_sight(*poses(0)).shape == (0,)


@pytest.mark.parametrize(("detected", "seen"), [(DETECTED, True), (HELD, False)])
def test_half_of_the_usual_evidence_is_enough_where_somebody_was_detected(
    detected: float, seen: bool
) -> None:
    columns = poses()
    columns[2][3], columns[3][3] = 0.25, detected
    assert in_sight(*columns)[3] == seen


def test_joints_outside_of_the_box_are_somebody_elses() -> None:
    columns = poses()
    columns[1][3] += (300, 0)
    assert np.flatnonzero(~in_sight(*columns)).tolist() == [3]


@pytest.mark.parametrize(("side", "seen"), [(20, False), (80, True)])
def test_joints_in_a_heap_are_no_body_however_sure(side: float, seen: bool) -> None:
    columns = poses()
    columns[1][3] = (100, 100) + side * (columns[1][3] - columns[1][3].min(0)) / np.ptp(columns[1][3], axis=0)
    columns[2][3] = 0.9
    assert in_sight(*columns)[3] == seen


def test_of_an_estimator_that_is_lost_altogether_nothing_is_left_out_for_its_heaps() -> None:
    boxes, points, confidence, detected = poses()
    assert in_sight(boxes, np.full_like(points, 100), confidence, detected).all()
