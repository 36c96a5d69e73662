"""Small heatmap networks as ONNX graphs, as other programs would write them."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH, HEIGHT, JOINTS = 48, 64, 5
STRIDE = 4


def write_graph(
    path: Path,
    batch: int | str = "n",
    channels_last: bool = False,
    opset: int = 17,
    second_output: bool = False,
    fixed_batch: bool = False,
    whole_numbers: bool = False,
    any_size: bool = False,
    domain: str = "",
    half: bool = False,
) -> Path:
    """Convolution, batch norm, convolution, and a last one to the heatmaps (n, 5, 16, 12).

    fixed_batch: with a reshape that knows one sample alone; domain: of the last activation's operator; half:
    in float16.
    """
    rng = np.random.default_rng(0)
    shapes = {
        "one.weight": (8, 3, 3, 3), "one.bias": (8,), "gain": (8,), "beta": (8,), "mean": (8,),
        "two.weight": (8, 8, 3, 3), "two.bias": (8,), "head.weight": (JOINTS, 8, 1, 1),
        "head.bias": (JOINTS,),
    }  # fmt: skip
    weights = {name: 0.3 * rng.normal(size=shape) for name, shape in shapes.items()}
    weights["variance"] = rng.uniform(0.5, 1.5, 8)
    held = [
        numpy_helper.from_array(values.astype(np.float16 if half else np.float32), name)
        for name, values in weights.items()
    ]
    nodes, at = [], "picture"

    def add(kind: str, *inputs: str, to: str, **attributes) -> None:
        nonlocal at
        nodes.append(helper.make_node(kind, [at, *inputs], [to], **attributes))
        at = to

    if whole_numbers:
        add("Cast", to="whole")
        nodes[-1].attribute.append(helper.make_attribute("to", TensorProto.FLOAT))
    if channels_last:
        add("Transpose", to="first", perm=[0, 3, 1, 2])
    halved = {"strides": [2, 2], "pads": [1, 1, 1, 1]}
    add("Conv", "one.weight", "one.bias", to="a", **halved)
    add("BatchNormalization", "gain", "beta", "mean", "variance", to="b")
    add("Relu", to="c")
    add("Conv", "two.weight", "two.bias", to="d", **halved)
    add("Relu", to="e")
    if fixed_batch:
        held.append(numpy_helper.from_array(np.array([1, 8, 16, 12]), "shape"))
        add("Reshape", "shape", to="f")
    add("Conv", "head.weight", "head.bias", to="heat")
    if domain:
        nodes[-1].domain = domain
    sides = ("h", "w") if any_size else (HEIGHT, WIDTH)
    shape = [batch, *sides, 3] if channels_last else [batch, 3, *sides]
    maps = ["n", JOINTS, None, None] if any_size else [batch, JOINTS, HEIGHT // STRIDE, WIDTH // STRIDE]
    number = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    outputs = [helper.make_tensor_value_info("heat", number, maps)]
    if second_output:
        nodes.append(helper.make_node("Sigmoid", ["heat"], ["likely"]))
        outputs.append(helper.make_tensor_value_info("likely", TensorProto.FLOAT, maps))
    kind = TensorProto.UINT8 if whole_numbers else number
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("picture", kind, shape)], outputs, held
    )
    opsets = [helper.make_opsetid("", opset), *([helper.make_opsetid(domain, 1)] if domain else [])]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path
