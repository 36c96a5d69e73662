"""Estimators of others made into ours: checkpoints, folders of transformers, foreign ONNX; and ours for
other joints.
"""

import json
import math
from dataclasses import replace
from pathlib import Path

import onnx

from core.domain import Skeleton, UserError
from core.domain.skeletons import of_count
from core.estimation.architectures.checkpoints import load_weights, read_checkpoint
from core.estimation.architectures.foreign import PREFIX, read_foreign, wrap
from core.estimation.architectures.net import Net
from core.estimation.architectures.rebuilt import Rebuilt
from core.estimation.architectures.registry import architecture
from core.estimation.dropout import add_dropout
from core.estimation.export import export_estimator, read_estimator
from core.estimation.network import Estimator, save_estimator, tailored
from core.estimation.onnx_file import write_model
from core.estimation.parity import check_parity, check_same
from core.estimation.source import Source
from core.estimation.spec import KEY, PARITY, EstimatorSpec, Parity

DROPOUT_OPSET = 18  # of the operators that core.estimation.dropout adds


def make_estimator(source: Source, out: Path) -> list[str]:
    """Writes `out`, an .onnx or .safetensors file; returns what there is to say of it. Raises UserError."""
    if out.suffix not in (".onnx", ".safetensors"):
        raise UserError(
            f"The estimator cannot be written to {out.name}: give a name that ends in .onnx or .safetensors."
        )
    _refuse_idle_options(source)
    if source.architecture == "onnx":
        graph = read_foreign(source.file)
        if not _is_rtmpose(graph):
            return _foreign(source, graph, out)
        estimator, sentences = _checkpoint(replace(source, architecture="rtmpose"))
        sentences.insert(0, "It is an RTMPose.")
    else:
        estimator, sentences = _ours(source) if source.architecture is None else _checkpoint(source)
    if out.suffix == ".onnx":
        parity = export_estimator(estimator, out)
        sentences.append(f"Exported and compared: {parity.sentence}.")
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        save_estimator(estimator, out)
    return [*sentences, "It can be fine-tuned."]


def rtmpose_of(model: onnx.ModelProto, file: Path) -> Estimator | None:
    """What the model in an ONNX file is that says nothing of itself and is an RTMPose; None for any other.
    Raises UserError.
    """
    if any(item.key == KEY for item in model.metadata_props) or not _is_rtmpose(model):
        return None
    return _checkpoint(Source(file, "rtmpose"))[0]


def _is_rtmpose(model: onnx.ModelProto) -> bool:
    return sorted(entry.name for entry in model.graph.output) == ["simcc_x", "simcc_y"]


def _refuse_idle_options(source: Source) -> None:
    """Those that would change nothing."""
    idle: tuple[str, ...]
    if source.architecture is None:
        idle = ("size", "mean", "std", "output", "convention", "colours")
    else:
        idle = () if source.architecture == "onnx" else ("output",)
    for name in idle:
        if getattr(source, name) is not None:
            what = f"of {source.architecture}" if source.architecture else "of ours"
            raise UserError(f"--{name} has no place with an estimator {what}. Leave it out.")


def _ours(source: Source) -> tuple[Estimator, list[str]]:
    if source.skeleton is None:
        raise UserError(f"{source.file.name}: give its --architecture, or the --skeleton it shall have.")
    return _tailored(read_estimator(source.file, source.shipped), source.skeleton)


def _tailored(estimator: Estimator, skeleton: Skeleton) -> tuple[Estimator, list[str]]:
    places = estimator.spec.skeleton.places_of(skeleton.joints)
    new = [joint for joint, place in zip(skeleton.joints, places, strict=True) if place < 0]
    if len(new) == len(skeleton):
        sentence = (
            f"None of its joints is one of {estimator.spec.skeleton.name}, e.g. "
            f"{estimator.spec.skeleton.joints[0]}"
        )
        start = ": all start anew, and poses mean nothing before some were labelled and learned."
        return tailored(estimator, skeleton), [sentence + start]
    sentence = (
        f"{len(skeleton) - len(new)} of its {len(skeleton)} joints are known to {estimator.spec.architecture}"
    )
    start = (
        f"; {', '.join(new[:5])}{' …' if len(new) > 5 else ''} start anew and need labels." if new else "."
    )
    return tailored(estimator, skeleton), [sentence + start]


def _checkpoint(source: Source) -> tuple[Estimator, list[str]]:
    name = source.architecture or ""
    kind = architecture(name)
    file, told = _folder(source.file) if source.file.is_dir() else (source.file, {})
    graph = read_foreign(file) if file.suffix == ".onnx" else None
    held = read_checkpoint(file) if graph is None else kind.net.of_graph(graph, file.name)
    state = kind.net.ours(held)
    try:
        options = kind.net.options_of(state) | told.pop("options", {})
        joints, size = _joints(kind.net, state), kind.net.size_of(state)
    except (KeyError, ValueError, IndexError) as error:
        raise UserError(
            f"{source.file.name} does not fit {name}: it has no {str(error)[:80]}. Choose another "
            "--architecture."
        ) from error
    own = kind.skeleton_of(joints)
    given = source.skeleton
    if given is not None and len(given) == joints:
        own = given
    if own is None:
        other = f", {given.name} has {len(given)}" if given else ""
        wanted = f"Give a --skeleton that names as many{of_count(joints)}."
        raise UserError(f"Joints in {source.file.name}: {joints}{other}. {wanted}")
    changes = told | {
        key: value for key in ("mean", "std", "convention") if (value := getattr(source, key)) is not None
    }
    blue_first = (source.colours or kind.net.colours(held)) == "bgr"
    if blue_first and not kind.net.first:
        raise UserError(f"{name} takes red first. Leave --colours out.")
    if blue_first:
        changes |= {key: (kind.spec | changes)[key][::-1] for key in ("mean", "std")}
    size = source.size or changes.get("size", size)
    changes.pop("size", None)
    spec = kind.spec_of(name, own, options, size, **{"source": source.file.name} | changes)
    estimator = Estimator(spec)
    load_weights(estimator.net, estimator.net.converted(state), source.file.name)
    sentences = []
    if graph is not None:
        check_same(estimator.net, graph, spec, source.file.name)
        sentences.append("Its weights were taken out of the graph, and give the same.")
    if blue_first:
        first = estimator.net.get_parameter(kind.net.first)
        first.data = first.data.flip(1)
        if source.colours is None:
            sentences.append(
                "It takes blue first, as its authors' code does; give --colours rgb if yours does not."
            )
    estimator.eval()
    if given in (None, own):
        return estimator, sentences
    estimator, further = _tailored(estimator, given)
    return estimator, sentences + further


def _joints(net: type[Net], state: dict) -> int:
    return len(state[f"{net.final}.weight"])


def _folder(folder: Path) -> tuple[Path, dict]:
    """The weights in a folder as transformers saves one, and what its two JSON files say of the spec."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        backbone = config.get("backbone_config") or {}
        processor_file = folder / "preprocessor_config.json"
        processor = json.loads(processor_file.read_text("utf-8")) if processor_file.is_file() else {}
        told: dict = {"options": {"heads": int(backbone.get("num_attention_heads", 12))}}
        told["options"]["epsilon"] = float(backbone.get("layer_norm_eps", 1e-12))
        size = processor.get("size")
        height, width = (size["height"], size["width"]) if size else backbone.get("image_size", (256, 192))
        told["size"] = int(width), int(height)
        for key in ("mean", "std"):
            if f"image_{key}" in processor:
                told[key] = tuple(255 * float(value) for value in processor[f"image_{key}"])
        experts = int(backbone.get("num_experts", 1))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(
            f"The folder {folder.name} is not one that transformers saved: its config.json or "
            f"preprocessor_config.json cannot be read ({reason}). Choose another."
        ) from error
    if experts > 1:
        raise UserError(
            f"The folder {folder.name} holds ViTPose+ with {experts} experts; take a plain ViTPose."
        )
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise UserError(
            f"The folder {folder.name} has no model.safetensors; save the model with transformers again."
        )
    return weights, told


def _foreign(source: Source, graph: onnx.ModelProto, out: Path) -> list[str]:
    if out.suffix != ".onnx":
        raise UserError(
            f"A foreign ONNX graph stays one: give --out a name that ends in .onnx, not {out.name}."
        )
    order = -1 if source.colours == "bgr" else 1
    wrapped = wrap(
        graph,
        source.file.name,
        source.skeleton,
        size=source.size,
        mean=_ordered(source.mean, order),
        std=_ordered(source.std, order),
        output=source.output,
        convention=source.convention or "corner",
        bgr=source.colours == "bgr",
    )
    model, spec, sentences = wrapped.model, wrapped.spec, list(wrapped.sentences)
    if wrapped.final and max(entry.version for entry in model.opset_import) >= DROPOUT_OPSET:
        add_dropout(model, wrapped.final, "Clip")
    parity, why = _rebuild(model, spec, sentences)
    if why:
        spec = replace(spec, options=spec.options | {"untrainable": why})
    properties = {KEY: spec.to_text()} | ({PARITY: parity.to_text()} if parity else {})
    onnx.helper.set_model_props(model, properties)
    write_model(model, out)
    if parity is None:
        return [*sentences, f"It is for estimation only, because {why}."]
    return [*sentences, f"Rebuilt and compared: {parity.sentence}.", "It can be fine-tuned."]


def _ordered(colours: tuple[float, float, float] | None, step: int) -> tuple[float, float, float] | None:
    """step: -1 to exchange the first and the last."""
    if colours is None:
        return None
    first, middle, last = colours[::step]
    return first, middle, last


def _rebuild(model: onnx.ModelProto, spec: EstimatorSpec, sentences: list[str]) -> tuple[Parity | None, str]:
    """How well torch does what the graph does, or why it cannot. Says it where not all weights would
    learn.
    """
    if spec.options.get("single"):
        return None, "its batch is fixed"
    try:
        net = Rebuilt(spec, model)
        if not net.stored():
            return None, "it has no weights in float32"
        learning = sum(tensor.numel() for tensor in net.stored().values())
        held = sum(
            math.prod(t.dims)
            for t in model.graph.initializer
            if t.name.startswith(PREFIX) and len(t.dims) > 1
        )
        if learning < 0.9 * held:
            sentences.append(
                f"Only {learning / held:.0%} of its weights can learn; the others stay as they are."
            )
        return check_parity(model, Estimator(spec, net).eval()), ""
    except UserError as error:
        return None, str(error).rstrip(".")
    except Exception as error:  # noqa: BLE001 - a rebuilt graph may fail in any way when it runs
        return None, f"the rebuilt graph does not run ({str(error).splitlines()[0][:120]})"
