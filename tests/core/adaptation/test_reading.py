"""What an estimator reads in the pictures that it is trained on."""

import numpy as np
import pytest
import torch

from core.adaptation.augmentation import Augmentation
from core.adaptation.reading import label_oks, read_poses
from core.adaptation.trainer import Recipe, fine_tune, is_out_of_memory
from core.adaptation.training_set import TrainingSet
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


def test_what_is_read_is_right_where_the_network_is(estimator, samples):
    def value() -> float:
        return label_oks(read_poses(estimator, samples), samples, estimator.spec).mean()

    off = value()
    fine_tune(estimator, samples, PLAIN, 60, CPU, lambda _: True)
    assert off < 0.3
    assert value() > 0.7


def test_reading_leaves_a_network_in_training_as_it_was(estimator, samples):
    weights = {name: tensor.clone() for name, tensor in estimator.net.state_dict().items()}
    estimator.train()
    read_poses(estimator, samples)
    assert estimator.training
    assert all(torch.equal(tensor, weights[name]) for name, tensor in estimator.net.state_dict().items())


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
