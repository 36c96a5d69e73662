"""Mistakes that last are found, and mended."""

from dataclasses import replace

import numpy as np
import pytest

from core.domain import COCO17
from core.refinement.mistakes import (
    FROZEN,
    JUMPING,
    LABEL,
    PEOPLE,
    SIDES,
    exchanged_people,
    heals,
    leaps,
    mended,
    mistakes,
)
from core.refinement.refine import Tracklet
from tests.projects import STANDING

WRIST = 9
SIZE = np.array([120.0, 240.0])


def walker(left: float = 100.0, frames: int = 150) -> Tracklet:
    """Somebody who sways, swings the arms and legs, and goes slowly to the right."""
    time = np.arange(frames) / 30
    corner = np.stack([left + 12 * time, 60 + 3 * np.sin(7 * time)], 1)
    swing = np.zeros((frames, 17, 2))
    for joint, far, phase in (
        (7, 10, 0),
        (9, 45, 0),
        (8, 10, 3),
        (10, 45, 3),
        (13, 8, 3),
        (15, 16, 3),
        (14, 8, 0),
        (16, 16, 0),
    ):
        swing[:, joint, 0] = far * np.sin(5 * time + phase)
        swing[:, joint, 1] = far / 2 * np.cos(5 * time + phase)
    points = corner[:, None] + STANDING * SIZE + swing
    boxes = np.concatenate([corner, corner + SIZE], 1)
    none = np.full(points.shape, np.nan)
    sure, here = np.full((frames, 17), 0.6), np.zeros(frames, bool)
    return Tracklet(np.arange(frames), boxes, points, sure, here, none, 30.0, np.array(COCO17.sigmas), 0.5)


def changed(person: Tracklet, rows: slice, points: np.ndarray, joint: int | slice = slice(None)) -> Tracklet:
    there = person.points.copy()
    there[rows, joint] = points
    return replace(person, points=there)


def found(person: Tracklet) -> list[tuple[str, int, int, int | None]]:
    return [(one.kind, one.first, one.last, one.joint) for one in mistakes(person, COCO17)]


def test_somebody_who_moves_rightly_is_no_mistake():
    person = walker()
    assert found(person) == []
    labels = person.labels.copy()
    labels[::20] = person.points[::20]
    assert found(replace(person, labels=labels)) == []


def test_sides_exchanged_over_a_stretch():
    person = walker()
    wrong = changed(person, slice(60, 90), person.points[60:90][:, COCO17.flip_index])
    assert found(wrong) == [(SIDES, 60, 89, None)]
    back = mended(wrong, mistakes(wrong, COCO17)[0], COCO17)
    assert list(back) == list(range(60, 90))
    assert all(np.array_equal(back[frame], person.points[frame]) for frame in back)


def test_a_joint_that_is_frozen():
    person = walker()
    wrong = changed(person, slice(60, 90), person.points[60, WRIST], WRIST)
    assert [one[::3] for one in found(wrong)] == [(FROZEN, WRIST)]
    _, first, last, _ = found(wrong)[0]
    assert abs(first - 60) <= 1
    assert abs(last - 89) <= 1


@pytest.mark.parametrize("frames", [1, 4, 20])
def test_a_joint_that_jumps_and_comes_back(frames):
    person = walker()
    wrong = changed(person, slice(60, 60 + frames), person.points[60 : 60 + frames, WRIST] + (90, -60), WRIST)
    assert found(wrong) == [(JUMPING, 60, 59 + frames, WRIST)]


def test_a_joint_that_jumps_is_put_between():
    person = walker()
    wrong = changed(person, slice(60, 65), person.points[60:65, WRIST] + (90, -60), WRIST)
    for frame, points in mended(wrong, mistakes(wrong, COCO17)[0], COCO17).items():
        assert np.linalg.norm(points[WRIST] - person.points[frame, WRIST]) < 8
        others = np.delete(np.arange(17), WRIST)
        assert np.array_equal(points[others], person.points[frame][others])


def test_a_label_that_fits_nothing_around_it():
    person = walker()
    labels = person.labels.copy()
    labels[::30] = person.points[::30]
    labels[60] = person.points[60] + (70, 0)
    assert found(replace(person, labels=labels)) == [(LABEL, 60, 60, None)]


def test_a_label_with_its_sides_exchanged():
    person = walker()
    labels = person.labels.copy()
    labels[60] = person.points[60][COCO17.flip_index]
    assert found(replace(person, labels=labels)) == [(SIDES, 60, 60, None)]


def test_two_people_with_each_others_poses():
    one, other = walker(100), walker(300)
    a = changed(one, slice(50, 80), other.points[50:80])
    b = changed(other, slice(50, 80), one.points[50:80])
    (wrong,) = exchanged_people(a, b, 2)
    assert (wrong.kind, wrong.first, wrong.last, wrong.other) == (PEOPLE, 50, 79, 2)
    assert np.flatnonzero(leaps(a)).tolist() == [49, 79]
    assert exchanged_people(one, other, 2) == []


def test_joints_that_are_not_sure_tell_nothing():
    person = walker()
    wrong = changed(person, slice(60, 62), person.points[60:62, WRIST] + (90, -60), WRIST)
    confidence = wrong.confidence.copy()
    confidence[60:62, WRIST] = 0.05
    assert found(replace(wrong, confidence=confidence)) == []


@pytest.mark.parametrize("frames", [0, 1, 2, 5])
def test_few_frames_are_no_error(frames):
    assert found(walker(frames=frames)) == []


def test_an_odd_label_gives_way_to_what_is_around_it():
    person = walker()
    labels = person.labels.copy()
    labels[60] = person.points[60] + (70, 0)
    wrong = replace(person, labels=labels)
    back = mended(wrong, mistakes(wrong, COCO17)[0], COCO17)
    assert np.abs(back[60] - person.points[60]).max() < 3


def test_a_short_leap_heals_by_itself_and_not_where_a_human_placed_the_joint():
    person = walker()
    wrong = changed(person, slice(60, 62), person.points[60:62, WRIST] + (90, -60), WRIST)
    (one,) = mistakes(wrong, COCO17)
    assert heals(wrong, one)
    labels = wrong.labels.copy()
    labels[60] = wrong.points[60]
    assert not heals(replace(wrong, labels=labels), one)
    assert not heals(wrong, replace(one, kind=SIDES, joint=None))
