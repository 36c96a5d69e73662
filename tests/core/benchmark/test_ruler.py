"""Figures of a round, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.benchmark.ruler import Ruler
from core.benchmark.stretches import GROUPS
from tests.core.benchmark.synthetic import dataset

SIGMAS = np.array([0.05, 0.1])  # one deviation is 5 and 10 pixels in a person of 10,000 square pixels
COUNT = 4


def still(count: int = COUNT) -> np.ndarray:
    return np.tile([[20.0, 20.0], [60.0, 60.0]], (count, 1, 1))


def nobody(count: int = COUNT) -> np.ndarray:
    return np.zeros(count, bool)


def shifted(points: np.ndarray, *pixels: float) -> np.ndarray:
    """Each pose to the right by its number of pixels."""
    return points + np.array(pixels)[:, None, None] * np.array([1.0, 0])


def measured(ruler: Ruler, *pixels: float, annotated: np.ndarray | None = None):
    count = len(pixels)
    points = shifted(still(count), *pixels)
    return ruler.measure(points, points, np.ones(count), nobody(count) if annotated is None else annotated)


def test_refined_poses_are_measured_as_they_would_be_exported():
    points, refined = shifted(still(), 200, 0, 0, 200), shifted(still(), 200, 0, 0, 0)
    annotated = np.array([True, False, False, False])
    entry = Ruler(dataset(still()), SIGMAS).measure(points, refined, np.ones(COUNT), annotated)
    assert (entry.right75, entry.exported75, entry.refined75) == (0.5, 0.75, 1)
    assert entry.refined_ap75 > entry.ann75


def test_shares_count_poses_raw_and_as_exported():
    entry = measured(
        Ruler(dataset(still()), SIGMAS), 0, 0, 0, 200, annotated=np.array([True, False, False, True])
    )
    assert (entry.right60, entry.right75, entry.right90) == (0.75, 0.75, 0.75)
    assert (entry.exported60, entry.exported75, entry.exported90) == (1, 1, 1)
    assert entry.labelled == 2
    assert entry.labels_per_minute == 1


def test_pck_counts_labelled_joints_within_two_per_cent_of_the_height():
    labelled = np.ones((COUNT, 2), bool)
    labelled[3, 0] = False
    annotated = np.array([False, False, True, False])
    entry = measured(
        Ruler(dataset(still(), labelled=labelled), SIGMAS), 0, 1.9, 2.1, 2.1, annotated=annotated
    )
    assert entry.pck == pytest.approx(4 / 7)
    assert entry.exported_pck == pytest.approx(6 / 7)


def test_a_joint_is_moved_beyond_one_deviation_of_an_annotator():
    ruler = Ruler(dataset(still()), SIGMAS)
    moved = ruler.moves(shifted(still(), 4.9, 5.1, 9.9, 10.1), np.arange(COUNT))
    assert moved.tolist() == [[False, False], [True, False], [True, False], [True, True]]
    ruler.moved += int(moved.sum())
    entry = measured(ruler, 0, 0, 0, 0, annotated=~nobody())
    assert entry.moved_per_1000 == 1000
    assert entry.touches_per_1000 == 2000  # and a key for each label


def test_oks_is_by_the_annotations_areas():
    wide, narrow = (
        Ruler(dataset(still(1), area=area), SIGMAS).oks(still(1) + 10)[0] for area in (10_000, 5_300)
    )
    assert wide > narrow
    entry = Ruler(dataset(still(1), area=5_300), SIGMAS).measure(
        still(1) + 10, still(1) + 10, np.ones(1), nobody(1)
    )
    assert entry.oks == pytest.approx(narrow)


@pytest.mark.parametrize(("wrong", "worse"), [(0, False), (3, False), (4, True)])
def test_a_round_is_worse_beyond_three_tenths_of_a_point(wrong, worse):
    ruler = Ruler(dataset(still(1000)), SIGMAS)
    first = measured(ruler, *[0] * 1000)
    second = measured(ruler, *[200] * wrong, *[0] * (1000 - wrong))
    assert not first.worse
    assert (second.worse, second.below_start) == (worse, worse)


def test_a_round_can_be_better_than_the_last_and_below_the_start():
    ruler = Ruler(dataset(still()), SIGMAS)
    entries = [
        measured(ruler, *pixels) for pixels in ((0, 0, 0, 0), (0, 0, 200, 200), (0, 0, 0, 200), (0, 0, 0, 0))
    ]
    assert [entry.worse for entry in entries] == [False, True, False, False]
    assert [entry.below_start for entry in entries] == [False, True, True, False]


def test_precision_alone_can_be_what_is_worse():
    ruler = Ruler(dataset(still()), SIGMAS)
    measured(ruler, 0, 0, 0, 0)
    entry = measured(ruler, 0, 0, 0, 9)
    assert entry.right75 == 1
    assert entry.right90 == 0.75
    assert entry.worse


def test_a_pose_that_lies_on_another_person_is_counted_and_when_it_is_new():
    truth = np.concatenate([still(2), still(2) + 100])
    data = dataset(truth, track=np.array([0, 0, 1, 1]), image=np.array([0, 1, 0, 1]))
    on_neighbour = truth.copy()
    on_neighbour[0] = truth[2]
    nowhere = truth.copy()
    nowhere[0] += 50
    ruler = Ruler(data, SIGMAS)
    counts = []
    for points in (on_neighbour, on_neighbour, nowhere, on_neighbour):
        entry = ruler.measure(points, points, np.ones(4), nobody())
        counts.append((entry.on_another, entry.newly_on_another))
    assert counts == [(1, 0), (1, 0), (0, 0), (1, 1)]


def test_groups_have_figures_of_their_own():
    groups = np.zeros((COUNT, len(GROUPS)), bool)
    groups[:3, GROUPS.index("easy")] = groups[2:, GROUPS.index("crossing")] = True
    entry = measured(Ruler(dataset(still(), groups=groups), SIGMAS), 0, 9, 0, 200)
    assert entry.groups == {
        "crossing": {"samples": 2, "right60": 0.5, "right75": 0.5, "right90": 0.5},
        "easy": {"samples": 3, "right60": 1, "right75": 1, "right90": pytest.approx(2 / 3)},
    }


@given(
    pixels=st.lists(st.floats(0, 60), min_size=COUNT, max_size=COUNT),
    annotated=st.lists(st.booleans(), min_size=COUNT, max_size=COUNT),
)
def test_what_is_exported_is_never_worse_than_what_is_raw(pixels, annotated):
    entry = measured(Ruler(dataset(still()), SIGMAS), *pixels, annotated=np.array(annotated))
    for name in ("60", "75", "90"):
        assert getattr(entry, f"exported{name}") >= getattr(entry, f"right{name}")
    assert entry.exported_pck >= entry.pck
