"""Fine-tuning learns what it is shown, leaves alone what it should, and is repeatable."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.adaptation.augmentation import Augmentation
from core.adaptation.losses import Loss, gaussian_targets
from core.adaptation.trainer import (
    PAPER,
    Recipe,
    Step,
    _schedule,
    fine_tune,
    planned_steps,
    precision_of,
    recipe_of,
)
from core.adaptation.training_set import TrainingSet, choose_samples
from core.estimation.architectures.movenet import SameConv
from core.estimation.decode import decode
from core.estimation.network import SPECS, load_estimator
from core.project.estimators.models import RESOURCES

PLAIN = Recipe(augmentation=Augmentation(0, 0, 0, 0, 0), batch=2, seconds=None, warm_up=2, average=0.0)


@pytest.fixture
def estimator():
    torch.set_num_threads(1)
    return load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])


@pytest.fixture
def two_samples() -> TrainingSet:
    """Two pictures whose joints all sit on a bright square, at a different place in each."""
    pictures = np.full((2, 288, 288, 3), 60, np.uint8)
    places = np.array([(110, 120), (180, 160)])
    for picture, (x, y) in zip(pictures, places, strict=True):
        picture[y - 10 : y + 10, x - 10 : x + 10] = 250
    labelled = np.ones((2, 17), bool)
    labelled[:, 3] = False
    return TrainingSet(
        pictures, np.repeat(places[:, None].astype(float), 17, 1), labelled, np.full(2, 9000.0)
    )


def go_on(step: Step) -> bool:
    return True


def test_two_samples_are_learned(estimator, two_samples):
    losses = []
    fine_tune(
        estimator, two_samples, PLAIN, 40, torch.device("cpu"), lambda step: losses.append(step.loss) or True
    )
    crops = torch.from_numpy(two_samples.pictures[:, 48:240, 48:240].copy())
    with torch.no_grad():
        heatmaps, _ = estimator(crops)
    cells, _ = decode(heatmaps.numpy())
    wanted = (two_samples.points - 48 + 0.5) / 4 - 0.5
    off = np.abs(cells - wanted).max(2)[:, [5, 6, 11, 12, 15, 16]]
    assert losses[-1] < 0.7 * losses[0]
    assert np.median(off) < 2
    assert not estimator.spec.gated


def test_early_blocks_and_unused_heads_stay_as_they_were(estimator, two_samples):
    before = {name: value.clone() for name, value in estimator.net.state_dict().items()}
    fine_tune(estimator, two_samples, PLAIN, 2, torch.device("cpu"), go_on)
    changed = {
        name for name, value in estimator.net.state_dict().items() if not torch.equal(value, before[name])
    }
    assert "heads.kpt_heatmap.out.conv.weight" in changed
    assert not {
        n
        for n in changed
        if n.startswith(("stem", "blocks.0.", "blocks.2.", "heads.center", "heads.kpt_regress"))
    }


def test_the_same_seed_gives_the_same_weights(two_samples):
    results = []
    for _ in range(2):
        net = load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])
        fine_tune(
            net, two_samples, replace(PLAIN, augmentation=Augmentation()), 3, torch.device("cpu"), go_on
        )
        results.append(net.net.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(results[0].values(), results[1].values(), strict=True))


def test_training_ends_when_told_to(estimator, two_samples):
    trained = fine_tune(estimator, two_samples, PLAIN, 50, torch.device("cpu"), lambda step: step.done < 3)
    assert trained.steps == 3
    assert trained.epochs == 3


TWELVE = replace(SPECS["movenet-lightning"], width=48, height=48)  # cells each way


def test_unlabelled_joints_do_not_count():
    logits = torch.randn(1, 2, 12, 12)
    points = torch.tensor([[[3.0, 4.0], [0.0, 0.0]]])
    both, one = torch.tensor([[True, True]]), torch.tensor([[True, False]])
    loss = Loss(TWELVE, "focal", 1.5)
    alone = loss.labels(logits[:, :1], points[:, :1], one[:, :1])
    assert torch.isclose(loss.labels(logits, points, one), alone)
    assert not torch.isclose(loss.labels(logits, points, both), alone)


def test_targets_are_one_at_the_joint():
    target = gaussian_targets(torch.tensor([[[3.0, 5.0]]]), (12, 12), 1.5)
    assert target[0, 0, 5, 3] == 1
    assert target.argmax() == 5 * 12 + 3


@pytest.mark.parametrize(
    ("samples", "g", "steps"), [(8, 0.0, 200), (8, 0.9, 25), (10, 1.0, 10), (40, 0.5, 200)]
)
def test_steps_follow_the_papers_rule_within_the_budget(samples, g, steps):
    assert planned_steps(samples, g, recipe_of("paper"), "paper") == steps


@pytest.mark.parametrize(
    ("samples", "g", "steps"), [(8, 0.0, 200), (23, 0.4, 200), (46, 0.4, 400), (60, 0.9, 250)]
)
def test_few_labels_are_not_learned_by_heart(samples, g, steps):
    assert planned_steps(samples, g, recipe_of("ours"), "ours") == steps


def test_the_paper_trains_on_the_latest_batch_and_what_is_still_wrong():
    values = np.array([0.9, 0.74, np.nan, 0.2, 0.99])
    latest = np.array([False, False, False, False, True])
    assert choose_samples(values, latest, 0.7, "paper").tolist() == [False, True, True, True, True]
    assert choose_samples(values, latest, 0.7, "ours").all()
    assert choose_samples(np.array([0.9]), np.array([False]), 0.7, "paper").tolist() == [True]


def test_less_time_means_fewer_steps_and_the_same_number_gives_the_same_weights(two_samples):
    hurried, asked = (
        load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])
        for _ in range(2)
    )
    recipe = replace(PLAIN, warm_up=2, seconds=1e-9)
    promised: list[int] = []
    trained = fine_tune(
        hurried,
        two_samples,
        recipe,
        50,
        torch.device("cpu"),
        lambda step: promised.append(step.planned) or True,
    )
    assert (trained.steps, trained.wanted) == (2, 50)  # the warm-up, which measures the speed
    assert promised == [2, 2]  # no more than there is time for
    fine_tune(asked, two_samples, replace(recipe, seconds=None), trained.steps, torch.device("cpu"), go_on)
    pairs = zip(hurried.net.state_dict().values(), asked.net.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_the_warm_up_does_not_know_how_many_steps_there_will_be():
    rates = [[_schedule(Recipe(), done, steps, 0) for done in range(10)] for steps in (20, 200)]
    assert rates[0] == rates[1]
    assert _schedule(Recipe(), 10, 200, 0) == 1
    assert _schedule(Recipe(), 199, 200, 0) < 0.06


def test_the_papers_settings_train_everything_at_three_rates(estimator, two_samples):
    before = {name: value.clone() for name, value in estimator.net.state_dict().items()}
    fine_tune(estimator, two_samples, replace(PAPER, seconds=None, batch=2), 2, torch.device("cpu"), go_on)
    changed = {
        name for name, value in estimator.net.state_dict().items() if not torch.equal(value, before[name])
    }
    assert {"stem.conv.weight", "lat1.conv.weight", "heads.kpt_heatmap.out.conv.weight"} <= changed


@pytest.mark.parametrize("kind", ["focal", "mse"])
def test_a_perfect_heatmap_costs_next_to_nothing(kind):
    points = torch.tensor([[[6.0, 5.0]]])
    target = gaussian_targets(points, (12, 12), 1.5).clamp(1e-6, 1 - 1e-6)
    labelled = torch.ones(1, 1, dtype=torch.bool)
    loss = Loss(TWELVE, kind, 1.5)
    good = loss.labels(torch.logit(target), points, labelled)
    bad = loss.labels(torch.logit(target.flip(3)), points, labelled)
    assert good < 1e-6 < bad


@pytest.mark.parametrize("device", ["cpu", *(["cuda"] if torch.cuda.is_available() else [])])
def test_the_first_step_is_taken_and_moves_weights_by_no_more_than_the_warm_up_allows(
    two_samples, estimator, device
):
    before = {name: value.clone() for name, value in estimator.net.state_dict().items()}
    fine_tune(estimator, two_samples, Recipe(average=0.0), 1, torch.device(device), go_on)
    rate = Recipe().rate * _schedule(Recipe(), 0, 1, 0)
    moved = 0
    for name, value in estimator.net.state_dict().items():
        size = float(before[name].square().mean().sqrt())
        moved = max(moved, ratio := float((value - before[name]).abs().max()) / max(size, 1e-9))
        assert ratio <= 1.1 * rate, name
    assert moved >= 0.5 * rate


@pytest.mark.parametrize(("computes", "name"), [(True, "bfloat16"), (False, "float32")])
def test_a_gpu_trains_in_bfloat16_where_it_computes_in_it(monkeypatch, computes, name):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: computes)
    assert precision_of(torch.device("cuda"), Recipe()) == name
    assert precision_of(torch.device("cuda"), Recipe(half=False)) == "float32"


def test_strided_kernels_give_the_same_in_half_precision():
    conv = SameConv(4, 4, 3, 2, 4)
    x = torch.randn(1, 4, 8, 8, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        half = conv(x)
    assert torch.allclose(half, conv(x))
