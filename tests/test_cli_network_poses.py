"""A project that begins with the poses of a network that finds people and joints at once."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from app.session.project_opening import DEMO_CLIP
from core.project.project import Project
from tests.commands import refused, run
from tests.core.tracking.test_single_stage import BOXES, FOUND, JOINTS, POINTS, SCORES, SIZE


def rtmo(path: Path, joints: np.ndarray = JOINTS) -> Path:
    """RTMO's inputs and outputs, with the bundled clip's people as they are in its first frame."""
    found = {"dets": np.concatenate([BOXES, SCORES[:, None]], 1)[None], "keypoints": joints[None]}
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, list(array.shape))
        for name, array in found.items()
    ]
    graph = helper.make_graph(
        [helper.make_node("Identity", [f"c_{name}"], [name]) for name in found],
        "rtmo",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, *SIZE])],
        values,
        [numpy_helper.from_array(array, f"c_{name}") for name, array in found.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


def test_its_poses_are_round_0_and_another_estimator_learns(tmp_path: Path) -> None:
    given = ("--estimator", "lightning", "--device", "cpu", "--span", "0:12")
    network = rtmo(tmp_path / "rtmo-s.onnx")
    said = run("estimate", DEMO_CLIP, "--project", tmp_path / "p", "--poses", network, *given)
    assert "Round 0 has 24 poses of 2 people from rtmo-s.onnx." in said
    assert "what is adapted to your corrections is lightning" in said
    with Project(tmp_path / "p") as project:
        first = project.predictions(1, 0)
        assert first.points[first.frame == 0][FOUND] == pytest.approx(POINTS[FOUND], abs=0.05)
        assert set(np.unique(first.frame)) == set(range(12))


def test_what_is_no_such_network_is_one_sentence_and_leaves_no_project(tmp_path: Path) -> None:
    network = rtmo(tmp_path / "other.onnx", np.zeros_like(JOINTS))
    given = ("--estimator", "lightning", "--device", "cpu", "--poses", network)
    said = refused("estimate", DEMO_CLIP, "--project", tmp_path / "p", *given)
    assert "other.onnx found nobody's joints" in said
    assert not (tmp_path / "p").exists()
