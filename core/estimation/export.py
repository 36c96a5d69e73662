"""Torch estimators and the detector to ONNX, with what they are written inside."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from core.domain import UserError
from core.estimation.architectures.rebuilt import Rebuilt
from core.estimation.dropout import add_dropout, add_dropout_along_axes
from core.estimation.graph_cache import keep_graph, kept_graph
from core.estimation.maps import SHARPNESS
from core.estimation.network import SPECS, Estimator, load_estimator
from core.estimation.onnx_file import read_model, write_model
from core.estimation.parity import check_parity
from core.estimation.spec import KEY, PARITY, EstimatorSpec, Parity, not_ours


def export_estimator(estimator: Estimator, path: Path, crops: np.ndarray | None = None) -> Parity:
    """Writes an ONNX file: input crops (n, height, width, 3) uint8 RGB, outputs those of its spec and, where
    asked for, dropout (see core.estimation.dropout); n is free. Its initializers have the names of the
    parameters.

    crops: to compare both on, see check_parity. Raises UserError when they do not agree; nothing is written
    then.
    """
    kept = kept_graph(estimator.spec)
    if kept is not None:
        with suppress(UserError, RuntimeError):  # then it is exported anew
            return _fill(kept, estimator, path, crops)
    model = _graph(estimator)
    parity = _fill(model, estimator, path, crops)
    keep_graph(estimator.spec, model, _parameters(estimator))
    return parity


def _graph(estimator: Estimator) -> onnx.ModelProto:
    """With made-up weights."""
    spec, net = estimator.spec, estimator.net
    example = torch.randint(0, 255, (2, spec.height, spec.width, 3), dtype=torch.uint8)
    batch = torch.export.Dim("n", min=1, max=4096)
    with _all_different(estimator):
        model = _export(estimator, example, ({0: batch},), ["crops"], list(spec.output_names))
    if spec.along_axes:
        add_dropout_along_axes(model, [f"net.{name}.weight" for name in net.classifiers], SHARPNESS)
    else:
        add_dropout(model, f"net.{net.final}.weight", "Sigmoid" if spec.loss == "focal" else "Clip")
    return model


def update_onnx(path: Path, estimator: Estimator, target: Path, crops: np.ndarray | None = None) -> Parity:
    """Writes the ONNX file at `path` again with this estimator's weights: far quicker than exporting the same
    graph.

    The estimator must have the read-out that the file was exported with. crops and errors: as in
    export_estimator.
    """
    model = onnx.load(path, load_external_data=False)
    held = {output.name for output in model.graph.output}
    if not held.issuperset(estimator.spec.output_names):  # by a version that did not give them all
        return export_estimator(estimator, target, crops)
    return _fill(model, estimator, target, crops)


def _fill(model: onnx.ModelProto, estimator: Estimator, path: Path, crops: np.ndarray | None) -> Parity:
    """Puts the estimator's weights and description into a graph of its own, and writes it when both agree."""
    state = _parameters(estimator)
    held = set()
    for tensor in model.graph.initializer:
        if tensor.name in state:
            held.add(tensor.name)
            tensor.CopyFrom(onnx.numpy_helper.from_array(state[tensor.name].cpu().numpy(), tensor.name))
    if missing := _needed(estimator) - held:
        raise RuntimeError(f"The exported graph has no {min(missing)}.")
    parity = check_parity(model, estimator, crops)
    onnx.helper.set_model_props(model, {KEY: estimator.spec.to_text(), PARITY: parity.to_text()})
    write_model(model, path)
    return parity


def _parameters(estimator: Estimator) -> dict[str, torch.Tensor]:
    """What it stores, by the names that an exported graph gives it."""
    return {f"net.{name}": tensor for name, tensor in estimator.net.stored().items()}


@contextmanager
def _all_different(module: nn.Module) -> Iterator[None]:
    """While a graph is made: tensors that are equal, or all zero, would be merged or folded away with
    their names.
    """
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    try:
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.uniform_(0.1, 0.2)
        yield
    finally:
        module.load_state_dict(state)


def _needed(estimator: Estimator) -> set[str]:
    """The parameters that its read-out uses."""
    net = estimator.net
    return {f"net.{name}" for name in net.stored() if not name.startswith(net.unused(estimator.spec.gated))}


def export_nanodet(detector: nn.Module, path: Path) -> None:
    """Writes an ONNX file: input images (1, 3, H, W) float32 RGB 0..255, sides multiples of 32, outputs
    boxes, scores.
    """
    h, w = (32 * torch.export.Dim(name, min=2, max=64) for name in ("rows", "columns"))
    example = 255 * torch.rand(1, 3, 416, 416)
    write_model(_export(detector, example, ({2: h, 3: w},), ["images"], ["boxes", "scores"]), path)


def export_detector(detector: nn.Module, path: Path) -> None:
    """Writes an ONNX file: input images (n, H, W, 3) uint8 RGB, sides multiples of 32, outputs centers,
    sizes, offsets.
    """
    example = torch.randint(0, 255, (2, 256, 192, 3), dtype=torch.uint8)
    n = torch.export.Dim("n", min=1, max=64)
    h, w = (32 * torch.export.Dim(name, min=2, max=64) for name in ("rows", "columns"))
    write_model(
        _export(detector, example, ({0: n, 1: h, 2: w},), ["images"], ["centers", "sizes", "offsets"]), path
    )


def _export(
    module: nn.Module, example: torch.Tensor, shapes: tuple, inputs: list, outputs: list
) -> onnx.ModelProto:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval().cpu(),
            (example,),
            dynamo=True,
            verbose=False,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=shapes,
        )
    assert program is not None
    return program.model_proto


def read_estimator(file: Path, shipped: str | None = None) -> Estimator:
    """From .onnx or .safetensors of ours; shipped: key in SPECS of weights that ship. Raises UserError."""
    if file.suffix == ".onnx":
        return estimator_from_onnx(file)
    return load_estimator(file, SPECS[shipped] if shipped else None)


def estimator_from_onnx(path: Path) -> Estimator:
    """The torch estimator inside an ONNX file that export_estimator wrote.

    Heads that the read-out leaves out are not in the file, and zero afterwards. Raises UserError when it is
    something else.
    """
    model = read_model(path)
    spec = spec_in(model, path.name)
    if spec.architecture == "onnx":
        if spec.untrainable:
            raise UserError(f"{path.name} is for estimation only, because {spec.untrainable}.")
        try:
            return Estimator(spec, Rebuilt(spec, model)).eval()
        except UserError as error:
            raise UserError(f"{path.name} cannot be fine-tuned here, because {error}.") from error
    estimator = Estimator(spec)
    wanted = estimator.state_dict()
    found = {
        item.name: torch.from_numpy(onnx.numpy_helper.to_array(item).copy())
        for item in model.graph.initializer
        if item.name in wanted
    }
    if not _needed(estimator) <= found.keys() or any(
        found[name].shape != wanted[name].shape for name in found
    ):
        raise UserError(f"{path.name} does not hold the weights it describes. Export it again.")
    estimator.load_state_dict({name: torch.zeros_like(value) for name, value in wanted.items()} | found)
    return estimator.eval()


def spec_in(model: onnx.ModelProto, name: str) -> EstimatorSpec:
    """What a file says of itself. Raises UserError when it does not."""
    text = {item.key: item.value for item in model.metadata_props}.get(KEY)
    if text is None:
        raise UserError(not_ours(name))
    return EstimatorSpec.from_text(text, name)
