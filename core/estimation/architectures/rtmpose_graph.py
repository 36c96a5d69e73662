"""The weights of an RTMPose out of an ONNX graph that mmdeploy made of it, as rtmlib ships them.

Norms are folded in there, and most weights have lost their names. What each is follows from where it stands:
a walk back from the outputs comes to the same layers in the same order, whatever order the nodes are written
in.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import Tensor

from core.domain import UserError

STEM = [f"backbone.stem.{layer}.conv" for layer in range(3)]
STAGES = 4
IS_RTMW = "is an RTMW, whose head is another than RTMPose's. Take an RTMPose with as many joints."


def weights_of_graph(model: onnx.ModelProto, file: str) -> dict[str, Tensor]:
    """By mmpose's names. Raises UserError where it is no RTMPose; what it gives is to be compared with the
    graph.
    """
    if any(node.op_type == "DepthToSpace" for node in model.graph.node):
        raise UserError(f"{file} {IS_RTMW}")
    try:
        return _weights(_Graph(model))
    except (ValueError, TypeError, KeyError, IndexError, RuntimeError, MemoryError) as error:
        raise UserError(
            f"{file} is no RTMPose that is known here ({str(error)[:100] or 'its layers are others'}). "
            "Take the file of a plain RTMPose, or its .pth."
        ) from error


class _Graph:
    """nodes: in the order of the walk, inputs before what reads them."""

    def __init__(self, model: onnx.ModelProto):
        self._graph, self._opsets = model.graph, model.opset_import
        self._makers = {out: node for node in model.graph.node for out in node.output}
        self._held = {tensor.name: tensor for tensor in model.graph.initializer}
        self._inputs = {entry.name for entry in model.graph.input} - self._held.keys()

    @cached_property
    def nodes(self) -> list[onnx.NodeProto]:
        found: list[onnx.NodeProto] = []
        seen: set[str] = set()
        waiting = [(entry.name, False) for entry in reversed(self._axes())]
        while waiting:
            name, done = waiting.pop()
            node = self._makers.get(name)
            if done and node:
                found.append(node)
            elif node and node.output[0] not in seen:
                seen.add(node.output[0])
                waiting += [(name, True), *((other, False) for other in reversed(node.input))]
        return found

    def _axes(self) -> list[onnx.ValueInfoProto]:
        """The outputs along x and along y, by their names where those tell."""
        outputs = list(self._graph.output)
        if len(outputs) != 2:
            raise ValueError(f"it has {len(outputs)} outputs, not one along x and one along y")
        return sorted(outputs, key=lambda entry: entry.name[-1:].lower() == "y")

    @cached_property
    def _moving(self) -> set[str]:
        """Names of what depends on the picture."""
        moving = set(self._inputs)
        for node in self.nodes:
            if any(name in moving for name in node.input):
                moving.update(node.output)
        return moving

    def constants(self, node: onnx.NodeProto) -> list[np.ndarray]:
        """What it reads that does not depend on the picture."""
        return [self._value(name) for name in node.input if name and name not in self._moving]

    def made_by(self, node: onnx.NodeProto, kind: str) -> bool:
        return any(self._makers[name].op_type == kind for name in node.input if name in self._makers)

    def _value(self, name: str) -> np.ndarray:
        if name in self._held:
            return numpy_helper.to_array(self._held[name])
        node = self._makers[name]
        known = {other: self._value(other) for other in node.input if other}
        inputs = [onnx.ValueInfoProto(name=other) for other in known]
        alone = helper.make_graph([node], "constant", inputs, [onnx.ValueInfoProto(name=name)])
        (value,) = ReferenceEvaluator(helper.make_model(alone, opset_imports=self._opsets)).run(None, known)
        return np.asarray(value)


def _weights(graph: _Graph) -> dict[str, Tensor]:
    convolutions: list[tuple[int, np.ndarray, np.ndarray]] = []  # stride, weight, bias
    matrices, factors, sums = [], [], []
    for node in graph.nodes:
        constants = graph.constants(node)
        if node.op_type == "Conv":
            weight, *bias = constants
            convolutions.append(
                (_stride(node), weight, bias[0] if bias else np.zeros(len(weight), np.float32))
            )
        elif node.op_type == "BatchNormalization":
            convolutions[-1] = _folded(convolutions[-1], constants, node)
        elif node.op_type == "MatMul" and constants:
            matrices.append(constants[0])
        elif node.op_type == "Mul" and constants and (constants[0].size > 1 or graph.made_by(node, "Div")):
            factors.append(constants[0].squeeze())
        elif node.op_type == "Add" and constants:
            sums.append(constants[0].squeeze())
    found = _of_backbone(convolutions[:-1]) | _pair("head.final_layer", *convolutions[-1][1:])
    for name, matrix in zip(("mlp.1", "gau.uv", "gau.o", "cls_x", "cls_y"), matrices, strict=True):
        found[f"head.{name}.weight"] = matrix.T
    found["head.mlp.0.g"], found["head.gau.ln.g"] = (value.reshape(1) for value in factors if value.size == 1)
    (found["head.gau.res_scale.scale"],) = (value for value in factors if value.ndim == 1 and value.size > 1)
    (found["head.gau.gamma"],) = (value for value in factors if value.ndim == 2)
    (found["head.gau.beta"],) = (value for value in sums if value.ndim == 2)
    return {name: torch.from_numpy(np.array(value, np.float32)) for name, value in found.items()}


def _stride(node: onnx.NodeProto) -> int:
    return next((item.ints[0] for item in node.attribute if item.name == "strides"), 1)


def _folded(
    layer: tuple[int, np.ndarray, np.ndarray], norm: list[np.ndarray], node: onnx.NodeProto
) -> tuple[int, np.ndarray, np.ndarray]:
    """A convolution with the norm behind it."""
    gain, beta, mean, variance = norm
    epsilon = next((item.f for item in node.attribute if item.name == "epsilon"), 1e-5)
    factor = gain / np.sqrt(variance + epsilon)
    stride, weight, bias = layer
    return stride, weight * factor[:, None, None, None], (bias - mean) * factor + beta


def _of_backbone(layers: list[tuple[int, np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """What has a stride of 2 begins a stage; how many blocks that has follows from how many layers it has."""
    starts = [at for at, (stride, *_) in enumerate(layers) if stride == 2]
    stages = [layers[start:end] for start, end in zip(starts, [*starts[1:], len(layers)], strict=True)]
    if [len(stage) > 5 for stage in stages] != [False, *[True] * STAGES] or len(stages[0]) != len(STEM):
        raise ValueError("its backbone is no CSPNeXt of four stages")
    names = [STEM, *(list(_names(number, len(stage))) for number, stage in enumerate(stages[1:], 1))]
    found: dict[str, np.ndarray] = {}
    for own, stage in zip(names, stages, strict=True):
        for name, (_, weight, bias) in zip(own, stage, strict=True):
            found |= _pair(name, weight, bias)
    return found


def _names(stage: int, layers: int) -> Iterator[str]:
    """Of the layers of a stage, in the order of the walk."""
    place, last = f"backbone.stage{stage}", stage == STAGES
    yield f"{place}.0.conv"
    if last:
        yield from (f"{place}.1.{name}.conv" for name in ("conv1", "conv2"))
    cross = f"{place}.{2 if last else 1}"
    yield f"{cross}.main_conv.conv"
    for block in range((layers - (7 if last else 5)) // 3):
        for name in ("conv1", "conv2.depthwise_conv", "conv2.pointwise_conv"):
            yield f"{cross}.blocks.{block}.{name}.conv"
    yield from (f"{cross}.{name}" for name in ("short_conv.conv", "attention.fc", "final_conv.conv"))


def _pair(name: str, weight: np.ndarray, bias: np.ndarray) -> dict[str, np.ndarray]:
    return {f"{name}.weight": weight, f"{name}.bias": bias}
