"""Two people whose poses lie on one body are found, and whose body it is."""

import numpy as np

from core.domain import COCO17
from core.evaluation.shared_bodies import SharedBodies, near_pairs, reach, shared_bodies
from tests.projects import STANDING

ANN, BOB = np.array([100, 100, 160, 260.0]), np.array([140, 110, 200, 270.0])


def standing(box: np.ndarray) -> np.ndarray:
    """(17, 2) of somebody who fills the box."""
    return box[:2] + STANDING * (box[2:] - box[:2])


def found(
    people: list[tuple[int, np.ndarray, np.ndarray]], confidence: np.ndarray | None = None
) -> SharedBodies:
    """people: frame, box and pose of each."""
    frame, boxes, points = (np.array(column) for column in zip(*people, strict=True))
    confidence = np.full(points.shape[:2], 0.6) if confidence is None else confidence
    return shared_bodies(frame, boxes, points, confidence, np.array(COCO17.sigmas))


def test_a_pose_on_a_neighbour_is_found_with_its_thief() -> None:
    pairs = found(
        [(0, ANN, standing(ANN)), (0, BOB, standing(BOB)), (1, ANN, standing(BOB)), (1, BOB, standing(BOB))]
    )
    assert (pairs.thief.tolist(), pairs.owner.tolist(), pairs.told.tolist()) == ([2], [3], [True])
    assert pairs.similarity[0] > 0.99


def test_people_who_cross_each_in_their_own_pose_are_not_found() -> None:
    assert not len(found([(0, ANN, standing(ANN)), (0, BOB, standing(BOB))]))


def test_the_same_place_in_another_frame_is_nobody_else() -> None:
    assert not len(found([(0, ANN, standing(ANN)), (1, ANN, standing(ANN))]))


def test_a_pose_that_left_its_box_for_a_neighbour_far_away_is_found() -> None:
    far = ANN + 500
    pairs = found([(0, ANN, standing(ANN)), (0, far, standing(ANN))])
    assert (pairs.thief.tolist(), pairs.owner.tolist(), pairs.told.tolist()) == ([1], [0], [True])


def test_a_pose_gone_over_is_found_though_the_neighbours_own_lies_beside_it() -> None:
    beside = BOB + np.array([11, -11, 11, -11])
    pairs = found([(0, ANN, standing(BOB)), (0, BOB, standing(beside))])
    assert 0.2 < pairs.similarity[0] < 0.5
    assert (pairs.thief.tolist(), pairs.owner.tolist(), pairs.told.tolist()) == ([0], [1], [True])
    assert not len(found([(0, BOB, standing(BOB)), (0, beside, standing(beside))]))


def test_people_who_are_apart_are_never_compared() -> None:
    crowd = np.array([ANN + 200 * n for n in range(50)])
    points = np.array([standing(box) for box in crowd])
    frame = np.zeros(50, int)
    one, _ = near_pairs(frame, reach(crowd, points, np.ones((50, 17))))
    assert not len(one)


def test_whose_body_it_is_is_not_told_where_both_boxes_fit() -> None:
    pairs = found([(0, ANN, standing(ANN)), (0, ANN + 1, standing(ANN + 1))])
    assert pairs.told.tolist() == [False]


def test_joints_that_one_of_them_lacks_do_not_count() -> None:
    half = standing(ANN)
    half[:9] = standing(BOB)[:9]
    confidence = np.full((2, 17), 0.6)
    people = [(0, ANN, half), (0, BOB, standing(BOB))]
    confidence[0, 9:] = 0
    assert len(found(people, confidence)) == 1
    confidence[0] = 0
    assert not len(found(people, confidence))


def test_every_two_of_a_crowd_are_compared() -> None:
    crowd = [(0, ANN + n, standing(ANN)) for n in range(4)]
    assert len(found(crowd)) == 6


def test_nobody_is_no_error() -> None:
    none = np.empty(0)
    pairs = shared_bodies(
        none.astype(int), none.reshape(0, 4), none.reshape(0, 17, 2), none.reshape(0, 17), np.ones(17)
    )
    assert not len(pairs)
