"""A graph that was exported on this machine is not exported again."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from core.estimation import export, graph_cache
from core.estimation.network import Estimator
from tests.core.estimation.fakes import small_spec


def made(seed: int) -> Estimator:
    torch.manual_seed(seed)
    return Estimator(small_spec("simple-baseline")).eval()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(graph_cache, "user_cache_path", lambda *_: tmp_path / "cache")
    return tmp_path / "cache" / "graphs"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """Name and content of what one export keeps."""
    folder = tmp_path_factory.mktemp("graph")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_cache, "user_cache_path", lambda *_: folder)
        export.export_estimator(made(0), folder / "a.onnx")
    (kept,) = (folder / "graphs").iterdir()
    return kept.name, kept.read_bytes()


def test_new_weights_go_into_the_graph_of_others_and_no_weight_is_kept(cache, graph, tmp_path, monkeypatch):
    names = export._parameters(made(0))
    kept = [tensor for tensor in onnx.load_from_string(graph[1]).graph.initializer if tensor.name in names]
    assert kept
    assert not any(tensor.raw_data or tensor.float_data for tensor in kept)
    cache.mkdir(parents=True)
    (cache / graph[0]).write_bytes(graph[1])
    monkeypatch.setattr(export, "_export", None)  # would be a failure
    estimator = made(1)
    export.export_estimator(estimator, tmp_path / "a.onnx")
    weights = export.estimator_from_onnx(tmp_path / "a.onnx").state_dict()
    assert all(torch.equal(weights[name], value) for name, value in estimator.state_dict().items())


@pytest.mark.parametrize("damage", ["cut short", "does something else"])
def test_a_kept_graph_that_is_wrong_is_exported_anew(cache, graph, tmp_path, monkeypatch, damage):
    estimator, anew = made(0), []
    monkeypatch.setattr(export, "_graph", lambda _: anew.append(damage) or onnx.load(tmp_path / "right.onnx"))
    cache.mkdir(parents=True)
    kept = cache / graph[0]
    kept.write_bytes(graph[1])
    export.export_estimator(estimator, tmp_path / "right.onnx")
    assert not anew
    if damage == "cut short":
        kept.write_bytes(graph[1][:1000])
    else:
        model = onnx.load_from_string(graph[1])
        for tensor in model.graph.initializer:
            if tensor.data_type == onnx.TensorProto.FLOAT and tensor.raw_data:
                values = np.full_like(onnx.numpy_helper.to_array(tensor), 3)
                tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
        onnx.save(model, kept)
    export.export_estimator(estimator, tmp_path / "again.onnx")
    assert anew == [damage]
    assert (tmp_path / "again.onnx").read_bytes() == (tmp_path / "right.onnx").read_bytes()
    assert kept.read_bytes() == graph[1]


def test_a_cache_that_cannot_be_written_is_done_without(cache, graph, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_graph", lambda _: onnx.load_from_string(graph[1]))
    cache.parent.write_bytes(b"")
    export.export_estimator(made(0), tmp_path / "a.onnx")
    assert (tmp_path / "a.onnx").is_file()
