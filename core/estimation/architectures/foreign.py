"""A heatmap network that comes as an ONNX graph: what may be taken in, and its wrapping into a file of
ours.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from core.domain import COCO17, Skeleton, UserError
from core.domain.skeletons import of_count
from core.estimation.onnx_file import read_model
from core.estimation.spec import AT_ONCE, LARGEST_FILE, LARGEST_SIDE, EstimatorSpec

PREFIX = "net."
IMAGES = "posetailor.images"  # (n, 3, H, W) float 0..255
RAW = "posetailor.raw"  # heatmaps (n, K, h, w) before they are cut to 0..1
LARGEST_TENSOR = 2**28  # numbers; the widest layers of known networks have a tenth
LEAST_OPSET = 11
DOMAINS = ("", "ai.onnx")
# between the last convolution and the heatmaps
PASSING = ("Identity", "Relu", "Sigmoid", "Clip", "Transpose", "Cast")
TYPES = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8)
LONGEST_REASON = 150  # characters
OUTSIDE = 0.5  # so far beyond 0..1 a value is no heatmap's, whatever it was made of


@dataclass(frozen=True)
class Wrapped:
    """model: an ONNX file of ours without its metadata; final: name of the last convolution's weights, ''
    where none is found; sentences: what a user should know.
    """

    model: onnx.ModelProto
    spec: EstimatorSpec
    final: str
    sentences: tuple[str, ...]


def read_foreign(path: Path) -> onnx.ModelProto:
    """With the weights that lie in files beside it. Raises UserError for what is no graph of standard
    operators of a sane size.
    """
    model = read_model(path)
    graphs = list(_graphs(model.graph))
    if not model.graph.node or not model.opset_import:
        raise UserError(f"{path.name} holds no graph. Choose another file.")
    for tensor in (tensor for graph in graphs for tensor in _tensors(graph)):
        if math.prod(tensor.dims) > LARGEST_TENSOR or any(size < 0 for size in tensor.dims):
            raise UserError(
                f"{path.name} declares a tensor {tensor.name!r} of {list(tensor.dims)}, "
                "which no network needs. Choose another file."
            )
    strange = {node.domain for graph in graphs for node in graph.node if node.domain not in DOMAINS}
    if strange or model.functions:
        names = ", ".join(sorted(strange)) or "functions of its own"
        raise UserError(
            f"{path.name} needs operators that are not standard ONNX ({names}); export it without them."
        )
    opset = max(entry.version for entry in model.opset_import if entry.domain in DOMAINS)
    if opset < LEAST_OPSET:
        raise UserError(f"{path.name} is of opset {opset}; export it with opset {LEAST_OPSET} or newer.")
    _fetch_weights(model, path)
    return model


def _fetch_weights(model: onnx.ModelProto, path: Path) -> None:
    """Those in other files of the same folder, where PyTorch puts them; onnx itself follows no way out of
    the folder.
    """
    size = 0
    for tensor in (tensor for graph in _graphs(model.graph) for tensor in _tensors(graph)):
        if tensor.data_location != TensorProto.EXTERNAL and not tensor.external_data:
            continue
        wanted = math.prod(tensor.dims) * helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        size += wanted
        if size > LARGEST_FILE:
            raise UserError(f"{path.name} has more than 2 GB of weights; take a smaller network.")
        if not any(entry.key == "length" for entry in tensor.external_data):
            # else everything to the end of the file is read
            tensor.external_data.add(key="length", value=str(wanted))
        try:
            onnx.external_data_helper.load_external_data_for_tensor(tensor, str(path.parent))
        except (OSError, ValueError, onnx.checker.ValidationError) as error:
            file = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
            outside = not (path.parent / file).resolve().is_relative_to(path.parent.resolve())
            why = "lies outside of its folder and is left alone" if outside else "cannot be read"
            raise UserError(
                f"{path.name} keeps weights in {file!r}, which {why}. Put that file beside it, as it was "
                "exported, or export the network without external data."
            ) from error


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
    bgr: bool = False,
) -> Wrapped:
    """Crops (n, height, width, 3) uint8 RGB in, heatmaps and an embedding out; the graph itself stays as it
    is.

    name: of the file, for messages; skeleton: by default COCO-17's where there are 17 joints; mean, std: of
    RGB 0..255; output: of the graph, where several could be heatmaps; bgr: the graph takes blue first. Raises
    UserError when it is no such network.
    """
    entry, channels_last = _input_of(model, name)
    width, height = _size_of(entry, channels_last, size, name)
    if entry.type.tensor_type.elem_type == TensorProto.UINT8 and (mean or std):
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
    front = _front(entry, spec, channels_last, bgr)
    sentences = []
    dynamic = _joined(model, front, free_batch=True)
    found = _tried(dynamic, spec, 2)
    if isinstance(found, str):
        dynamic = _joined(model, front, free_batch=False)
        found = _tried(dynamic, spec, 1)
        if isinstance(found, str):
            raise UserError(
                f"{name} does not run on a picture of {width}x{height} ({found}). Choose another file."
            )
        sentences.append("Its batch is fixed, so that it runs sample by sample.")
        spec = replace(spec, options={"single": True})
    shapes = {title: values.shape for title, values in found.items()}
    given = {entry.name: shapes[entry.name] for entry in dynamic.graph.output if entry.name in shapes}
    heat, last = _heatmaps_of(given, spec, output, skeleton, name)
    joints, rows = (shapes[heat][i] for i in ((3, 1) if last else (1, 2)))
    if skeleton is None and joints != len(COCO17):
        raise UserError(f"{name} has {joints} joints: give their names with --skeleton{of_count(joints)}.")
    final, features = _final_of(dynamic.graph, heat)
    spec = replace(
        spec,
        skeleton=skeleton or COCO17,
        stride=height // rows,
        embedding=shapes[features][1] if features else joints,
    )
    lowest, highest = float(found[heat].min()), float(found[heat].max())
    if not math.isfinite(lowest + highest):
        raise UserError(f"{name} gives heatmaps with numbers that are not finite. Choose another file.")
    if not (lowest > -OUTSIDE and highest < 1 + OUTSIDE):
        sentences.append(
            f"On made-up pictures its heatmaps run from {lowest:.3g} to {highest:.3g}, and are cut to "
            "0..1. If poses are poor, the colours need another --mean and --std, or the network ends "
            "before its last activation."
        )
    halves = {title for title, values in found.items() if values.dtype != np.float32}
    _finish(dynamic, spec, heat, last, features, halves)
    _check(dynamic, name)
    return Wrapped(dynamic, spec, final, tuple(sentences))


def _check(model: onnx.ModelProto, name: str) -> None:
    """Puts the nodes in order where the tool that wrote the graph did not. Raises UserError where it
    breaks other rules.
    """
    from onnxruntime.transformers.onnx_model import OnnxModel

    try:
        try:
            onnx.checker.check_model(model)
        except onnx.checker.ValidationError:
            OnnxModel(model).topological_sort()
            onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:150]
        raise UserError(f"{name} breaks the rules of ONNX ({reason}). Export it again.") from error


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _graphs(inner)


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
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
            f"{name} takes no picture: one of shape (n, 3, height, width) or (n, height, width, 3), "
            "float32, float16 or uint8, is needed."
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
        raise UserError(
            f"{name} takes pictures of {width}x{height}. "
            f"Give a network whose sides are 16 to {LARGEST_SIDE} pixels."
        )
    return width, height


def _front(
    entry: onnx.ValueInfoProto, spec: EstimatorSpec, channels_last: bool, bgr: bool
) -> onnx.GraphProto:
    """From crops to what the graph takes."""
    nodes = [
        helper.make_node("Cast", ["crops"], ["posetailor.float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["posetailor.float"], [IMAGES], perm=[0, 3, 1, 2]),
    ]
    constants = []

    def add(kind: str, constant: np.ndarray | None = None, **attributes: Any) -> None:
        inputs = [nodes[-1].output[0]]
        if constant is not None:
            constants.append(numpy_helper.from_array(constant, f"posetailor.{kind}"))
            inputs.append(constants[-1].name)
        nodes.append(helper.make_node(kind, inputs, [f"posetailor.{kind}.out"], **attributes))

    add("Sub", np.array(spec.mean, np.float32).reshape(1, 3, 1, 1))
    add("Div", np.array(spec.std, np.float32).reshape(1, 3, 1, 1))
    if bgr:
        add("Gather", np.array([2, 1, 0]), axis=1)
    if channels_last:
        add("Transpose", perm=[0, 2, 3, 1])
    kind = entry.type.tensor_type.elem_type
    if kind != TensorProto.FLOAT:
        add("Cast", to=kind)
    nodes[-1].output[0] = PREFIX + entry.name
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


def _tried(model: onnx.ModelProto, spec: EstimatorSpec, batch: int) -> dict[str, np.ndarray] | str:
    """All four-dimensional tensors that a batch gives; why not, when it does not run or mixes the samples
    up.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    watched = onnx.ModelProto.FromString(model.SerializeToString())
    known = {entry.name for entry in watched.graph.output}
    features = [
        node.input[0] for node in model.graph.node if node.op_type == "Conv" and node.input[0] not in known
    ]
    watched.graph.output.extend(
        onnx.ValueInfoProto(name=name) for name in dict.fromkeys(features) if name != "crops"
    )
    crops = np.random.default_rng(0).integers(0, 256, (batch, spec.height, spec.width, 3), dtype=np.uint8)
    try:
        session = onnxruntime.InferenceSession(
            watched.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        names = [entry.name for entry in session.get_outputs()]
        found = dict(zip(names, session.run(names, {"crops": crops}), strict=True))
        alone = session.run(names, {"crops": crops[:1]})
    except Exception as error:
        if "onnxruntime" not in type(error).__module__:
            raise
        return _reason(str(error))
    for name, one in zip(names, alone, strict=True):
        if name in known and one.shape[:1] != (1,):
            return "it gives no output for each picture"
        if name in known and not np.allclose(found[name][:1], one, atol=1e-3):
            return "it mixes the samples of a batch up"
    return {name: values for name, values in found.items() if values.ndim == 4 and len(values) == batch}


def _reason(said: str) -> str:
    """What ONNX Runtime gives as the reason: it comes last, after the place in its source."""
    if "allocate memory" in said:
        return "it needs more memory than there is"
    line = said.splitlines()[0]
    return line if len(line) <= LONGEST_REASON else f"… {line[-LONGEST_REASON:].partition(' ')[2]}"


def _heatmaps_of(
    shapes: dict[str, tuple[int, ...]],
    spec: EstimatorSpec,
    output: str | None,
    skeleton: Skeleton | None,
    name: str,
) -> tuple[str, bool]:
    """The output with the heatmaps, and whether its joints come last."""
    fitting: dict[str, bool] = {}
    for title, shape in shapes.items():
        for last in (False, True):
            rows, columns, joints = shape[1:] if last else (*shape[2:], shape[1])
            whole = rows > 1 and spec.height % rows == 0 and columns * spec.height == rows * spec.width
            if whole and (skeleton is None or joints == len(skeleton)):
                fitting.setdefault(title, last)
    known = ", ".join(title.removeprefix(PREFIX) for title in fitting) or "none"
    if output is not None:
        if PREFIX + output not in fitting:
            raise UserError(
                f"{name} has no output {output!r} that could be heatmaps; those that could: {known}."
            )
        return PREFIX + output, fitting[PREFIX + output]
    if not fitting:
        each = f"each of {len(skeleton)} joints" if skeleton else "each joint"
        seen = (
            "; ".join(" x ".join(map(str, shape[1:])) for shape in shapes.values())
            or "none of four dimensions"
        )
        advice = "Check --skeleton." if skeleton and shapes else f"Choose one that gives heatmaps. {AT_ONCE}"
        if skeleton and any(len(skeleton) in (shape[1], shape[3]) for shape in shapes.values()):
            advice = (
                "They have to cover the picture in equal steps of whole pixels: give a --size that allows it."
            )
        raise UserError(f"{name} has no output with one heatmap for {each} (it has {seen}). {advice}")
    if len(fitting) > 1:
        raise UserError(
            f"{name} has several outputs that could be heatmaps: choose with --output one of {known}."
        )
    return next(iter(fitting.items()))


def _final_of(graph: onnx.GraphProto, heat: str) -> tuple[str, str]:
    """Name of the weights of the convolution that makes the heatmaps, and of the tensor it reads; '' where
    there is none.
    """
    makers = {out: node for node in graph.node for out in node.output}
    node = makers.get(heat)
    while node is not None and node.op_type in PASSING:
        node = makers.get(node.input[0])
    held = {tensor.name for tensor in graph.initializer}
    if node is None or node.op_type != "Conv" or node.input[1] not in held:
        return "", ""
    return node.input[1], node.input[0]


def _finish(
    model: onnx.ModelProto, spec: EstimatorSpec, heat: str, last: bool, features: str, others: set[str]
) -> None:
    """Heatmaps cut to 0..1 and the embedding: the mean of what the last convolution sees, else of the
    heatmaps.

    others: names of tensors that are no float32.
    """
    graph = model.graph

    def as_float(name: str) -> str:
        if name not in others:
            return name
        graph.node.append(helper.make_node("Cast", [name], [f"posetailor.{name}"], to=TensorProto.FLOAT))
        return f"posetailor.{name}"

    for name, value in (("posetailor.lowest", 0), ("posetailor.highest", 1)):
        graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), name))
    turn: dict[str, Any] = {"perm": [0, 3, 1, 2]} if last else {}
    graph.node.append(helper.make_node("Transpose" if last else "Identity", [as_float(heat)], [RAW], **turn))
    graph.node.extend(
        [
            helper.make_node("Clip", [RAW, "posetailor.lowest", "posetailor.highest"], ["heatmaps"]),
            helper.make_node(
                "GlobalAveragePool", [as_float(features) if features else RAW], ["posetailor.mean"]
            ),
            helper.make_node("Flatten", ["posetailor.mean"], ["embedding"]),
        ]
    )
    inside: dict[str, list[int | str]] = {
        IMAGES: ["n", 3, spec.height, spec.width],
        RAW: ["n", len(spec.skeleton), *spec.cells[::-1]],
    }
    graph.value_info.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in inside.items()
    )
    del graph.output[:]
    shapes: dict[str, list[int | str]] = {
        "heatmaps": ["n", len(spec.skeleton), *spec.cells[::-1]],
        "embedding": ["n", spec.embedding],
    }
    graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in shapes.items()
    )
