"""OKS as COCO computes it, and when to stop."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from core.domain import COCO17
from core.evaluation.oks import oks
from core.evaluation.stopping import advise, audit

SIGMAS = np.array(COCO17.sigmas)


@given(st.integers(0, 10_000))
def test_oks_is_that_of_pycocotools(seed):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0, 200, (17, 2))
    guess = truth + rng.normal(0, 10, (17, 2))
    labelled = rng.random(17) < 0.8
    labelled[0] = True
    keypoints = np.concatenate([truth * labelled[:, None], labelled[:, None] * 2], 1)
    annotation = {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "keypoints": keypoints.ravel().tolist(),
        "iscrowd": 0,
    }
    annotation |= {"num_keypoints": int(labelled.sum()), "area": 9000.0, "bbox": [0, 0, 100, 90]}
    result = {"image_id": 1, "category_id": 1, "score": 1.0}
    result["keypoints"] = np.concatenate([guess, np.ones((17, 1))], 1).ravel().tolist()
    coco = COCO()
    coco.dataset = json.loads(
        json.dumps(
            {"images": [{"id": 1}], "annotations": [annotation], "categories": [{"id": 1, "name": "person"}]}
        )
    )
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes([result]), "keypoints")
    theirs = evaluation.computeOks(1, 1) if evaluation._prepare() is None else None
    ours = oks(guess[None], truth[None], labelled[None], np.array([9000.0]), SIGMAS)
    assert np.isclose(theirs[0, 0], ours[0], atol=1e-9)


def test_without_labelled_joints_oks_is_unknown():
    nothing = np.zeros((1, 17), bool)
    assert np.isnan(oks(np.zeros((1, 17, 2)), np.zeros((1, 17, 2)), nothing, np.ones(1), SIGMAS)).all()


@pytest.mark.parametrize(
    ("latest", "so_far", "stop", "proposed", "min_error"),
    [
        ([0.9, 0.8] * 3, [0.9, 0.8] * 3, True, True, True),
        ([0.9, 0.8], [0.9, 0.8], False, True, True),
        ([0.9, 0.5], [0.9, 0.5], False, False, True),
        ([0.5, 0.5], [0.5, 0.5], False, False, False),
        ([0.9] * 5, [0.9] * 39 + [0.1], True, False, True),
    ],
)
def test_stopping_rules(latest, so_far, stop, proposed, min_error):
    advice = advise(np.array(latest), np.array(so_far), 0.7)
    assert (advice.stop, advice.proposed, advice.min_error) == (stop, proposed, min_error)
    assert advice.sentence.startswith("You can stop" if stop else "Go on")


def test_a_batch_that_is_not_looked_at_as_a_whole_is_no_reason_to_stop():
    values = np.array([0.9] * 6)
    advice = advise(values, values, 0.7, waiting=14)
    assert not advice.stop
    assert advice.sentence.endswith("but 14 of the batch are not looked at yet.")
    assert advise(values, values, 0.7).stop


def test_a_batch_mostly_accepted_at_once_is_to_be_looked_at():
    values = np.ones(6)
    advice = advise(values, values, 0.7, unseen=4)
    assert not advice.stop
    assert advice.sentence.startswith("Look at each")
    assert "4 of 6 were accepted at once" in advice.sentence


def test_a_few_accepted_at_once_are_usual():
    values = np.array([1, 1, 0.9, 0.8, 0.9, 0.9])
    assert advise(values, values, 0.7, unseen=2).stop


def test_poses_that_cannot_be_right_are_a_reason_to_go_on():
    values = np.array([0.9] * 6)
    advice = advise(values, values, 0.7, wrong="3 poses lie on a neighbour")
    assert not advice.stop
    assert advice.sentence.endswith("but 3 poses lie on a neighbour.")


def test_without_labels_there_is_no_reason_to_stop():
    advice = advise(np.empty(0), np.empty(0), 0.7)
    assert not advice.stop
    assert "propose a batch" in advice.sentence
    assert "correct the poses that wait" in advise(np.empty(0), np.empty(0), 0.7, waiting=3).sentence


def test_a_check_gives_wilsons_interval():
    found = audit(np.array([0.9] * 9 + [0.1]), 0.7)
    assert (found.count, found.share) == (10, 0.9)
    assert found.low == pytest.approx(0.5958, abs=1e-3)
    assert found.high == pytest.approx(0.9821, abs=1e-3)
    assert "90%" in found.sentence
    assert "The one pose drawn at random was wrong" in audit(np.array([0.1]), 0.7).sentence
    assert audit(np.empty(0), 0.7) is None


@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
@pytest.mark.parametrize("count", [5, 20, 60])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(share, count):
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        found = audit(np.where(rng.random(count) < share, 0.9, 0.1), 0.7)
        held += found.low <= share <= found.high
    assert held / 2000 > 0.9


def test_the_advice_says_what_was_checked_how_far_it_was_off_and_what_nobody_has_seen():
    right = np.full(8, 0.9)
    advice = advise(right, right, 0.7, off=0.0312, unchecked=4300)
    assert advice.sentence == (
        "You can stop: 100% of 8 labelled poses are right now, and this batch's joints were off by 3.1% "
        "of body height before you corrected them. Nobody has looked at the other 4,300 poses."
    )
    assert "and nothing of this batch had to be moved" in advise(right, right, 0.7, off=0.0).sentence
    assert "the one labelled pose is wrong now" in advise(right[:1] / 2, right[:1] / 2, 0.7).sentence
    assert (
        "the one labelled pose is in doubt now" in advise(right[:1], right[:1] * 0, 0.7, doubtful=1).sentence
    )
