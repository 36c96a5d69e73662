"""AP as COCO counts it."""

import numpy as np
import pytest

from core.domain import COCO17
from core.evaluation.average_precision import average_precision


def people(count: int) -> dict:
    rng = np.random.default_rng(0)
    truth = rng.uniform(20, 180, (count, 17, 2))
    return {
        "truth": truth,
        "labelled": np.ones((count, 17), bool),
        "boxes": np.tile([0.0, 0.0, 200.0, 200.0], (count, 1)),
        "image": np.arange(count),
        "sigmas": COCO17.sigmas,
        "thresholds": (0.6, 0.75),
    }


def test_perfect_predictions_score_one():
    data = people(7)
    assert average_precision(data["truth"], np.ones(7), **data).tolist() == pytest.approx([1, 1])


def test_wrong_ones_cost_their_share_when_they_are_the_least_sure():
    data = people(10)
    points = data["truth"].copy()
    points[8:] += 500
    scores = np.linspace(1, 0, 10)
    assert average_precision(points, scores, **data)[0] == pytest.approx(0.8, abs=0.01)


def test_wrong_ones_cost_more_when_they_are_the_surest():
    data = people(10)
    points = data["truth"].copy()
    points[8:] += 500
    unsure_of_the_wrong, sure_of_the_wrong = np.linspace(1, 0, 10), np.linspace(0, 1, 10)
    assert (
        average_precision(points, sure_of_the_wrong, **data)[0]
        < average_precision(points, unsure_of_the_wrong, **data)[0]
    )


def test_a_looser_threshold_forgives_more():
    data = people(6)
    loose, strict = average_precision(data["truth"] + 14.0, np.ones(6), **data)
    assert loose > strict


def test_only_labelled_joints_count():
    data = people(4)
    data["labelled"][:, :5] = False
    points = data["truth"].copy()
    points[:, :5] += 900
    assert average_precision(points, np.ones(4), **data).tolist() == pytest.approx([1, 1])


def test_people_of_another_image_are_no_match():
    data = people(2)
    swapped = data["truth"][::-1]
    assert average_precision(swapped, np.ones(2), **data)[0] == 0
    together = data | {"image": np.zeros(2, int)}
    assert average_precision(swapped, np.ones(2), **together)[0] == pytest.approx(1)
