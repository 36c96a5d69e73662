"""MC dropout inside an ONNX estimator: several heads with parts left out, run only when asked for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLAG = "with_dropout"  # input, optional, off by default
OUTPUT = "dropout"
MEMBERS = 10
RATE = 0.2


def add_dropout(model: onnx.ModelProto, head_weight: str, activation: str) -> None:
    """Adds the output `dropout` (n,) to a graph in place: how much its heatmaps differ when channels are left
    out.

    Monte-Carlo dropout (Gal & Ghahramani 2016) of the feature channels before the last layer, a convolution
    with the weights named `head_weight`. activation: what makes heatmaps of it, the logistic function
    (Sigmoid) or a cut to 0..1 (Clip). Variance over MEMBERS masks, summed over cells, mean over joints. The
    masks are drawn once, so that the same crop always gives the same value. Empty while FLAG is off.
    """
    graph = model.graph
    conv = next(node for node in graph.node if node.op_type == "Conv" and node.input[1] == head_weight)
    weight = next(item for item in graph.initializer if item.name == head_weight)
    joints, channels = weight.dims[:2]
    branch = _Branch(graph)
    branch.constant("masks", _masks(channels)[:, None, :, None, None])
    branch.constant("weights_shape", np.array([MEMBERS * joints, channels, *weight.dims[2:]], np.int64))
    branch.constant("members", np.array([MEMBERS], np.int64))
    branch.constant("split_shape", np.array([0, MEMBERS, joints, -1], np.int64))
    branch.constant("lowest", np.array(0, np.float32))
    branch.constant("highest", np.array(1, np.float32))
    attributes = {item.name: helper.get_attribute_value(item) for item in conv.attribute}
    bias = list(conv.input[2:])
    branch.node("Mul", ["masks", head_weight], "_masked")
    branch.node("Reshape", ["_masked", "weights_shape"], "_weights")
    if bias:
        branch.node("Tile", [bias[0], "members"], "_bias")
    branch.node("Conv", [conv.input[0], "_weights", *(["_bias"] if bias else [])], "_logits", **attributes)
    branch.node(activation, ["_logits", *(["lowest", "highest"] if activation == "Clip" else [])], "_values")
    branch.node("Reshape", ["_values", "split_shape"], "_members")  # (n, members, joints, cells)
    branch.finish(["_members"])


def add_dropout_along_axes(model: onnx.ModelProto, classifiers: Sequence[str], sharpness: float) -> None:
    """The same where two matrices of those names make of each joint's features (n, joints, channels) what the
    softmax turns, times sharpness, into distributions along x and y.
    """
    graph = model.graph
    branch = _Branch(graph)
    matmul = {node.input[1]: node for node in graph.node if node.op_type == "MatMul"}
    features = matmul[classifiers[0]].input[0]
    channels = next(item for item in graph.initializer if item.name == classifiers[0]).dims[0]
    branch.constant("masks", sharpness * _masks(channels)[:, None])  # what is read is linear in the features
    branch.node("Unsqueeze", [features, "member_axis"], "_features")
    branch.node("Mul", ["_features", "masks"], "_masked")  # (n, members, joints, channels)
    for axis, weight in zip("xy", classifiers, strict=True):
        branch.node("MatMul", ["_masked", weight], f"_logits_{axis}")
        branch.node("Softmax", [f"_logits_{axis}"], f"_members_{axis}", axis=-1)
    branch.finish(["_members_x", "_members_y"])


def _masks(channels: int) -> np.ndarray:
    """(MEMBERS, channels) float32."""
    kept = np.random.default_rng(0).random((MEMBERS, channels)) >= RATE
    return (kept / (1 - RATE)).astype(np.float32)


class _Branch:
    """What runs while FLAG is on. Names that begin with _ are of its own tensors, others of constants or
    of the graph's.
    """

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph, self._nodes, self._constants = graph, list[onnx.NodeProto](), set[str]()
        for name, axis in (("member_axis", 1), ("joint_axis", 1), ("cell_axis", 2)):
            self.constant(name, np.array([axis], np.int64))

    def constant(self, name: str, values: np.ndarray) -> None:
        self._constants.add(name)
        self._graph.initializer.append(numpy_helper.from_array(values, f"{OUTPUT}.{name}"))

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        own = [
            f"{OUTPUT}.{name}" if name in self._constants or name.startswith("_") else name for name in inputs
        ]
        self._nodes.append(helper.make_node(kind, own, [f"{OUTPUT}.{output}"], **attributes))

    def finish(self, members: Sequence[str]) -> None:
        """The variance over members (n, members, joints, cells), summed over the cells of all of them,
        mean over joints.
        """
        for at, name in enumerate(members):
            self.node("ReduceMean", [name, "member_axis"], f"_mean{at}", keepdims=1)
            self.node("Sub", [name, f"_mean{at}"], f"_off{at}")
            self.node("Mul", [f"_off{at}", f"_off{at}"], f"_squared{at}")
            self.node("ReduceMean", [f"_squared{at}", "member_axis"], f"_variance{at}", keepdims=0)
            self.node("ReduceSum", [f"_variance{at}", "cell_axis"], f"_summed{at}", keepdims=0)
        self.node("Sum", [f"_summed{at}" for at in range(len(members))], "_of_joints")
        self.node("ReduceMean", ["_of_joints", "joint_axis"], "_result", keepdims=0)
        self._choose()

    def _choose(self) -> None:
        none = numpy_helper.from_array(np.zeros(0, np.float32))
        empty = helper.make_node("Constant", [], [f"{OUTPUT}.none"], value=none)
        branches = {
            name: helper.make_graph(
                nodes, name, [], [helper.make_tensor_value_info(f"{OUTPUT}.{given}", TensorProto.FLOAT, None)]
            )
            for name, nodes, given in (
                ("then_branch", self._nodes, "_result"),
                ("else_branch", [empty], "none"),
            )
        }
        graph = self._graph
        graph.node.append(helper.make_node("If", [FLAG], [OUTPUT], **branches))
        graph.input.append(helper.make_tensor_value_info(FLAG, TensorProto.BOOL, []))
        graph.initializer.append(helper.make_tensor(FLAG, TensorProto.BOOL, [], [False]))
        graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None]))
