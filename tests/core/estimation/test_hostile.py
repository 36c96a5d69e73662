"""Estimators from strangers: no code runs, and whatever bytes they are, there is a sentence or an
estimator.
"""

import os
import pickle
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from safetensors.torch import save_file

from core.domain import UserError
from core.estimation.architectures.checkpoints import read_checkpoint
from core.estimation.architectures.foreign import read_foreign
from core.estimation.export import export_estimator
from core.estimation.network import Estimator, load_estimator, save_estimator
from core.estimation.session import EstimatorSession
from core.estimation.spec import KEY
from tests.core.estimation.fakes import small_spec

QUIET = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A folder with estimator.onnx, weights.safetensors and weights.pth of one small random network."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("small")
    estimator = Estimator(small_spec("vitpose-simple")).eval()
    export_estimator(estimator, folder / "estimator.onnx")
    save_estimator(estimator, folder / "weights.safetensors")
    torch.save(estimator.state_dict(), folder / "weights.pth")
    return folder


def run(path: Path) -> None:
    session = EstimatorSession(path, "cpu")
    crops = np.zeros((1, session.spec.height, session.spec.width, 3), np.uint8)
    session.run(crops)


def mutated(content: bytes, data: st.DataObject) -> bytes:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=20))
    return bytes(changed)


@QUIET
@given(data=st.data())
def test_any_bytes_in_an_exported_estimator(small: Path, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "estimator.onnx"
    path.write_bytes(mutated((small / "estimator.onnx").read_bytes(), data))
    for look in (run, read_foreign):
        try:
            look(path)
        except UserError:
            continue


@QUIET
@given(data=st.data(), name=st.sampled_from(["weights.safetensors", "weights.pth"]))
def test_any_bytes_in_weights(small: Path, tmp_path: Path, data: st.DataObject, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(mutated((small / name).read_bytes(), data))
    looks = [read_checkpoint, load_estimator] if name.endswith("tensors") else [read_checkpoint]
    for look in looks:
        try:
            look(path)
        except UserError:
            continue


class Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {self.path}",)


def test_a_checkpoint_that_brings_code_is_refused_and_does_not_run_it(tmp_path: Path) -> None:
    for name, save in (("a.pth", torch.save), ("b.pth", lambda it, path: path.write_bytes(pickle.dumps(it)))):
        save({"state_dict": Touch(tmp_path / "ran")}, tmp_path / name)
        with pytest.raises(UserError, match="never code"):
            read_checkpoint(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_weights_that_are_only_declared_take_no_memory(tmp_path: Path) -> None:
    header = b'{"w":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    (tmp_path / "b.safetensors").write_bytes(struct.pack("<Q", 1 << 62) + header)
    for name in ("a.safetensors", "b.safetensors"):
        with pytest.raises(UserError, match="cut short"):
            read_checkpoint(tmp_path / name)
    save_file({"w": torch.zeros(4)}, tmp_path / "c.safetensors")
    assert len(read_checkpoint(tmp_path / "c.safetensors")) == 1


def test_a_checkpoint_whose_archive_names_files_elsewhere_writes_nothing(tmp_path: Path, small: Path) -> None:
    path = tmp_path / "a" / "weights.pth"
    path.parent.mkdir()
    path.write_bytes((small / "weights.pth").read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../escaped", "x")
    with suppress(UserError):
        read_checkpoint(path)
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname", "in/../../secret.bin"])
def test_weights_outside_of_the_file_are_refused(small: Path, tmp_path: Path, location: str) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(1 << 20))
    (tmp_path / "own").mkdir()
    model = onnx.load(small / "estimator.onnx")
    tensor = max(model.graph.initializer, key=lambda one: len(one.raw_data))
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    path = tmp_path / "own" / "estimator.onnx"
    path.write_bytes(model.SerializeToString())
    for look in (run, read_foreign):
        with pytest.raises(UserError):
            look(path)


@pytest.mark.parametrize("size", [1 << 40, -1])
def test_what_a_graph_would_make_up_is_not_made(small: Path, tmp_path: Path, size: int) -> None:
    model = onnx.load(small / "estimator.onnx")
    names = [output.name for output in model.graph.output]
    shape = helper.make_tensor("much", TensorProto.INT64, [4], [1, 5, size, 16])
    model.graph.initializer.append(shape)
    node = next(node for node in model.graph.node if names[0] in node.output)
    node.output[list(node.output).index(names[0])] = "before"
    model.graph.node.append(helper.make_node("ConstantOfShape", ["much"], [names[0]]))
    path = tmp_path / "estimator.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UserError):
        run(path)


def test_an_estimator_that_gives_something_else_than_it_says(small: Path, tmp_path: Path) -> None:
    model = onnx.load(small / "estimator.onnx")
    for entry in model.metadata_props:
        if entry.key == KEY:
            entry.value = entry.value.replace('"height": 96', '"height": 192')
    path = tmp_path / "estimator.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UserError):
        run(path)
