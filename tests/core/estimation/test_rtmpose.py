"""RTMPose out of an ONNX graph as mmdeploy makes it, its learning, and its way back into that layout."""

import random
import warnings
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from core.adaptation.trainer import fine_tune
from core.domain import COCO17, Skeleton, UserError
from core.domain.skeletons import SKELETONS
from core.estimation.architectures.net import normalised
from core.estimation.architectures.registry import ARCHITECTURES
from core.estimation.dropout import MEMBERS, RATE
from core.estimation.export import export_estimator
from core.estimation.importing import make_estimator, rtmpose_of
from core.estimation.maps import SHARPNESS, top_of
from core.estimation.network import Estimator, anchored, load_estimator
from core.estimation.session import EstimatorSession
from core.estimation.source import Source
from core.estimation.spec import IMAGENET
from core.export.rtmlib import write_for_rtmlib
from core.torch_process.import_estimator import ImportEstimator
from tests.core.estimation.fakes import FIVE, HEIGHT, SMALL, WIDTH, small_spec, with_norms
from tests.core.estimation.test_anchored import CPU, STILL, a_set, moved

SIZE = WIDTH, HEIGHT


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)


class TwoOutputs(nn.Module):
    """As mmpose has it: pictures that are prepared, and one output for each axis."""

    def __init__(self, trained: nn.Module) -> None:
        super().__init__()
        self.trained = trained

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        backbone = self.trained.backbone
        for name in ("stem", "stage1", "stage2", "stage3", "stage4"):
            pictures = backbone[name](pictures)
        head = self.trained.head
        joints = head.gau(head.mlp(head.final_layer(pictures).flatten(2)))
        return head.cls_x(joints), head.cls_y(joints)


def as_mmdeploy_makes_it(
    trained: nn.Module, path: Path, size: tuple[int, int] = SIZE, **options: object
) -> onnx.ModelProto:
    with warnings.catch_warnings(action="ignore"):
        torch.onnx.export(
            TwoOutputs(trained).eval(),
            (torch.zeros(1, 3, *size[::-1]),),
            path,
            input_names=["input"],
            output_names=["simcc_x", "simcc_y"],
            opset_version=13,
            dynamo=False,
            **options,
        )
    return onnx.load(path)


def nameless(model: onnx.ModelProto) -> None:
    """No weight has a name that tells anything, and nodes stand in another order that is right, too."""
    graph = model.graph
    names = {
        tensor.name: f"w{n}"
        for n, tensor in enumerate(random.Random(0).sample(list(graph.initializer), len(graph.initializer)))
    }
    for tensor in graph.initializer:
        tensor.name = names[tensor.name]
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    known, ordered, waiting = {"input", "", *names.values()}, [], list(graph.node)
    while waiting:
        node = next(node for node in reversed(waiting) if known.issuperset(node.input))
        waiting.remove(node)
        ordered.append(node)
        known.update(node.output)
    del graph.node[:]
    graph.node.extend(ordered)


@pytest.mark.parametrize("how", ["folded", pytest.param("as it was trained", marks=pytest.mark.long)])
def test_the_weights_in_a_graph_are_known_by_where_they_stand(how, tmp_path):
    spec = small_spec("rtmpose")
    trained, _ = with_norms(Estimator(spec).net)
    options = (
        {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
        if how != "folded"
        else {}
    )
    model = as_mmdeploy_makes_it(trained, tmp_path / "end2end.onnx", **options)
    nameless(model)
    onnx.save(model, tmp_path / "end2end.onnx")
    said = make_estimator(Source(tmp_path / "end2end.onnx", "rtmpose", FIVE), tmp_path / "ours.safetensors")
    assert said[0] == "Its weights were taken out of the graph, and give the same."
    made = load_estimator(tmp_path / "ours.safetensors")
    assert (made.spec.options, made.spec.size) == (SMALL["rtmpose"], SIZE)
    crops = torch.randint(0, 256, (2, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    with torch.no_grad():
        wanted, found = Estimator(spec, trained).eval().raw(crops)[0], made.raw(crops)[0]
    assert torch.allclose(wanted, found, atol=1e-4)


def test_a_graph_that_computes_something_else_is_refused(tmp_path):
    net = Estimator(small_spec("rtmpose")).net
    path = tmp_path / "other.onnx"
    model = as_mmdeploy_makes_it(net, path)
    relu = next(node for node in model.graph.node if node.op_type == "Relu")
    relu.op_type = "Sigmoid"
    onnx.save(model, path)
    with pytest.raises(UserError, match=r"other\.onnx computes something else"):
        make_estimator(Source(path, "rtmpose", FIVE), tmp_path / "ours.safetensors")
    del model.graph.output[1]
    onnx.save(model, path)
    with pytest.raises(UserError, match="no RTMPose that is known here"):
        make_estimator(Source(path, "rtmpose", FIVE), tmp_path / "ours.safetensors")
    with pytest.raises(UserError, match="give --architecture onnx"):
        make_estimator(Source(path, "hrnet", FIVE), tmp_path / "ours.safetensors")


def test_an_rtmw_is_called_one(tmp_path):
    path = tmp_path / "rtmw.onnx"
    model = as_mmdeploy_makes_it(Estimator(small_spec("rtmpose")).net, path)
    model.graph.node.append(onnx.helper.make_node("DepthToSpace", ["input"], ["x"], blocksize=2))
    onnx.save(model, path)
    torch.save({"state_dict": {"head.final_layer2.conv.weight": torch.zeros(1)}}, tmp_path / "rtmw.pth")
    for name in ("rtmw.onnx", "rtmw.pth"):
        with pytest.raises(UserError, match=r"is an RTMW.*Take an RTMPose"):
            make_estimator(Source(tmp_path / name, "rtmpose", FIVE), tmp_path / "ours.safetensors")


def test_who_calls_it_any_graph_gets_an_rtmpose(tmp_path):
    as_mmdeploy_makes_it(Estimator(small_spec("rtmpose")).net, tmp_path / "end2end.onnx")
    source = Source(tmp_path / "end2end.onnx", "onnx", FIVE)
    said = make_estimator(source, tmp_path / "ours.safetensors")
    assert said[:2] == ["It is an RTMPose.", "Its weights were taken out of the graph, and give the same."]
    assert load_estimator(tmp_path / "ours.safetensors").spec.architecture == "rtmpose"


@pytest.mark.parametrize("name", ["coco17", "halpe26", "wholebody133"])
def test_how_many_joints_there_are_tells_which(name):
    skeleton: Skeleton = SKELETONS[name]
    assert ARCHITECTURES["rtmpose"].skeleton_of(len(skeleton)) == skeleton
    assert ARCHITECTURES["hrnet"].skeleton_of(26) is None


@pytest.mark.parametrize("beside", [True, pytest.param(False, marks=pytest.mark.long)])
def test_every_weight_of_the_head_learns(beside):
    estimator = Estimator(small_spec("rtmpose")).eval()
    estimator = anchored(estimator) if beside else estimator
    before = {name: tensor.clone() for name, tensor in estimator.net.state_dict().items()}
    losses: list[float] = []
    recipe = replace(STILL, unlabelled=0, rate=2e-2)
    fine_tune(
        estimator, a_set(estimator, len(FIVE)), recipe, 12, CPU, lambda step: losses.append(step.loss) or True
    )
    prefix = "adapted." if beside else ""
    state = estimator.net.state_dict()
    still = [
        name for name in state if name.startswith(f"{prefix}head.") and torch.equal(state[name], before[name])
    ]
    assert still == []
    assert losses[-1] < losses[0]


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    estimator = moved(anchored(Estimator(small_spec("rtmpose")).eval()), 0.6)
    path = tmp_path_factory.mktemp("adapted") / "ours.onnx"
    export_estimator(estimator, path)
    session = EstimatorSession(path, "cpu")
    write_for_rtmlib(path, path.with_name("rtmpose.onnx"), session.spec)
    return estimator, session, path.with_name("rtmpose.onnx")


CROPS = np.random.default_rng(0).integers(0, 256, (3, HEIGHT, WIDTH, 3), dtype=np.uint8)


def test_dropout_is_the_variance_that_torch_computes(adapted):
    estimator, session, _ = adapted
    masks = (np.random.default_rng(0).random((MEMBERS, SMALL["rtmpose"]["width"])) >= RATE) / (1 - RATE)
    net = estimator.net.adapted
    with torch.no_grad():
        lower = estimator.net.lower(torch.from_numpy(CROPS).permute(0, 3, 1, 2).float())
        seen = net.backbone["stage4"](net.backbone["stage3"](lower[0]))
        joints = net.head.gau(net.head.mlp(net.head.final_layer(seen).flatten(2)))
        members = [
            [(SHARPNESS * layer(joints * torch.from_numpy(mask).float())).softmax(2) for mask in masks]
            for layer in (net.head.cls_x, net.head.cls_y)
        ]
    wanted = sum(torch.stack(axis).var(0, unbiased=False).sum(2).mean(1) for axis in members)
    assert np.allclose(session.dropout(CROPS), wanted.numpy(), rtol=1e-3)


def test_what_was_adapted_goes_back_into_mmdeploy_s_layout(adapted):
    _, ours, path = adapted
    session = onnxruntime.InferenceSession(path)
    assert [entry.name for entry in session.get_inputs()] == ["input"]
    assert [entry.name for entry in session.get_outputs()] == ["simcc_x", "simcc_y"]
    # what rtmlib does to a picture of OpenCV
    blue_first = (CROPS[..., ::-1] - np.array(IMAGENET["mean"])) / IMAGENET["std"]
    x, y = session.run(None, {"input": blue_first.transpose(0, 3, 1, 2).astype(np.float32)})
    places, *_ = ours.run(CROPS)
    for found, wanted in ((x, places[..., : 2 * WIDTH]), (y, places[..., 2 * WIDTH :])):
        assert np.allclose(found * top_of(found.shape[2]), wanted, atol=1e-5)
    read = ours.estimate(CROPS)
    assert np.abs(np.stack([x.argmax(2), y.argmax(2)], 2) - read.cells).max() <= 0.5
    assert np.allclose(np.minimum(x.max(2), y.max(2)).clip(max=1), read.confidence, atol=1e-4)


def test_rtmlib_reads_the_same_joints_out_of_it(adapted):
    rtmlib = pytest.importorskip("rtmlib")
    _, ours, path = adapted
    picture = CROPS[0]
    # of which its crop is the whole picture
    box = np.array([WIDTH * 0.1, HEIGHT * 0.1, WIDTH * 0.9, HEIGHT * 0.9])
    points, _ = rtmlib.RTMPose(str(path), SIZE)(picture[..., ::-1], [box])
    places, *_ = ours.run(picture[None])
    bins = np.stack([axis[0].argmax(1) for axis in np.split(places, [2 * WIDTH], 2)], 1)
    assert np.abs(points[0] - bins / 2).max() <= 0.05
    cells = ours.estimate(picture[None]).cells[0]
    assert np.abs(bins - cells).max() <= 0.5  # which goes on below a bin


def test_a_file_that_says_nothing_of_itself_is_taken_as_the_rtmpose_that_it_is(tmp_path):
    net = Estimator(small_spec("rtmpose", COCO17)).net
    as_mmdeploy_makes_it(net, tmp_path / "end2end.onnx")
    ImportEstimator(tmp_path / "end2end.onnx", tmp_path / "round-0").run(Mock())
    taken = load_estimator(tmp_path / "round-0/weights.safetensors")
    assert (taken.spec.architecture, taken.spec.skeleton.joints) == ("rtmpose", COCO17.joints)
    ours = tmp_path / "round-0/estimator.onnx"
    assert rtmpose_of(onnx.load(ours), ours) is None  # which says what it is


def test_a_picture_is_prepared_as_mmpose_does():
    spec = small_spec("rtmpose")
    picture = torch.full((1, 3, 2, 2), 100.0)
    assert normalised(picture, spec)[0, :, 0, 0].tolist() == pytest.approx(
        [(100 - mean) / std for mean, std in zip(IMAGENET["mean"], IMAGENET["std"], strict=True)], rel=1e-5
    )
