"""A heatmap network that comes as an ONNX graph: what may be taken in, and its wrapping into a file of ours."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from core.domain import COCO17, Skeleton, UserError
from core.estimation.spec import LARGEST_SIDE, EstimatorSpec

PREFIX = "net."
IMAGES = "posetailor.images"  # (n, 3, H, W) float 0..255
RAW = "posetailor.raw"  # heatmaps (n, K, h, w) before they are cut to 0..1
LARGEST_TENSOR = 2**28  # numbers; the widest layers of known networks have a tenth
LEAST_OPSET = 11
DOMAINS = ("", "ai.onnx")
PASSING = ("Identity", "Relu", "Sigmoid", "Clip", "Transpose", "Cast")  # between the last convolution and the heatmaps
TYPES = {TensorProto.FLOAT: "float", TensorProto.UINT8: "uint8"}


@dataclass(frozen=True)
class Wrapped:
    """model: an ONNX file of ours without its metadata; final: name of the last convolution's weights, '' where none is
    found; sentences: what a user should know.
    """

    model: onnx.ModelProto
    spec: EstimatorSpec
    final: str
    sentences: tuple[str, ...]


def read_foreign(path: Path) -> onnx.ModelProto:
    """Raises UserError for what is no self-contained graph of standard operators of a sane size."""
    from core.estimation.export import read_model

    model = read_model(path)
    graphs = list(_graphs(model.graph))
    if not model.graph.node or not model.opset_import:
        raise UserError(f"{path.name} holds no graph. Choose another file.")
    for graph in graphs:
        for tensor in _tensors(graph):
            if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
                raise UserError(f"{path.name} keeps weights in other files; save it as one file without external data.")
            if math.prod(tensor.dims) > LARGEST_TENSOR or any(size < 0 for size in tensor.dims):
                raise UserError(
                    f"{path.name} declares a tensor {tensor.name!r} of {list(tensor.dims)}; that is not sane."
                )
    strange = {node.domain for graph in graphs for node in graph.node if node.domain not in DOMAINS}
    if strange or model.functions:
        names = ", ".join(sorted(strange)) or "functions of its own"
        raise UserError(f"{path.name} needs operators that are not standard ONNX ({names}); export it without them.")
    opset = max(entry.version for entry in model.opset_import if entry.domain in DOMAINS)
    if opset < LEAST_OPSET:
        raise UserError(f"{path.name} is of opset {opset}; export it with opset {LEAST_OPSET} or newer.")
    return model


def wrap(
    model: onnx.ModelProto,
    name: str,
    skeleton: Skeleton | None,
    *,
    size: tuple[int, int] | None = None,
    mean: tuple[float, float, float] | None = None,
    std: tuple[float, float, float] | None = None,
    output: str | None = None,
    convention: str = "corner",
) -> Wrapped:
    """Crops (n, height, width, 3) uint8 RGB in, heatmaps and an embedding out; the graph itself stays as it is.

    name: of the file, for messages; skeleton: by default COCO-17's where there are 17 joints; mean, std: of RGB 0..255;
    output: of the graph, where several could be heatmaps. Raises UserError when it is no such network.
    """
    entry, channels_last = _input_of(model, name)
    width, height = _size_of(entry, channels_last, size, name)
    wants_bytes = entry.type.tensor_type.elem_type == TensorProto.UINT8
    if wants_bytes and (mean or std):
        raise UserError(f"{name} takes whole numbers, so --mean and --std have no place in front of it.")
    spec = EstimatorSpec(
        "onnx",
        width,
        height,
        1,
        1,
        skeleton or COCO17,
        source=name,
        convention=convention,
        mean=mean or (0.0, 0.0, 0.0),
        std=std or (1.0, 1.0, 1.0),
    )
    front = _front(PREFIX + entry.name, spec, channels_last, wants_bytes)
    sentences = []
    dynamic = _joined(model, front, free_batch=True)
    shapes = _shapes(dynamic, spec, 2)
    if shapes is None:
        dynamic = _joined(model, front, free_batch=False)
        shapes = _shapes(dynamic, spec, 1)
        if shapes is None:
            raise UserError(f"{name} does not run on a picture of {width}x{height}. Give its --size.")
        sentences.append("Its batch is fixed, so that it runs sample by sample.")
        spec = replace(spec, options={"single": True})
    given = {entry.name: shapes[entry.name] for entry in dynamic.graph.output if entry.name in shapes}
    heat, last = _heatmaps_of(given, spec, output, skeleton, name)
    joints, rows = (shapes[heat][i] for i in ((3, 1) if last else (1, 2)))
    if skeleton is None and joints != len(COCO17):
        raise UserError(f"{name} has {joints} joints: give their names with --skeleton.")
    final, features = _final_of(dynamic.graph, heat)
    spec = replace(
        spec,
        skeleton=skeleton or COCO17,
        stride=height // rows,
        embedding=shapes[features][1] if features else joints,
    )
    _finish(dynamic, spec, heat, last, features)
    onnx.checker.check_model(dynamic)
    return Wrapped(dynamic, spec, final, tuple(sentences))


def _graphs(graph: onnx.GraphProto):
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _graphs(inner)


def _tensors(graph: onnx.GraphProto):
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield sparse.values
    for node in graph.node:
        for attribute in node.attribute:
            yield from (*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors)


def _input_of(model: onnx.ModelProto, name: str) -> tuple[onnx.ValueInfoProto, bool]:
    """The one image that goes in, and whether its channels come last."""
    held = {tensor.name for tensor in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in held]
    if len(inputs) != 1:
        raise UserError(f"{name} takes {len(inputs)} inputs; a heatmap network takes one, the picture.")
    kind = inputs[0].type.tensor_type
    dims = [dim.dim_value for dim in kind.shape.dim]
    if kind.elem_type not in TYPES or len(dims) != 4 or 3 not in (dims[1], dims[3]):
        raise UserError(
            f"{name} takes no picture: one of shape (n, 3, height, width) or (n, height, width, 3), float32 or uint8, is "
            "needed."
        )
    return inputs[0], dims[1] != 3


def _size_of(
    entry: onnx.ValueInfoProto, channels_last: bool, size: tuple[int, int] | None, name: str
) -> tuple[int, int]:
    dims = [dim.dim_value for dim in entry.type.tensor_type.shape.dim]
    height, width = dims[1:3] if channels_last else dims[2:4]
    if not width or not height:
        if size is None:
            raise UserError(f"{name} takes pictures of any size: say which with --size WIDTHxHEIGHT.")
        width, height = size
    elif size not in (None, (width, height)):
        raise UserError(f"{name} takes pictures of {width}x{height}, not of {size[0]}x{size[1]}.")
    if not 16 <= min(width, height) <= max(width, height) <= LARGEST_SIDE:
        raise UserError(f"{name} takes pictures of {width}x{height}; sides from 16 to {LARGEST_SIDE} are possible.")
    return width, height


def _front(into: str, spec: EstimatorSpec, channels_last: bool, wants_bytes: bool) -> onnx.GraphProto:
    """From crops to what the graph takes."""
    nodes = [
        helper.make_node("Cast", ["crops"], ["posetailor.float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["posetailor.float"], [IMAGES], perm=[0, 3, 1, 2]),
    ]
    constants = []
    at = IMAGES
    for kind, values in (("Sub", spec.mean), ("Div", spec.std)):
        constants.append(
            numpy_helper.from_array(np.array(values, np.float32).reshape(1, 3, 1, 1), f"posetailor.{kind}")
        )
        nodes.append(helper.make_node(kind, [at, f"posetailor.{kind}"], [f"posetailor.{kind}ed"]))
        at = f"posetailor.{kind}ed"
    if channels_last:
        nodes.append(helper.make_node("Transpose", [at], ["posetailor.last"], perm=[0, 2, 3, 1]))
        at = "posetailor.last"
    nodes.append(helper.make_node("Cast", [at], [into], to=TensorProto.UINT8 if wants_bytes else TensorProto.FLOAT))
    crops = helper.make_tensor_value_info("crops", TensorProto.UINT8, ["n", spec.height, spec.width, 3])
    return helper.make_graph(nodes, "front", [crops], [], constants)


def _joined(model: onnx.ModelProto, front: onnx.GraphProto, free_batch: bool) -> onnx.ModelProto:
    """The front and the graph behind it; free_batch: whatever its shapes say of the batch."""
    inner = onnx.compose.add_prefix(model, PREFIX)
    graph = helper.make_graph(
        [*front.node, *inner.graph.node],
        "estimator",
        [onnx.ValueInfoProto.FromString(front.input[0].SerializeToString())],
        inner.graph.output,
        [*front.initializer, *inner.graph.initializer],
    )
    if not free_batch:
        graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    for entry in graph.output:
        entry.type.tensor_type.ClearField("shape")
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=max(model.ir_version, 8))


def _shapes(model: onnx.ModelProto, spec: EstimatorSpec, batch: int) -> dict[str, tuple[int, ...]] | None:
    """Shapes of all four-dimensional tensors that a batch gives; None when it does not run, or mixes the samples up."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    watched = onnx.ModelProto.FromString(model.SerializeToString())
    known = {entry.name for entry in watched.graph.output}
    features = [node.input[0] for node in model.graph.node if node.op_type == "Conv" and node.input[0] not in known]
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in dict.fromkeys(features) if name != "crops")
    crops = np.random.default_rng(0).integers(0, 256, (batch, spec.height, spec.width, 3), dtype=np.uint8)
    try:
        session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
        names = [entry.name for entry in session.get_outputs()]
        found = dict(zip(names, session.run(names, {"crops": crops}), strict=True))
        alone = session.run(names, {"crops": crops[:1]})
    except Exception as error:
        if "onnxruntime" not in type(error).__module__:
            raise
        return None
    for name, one in zip(names, alone, strict=True):
        if name in known and (one.shape[:1] != (1,) or not np.allclose(found[name][:1], one, atol=1e-3)):
            return None
    return {name: values.shape for name, values in found.items() if values.ndim == 4 and len(values) == batch}


def _heatmaps_of(
    shapes: dict[str, tuple[int, ...]], spec: EstimatorSpec, output: str | None, skeleton: Skeleton | None, name: str
) -> tuple[str, bool]:
    """The output with the heatmaps, and whether its joints come last."""
    fitting = {}
    for title, shape in shapes.items():
        for last in (False, True):
            rows, columns, joints = shape[1:] if last else (*shape[2:], shape[1])
            whole = rows > 1 and spec.height % rows == 0 and columns * spec.height == rows * spec.width
            if whole and (skeleton is None or joints == len(skeleton)):
                fitting.setdefault(title, last)
    known = ", ".join(title.removeprefix(PREFIX) for title in fitting) or "none"
    if output is not None:
        if PREFIX + output not in fitting:
            raise UserError(f"{name} has no output {output!r} that could be heatmaps; those that could: {known}.")
        return PREFIX + output, fitting[PREFIX + output]
    if not fitting:
        joints = f"{len(skeleton)} joints" if skeleton else "joints"
        seen = "; ".join(" x ".join(map(str, shape[1:])) for shape in shapes.values()) or "none of four dimensions"
        raise UserError(
            f"{name} has no output with one heatmap for each of {joints} (it has {seen}). Check --skeleton."
        )
    if len(fitting) > 1:
        raise UserError(f"{name} has several outputs that could be heatmaps: choose with --output one of {known}.")
    return next(iter(fitting.items()))


def _final_of(graph: onnx.GraphProto, heat: str) -> tuple[str, str]:
    """Name of the weights of the convolution that makes the heatmaps, and of the tensor it reads; '' where there is none."""
    makers = {out: node for node in graph.node for out in node.output}
    node = makers.get(heat)
    while node is not None and node.op_type in PASSING:
        node = makers.get(node.input[0])
    held = {tensor.name for tensor in graph.initializer}
    if node is None or node.op_type != "Conv" or node.input[1] not in held:
        return "", ""
    return node.input[1], node.input[0]


def _finish(model: onnx.ModelProto, spec: EstimatorSpec, heat: str, last: bool, features: str) -> None:
    """Heatmaps cut to 0..1 and the embedding: the mean of what the last convolution sees, else of the heatmaps."""
    graph = model.graph
    for name, value in (("posetailor.lowest", 0), ("posetailor.highest", 1)):
        graph.initializer.append(numpy_helper.from_array(np.float32(value), name))
    turn = {"perm": [0, 3, 1, 2]} if last else {}
    graph.node.extend(
        [
            helper.make_node("Transpose" if last else "Identity", [heat], [RAW], **turn),
            helper.make_node("Clip", [RAW, "posetailor.lowest", "posetailor.highest"], ["heatmaps"]),
            helper.make_node("GlobalAveragePool", [features or RAW], ["posetailor.mean"]),
            helper.make_node("Flatten", ["posetailor.mean"], ["embedding"]),
        ]
    )
    inside = {IMAGES: ["n", 3, spec.height, spec.width], RAW: ["n", len(spec.skeleton), *spec.cells[::-1]]}
    graph.value_info.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in inside.items()
    )
    del graph.output[:]
    shapes = {"heatmaps": ["n", len(spec.skeleton), *spec.cells[::-1]], "embedding": ["n", spec.embedding]}
    graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in shapes.items())
