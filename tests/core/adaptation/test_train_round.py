"""How much say training gets, and that a round which came out worse is not kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.adaptation import train_round as module
from core.adaptation.reading import read_poses
from core.adaptation.train_round import (
    LABELS,
    Evidence,
    Seen,
    judge,
    only_sure,
    share_of,
    steadiness,
    train_round,
)
from core.adaptation.trainer import Recipe
from core.adaptation.training_set import TrainingSet
from core.estimation.network import SPECS, alone, anchored, load_estimator
from core.project.estimators.models import RESOURCES

CPU = torch.device("cpu")
COUNTS, UNIT = st.integers(1, 2000), st.floats(0, 1)


@pytest.fixture
def estimator():
    torch.set_num_threads(1)
    return anchored(
        load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])
    )


@pytest.fixture
def labels() -> TrainingSet:
    """Blank pictures, whose labels lie where the untrained network happens to see the joints."""
    return TrainingSet(
        np.full((4, 288, 288, 3), 90, np.uint8),
        np.full((4, 17, 2), 144.0),
        np.ones((4, 17), bool),
        np.full(4, 9000.0),
    )


@given(COUNTS, COUNTS, UNIT, UNIT, st.sampled_from(["focal", "mse"]))
def test_more_labels_and_a_less_sure_network_give_training_more_say(labels, pool, sure, less, loss):
    share = share_of(labels, pool, sure, loss)
    assert 0 < share < 1
    assert share_of(labels + 1, pool, sure, loss) >= share
    assert share_of(labels, pool, sure * less, loss) >= share


def test_few_labels_say_little_where_the_network_is_sure_and_much_where_it_is_not():
    assert share_of(LABELS, 10_000, 0.5, "focal") == 0.5
    assert share_of(1, 10_000, 0.5, "focal") < 0.01
    assert share_of(5, 200, 0.2, "focal") > 0.8


def test_a_round_that_nothing_speaks_against_is_kept_whole(estimator, labels):
    verdict = judge(estimator, 0.5, labels, np.full(4, np.nan), None)
    assert (verdict.share, verdict.reason) == (0.5, "")
    assert float(estimator.net.share) == 0.5


def test_labels_that_come_out_worse_refuse_the_round(estimator, labels):
    verdict = judge(estimator, 0.5, labels, np.full(4, 1.0), None)
    assert verdict.share == float(estimator.net.share) == 0
    assert "labels themselves came out worse" in verdict.reason


def test_sure_poses_that_move_away_lessen_the_say_before_they_refuse(estimator, labels, monkeypatch):
    moved = {0.8: 0.0, 0.4: 0.0, 0.2: 1.0}
    monkeypatch.setattr(Seen, "kept", lambda self, share: np.full(4, moved[share]))
    assert judge(estimator, 0.8, labels, np.full(4, np.nan), labels).share == 0.2
    monkeypatch.setattr(Seen, "kept", lambda self, share: np.zeros(4))
    verdict = judge(estimator, 0.8, labels, np.full(4, np.nan), labels)
    assert verdict.share == 0
    assert "100% of the poses that were sure" in verdict.reason


def test_poses_that_jump_from_frame_to_frame_lessen_the_say_before_they_refuse(
    estimator, labels, monkeypatch
):
    def points(self, share):
        shaken = np.array(labels.points)
        shaken[1::2] += 40 * (share > 0.3)
        return shaken

    monkeypatch.setattr(Seen, "points", points)
    nothing = np.full(4, np.nan)
    assert judge(estimator, 0.8, labels, nothing, None, labels).share == 0.2
    assert judge(estimator, 0.3, labels, nothing, None, labels).share == 0.3
    verdict = judge(estimator, 4.0, labels, nothing, None, labels)
    assert verdict.share == float(estimator.net.share) == 0
    assert "follow one another fit less well together (mean OKS 0.0" in verdict.reason


def test_poses_that_jumped_before_as_well_speak_against_nothing(estimator, labels, monkeypatch):
    shaken = TrainingSet(labels.pictures, labels.points.copy(), labels.labelled, labels.areas)
    shaken.points[1::2] += 40
    monkeypatch.setattr(Seen, "points", lambda self, share: shaken.points)
    assert judge(estimator, 0.8, labels, np.full(4, np.nan), None, shaken).share == 0.8


def test_steadiness_is_of_each_pair_by_itself(labels):
    pairs = TrainingSet(labels.pictures, labels.points.copy(), labels.labelled, labels.areas)
    pairs.points[2:] += 80  # somebody else, elsewhere
    assert steadiness(pairs.points, pairs, SPECS["movenet-lightning"]) == 1
    pairs.points[1] += 500
    assert steadiness(pairs.points, pairs, SPECS["movenet-lightning"]) == pytest.approx(0.5)


def test_only_what_the_network_is_sure_of_is_held_on_to(estimator, labels):
    assert only_sure(estimator, labels) is None  # nobody is in these pictures
    assert only_sure(estimator, None) is None


def test_without_evidence_nothing_is_judged(estimator, labels, monkeypatch):
    monkeypatch.setattr(module, "judge", lambda *_: pytest.fail("judged"))
    recipe = Recipe(batch=2, seconds=None)
    trained, verdict = train_round(estimator, labels, None, recipe, 1, CPU, lambda _: True)
    assert (trained.steps, verdict.reason) == (1, "")


def test_five_steps_on_poses_accepted_as_they_were_change_nothing_that_was_right(estimator, labels):
    before = Seen(estimator, labels).points(0.0)
    accepted = TrainingSet(labels.pictures, before, labels.labelled, labels.areas)
    evidence = Evidence(np.ones(4), 200, 0.4)
    _, verdict = train_round(
        estimator, accepted, evidence, Recipe(batch=4, seconds=None), 5, CPU, lambda _: True
    )
    assert (
        verdict.reason or Seen(estimator, accepted).oks(verdict.share).mean() > 0.9
    )  # on blank pictures peaks are flat


def test_without_labels_only_sure_poses_are_learned_and_get_little_say(estimator, labels, monkeypatch):
    evidence, recipe = Evidence(np.full(4, np.nan), 200, 0.4, by_itself=True), Recipe(batch=4, seconds=None)
    trained, verdict = train_round(estimator, labels, evidence, recipe, 1, CPU, lambda _: True)
    assert (trained.steps, verdict.share) == (0, 0)
    assert "sure of too few poses" in verdict.reason
    monkeypatch.setattr(module, "only_sure", lambda _, data, device: data)
    monkeypatch.setattr(module, "LEAST_SURE", 4)
    monkeypatch.setattr(module, "SETTLED", 1)
    told = []
    judge = module.judge
    monkeypatch.setattr(module, "judge", lambda *given: told.append("judged") or judge(*given))
    trained, verdict = train_round(
        estimator, labels, evidence, recipe, 1, CPU, lambda _: True, on_trained=lambda: told.append("trained")
    )
    assert (trained.steps, verdict.share) == (1, module.BY_ITSELF)
    assert told == ["trained", "judged"]


def test_a_copy_that_was_hardly_trained_has_little_say(estimator, labels):
    evidence, recipe = Evidence(np.full(4, np.nan), 10_000, 0.0), Recipe(batch=4, seconds=None)
    _, verdict = train_round(estimator, labels, evidence, recipe, 1, CPU, lambda _: True)
    wanted = share_of(4, 10_000, 0.0, "focal")
    assert verdict.share == pytest.approx(wanted / module.SETTLED**2)
    assert float(estimator.net.share) == pytest.approx(verdict.share)


def test_labels_that_were_estimated_better_in_other_boxes_do_not_speak_against_a_round(estimator, labels):
    evidence, recipe = Evidence(np.ones(4), 10_000, 0.0), Recipe(batch=4, seconds=None)
    assert Seen(estimator, labels).oks(0.0).mean() < 0.9
    _, verdict = train_round(estimator, labels, evidence, recipe, 1, CPU, lambda _: True)
    assert not verdict.reason


@pytest.mark.parametrize("keeps_a_copy", [True, False])
def test_pairs_that_were_estimated_steadier_in_other_crops_do_not_speak_against_a_round(
    estimator, labels, monkeypatch, keeps_a_copy
):
    estimator = estimator if keeps_a_copy else alone(estimator)
    noise = np.random.default_rng(0).integers(0, 255, labels.pictures.shape, dtype=np.uint8)
    pairs = replace(labels, pictures=noise)  # with poses that do not move at all
    evidence = Evidence(np.full(4, np.nan), 10_000, 0.0, consecutive=pairs)
    judged = []
    monkeypatch.setattr(module, "judge", lambda *given: judged.append(given) or module.Verdict(1.0))
    before = read_poses(estimator, pairs)
    train_round(estimator, labels, evidence, Recipe(batch=4, seconds=None), 1, CPU, lambda _: True)
    consecutive, values = judged[0][5], judged[0][3]
    assert consecutive.points == pytest.approx(before, abs=0.05)
    assert np.isfinite(values).all()


def test_a_later_round_has_no_less_say_than_the_one_before(estimator, labels, monkeypatch):
    monkeypatch.setattr(Seen, "oks", lambda self, share: np.ones(1))
    estimator.net.share.data.fill_(0.35)
    evidence, recipe = Evidence(np.full(1, np.nan), 10_000, 0.5), Recipe(batch=4, seconds=None)
    _, verdict = train_round(
        estimator, labels.rows(np.arange(4) < 1), evidence, recipe, 1, CPU, lambda _: True
    )
    assert verdict.share == pytest.approx(0.35)


def test_a_lost_estimator_may_change_poses_that_were_alike(estimator, labels, monkeypatch):
    """Whose poses agree from frame to frame because they are wrong in the same way."""
    shaken = np.array(labels.points)
    shaken[1::2] += 40
    monkeypatch.setattr(Seen, "points", lambda self, share: shaken)
    monkeypatch.setattr(Seen, "oks", lambda self, share: np.full(4, 0.9))
    for before, share in ((0.1, 0.8), (0.8, 0.0)):
        assert judge(estimator, 0.8, labels, np.full(4, before), None, labels).share == share
