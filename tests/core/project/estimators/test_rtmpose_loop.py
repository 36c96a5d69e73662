"""RTMPose-s with random weights through the whole loop, from mmdeploy's file to one that rtmlib takes."""

import importlib.util

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from core.domain import COCO17, Silent
from core.estimation.architectures.registry import ARCHITECTURES
from core.estimation.network import Estimator
from core.export.export import export
from core.project.project import Project
from core.queries.status import status
from core.workflow.estimate import estimate
from core.workflow.fine_tune import finetune
from core.workflow.propose import propose
from tests.clips import make_clip
from tests.core.estimation.fakes import RTMPOSE_S
from tests.core.estimation.test_rtmpose import as_mmdeploy_makes_it
from tests.core.project.estimators.test_own_estimator import FRAMES, label_queue


@pytest.mark.long
def test_the_whole_loop(tmp_path):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind = ARCHITECTURES["rtmpose"]
    net = Estimator(kind.spec_of("rtmpose", COCO17, RTMPOSE_S)).net
    for layer in (net.head.cls_x, net.head.cls_y):
        layer.weight.data *= 0.1  # random numbers are surer than any training makes a network
    as_mmdeploy_makes_it(net, tmp_path / "end2end.onnx", size=kind.size)
    (tmp_path / "boxes.txt").write_text(
        "".join(f"{n + 1},1,{20 + 2 * n},10,40,70,1,-1,-1,-1\n" for n in range(FRAMES))
    )
    clip = make_clip(tmp_path / "walk.mp4", FRAMES)
    with Project(tmp_path / "project", create=True) as project:
        video, boxes = project.add_video(clip).id, tmp_path / "boxes.txt"
        estimate(
            project, video, Silent(), estimator=str(tmp_path / "end2end.onnx"), boxes=boxes, device="cpu"
        )
        propose(project, 3)
        label_queue(project)
        refused = finetune(project, Silent(), steps=2, device="cpu")
        assert refused == ""
        first, second = (project.predictions(video, number) for number in (0, 1))
        assert not np.array_equal(first.confidence, second.confidence)
        assert all(entry.parity.heatmaps < 2e-3 for entry in status(project))
        export(project, "estimator", tmp_path / "out", Silent())
    model = onnx.load(tmp_path / "out" / "rtmpose.onnx")
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(tmp_path / "out" / "rtmpose.onnx")
    x, y = session.run(["simcc_x", "simcc_y"], {"input": np.zeros((1, 3, 256, 192), np.float32)})
    assert (x.shape, y.shape) == ((1, 17, 384), (1, 17, 512))
    if importlib.util.find_spec("rtmlib"):
        from rtmlib import RTMPose

        points, scores = RTMPose(str(tmp_path / "out" / "rtmpose.onnx"))(np.zeros((300, 200, 3), np.uint8))
        assert (points.shape, scores.shape) == ((1, 17, 2), (1, 17))
