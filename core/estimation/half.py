"""A copy of an exported estimator in half precision for GPUs, kept only where it gives the same poses."""

from pathlib import Path

import onnx
import onnx.utils

from core.domain import UserError
from core.estimation.onnx_file import write_model
from core.estimation.parity import compare, exported, made_up
from core.estimation.session import EstimatorSession
from core.estimation.spec import Parity

HEIGHT_TOLERANCE = 0.03  # of a peak of 1
CELL_TOLERANCE = 0.15  # of pixels, where cells are smaller


def write_half(path: Path, target: Path) -> Parity:
    """The ONNX file at path with 16-bit floats inside, inputs and outputs as before.

    Raises UserError, writing nothing, where its heatmaps or joints differ by more than the tolerance.
    """
    from onnxruntime.transformers.float16 import convert_float_to_float16

    spec = EstimatorSession(path, "cpu").spec
    whole = onnx.load(path)
    # without the dropout branch, which the conversion would break; whoever asks for it takes the whole file
    held = {output.name for output in whole.graph.output}
    names = [name for name in spec.output_names if name in held]
    part = onnx.utils.Extractor(whole).extract_model(["crops"], names)
    _separate_scales(part)
    half = convert_float_to_float16(part, keep_io_types=True, op_block_list=[])
    onnx.helper.set_model_props(half, {item.key: item.value for item in whole.metadata_props})
    crops = made_up(spec)
    wanted, found = (exported(model, crops, spec) for model in (whole, half))
    parity = compare(wanted, found)
    if not (parity.heatmaps <= HEIGHT_TOLERANCE and parity.cells * min(1, spec.stride) <= CELL_TOLERANCE):
        raise UserError(f"In half precision {path.name} gives other poses ({parity.sentence}).")
    write_model(half, target)
    return parity


def _separate_scales(model: onnx.ModelProto) -> None:
    """Every Resize its own scales, which stay in 32 bits: shared ones would be converted once for each, by
    one name.
    """
    known = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Resize" and len(node.input) > 2 and node.input[2] in known:
            own = model.graph.initializer.add()
            own.CopyFrom(known[node.input[2]])
            own.name = f"{node.name}_scales"
            node.input[2] = own.name
