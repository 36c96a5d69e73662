"""MC dropout in the graph is what torch would compute, costs nothing when it is off, and survives new
weights.
"""

import numpy as np
import onnx
import pytest
import torch

from core.domain import UserError
from core.estimation.dropout import FLAG, MEMBERS, RATE
from core.estimation.export import update_onnx
from core.estimation.network import SPECS, add_noise, load_estimator
from core.estimation.session import EstimatorSession
from core.estimation.views import other_views
from core.project.estimators.models import RESOURCES


@pytest.fixture(scope="module")
def crops():
    return np.random.default_rng(0).integers(0, 256, (3, 192, 192, 3), dtype=np.uint8)


def by_torch(estimator, crops) -> np.ndarray:
    masks = (np.random.default_rng(0).random((MEMBERS, 1, 96, 1, 1)) >= RATE) / (1 - RATE)
    with torch.no_grad():
        pyramid, _ = estimator.net.pyramid(
            *estimator.net.lower(torch.from_numpy(crops).permute(0, 3, 1, 2).float())
        )
        head = estimator.net.heads["kpt_heatmap"]
        features, last = head.sep(pyramid), head.out.conv
        members = torch.stack(
            [
                torch.nn.functional.conv2d(
                    features, last.weight * torch.from_numpy(mask).float(), last.bias
                ).sigmoid()
                for mask in masks
            ]
        )
    return members.var(0, unbiased=False).sum((2, 3)).mean(1).numpy()


def test_it_is_the_variance_that_torch_computes(estimator, exported, crops):
    assert np.allclose(
        EstimatorSession(exported, "cpu").dropout(crops), by_torch(estimator, crops), rtol=1e-3
    )


def test_new_weights_change_it(estimator, exported, crops, tmp_path):
    other = load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])
    add_noise(other, 0.2, 0)
    update_onnx(exported, other, tmp_path / "other.onnx")
    assert np.allclose(
        EstimatorSession(tmp_path / "other.onnx", "cpu").dropout(crops), by_torch(other, crops), rtol=1e-3
    )


def test_the_file_runs_without_knowing_of_it(exported, crops):
    onnx.checker.check_model(onnx.load(exported))
    session = EstimatorSession(exported, "cpu")
    assert session.run(crops)[0].shape == (3, 17, 48, 48)
    # so the input may be left out
    assert FLAG in {item.name for item in onnx.load(exported).graph.initializer}


def test_a_file_without_it_says_so(exported, crops, tmp_path):
    model = onnx.load(exported)
    model.graph.output.pop()
    onnx.save(model, tmp_path / "old.onnx")
    with pytest.raises(UserError, match="dropout"):
        EstimatorSession(tmp_path / "old.onnx", "cpu").dropout(crops)


def test_other_views_of_a_symmetric_picture_agree(exported):
    session = EstimatorSession(exported, "cpu")
    blank = np.full((1, 192, 192, 3), 127, np.uint8)
    mirrored, small = other_views(session, blank)
    assert mirrored.shape == small.shape == (1, 17, 2)
    flip = session.spec.skeleton.flip_index
    again = other_views(session, np.ascontiguousarray(blank[:, :, ::-1]))[0]
    assert np.allclose(mirrored, again)
    assert sorted(flip.tolist()) == list(range(17))


def test_the_same_noise_comes_from_the_same_seed():
    nets = [
        load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])
        for _ in range(3)
    ]
    for net, seed in zip(nets, (1, 1, 2), strict=True):
        add_noise(net, 0.1, seed)
    first, same, other = (net.net.stem.conv.weight for net in nets)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
