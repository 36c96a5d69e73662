"""Labels held back tell how good an estimator is on what it was not trained on."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.adaptation import trainer
from core.adaptation.augmentation import Augmentation
from core.adaptation.trainer import Recipe, fine_tune, is_out_of_memory
from core.adaptation.training_set import TrainingSet
from core.adaptation.validation_split import LEAST_LABELS, MOST, HeldBack, held_back_rows
from core.estimation.network import SPECS, load_estimator
from core.project.estimators.models import RESOURCES

PLAIN = Recipe(augmentation=Augmentation(0, 0, 0, 0, 0), batch=2, seconds=None, warm_up=2)
CPU = torch.device("cpu")


@pytest.fixture
def estimator():
    torch.set_num_threads(1)
    return load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])


@pytest.fixture
def samples() -> TrainingSet:
    """Pictures whose joints all sit on a bright square, at a different place in each."""
    places = np.array([(110, 120), (180, 160), (150, 100)])
    pictures = np.full((3, 288, 288, 3), 60, np.uint8)
    for picture, (x, y) in zip(pictures, places, strict=True):
        picture[y - 10 : y + 10, x - 10 : x + 10] = 250
    labelled = np.ones((3, 17), bool)
    return TrainingSet(
        pictures, np.repeat(places[:, None].astype(float), 17, 1), labelled, np.full(3, 9000.0)
    )


@given(st.integers(0, 400), st.integers(0, 50))
def test_a_tenth_is_held_back_of_many_labels_and_none_of_few(count, seed):
    rows = held_back_rows(count, seed)
    assert len(rows) == count
    assert rows.sum() == (0 if count < LEAST_LABELS else min(MOST, round(0.1 * count)))


def test_other_rounds_hold_back_others():
    assert not np.array_equal(held_back_rows(60, 0), held_back_rows(60, 1))


def test_the_measure_is_one_where_the_network_is_right(estimator, samples):
    held = HeldBack(samples, estimator, CPU)
    off = held.oks()
    fine_tune(estimator, samples, PLAIN, 60, CPU, lambda _: True)
    learned = held.oks()
    assert off < 0.3
    assert learned > 0.7


def test_what_is_held_back_is_measured_at_regular_steps_and_at_the_end(estimator, samples, monkeypatch):
    monkeypatch.setattr(trainer, "CHECK", 3)
    steps = []
    trained = fine_tune(estimator, samples, PLAIN, 7, CPU, lambda step: steps.append(step) or True, samples)
    assert [step.done for step in steps if step.oks is not None] == [3, 6, 7]
    assert trained.held_back == 3
    assert trained.oks is not None


def test_measuring_leaves_the_weights_that_are_trained_alone(estimator, samples, monkeypatch):
    monkeypatch.setattr(trainer, "CHECK", 1)
    other = load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])
    fine_tune(estimator, samples, PLAIN, 4, CPU, lambda _: True, samples)
    fine_tune(other, samples, PLAIN, 4, CPU, lambda _: True)
    pairs = zip(estimator.net.state_dict().values(), other.net.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_without_labels_held_back_nothing_is_said_of_them(estimator, samples):
    trained = fine_tune(estimator, samples, PLAIN, 2, CPU, lambda _: True)
    assert (trained.oks, trained.held_back) == (None, 0)


@pytest.mark.parametrize(
    ("error", "so"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate"), True),
        (MemoryError(), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_memory_that_ran_out_is_recognised(error, so):
    assert is_out_of_memory(error) is so
