"""Where an adapted estimator takes somebody for a neighbour, the network as it came is read."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import COCO17
from core.estimation.maps import Maps
from core.estimation.pipeline import Estimates
from core.evaluation.neighbour_guard import NEAR, in_own_place, strays
from core.evaluation.shared_bodies import near_pairs, on_one_body, reach
from tests.projects import STANDING

SIGMAS = np.array(COCO17.sigmas)
ANN, BOB, EVE = (np.array([x, 100, x + 60, 260.0]) for x in (100, 140, 600))


def standing(*boxes: np.ndarray) -> np.ndarray:
    """(n, 17, 2) of people who fill the boxes."""
    return np.array([box[:2] + STANDING * (box[2:] - box[:2]) for box in boxes])


def sure(points: np.ndarray, height: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    return points, np.full(points.shape[:2], height)


def found(boxes: list[np.ndarray], adapted: np.ndarray, frozen: np.ndarray) -> list[bool]:
    return strays(np.zeros(len(boxes), int), np.array(boxes), sure(adapted), sure(frozen), SIGMAS).tolist()


def estimates(
    frame: list[int], adapted: np.ndarray, frozen: np.ndarray | None, boxes: np.ndarray
) -> Estimates:
    n = len(frame)
    return Estimates(
        track=np.arange(n),
        frame=np.array(frame),
        boxes=boxes,
        rectangles=np.zeros((n, 4), int),
        extents=np.zeros((n, 4)),
        points=adapted,
        confidence=np.full((n, 17), 0.6),
        maps=Maps((np.zeros((n, 17, 2, 2)),)),
        embedding=np.zeros((n, 3)),
        measured={"peak": np.arange(n)},
        frozen=None if frozen is None else sure(frozen, 0.5),
    )


def test_a_pose_that_goes_to_a_neighbour_stays_where_it_was():
    assert found([ANN, BOB], standing(BOB, BOB), standing(ANN, BOB)) == [True, False]


def test_a_pose_that_comes_home_from_a_neighbour_is_taken():
    assert found([ANN, BOB], standing(ANN, BOB), standing(BOB, BOB)) == [False, False]


def test_two_who_change_the_body_they_share_are_told_apart_by_their_boxes():
    assert found([ANN, BOB], standing(BOB, BOB), standing(ANN, ANN)) == [True, False]


def test_a_body_is_his_whose_box_it_fills_though_the_other_gained_more():
    """Of two whose boxes nearly coincide, neither of whom had been seen before."""
    behind = ANN + np.array([12, -18, 30, -18])
    nowhere, above = ANN + np.array([90, -120, 90, -120]), ANN - np.array([0, 60, 0, 60])
    assert found([ANN, behind], standing(ANN, ANN), standing(above, nowhere)) == [False, True]


def test_a_pose_that_is_halfway_home_from_a_neighbour_is_taken():
    halfway = ANN + 0.3 * (BOB - ANN)
    assert found([ANN, BOB], standing(ANN, halfway), standing(ANN, ANN)) == [True, False]


def test_a_pose_that_leaves_its_box_for_somebody_whom_nobody_follows_stays_where_it_was():
    assert found([ANN, EVE], standing(BOB + 30, EVE), standing(ANN, EVE)) == [True, False]


def test_somebody_whom_the_network_did_not_see_before_is_taken():
    """In a dim frame it puts the joints all over the box, at a quarter of the confidence."""
    narrow = standing(ANN + np.array([12, 0, -12, -40]))
    scattered = ANN[:2] + np.random.default_rng(0).uniform(0, 1, (1, 17, 2)) * (ANN[2:] - ANN[:2])
    frame, boxes = np.zeros(1, int), ANN[None]
    assert strays(frame, boxes, sure(narrow), sure(scattered), SIGMAS).all()
    assert not strays(frame, boxes, sure(narrow, 0.8), sure(scattered, 0.2), SIGMAS).any()
    assert strays(frame, boxes, sure(standing(BOB), 0.8), sure(scattered, 0.2), SIGMAS).all()


def test_somebody_far_away_whose_body_is_taken_keeps_it():
    assert found([EVE, ANN], standing(ANN, ANN), standing(EVE, ANN)) == [True, False]


def test_the_same_place_in_another_frame_takes_nothing_from_anybody():
    boxes, poses = np.array([ANN, ANN + 1]), standing(ANN, ANN + 1)
    assert not strays(np.array([0, 1]), boxes, sure(poses), sure(poses), SIGMAS).any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_no_two_poses_are_nearer_to_one_body_than_they_were_before(seed, people):
    rng = np.random.default_rng(seed)
    boxes = ANN + rng.uniform(-60, 60, (people, 1)) * [1, 0, 1, 0]
    adapted, frozen = (standing(*boxes[rng.integers(0, people, people)]) for _ in range(2))
    adapted, frozen = (poses + rng.normal(0, 4, poses.shape) for poses in (adapted, frozen))
    frame, confidence = np.zeros(people, int), rng.uniform(0.1, 0.9, (2, people, 17))
    stray = strays(frame, boxes, (adapted, confidence[0]), (frozen, confidence[1]), SIGMAS)
    points = np.where(stray[:, None, None], frozen, adapted)
    weights = np.where(stray[:, None], confidence[1], confidence[0])
    one, other = near_pairs(frame, reach(boxes, points, weights))
    now = on_one_body(one, other, boxes, points, weights, SIGMAS)
    before = on_one_body(one, other, boxes, frozen, confidence[1], SIGMAS)
    assert (now[now >= NEAR] <= before[now >= NEAR]).all()


def test_batches_that_end_within_a_frame_give_what_whole_frames_give():
    frames = [0, 0, 1, 1, 2, 2]
    boxes = np.array([ANN, BOB] * 3)
    adapted, frozen = standing(BOB, BOB, *boxes[2:]), standing(*boxes)
    whole = estimates(frames, adapted, frozen, boxes)
    for size in (1, 2, 3, 4, 6):
        parts = list(in_own_place((whole.rows(slice(n, n + size)) for n in range(0, 6, size)), SIGMAS))
        columns = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("track", "frame", "points", "confidence")
        }
        assert columns["track"].tolist() == whole.track.tolist()
        assert columns["frame"].tolist() == frames
        assert np.array_equal(columns["points"], np.concatenate([frozen[:1], adapted[1:]]))
        assert columns["confidence"][:, 0].tolist() == [0.5] + [0.6] * 5
        assert np.concatenate([part.measured["peak"] for part in parts]).tolist() == list(range(6))


def test_no_more_than_a_frame_is_held_beside_the_batch_that_came():
    count, given = 100, []
    boxes = np.array([ANN] * (2 * count + 1))
    frames = [0] + [n // 2 + 1 for n in range(2 * count)]  # every batch of two ends within a frame
    whole = estimates(frames, standing(*boxes), standing(*boxes), boxes)

    def batches():
        for n in range(0, len(frames), 2):
            given.append(n)
            yield whole.rows(slice(n, n + 2))

    done, most = 0, 0
    for part in in_own_place(batches(), SIGMAS):
        done += len(part)
        most = max(most, 2 * len(given) - done)
    assert done == len(frames)
    assert most <= 4


def test_a_pose_that_was_put_right_by_the_round_before_does_not_go_back_to_the_neighbour():
    """The network as it came reads the neighbour, too."""
    boxes = np.array([ANN, BOB])
    batch = estimates([7, 7], standing(BOB, BOB), standing(BOB, BOB), boxes)
    right = standing(ANN, BOB)
    asked = []

    def last(track, frame):
        asked.append((track.tolist(), frame.tolist()))
        return sure(right, 0.4)

    (part,) = in_own_place([batch], SIGMAS, last)
    assert asked == [([0, 1], [7, 7])]
    assert np.array_equal(part.points, right)
    assert part.confidence[:, 0].tolist() == [0.4, 0.6]


def test_somebody_whom_the_round_before_did_not_have_is_read_as_the_network_as_it_came_does():
    boxes = np.array([ANN, BOB])
    batch = estimates([0, 0], standing(BOB, BOB), standing(ANN, BOB), boxes)
    (part,) = in_own_place([batch], SIGMAS, lambda track, frame: sure(standing(ANN, BOB) * 0, 0))
    assert np.array_equal(part.points, standing(ANN, BOB))


def test_an_estimator_that_was_not_adapted_is_passed_through():
    boxes = np.array([ANN, BOB])
    batch = estimates([0, 0], standing(BOB, BOB), None, boxes)
    assert list(in_own_place([batch], SIGMAS)) == [batch]
