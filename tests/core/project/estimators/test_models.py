"""The networks that ship are the same in ONNX Runtime as in torch."""

import numpy as np
import pytest
import torch

from core.domain import Silent
from core.estimation.architectures.nanodet import load_nanodet
from core.estimation.device import open_session
from core.estimation.network import SPECS, Detector, load_estimator
from core.project.estimators.models import SHIPPED, shipped_model


@pytest.mark.parametrize(
    ("name", "shape"),
    [("thunder", (2, 256, 256)), ("lightning", (3, 192, 192)), ("multipose", (1, 320, 192))],
)
def test_runtime_agrees_with_torch(name, shape):
    torch.set_num_threads(1)
    architecture, weights = SHIPPED[name]
    module = Detector(weights).eval() if name == "multipose" else load_estimator(weights, SPECS[architecture])
    session, _ = open_session(shipped_model(name, Silent()), "cpu")
    images = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    with torch.no_grad():
        wanted = module(torch.from_numpy(images))
    found = session.run(None, {session.get_inputs()[0].name: images})
    for ours, theirs in zip(found, wanted, strict=False):  # the file can also tell the spread of MC dropout
        assert np.abs(ours - theirs.numpy()).max() < 1e-4 * max(1.0, float(theirs.abs().max()))


def test_nanodet_agrees_with_torch() -> None:
    session, _ = open_session(shipped_model("nanodet", Silent()), "cpu")
    images = np.random.default_rng(0).integers(0, 256, (1, 3, 160, 96)).astype(np.float32)
    with torch.no_grad():
        boxes, scores = load_nanodet(SHIPPED["nanodet"][1])(torch.from_numpy(images))
    found = session.run(None, {"images": images})
    assert found[0] == pytest.approx(boxes.numpy(), abs=1e-3)
    assert found[1] == pytest.approx(scores.numpy(), abs=1e-5)
    assert found[0].shape == (1, 12 * 20 + 6 * 10 + 3 * 5, 4)
