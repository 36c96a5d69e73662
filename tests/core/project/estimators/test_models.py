"""The networks that ship are the same in ONNX Runtime as in torch."""

import numpy as np
import pytest
import torch

from core.domain import Silent
from core.estimation.device import open_session
from core.estimation.network import SPECS, Detector, load_estimator
from core.project.estimators.models import SHIPPED, shipped_model


@pytest.mark.parametrize(
    ("name", "shape"), [("thunder", (2, 256, 256)), ("lightning", (3, 192, 192)), ("detector", (1, 320, 192))]
)
def test_runtime_agrees_with_torch(name, shape):
    torch.set_num_threads(1)
    architecture, weights = SHIPPED[name]
    module = Detector(weights).eval() if name == "detector" else load_estimator(weights, SPECS[architecture])
    session, _ = open_session(shipped_model(name, Silent()), "cpu")
    images = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    with torch.no_grad():
        wanted = module(torch.from_numpy(images))
    found = session.run(None, {session.get_inputs()[0].name: images})
    for ours, theirs in zip(found, wanted, strict=False):  # the file can also tell the spread of MC dropout
        assert np.abs(ours - theirs.numpy()).max() < 1e-4 * max(1.0, float(theirs.abs().max()))
