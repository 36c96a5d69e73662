"""torch and ONNX Runtime agree, and an exported file is enough to go on from."""

import numpy as np
import onnx
import pytest
import torch

from core.domain import UserError
from core.estimation.export import estimator_from_onnx, update_onnx
from core.estimation.network import SPECS, load_estimator, save_estimator
from core.estimation.session import EstimatorSession
from core.project.estimators.models import RESOURCES


def torch_and_runtime_differ_by(estimator, session, count: int) -> float:
    spec = estimator.spec
    crops = np.random.default_rng(count).integers(0, 256, (count, spec.height, spec.width, 3), dtype=np.uint8)
    with torch.no_grad():
        wanted = estimator(torch.from_numpy(crops))
    return max(float(np.abs(a - b.numpy()).max()) for a, b in zip(session.run(crops), wanted, strict=True))


@pytest.mark.parametrize("count", [1, 3, 8])
def test_runtime_agrees_with_torch_for_any_batch(estimator, exported, count):
    assert torch_and_runtime_differ_by(estimator, EstimatorSession(exported, "cpu"), count) < 1e-4


def test_metadata_travels_inside_the_file(estimator, exported):
    assert EstimatorSession(exported, "cpu").spec == estimator.spec


def test_new_weights_in_an_exported_graph_agree_with_torch(estimator, exported, tmp_path):
    changed = load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])
    with torch.no_grad():
        for parameter in changed.parameters():
            parameter.mul_(1.01).add_(0.001)
    update_onnx(exported, changed, tmp_path / "new.onnx")
    assert torch_and_runtime_differ_by(changed, EstimatorSession(tmp_path / "new.onnx", "cpu"), 2) < 1e-4


def test_weights_come_back_from_the_onnx_file(estimator, exported):
    crops = torch.randint(0, 256, (1, 192, 192, 3), dtype=torch.uint8)
    with torch.no_grad():
        for a, b in zip(estimator(crops), estimator_from_onnx(exported)(crops), strict=True):
            assert torch.equal(a, b)


def test_weights_come_back_from_safetensors(estimator, tmp_path):
    save_estimator(estimator, tmp_path / "weights.safetensors")
    again = load_estimator(tmp_path / "weights.safetensors")
    assert again.spec == estimator.spec
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), estimator.parameters(), strict=True))


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x07"])
def test_a_file_that_is_no_estimator_is_refused_in_one_sentence(tmp_path, content):
    for name, read in (("a.onnx", estimator_from_onnx), ("a.safetensors", load_estimator)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=name):
            read(tmp_path / name)
    with pytest.raises(UserError, match=r"a\.onnx"):
        EstimatorSession(tmp_path / "a.onnx", "cpu")


def test_a_strange_onnx_model_is_refused(tmp_path):
    model = onnx.helper.make_model(onnx.helper.make_graph([], "g", [], []))
    onnx.save(model, tmp_path / "strange.onnx")
    with pytest.raises(UserError, match=r"strange\.onnx"):
        estimator_from_onnx(tmp_path / "strange.onnx")
