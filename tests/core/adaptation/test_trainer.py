"""Fine-tuning learns what it is shown, leaves alone what it should, and is repeatable."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.adaptation.augmentation import Augmentation
from core.adaptation.trainer import Recipe, fine_tune, gaussian_targets, heatmap_loss, planned_steps
from core.adaptation.training_set import TrainingSet, choose_samples
from core.estimation.decode import decode
from core.estimation.network import SPECS, load_estimator
from core.project.models import RESOURCES

PLAIN = Recipe(augmentation=Augmentation(0, 0, 0, 0, 0), batch=2, seconds=None, warm_up=2)


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
    return TrainingSet(pictures, np.repeat(places[:, None].astype(float), 17, 1), labelled)


def go_on(step: int, loss: float) -> bool:
    return True


def test_two_samples_are_learned(estimator, two_samples):
    losses = []
    fine_tune(estimator, two_samples, PLAIN, 40, torch.device("cpu"), lambda _, loss: losses.append(loss) or True)
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
    changed = {name for name, value in estimator.net.state_dict().items() if not torch.equal(value, before[name])}
    assert "heads.kpt_heatmap.out.conv.weight" in changed
    assert not {
        n for n in changed if n.startswith(("stem", "blocks.0.", "blocks.2.", "heads.center", "heads.kpt_regress"))
    }


def test_the_same_seed_gives_the_same_weights(two_samples):
    results = []
    for _ in range(2):
        net = load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])
        fine_tune(net, two_samples, replace(PLAIN, augmentation=Augmentation()), 3, torch.device("cpu"), go_on)
        results.append(net.net.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(results[0].values(), results[1].values(), strict=True))


def test_training_ends_when_told_to(estimator, two_samples):
    trained = fine_tune(estimator, two_samples, PLAIN, 50, torch.device("cpu"), lambda step, _: step < 3)
    assert trained.steps == 3
    assert trained.epochs == 3


def test_unlabelled_joints_do_not_count():
    logits = torch.randn(1, 2, 12, 12)
    points = torch.tensor([[[3.0, 4.0], [0.0, 0.0]]])
    both, one = torch.tensor([[True, True]]), torch.tensor([[True, False]])
    alone = heatmap_loss(logits[:, :1], points[:, :1], one[:, :1], 1.5)
    assert torch.isclose(heatmap_loss(logits, points, one, 1.5), alone)
    assert not torch.isclose(heatmap_loss(logits, points, both, 1.5), alone)


def test_targets_are_one_at_the_joint():
    target = gaussian_targets(torch.tensor([[[3.0, 5.0]]]), (12, 12), 1.5)
    assert target[0, 0, 5, 3] == 1
    assert target.argmax() == 5 * 12 + 3


@pytest.mark.parametrize(("samples", "g", "steps"), [(8, 0.0, 200), (8, 0.9, 25), (10, 1.0, 10), (40, 0.5, 200)])
def test_steps_follow_the_papers_rule_within_the_budget(samples, g, steps):
    assert planned_steps(samples, g, Recipe(), "paper") == steps
    assert planned_steps(samples, g, Recipe(), "ours") == max(120, steps)


def test_the_paper_trains_on_the_latest_batch_and_what_is_still_wrong():
    values = np.array([0.9, 0.74, np.nan, 0.2, 0.99])
    latest = np.array([False, False, False, False, True])
    assert choose_samples(values, latest, 0.7, "paper").tolist() == [False, True, True, True, True]
    assert choose_samples(values, latest, 0.7, "ours").all()
    assert choose_samples(np.array([0.9]), np.array([False]), 0.7, "paper").tolist() == [True]
