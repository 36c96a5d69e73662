"""MC dropout inside an ONNX estimator: several heatmap heads with parts left out, run only when asked for."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLAG = "with_dropout"  # input, optional, off by default
OUTPUT = "dropout"
MEMBERS = 10
RATE = 0.2


def add_dropout(model: onnx.ModelProto, head_weight: str, activation: str) -> None:
    """Adds the output `dropout` (n,) to a graph in place: how much its heatmaps differ when channels are left out.

    Monte-Carlo dropout (Gal & Ghahramani 2016) of the feature channels before the last layer, a convolution with the
    weights named `head_weight`. activation: what makes heatmaps of it, the logistic function (Sigmoid) or a cut to 0..1
    (Clip). Variance over MEMBERS masks, summed over cells, mean over joints. The masks are drawn once, so that the same crop
    always gives the same value. Empty while FLAG is off.
    """
    graph = model.graph
    conv = next(node for node in graph.node if node.op_type == "Conv" and node.input[1] == head_weight)
    weight = next(item for item in graph.initializer if item.name == head_weight)
    joints, channels = weight.dims[:2]
    rng = np.random.default_rng(0)
    masks = (rng.random((MEMBERS, 1, channels, 1, 1)) >= RATE) / (1 - RATE)
    constants: dict[str, np.ndarray] = {
        "masks": masks.astype(np.float32),
        "weights_shape": np.array([MEMBERS * joints, channels, *weight.dims[2:]], np.int64),
        "members": np.array([MEMBERS], np.int64),
        "split_shape": np.array([0, MEMBERS, joints, -1], np.int64),
        "member_axis": np.array([1], np.int64),
        "cell_axis": np.array([2], np.int64),
        "joint_axis": np.array([1], np.int64),
        "lowest": np.array(0, np.float32),
        "highest": np.array(1, np.float32),
    }
    for name, values in constants.items():
        graph.initializer.append(numpy_helper.from_array(values, f"{OUTPUT}.{name}"))

    def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> onnx.NodeProto:
        named = [f"{OUTPUT}.{name}" if name in constants or name.startswith("_") else name for name in inputs]
        return helper.make_node(kind, named, [f"{OUTPUT}.{output}"], **attributes)

    attributes = {item.name: helper.get_attribute_value(item) for item in conv.attribute}
    bias = list(conv.input[2:])
    then = [
        node("Mul", ["masks", head_weight], "_masked"),
        node("Reshape", ["_masked", "weights_shape"], "_weights"),
        *([node("Tile", [bias[0], "members"], "_bias")] if bias else []),
        node("Conv", [conv.input[0], "_weights", *(["_bias"] if bias else [])], "_logits", **attributes),
        node(activation, ["_logits", *(["lowest", "highest"] if activation == "Clip" else [])], "_values"),
        node("Reshape", ["_values", "split_shape"], "_members"),  # (n, members, joints, cells)
        node("ReduceMean", ["_members", "member_axis"], "_mean", keepdims=1),
        node("Sub", ["_members", "_mean"], "_off"),
        node("Mul", ["_off", "_off"], "_squared"),
        node("ReduceMean", ["_squared", "member_axis"], "_variance", keepdims=0),
        node("ReduceSum", ["_variance", "cell_axis"], "_summed", keepdims=0),
        node("ReduceMean", ["_summed", "joint_axis"], "_result", keepdims=0),
    ]
    none = helper.make_node("Constant", [], [f"{OUTPUT}.none"], value=numpy_helper.from_array(np.zeros(0, np.float32)))
    branches = {
        "then_branch": helper.make_graph(
            then, "with", [], [helper.make_tensor_value_info(f"{OUTPUT}._result", TensorProto.FLOAT, None)]
        ),
        "else_branch": helper.make_graph(
            [none], "without", [], [helper.make_tensor_value_info(f"{OUTPUT}.none", TensorProto.FLOAT, None)]
        ),
    }
    graph.node.append(helper.make_node("If", [FLAG], [OUTPUT], **branches))
    graph.input.append(helper.make_tensor_value_info(FLAG, TensorProto.BOOL, []))
    graph.initializer.append(helper.make_tensor(FLAG, TensorProto.BOOL, [], [False]))
    graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None]))
