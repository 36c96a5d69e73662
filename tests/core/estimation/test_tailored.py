"""A MoveNet for other joints knows those that it knew."""

import numpy as np
import pytest
import torch

from core.domain import COCO17, Skeleton
from core.estimation.export import estimator_from_onnx, export_estimator
from core.estimation.network import tailored
from core.estimation.session import EstimatorSession

BODY = COCO17.joints[5:]
FEWER = Skeleton("Body and two", (*BODY[::-1], "neck", "tail"), (), (), (0.08,) * 14)
MORE = Skeleton(
    "COCO and four", (*COCO17.joints, "left_toe", "right_toe", "neck", "tail"), (), (), (0.08,) * 21
)


@pytest.mark.parametrize("skeleton", [FEWER, pytest.param(MORE, marks=pytest.mark.long)])
def test_known_joints_are_found_where_they_were(estimator, skeleton, tmp_path):
    other = tailored(estimator, skeleton)
    crops = np.random.default_rng(0).integers(0, 256, (2, 192, 192, 3), dtype=np.uint8)
    with torch.no_grad():
        before, after = (e(torch.from_numpy(crops))[0].numpy() for e in (estimator, other))
    places = COCO17.places_of(skeleton.joints)
    assert np.allclose(after[:, places >= 0], before[:, places[places >= 0]], atol=1e-6)
    assert after[:, places < 0].max() < 0.2
    export_estimator(other, tmp_path / "a.onnx")
    session = EstimatorSession(tmp_path / "a.onnx", "cpu")
    assert session.spec.skeleton == skeleton
    assert np.allclose(session.run(crops)[0], after, atol=1e-4)
    assert estimator_from_onnx(tmp_path / "a.onnx").spec == other.spec


def test_a_skeleton_without_a_known_joint_starts_anew(estimator):
    fish = Skeleton("Fish", ("fin", "tail"), (), (), (0.1, 0.1))
    other = tailored(estimator, fish)
    with torch.no_grad():
        heatmaps, _ = other(torch.zeros(1, 192, 192, 3, dtype=torch.uint8))
    assert heatmaps.shape == (1, 2, 48, 48)
    assert heatmaps.max() < 0.2
