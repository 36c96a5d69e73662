"""A foreign ONNX graph becomes an estimator that gives what the graph gives, and learns where torch can
rebuild it.
"""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from core.adaptation.augmentation import Augmentation
from core.adaptation.trainer import Recipe, fine_tune
from core.adaptation.training_set import TrainingSet, context_size
from core.domain import COCO17, UserError
from core.estimation.export import estimator_from_onnx, update_onnx
from core.estimation.importing import make_estimator
from core.estimation.session import EstimatorSession
from core.estimation.source import Source
from tests.core.estimation.fakes import FIVE
from tests.core.estimation.foreign_graphs import HEIGHT, WIDTH, write_graph

MEAN, STD = (120.0, 110.0, 100.0), (60.0, 61.0, 62.0)
KINDS = {
    "channels first": {},
    "one sample at a time": {"batch": 1},
    "channels last": {"channels_last": True},
    "of opset 18": {"opset": 18},
    "of opset 11": {"opset": 11},
    "of opset 20": {"opset": 20},
    "whole numbers": {"whole_numbers": True},
    "half precision": {"half": True},
    "a reshape of one sample": {"batch": 1, "fixed_batch": True},
}


def crops(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, HEIGHT, WIDTH, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_the_estimator_gives_what_the_graph_gives(kind, tmp_path):
    options = KINDS[kind]
    whole = options.get("whole_numbers", False)
    path = write_graph(tmp_path / "graph.onnx", **options)
    asked = {} if whole else {"mean": MEAN, "std": STD}
    make_estimator(Source(path, "onnx", FIVE, **asked), tmp_path / "ours.onnx")
    session = EstimatorSession(tmp_path / "ours.onnx", "cpu")
    assert (session.spec.size, session.spec.cells) == ((WIDTH, HEIGHT), (WIDTH // 4, HEIGHT // 4))
    heatmaps, embedding = session.run(crops(3))
    tolerance = 0.02 if options.get("half") else 1e-5
    prepared = crops(3) if whole else (crops(3).astype(np.float32) - np.float32(MEAN)) / np.float32(STD)
    prepared = prepared if options.get("channels_last") else np.moveaxis(prepared, 3, 1)
    prepared = prepared.astype(np.float16) if options.get("half") else prepared
    graph = onnxruntime.InferenceSession(path)
    wanted = np.concatenate(
        [graph.run(None, {"picture": np.ascontiguousarray(one[None])})[0] for one in prepared]
    )
    assert np.allclose(heatmaps, wanted.clip(0, 1), atol=tolerance)
    assert embedding.shape == (3, 8)
    assert session.spec.embedding == 8
    assert bool(session.spec.options.get("single")) == options.get("fixed_batch", False)


def test_a_graph_of_any_size_takes_the_one_asked_for(tmp_path):
    path = write_graph(tmp_path / "graph.onnx", any_size=True)
    make_estimator(Source(path, "onnx", FIVE, size=(96, 64)), tmp_path / "ours.onnx")
    assert EstimatorSession(tmp_path / "ours.onnx", "cpu").spec.size == (96, 64)


def test_the_output_is_chosen_by_name(tmp_path):
    path = write_graph(tmp_path / "graph.onnx", second_output=True)
    make_estimator(Source(path, "onnx", FIVE, output="likely", mean=MEAN, std=STD), tmp_path / "ours.onnx")
    heatmaps, embedding = EstimatorSession(tmp_path / "ours.onnx", "cpu").run(crops(2))
    assert (heatmaps > 0).all()
    assert embedding.shape == (2, 8)  # the last convolution is found behind the activation


def test_without_onnx2torch_it_is_for_estimation_only(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx2torch", None)
    said = make_estimator(Source(write_graph(tmp_path / "a.onnx"), "onnx", FIVE), tmp_path / "ours.onnx")
    assert said[-1].startswith("It is for estimation only, because onnx2torch is not installed")
    with pytest.raises(
        UserError, match=r"ours\.onnx is for estimation only, because onnx2torch is not installed"
    ):
        estimator_from_onnx(tmp_path / "ours.onnx")


def test_a_rebuilt_graph_learns_and_keeps_its_form(tmp_path):
    pytest.importorskip("onnx2torch")
    path = write_graph(tmp_path / "graph.onnx", opset=18)
    said = make_estimator(Source(path, "onnx", FIVE, mean=MEAN, std=STD), tmp_path / "ours.onnx")
    assert said[-1] == "It can be fine-tuned."
    estimator = estimator_from_onnx(tmp_path / "ours.onnx")
    assert {"one.weight", "two.bias", "head.weight", "gain", "beta"} == set(estimator.net.stored()) - {
        "one.bias", "two.weight", "head.bias",
    }  # fmt: skip
    width, height = context_size(estimator.spec)
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    data = TrainingSet(pictures, rng.uniform(30, 60, (2, 5, 2)), np.ones((2, 5), bool), np.full(2, 1000.0))
    losses = []
    recipe = Recipe(
        augmentation=Augmentation(0, 0, 0, 0, 0), batch=2, seconds=None, rate=1e-2, warm_up=2, frozen_blocks=0
    )
    fine_tune(estimator, data, recipe, 10, torch.device("cpu"), lambda step: losses.append(step.loss) or True)
    assert losses[-1] < losses[0]
    parity = update_onnx(tmp_path / "ours.onnx", estimator, tmp_path / "tuned.onnx", crops(2))
    assert parity.heatmaps < 1e-4
    before, after = (EstimatorSession(tmp_path / name, "cpu") for name in ("ours.onnx", "tuned.onnx"))
    assert not np.allclose(before.run(crops(1))[0], after.run(crops(1))[0], atol=1e-3)
    assert after.dropout(crops(2)).shape == (2,)
    again = estimator_from_onnx(tmp_path / "tuned.onnx")
    with torch.no_grad():
        assert torch.allclose(
            again(torch.from_numpy(crops(2)))[0], estimator(torch.from_numpy(crops(2)))[0], atol=1e-5
        )


@pytest.mark.parametrize("opset", [20, 22])
def test_a_graph_of_a_newer_opset_than_onnx2torch_knows_can_learn(opset, tmp_path):
    pytest.importorskip("onnx2torch")
    path = write_graph(tmp_path / "graph.onnx", opset=opset)
    said = make_estimator(Source(path, "onnx", FIVE, mean=MEAN, std=STD), tmp_path / "ours.onnx")
    assert said[-1] == "It can be fine-tuned."
    assert "head.weight" in estimator_from_onnx(tmp_path / "ours.onnx").net.stored()


def test_a_graph_that_takes_blue_first_gets_it(tmp_path):
    path = write_graph(tmp_path / "graph.onnx")
    found = []
    for colours, mean, std in (("rgb", MEAN, STD), ("bgr", MEAN[::-1], STD[::-1])):
        asked = Source(path, "onnx", FIVE, mean=mean, std=std, colours=colours)
        make_estimator(asked, tmp_path / f"{colours}.onnx")
        session = EstimatorSession(tmp_path / f"{colours}.onnx", "cpu")
        assert session.spec.mean == MEAN
        found.append(session)
    blue = (crops(2).astype(np.float32)[..., ::-1] - np.float32(MEAN[::-1])) / np.float32(STD[::-1])
    (wanted,) = onnxruntime.InferenceSession(path).run(
        None, {"picture": np.ascontiguousarray(np.moveaxis(blue, 3, 1))}
    )
    assert np.allclose(found[1].run(crops(2))[0], wanted.clip(0, 1), atol=1e-5)
    assert not np.allclose(found[0].run(crops(2))[0], wanted.clip(0, 1), atol=1e-3)


def test_weights_in_a_file_beside_it_are_taken_in(tmp_path):
    model = onnx.load(write_graph(tmp_path / "graph.onnx"))
    onnx.save(
        model, tmp_path / "graph.onnx", save_as_external_data=True, location="graph.data", size_threshold=0
    )
    make_estimator(Source(tmp_path / "graph.onnx", "onnx", FIVE), tmp_path / "ours.onnx")
    (tmp_path / "graph.data").unlink()
    assert EstimatorSession(tmp_path / "ours.onnx", "cpu").run(crops(1))[0].shape == (1, 5, 16, 12)
    with pytest.raises(UserError, match=r"keeps weights in 'graph\.data', which cannot be read"):
        make_estimator(Source(tmp_path / "graph.onnx", "onnx", FIVE), tmp_path / "again.onnx")


def test_nodes_that_another_tool_left_out_of_order_are_put_in_order(tmp_path):
    path = write_graph(tmp_path / "graph.onnx")
    model = onnx.load(path)
    nodes = list(model.graph.node)[::-1]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    path.write_bytes(model.SerializeToString())
    make_estimator(Source(path, "onnx", FIVE), tmp_path / "ours.onnx")
    onnx.checker.check_model(onnx.load(tmp_path / "ours.onnx"))


def test_heatmaps_far_beyond_0_to_1_are_said(tmp_path):
    path = write_graph(tmp_path / "graph.onnx", second_output=True)
    said = make_estimator(Source(path, "onnx", FIVE, output="heat"), tmp_path / "ours.onnx")
    assert said[0].startswith("On made-up pictures its heatmaps run from -")
    assert "another --mean and --std" in said[0]
    said = make_estimator(Source(path, "onnx", FIVE, output="likely"), tmp_path / "likely.onnx")
    assert not said[0].startswith("On made-up pictures")


def outside(path):
    model = onnx.load(path)
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    model.graph.initializer[0].external_data.add(key="location", value="/etc/hostname")
    model.graph.initializer[0].external_data.add(key="length", value="1")
    path.write_bytes(model.SerializeToString())


def enormous(path):
    model = onnx.load(path)
    model.graph.initializer[0].dims[0] = 2**40
    path.write_bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("options", "damage", "changes", "sentence"),
    [
        ({}, outside, {}, "keeps weights in '/etc/hostname', which lies outside of its folder"),
        ({}, enormous, {}, "declares a tensor 'one.weight' of"),
        ({"domain": "strange.ops"}, None, {}, "operators that are not standard ONNX (strange.ops)"),
        ({"opset": 9}, None, {}, "is of opset 9; export it with opset 11 or newer"),
        ({}, lambda path: path.write_bytes(b"nonsense"), {}, "cut short, damaged, or no ONNX file"),
        (
            {},
            lambda path: path.write_bytes(path.read_bytes()[:99]),
            {},
            "cut short, damaged, or no ONNX file",
        ),
        ({}, lambda path: path.write_bytes(b""), {}, "is empty. Download or export it again"),
        ({}, lambda path: path.write_bytes(b"<!DOCTYPE html>"), {}, "is a web page"),
        (
            {},
            lambda path: path.write_bytes(b"version https://git-lfs.github.com"),
            {},
            "pointer that Git LFS",
        ),
        ({}, None, {"skeleton": None}, "has 5 joints: give their names with --skeleton"),
        (
            {},
            None,
            {"skeleton": COCO17},
            "no output with one heatmap for each of 17 joints (it has 5 x 16 x 12)",
        ),
        ({}, None, {"size": (64, 64)}, "takes pictures of 48x64, not of 64x64"),
        ({"any_size": True}, None, {}, "takes pictures of any size: say which with --size"),
        (
            {"any_size": True},
            None,
            {"size": (50, 70)},
            "(it has 5 x 18 x 13). They have to cover the picture in equal steps",
        ),
        ({"second_output": True}, None, {}, "choose with --output one of heat, likely"),
        ({"second_output": True}, None, {"output": "other"}, "has no output 'other' that could be heatmaps"),
        (
            {"whole_numbers": True},
            None,
            {"mean": MEAN},
            "takes whole numbers, so --mean and --std have no place",
        ),
    ],
)
def test_what_is_no_heatmap_network_is_refused_in_one_sentence(options, damage, changes, sentence, tmp_path):
    path = write_graph(tmp_path / "graph.onnx", **options)
    if damage:
        damage(path)
    with pytest.raises(UserError) as refused:
        make_estimator(
            Source(**{"file": path, "architecture": "onnx", "skeleton": FIVE} | changes), tmp_path / "o.onnx"
        )
    assert sentence in str(refused.value)
    assert not (tmp_path / "o.onnx").exists()
