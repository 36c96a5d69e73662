"""Refined poses of one person."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.refinement import smoother
from core.refinement.refine import BLOCK, Tracklet, around, refine, usual_confidence

SIGMAS = np.array([0.03, 0.08, 0.1])
SIZE = np.array([80.0, 200.0])


def walk(frames: int = 120, start: int = 0) -> Tracklet:
    """Somebody who goes from left to right and swings; predictions are exact and sure."""
    time = np.arange(start, start + frames) / 30
    middle = np.stack([100 + 60 * time, 300 + 5 * np.sin(6 * time)], 1)
    swing = np.stack([10 * np.sin(5 * time), 4 * np.cos(5 * time)], 1)
    points = (
        middle[:, None]
        + np.array([[0, -80.0], [0, 0], [0, 80]])
        + np.array([0, 0.5, 1])[:, None] * swing[:, None]
    )
    boxes = np.concatenate([middle - SIZE / 2, middle + SIZE / 2], 1)
    frame = np.arange(start, start + frames)
    nothing = np.full(points.shape, np.nan)
    sure = np.full((frames, 3), 0.6)
    return Tracklet(frame, boxes, points, sure, np.zeros(frames, bool), nothing, 30.0, SIGMAS, 0.5)


def disturbed(person: Tracklet, rows: slice, by: tuple[float, float], confidence: float = 0.15) -> Tracklet:
    """The last joint is elsewhere in these rows."""
    points, sureness = person.points.copy(), person.confidence.copy()
    points[rows, 2] += by
    sureness[rows, 2] = confidence
    return replace(person, points=points, confidence=sureness)


def labelled(person: Tracklet, truth: Tracklet, *rows: int) -> Tracklet:
    labels = person.labels.copy()
    labels[list(rows)] = truth.points[list(rows)]
    return replace(person, labels=labels)


def error(points: np.ndarray, truth: Tracklet) -> np.ndarray:
    """(n, K) pixels."""
    return np.linalg.norm(points - truth.points, axis=-1)


def test_what_is_sure_and_smooth_stays_where_it_is():
    person = walk()
    assert error(refine(person), person).max() < 0.5


def test_jitter_is_less_than_before():
    truth = walk()
    noise = np.random.default_rng(0).normal(0, 3, truth.points.shape)
    person = replace(truth, points=truth.points + noise)
    assert error(refine(person), truth).mean() < 0.7 * error(person.points, truth).mean()


def test_a_joint_that_jumps_for_a_moment_is_brought_back():
    truth = walk()
    person = disturbed(truth, slice(60, 64), (60, 0), confidence=0.3)
    assert error(refine(person), truth).max() < 6


@pytest.mark.parametrize("confidence", [0.05, 0.9])
def test_a_label_is_where_the_human_placed_it_however_sure_the_network_is(confidence):
    truth = walk()
    person = disturbed(truth, slice(40, 80), (30, 0), confidence)
    assert error(refine(labelled(person, truth, 60)), truth)[60].max() == 0


def test_a_label_mends_what_is_wrong_around_it():
    truth = walk()
    person = disturbed(truth, slice(40, 80), (30, 0))
    before, after = refine(person), refine(labelled(person, truth, 60))
    near = slice(52, 68)
    assert error(after, truth)[near, 2].max() < 0.4 * error(before, truth)[near, 2].max()


def test_ten_frames_between_two_labels_follow_them():
    truth = walk()
    person = disturbed(truth, slice(40, 80), (30, 0))
    found = refine(labelled(person, truth, 55, 66))
    assert error(found, truth)[56:66].max() < 5


def test_a_joint_that_no_human_placed_is_the_networks():
    truth = walk()
    person = labelled(truth, truth, 60)
    person.labels[60, 0] = np.nan
    assert error(refine(person), truth)[60, 0] < 0.5


def test_labels_of_other_joints_do_not_change_a_joint():
    person = disturbed(walk(), slice(40, 70), (25, 0))
    labels = person.labels.copy()
    labels[55, :2] = walk().points[55, :2]
    np.testing.assert_allclose(refine(replace(person, labels=labels))[:, 2], refine(person)[:, 2], atol=1e-6)


def test_a_pose_on_another_body_is_bridged():
    truth = walk()
    points = truth.points.copy()
    points[50:58] += (90, 0)
    person = replace(truth, points=points)
    astray = np.isin(truth.frame, np.arange(50, 58))
    assert error(refine(replace(person, astray=astray)), truth).max() < 8


def test_nothing_is_smoothed_across_a_cut_or_a_long_gap():
    one, other = walk(40), walk(40, start=40)
    far = np.array([300.0, -50])
    joined = Tracklet(
        *(
            np.concatenate(columns)
            for columns in (
                (one.frame, other.frame),
                (one.boxes, other.boxes + np.tile(far, 2)),
                (one.points, other.points + far),
                (one.confidence, other.confidence),
                (one.astray, other.astray),
                (one.labels, other.labels),
            )
        ),
        30.0,
        SIGMAS,
        0.5,
    )
    assert np.allclose(refine(joined)[:40], refine(one))
    later = replace(
        joined, frame=np.concatenate([one.frame, other.frame + 20]), boxes=np.tile(one.boxes, (2, 1))
    )
    assert np.allclose(refine(later)[:40], refine(one))


def test_frames_that_are_missing_keep_their_time():
    truth = walk()
    kept = np.delete(np.arange(120), slice(60, 66))
    columns = (
        getattr(truth, name)[kept] for name in ("frame", "boxes", "points", "confidence", "astray", "labels")
    )
    person = Tracklet(*columns, 30.0, SIGMAS, 0.5)
    assert np.abs(refine(person) - truth.points[kept]).max() < 0.5


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_few_frames_are_no_error(frames):
    person = walk(frames)
    assert np.allclose(refine(person), person.points, atol=0.5)


def test_a_change_is_felt_within_reach_alone():
    truth = walk(400)
    changed = disturbed(truth, slice(200, 203), (40, 0))
    before, after = refine(truth), refine(changed)
    rows = around(truth.frame, 200, 202, 30.0)
    outside = np.r_[0 : rows.start, rows.stop : 400]
    assert np.abs(after - before)[outside].max() < 0.05
    local = refine(changed.rows(around(truth.frame, 195, 208, 30.0)))
    offset = around(truth.frame, 195, 208, 30.0).start
    assert np.abs(local[195 - offset : 208 - offset] - after[195:208]).max() < 0.1


def test_work_and_memory_are_of_blocks(monkeypatch):
    solved = []
    whole = smoother._solve

    def counted(seen, *arguments):
        solved.append(len(seen.points))
        return whole(seen, *arguments)

    monkeypatch.setattr(smoother, "_solve", counted)
    counts = []
    for frames in (2 * BLOCK, 4 * BLOCK):
        solved.clear()
        refine(walk(frames))
        counts.append(sum(solved))
        assert max(solved) <= BLOCK + 2 * 60
    assert counts[1] < 2.2 * counts[0]


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_whatever_is_seen_paths_are_finite_and_labels_kept(data):
    frames = data.draw(st.integers(1, 12))
    person = walk(frames)
    numbers = st.floats(-1e5, 1e5)
    points = np.array(data.draw(st.lists(numbers, min_size=frames * 6, max_size=frames * 6))).reshape(
        frames, 3, 2
    )
    sure = np.array(data.draw(st.lists(st.floats(0, 1), min_size=frames * 3, max_size=frames * 3))).reshape(
        frames, 3
    )
    row = data.draw(st.integers(0, frames - 1))
    person = replace(
        person, points=points, confidence=sure, fps=data.draw(st.sampled_from([0.5, 25.0, 240.0]))
    )
    person.labels[row] = 7.0
    found = refine(person)
    assert np.isfinite(found).all()
    assert (found[row] == 7).all()


def test_doubt_is_by_what_is_usual():
    assert usual_confidence(np.full((10, 3), 0.4)) == pytest.approx(0.3)
    assert usual_confidence(np.empty((0, 3))) == 1


def followed(person: Tracklet, truth: Tracklet, missed: float = 0.1) -> Tracklet:
    """With the motion that the pictures show, as it is in truth."""
    steps = np.full(person.points.shape, np.nan)
    steps[1:] = np.diff(truth.points, axis=0)
    return replace(person, motion=np.concatenate([steps, np.full((*steps.shape[:2], 1), missed)], axis=2))


def test_what_the_pictures_show_of_the_motion_carries_a_label_to_the_frames_around():
    truth = walk()
    person = labelled(disturbed(truth, slice(0, 120), (12.0, 9.0), 0.6), truth, 60)
    with_pictures, without = (refine(one)[45:75, 2] for one in (followed(person, truth), person))
    away = [
        np.linalg.norm(points - truth.points[45:75, 2], axis=1).mean() for points in (with_pictures, without)
    ]
    assert away[0] < 0.8 * away[1]


def test_trembling_goes_where_the_pictures_show_the_motion():
    truth = walk()
    noise = np.random.default_rng(0).normal(0, 3, truth.points.shape)
    person = replace(truth, points=truth.points + noise)
    assert error(refine(followed(person, truth)), truth).mean() < 0.8 * error(refine(person), truth).mean()


def test_motion_that_does_not_come_back_to_where_it_began_counts_for_nothing():
    truth = walk()
    wild = followed(truth, walk(start=40), missed=1e3)
    assert refine(wild) == pytest.approx(refine(truth))


def test_motion_over_a_gap_or_of_a_pose_on_another_body_counts_for_nothing():
    truth = walk()
    motion = np.full((120, 3, 3), np.nan)
    motion[60] = [25.0, -25.0, 0.0]
    apart = replace(truth, frame=truth.frame + (np.arange(120) >= 60))
    assert refine(replace(apart, motion=motion)) == pytest.approx(refine(apart))
    astray = replace(truth, astray=np.arange(120) == 59)
    assert refine(replace(astray, motion=motion)) == pytest.approx(refine(astray))


def test_motion_that_no_pictures_can_have_given_counts_for_nothing():
    truth = walk()
    for missed in (-1.0, np.inf, np.nan):
        assert refine(followed(truth, walk(start=40), missed)) == pytest.approx(refine(truth))
