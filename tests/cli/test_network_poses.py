"""A project that begins with the poses of a network that finds people and joints at once."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from app.session.project_opening import DEMO_CLIP
from core.domain import Cancelled, Silent, UserError
from core.project.project import Project
from core.queries.scores import scores
from core.workflow.estimate import estimate, finish
from core.workflow.forget import first_confidence
from core.workflow.given_poses import PoseSource, know_confidence
from tests.clips import make_clip
from tests.commands import refused, run
from tests.core.tracking.test_single_stage import BOXES, FOUND, JOINTS, POINTS, SCORES, SIZE
from tests.projects import Impatient


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


def test_an_hour_of_it_is_not_waited_for_nor_lost(tmp_path: Path) -> None:
    """Segments spread over the video, until the time is over or somebody stops it; then it goes on."""
    clip, network = make_clip(tmp_path / "walk.mp4", 200), rtmo(tmp_path / "rtmo-s.onnx")
    with Project(tmp_path / "p", create=True) as project:
        video = project.add_video(clip).id
        given = {"estimator": "lightning", "device": "cpu"}
        with pytest.raises(Cancelled):
            estimate(project, video, Impatient(project, 1), poses=PoseSource(network), **given)
        first = project.coverage(video, 0).share
        assert 0 < first < 0.5
        know_confidence(project, "cpu", Silent())  # as fine-tuning does, if it comes before the rest
        sure = first_confidence(project)
        assert 0 < sure < project.predictions(video, 0).confidence.mean()  # the network's
        network.unlink()  # the project has a copy
        outcome = estimate(project, video, Silent(), budget=0.0, device="cpu")
        assert not outcome.complete
        assert outcome.taken.startswith("Round 0 has ")
        assert first < project.coverage(video, 0).share < 1
        assert finish(project, Silent(), device="cpu").complete
        found = project.predictions(video, 0)
        assert project.coverage(video, 0).share == 1
        assert project.pose_files(0) == ["rtmo-s.onnx"]
        assert len(np.unique(found.track)) == 2
        assert len(found) == 2 * 200
        for track in np.unique(found.track):
            assert (
                np.ptp(found.points[found.track == track], axis=0).max() < 1e-3
            )  # it gives one answer to all
        assert np.isfinite(scores(project, video, "wpu")).all()
        assert first_confidence(project) == sure


def test_the_name_of_a_network_leads_to_no_file_outside_of_the_project(tmp_path: Path) -> None:
    clip, network = make_clip(tmp_path / "walk.mp4", 12), rtmo(tmp_path / "rtmo-s.onnx")
    with Project(tmp_path / "p", create=True) as project:
        video = project.add_video(clip).id
        estimate(project, video, Silent(), poses=PoseSource(network), estimator="lightning", device="cpu")
        project.store.set_setting("pose_networks", {"1": "../../rtmo-s.onnx"})
        with pytest.raises(UserError, match="lies outside its folder"):
            estimate(project, video, Silent(), device="cpu")


def test_what_is_no_such_network_is_one_sentence_and_leaves_no_project(tmp_path: Path) -> None:
    network = rtmo(tmp_path / "other.onnx", np.zeros_like(JOINTS))
    given = ("--estimator", "lightning", "--device", "cpu", "--poses", network)
    said = refused("estimate", DEMO_CLIP, "--project", tmp_path / "p", *given)
    assert "other.onnx found nobody's joints" in said
    assert not (tmp_path / "p").exists()
