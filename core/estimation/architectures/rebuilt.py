"""A foreign ONNX graph as a torch module that can be fine-tuned, its weights under the names they have in
the file.
"""

import importlib
import sys
import types
from collections.abc import Callable

import numpy as np
import onnx
from onnx import numpy_helper, version_converter
from torch import Tensor, nn

from core.domain import UserError
from core.estimation.architectures.foreign import IMAGES, PREFIX, RAW
from core.estimation.architectures.net import Net, Parts
from core.estimation.spec import EstimatorSpec

# operators whose constants are weights; those of others, such as the factors of Resize, shape the network
OPSET = 18  # the newest that onnx2torch knows most operators of
WEIGHTED = (
    "Conv",
    "ConvTranspose",
    "BatchNormalization",
    "Gemm",
    "MatMul",
    "LayerNormalization",
    "Add",
    "Mul",
)


class Rebuilt(Net):
    """What onnx2torch makes of the graph in a wrapped file (see foreign.wrap). Batch norms stay as they are
    in training.

    Raises UserError when it cannot.
    """

    final = ""

    def __init__(self, spec: EstimatorSpec, model: onnx.ModelProto):
        super().__init__()
        graph = _lowered(onnx.utils.Extractor(model).extract_model([IMAGES], [RAW, "embedding"]))
        self.graph = _converted(graph)
        self._places = _places(graph)

    trunk = ()

    def lower(self, images: Tensor) -> tuple[Tensor, ...]:
        return (images,)

    def upper(self, *features: Tensor) -> tuple[Tensor, Tensor]:
        raw, embedding = self.graph(*features)
        return raw, embedding

    def parts(self, frozen: int) -> Parts:
        ours = {id(parameter) for name, parameter in self.graph.named_parameters() if name in self._places}
        layers = [
            module
            for module in self.graph.modules()
            if (own := list(module.parameters(recurse=False)))
            and all(id(parameter) in ours for parameter in own)
        ]
        return Parts(layers[min(frozen, len(layers) - 1) : -1], [], layers[-1:])

    def train(self, mode: bool = True) -> "Rebuilt":
        return super().train(False)

    def stored(self) -> dict[str, Tensor]:
        parameters = dict(self.graph.named_parameters())
        return {
            name.removeprefix(PREFIX): parameters[own].detach().T.contiguous()
            if turned
            else parameters[own].detach()
            for own, (name, turned) in self._places.items()
        }


def _lowered(graph: onnx.ModelProto) -> onnx.ModelProto:
    """As of an opset that onnx2torch knows; whether it gives the same is compared later."""
    if max(entry.version for entry in graph.opset_import) <= OPSET:
        return graph
    try:
        return version_converter.convert_version(graph, OPSET)
    except RuntimeError as error:
        raise UserError(
            f"it cannot be brought to opset {OPSET} ({str(error).splitlines()[0][:150]})"
        ) from error


def _converted(graph: onnx.ModelProto) -> nn.Module:
    convert = _onnx2torch()
    try:
        return convert(graph).eval()
    except Exception as error:
        reason = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
        raise UserError(f"onnx2torch cannot rebuild it ({reason})") from error


def _onnx2torch() -> Callable[[onnx.ModelProto], nn.Module]:
    """The converter. Two of its operators, of object detectors, want torchvision, which is rarely made for
    the torch that is here; no heatmap network has them, so that an empty one in its place will do.
    """
    try:
        importlib.import_module("torchvision.ops")
    except Exception:  # noqa: BLE001 - absent, or of another torch
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        empty, ops = types.ModuleType("torchvision"), types.ModuleType("torchvision.ops")
        vars(empty)["ops"], vars(ops)["roi_align"] = ops, None
        sys.modules |= {"torchvision": empty, "torchvision.ops": ops}
    try:
        return importlib.import_module("onnx2torch").convert
    except ImportError as error:
        raise UserError("onnx2torch is not installed (pip install onnx2torch)") from error


def _places(graph: onnx.ModelProto) -> dict[str, tuple[str, bool]]:
    """Name of each parameter -> that of its initializer, and whether one is the other turned over.

    Found by converting the same graph with numbers that occur only once.
    """
    marked = onnx.ModelProto.FromString(graph.SerializeToString())
    uses: dict[str, set[str]] = {}
    for node in marked.graph.node:
        for name in node.input:
            uses.setdefault(name, set()).add(node.op_type)
    rng = np.random.default_rng(0)
    known: dict[bytes, tuple[str, bool]] = {}
    for tensor in marked.graph.initializer:
        of_weights = tensor.name.startswith(PREFIX) and uses.get(tensor.name, {""}) <= set(WEIGHTED)
        if tensor.data_type != onnx.TensorProto.FLOAT or not of_weights:
            continue
        values = rng.uniform(0.5, 1.5, tuple(tensor.dims)).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
        if values.ndim == 2:
            known[_mark(values.T)] = tensor.name, True
        known[_mark(values)] = tensor.name, False
    parameters = _converted(marked).named_parameters()
    found = {name: known.get(_mark(parameter.detach().numpy())) for name, parameter in parameters}
    return {name: place for name, place in found.items() if place is not None}


def _mark(values: np.ndarray) -> bytes:
    return repr(values.shape).encode() + np.ascontiguousarray(values).tobytes()
