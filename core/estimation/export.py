"""Torch estimators and the detector to ONNX, with what they are written inside."""

import logging
import os
import warnings
from pathlib import Path

import onnx
import torch
from google.protobuf.message import DecodeError
from torch import nn

from core.domain import UserError
from core.estimation.dropout import add_dropout
from core.estimation.network import Estimator
from core.estimation.spec import KEY, EstimatorSpec

HEAD_WEIGHT = "net.heads.kpt_heatmap.out.conv.weight"


def export_estimator(estimator: Estimator, path: Path) -> None:
    """Writes an ONNX file: input crops (n, side, side, 3) uint8 RGB, outputs heatmaps, embedding and, where asked for,
    dropout (see core.estimation.dropout); n is free.
    """
    spec = estimator.spec
    example = torch.randint(0, 255, (2, spec.side, spec.side, 3), dtype=torch.uint8)
    batch = torch.export.Dim("n", min=1, max=4096)
    model = _export(estimator, example, ({0: batch},), ["crops"], ["heatmaps", "embedding"], {KEY: spec.to_text()})
    add_dropout(model, HEAD_WEIGHT)
    _write(model, path)


def update_onnx(path: Path, estimator: Estimator, target: Path) -> None:
    """Writes the ONNX file at `path` again with this estimator's weights: far quicker than exporting the same graph.

    The estimator must have the read-out that the file was exported with.
    """
    model = onnx.load(path)
    state = estimator.state_dict()
    for tensor in model.graph.initializer:
        if tensor.name in state:
            tensor.CopyFrom(onnx.numpy_helper.from_array(state[tensor.name].cpu().numpy(), tensor.name))
    onnx.helper.set_model_props(model, {KEY: estimator.spec.to_text()})
    _write(model, target)


def export_detector(detector: nn.Module, path: Path) -> None:
    """Writes an ONNX file: input images (n, H, W, 3) uint8 RGB, sides multiples of 32, outputs centers, sizes, offsets."""
    example = torch.randint(0, 255, (2, 256, 192, 3), dtype=torch.uint8)
    n = torch.export.Dim("n", min=1, max=64)
    h, w = (32 * torch.export.Dim(name, min=2, max=64) for name in ("rows", "columns"))
    _write(_export(detector, example, ({0: n, 1: h, 2: w},), ["images"], ["centers", "sizes", "offsets"], {}), path)


def _export(
    module: nn.Module, example: torch.Tensor, shapes: tuple, inputs: list, outputs: list, metadata: dict
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
    model = program.model_proto
    onnx.helper.set_model_props(model, metadata)
    return model


def _write(model: onnx.ModelProto, path: Path) -> None:
    aside = path.with_suffix(".tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(aside, "wb") as file:
            file.write(model.SerializeToString())
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def estimator_from_onnx(path: Path) -> Estimator:
    """The torch estimator inside an ONNX file that export_estimator wrote: its initializers keep the parameters' names.

    Heads that the read-out leaves out are not in the file, and zero afterwards. Raises UserError when it is something else.
    """
    try:
        model = onnx.load(path, load_external_data=False)
    except (OSError, ValueError, DecodeError) as error:
        raise UserError(f"The estimator {path} cannot be read ({error}). Choose another file.") from error
    text = {item.key: item.value for item in model.metadata_props}.get(KEY)
    if text is None:
        raise UserError(f"{path.name} is an ONNX file without PoseTailor's description. Use an exported estimator.")
    estimator = Estimator(EstimatorSpec.from_text(text, path.name))
    wanted = estimator.state_dict()
    found = {
        item.name: torch.from_numpy(onnx.numpy_helper.to_array(item).copy())
        for item in model.graph.initializer
        if item.name in wanted
    }
    unused = ("net.heads.kpt_offset.",) + (
        () if estimator.spec.gated else ("net.heads.center.", "net.heads.kpt_regress.")
    )
    needed = {name for name in wanted if not name.startswith(unused)}
    if not needed <= found.keys() or any(found[name].shape != wanted[name].shape for name in found):
        raise UserError(f"{path.name} does not hold the weights it describes. Export it again.")
    estimator.load_state_dict({name: torch.zeros_like(value) for name, value in wanted.items()} | found)
    return estimator.eval()
