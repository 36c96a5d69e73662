"""An adapted RTMPose as rtmlib loads it, and what builds on rtmlib: Sports2D, Pose2Sim."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from core.estimation.maps import top_of
from core.estimation.spec import IMAGENET, EstimatorSpec

INPUT, OUTPUTS = "input", ("simcc_x", "simcc_y")


def write_for_rtmlib(source: Path, target: Path, spec: EstimatorSpec) -> None:
    """Writes the graph at `source`, an estimator of ours that tells places along axes, as mmdeploy lays one
    out.

    Input (n, 3, height, width) float32: a picture as OpenCV reads it, blue first, less ImageNet's mean and
    over its deviation in the order red, green, blue, which is what rtmlib gives a network. Outputs simcc_x
    (n, K, 2 width) and simcc_y (n, K, 2 height), 1 at a peak that is sure.
    """
    model = onnx.load(source, load_external_data=False)
    images = _images_of(model.graph)
    inside = helper.make_tensor_value_info(images, TensorProto.FLOAT, ["n", 3, spec.height, spec.width])
    model.graph.value_info.append(inside)
    part = onnx.utils.Extractor(model).extract_model([images], [spec.output])
    columns, rows = spec.cells
    constants = {
        "rtmlib.mean": np.array(IMAGENET["mean"], np.float32).reshape(1, 3, 1, 1),
        "rtmlib.std": np.array(IMAGENET["std"], np.float32).reshape(1, 3, 1, 1),
        "rtmlib.red_first": np.array([2, 1, 0]),
        "rtmlib.sides": np.array([columns, rows]),
        "rtmlib.top_x": np.array(top_of(columns), np.float32),
        "rtmlib.top_y": np.array(top_of(rows), np.float32),
    }
    front = [
        helper.make_node("Mul", [INPUT, "rtmlib.std"], ["rtmlib.scaled"]),
        helper.make_node("Add", ["rtmlib.scaled", "rtmlib.mean"], ["rtmlib.picture"]),
        helper.make_node("Gather", ["rtmlib.picture", "rtmlib.red_first"], [images], axis=1),
    ]
    back = [
        helper.make_node("Split", [spec.output, "rtmlib.sides"], ["rtmlib.x", "rtmlib.y"], axis=2),
        helper.make_node("Div", ["rtmlib.x", "rtmlib.top_x"], [OUTPUTS[0]]),
        helper.make_node("Div", ["rtmlib.y", "rtmlib.top_y"], [OUTPUTS[1]]),
    ]
    picture = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 3, spec.height, spec.width])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", len(spec.skeleton), cells])
        for name, cells in zip(OUTPUTS, (columns, rows), strict=True)
    ]
    held = [
        *part.graph.initializer,
        *(numpy_helper.from_array(value, name) for name, value in constants.items()),
    ]
    graph = helper.make_graph([*front, *part.graph.node, *back], "rtmpose", [picture], outputs, held)
    made = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    onnx.checker.check_model(made)
    onnx.save(made, target)


def _images_of(graph: onnx.GraphProto) -> str:
    """The tensor with the crops as float pictures (n, 3, height, width), red first, 0 to 255."""
    name = "crops"
    while (node := next(node for node in graph.node if name in node.input)).op_type in ("Transpose", "Cast"):
        name = node.output[0]
    return name
