"""Poses that training holds on to are sure, steady, alone, and have no label."""

import numpy as np

from core.adaptation.unlabelled import PAIRS, Poses, consecutive_rows, sure_rows

FRAMES = 40


def two_people(apart: float = 500.0) -> Poses:
    """Person 0 stands still, person 1 too, `apart` pixels to the right."""
    frame = np.repeat(np.arange(FRAMES), 2)
    track = np.tile([0, 1], FRAMES)
    corner = np.stack([track * apart, np.zeros(len(track))], 1)
    boxes = np.concatenate([corner, corner + np.array([100, 200])], 1)
    points = np.repeat(corner[:, None] + np.array([50, 100]), 17, 1)
    return Poses(track, frame, points, boxes, np.full((len(track), 17), 0.6))


def test_people_who_stand_alone_are_taken_and_those_who_overlap_are_not():
    nobody = np.zeros(2 * FRAMES, bool)
    # the first and last have one neighbour only
    assert len(sure_rows(two_people(), nobody, 0)) == 2 * (FRAMES - 2)
    assert len(sure_rows(two_people(apart=40), nobody, 0)) == 0


def test_labels_are_left_out_and_no_more_than_asked_for_are_taken():
    labelled = np.zeros(2 * FRAMES, bool)
    labelled[::2] = True
    rows = sure_rows(two_people(), labelled, 0, count=10)
    assert len(rows) == len(set(rows.tolist())) == 10
    assert not labelled[rows].any()


def test_who_moves_fast_is_left_out_beside_where_it_happened():
    poses = two_people()
    poses.points[20 * 2, :, 0] += 60  # person 0 jumps in frame 20 and back
    rows = set(sure_rows(poses, np.zeros(2 * FRAMES, bool), 0).tolist())
    assert not rows & {2 * 19, 2 * 20, 2 * 21}
    assert {2 * 18, 2 * 22, 2 * 20 + 1} <= rows


def test_the_unsure_are_left_out():
    poses = two_people()
    poses.confidence[poses.frame < FRAMES // 4] = 0.3
    rows = sure_rows(poses, np.zeros(2 * FRAMES, bool), 0)
    assert poses.frame[rows].min() >= FRAMES // 4


def test_another_seed_takes_others_and_nobody_gives_none():
    poses, nobody = two_people(), np.zeros(2 * FRAMES, bool)
    assert sure_rows(poses, nobody, 0, 5).tolist() == sure_rows(poses, nobody, 0, 5).tolist()
    assert sure_rows(poses, nobody, 0, 5).tolist() != sure_rows(poses, nobody, 1, 5).tolist()
    assert len(sure_rows(Poses(*(values[:0] for values in poses)), nobody[:0], 0)) == 0


def test_pairs_are_of_one_person_in_frames_that_follow_one_another_and_have_no_label():
    poses, labelled = two_people(), np.zeros(2 * FRAMES, bool)
    labelled[2 * 10] = True
    pairs = consecutive_rows(poses, labelled, 0, count=1000)
    assert len(pairs) == 2 * (FRAMES - 1) - 2
    assert not (pairs == 2 * 10).any()
    assert (poses.track[pairs[:, 0]] == poses.track[pairs[:, 1]]).all()
    assert (poses.frame[pairs[:, 1]] == poses.frame[pairs[:, 0]] + 1).all()


def test_of_a_long_video_no_more_pairs_are_compared():
    nobody = np.zeros(2 * FRAMES, bool)
    pairs = consecutive_rows(two_people(), nobody, 0)
    assert len(pairs) == len(np.unique(pairs, axis=0)) == PAIRS
    assert not np.array_equal(pairs, consecutive_rows(two_people(), nobody, 1))
    nobody[:] = True
    assert len(consecutive_rows(two_people(), nobody, 0)) == 0
