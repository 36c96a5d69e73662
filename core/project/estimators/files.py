"""Estimators as files: which there are, what one is, and ours made of others'."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open

from core.domain import Monitor, Silent, Skeleton, UserError
from core.domain.skeleton import USUAL_SIGMA
from core.domain.skeletons import skeleton_named
from core.domain.unreadable import what_it_is
from core.estimation.architectures.registry import ARCHITECTURES
from core.estimation.session import EstimatorSession
from core.estimation.source import COLOURS, Source
from core.estimation.spec import CONVENTIONS, KEY, EstimatorSpec
from core.project.estimators.models import (
    ESTIMATOR,
    SHIPPED,
    SHIPPED_ESTIMATORS,
    WEIGHTS,
    own_file,
    shipped_model,
)
from core.torch_process import supervisor
from core.torch_process.import_estimator import MakeEstimator
from core.uncertainty.features import why_no_prior

FOREIGN = "onnx"


def importable() -> dict[str, str]:
    """What an import can be told to make, by name, each with its title."""
    titles = {name: one.title for name, one in ARCHITECTURES.items()}
    return titles | {FOREIGN: "any ONNX graph that gives one heatmap for each joint"}


def import_estimator(
    file: str,
    out: Path,
    monitor: Monitor,
    *,
    architecture: str | None = None,
    skeleton: str | Path | None = None,
    size: str | None = None,
    mean: str | None = None,
    std: str | None = None,
    output: str | None = None,
    convention: str | None = None,
    colours: str | None = None,
) -> list[str]:
    """Makes an estimator of ours of a checkpoint, a folder of transformers or an ONNX graph, or with a
    skeleton alone one for other joints of an estimator that ships, by name, or of ours. Returns what there is
    to say of it.

    skeleton: as for read_skeleton; size: 'WIDTHxHEIGHT'; mean, std: three numbers of 0..255 with commas; the
    rest as in core.estimation.source. Raises UserError, Cancelled.
    """
    if architecture is not None and architecture not in (known := importable()):
        raise UserError(f"There is no architecture {architecture!r}. Choose one of {', '.join(known)}.")
    if convention is not None and convention not in CONVENTIONS:
        raise UserError(f"There is no convention {convention!r}. Choose one of {', '.join(CONVENTIONS)}.")
    if colours not in (None, *COLOURS):
        raise UserError(f"There is no order of colours {colours!r}. Choose one of {', '.join(COLOURS)}.")
    joints, sentences = read_skeleton(skeleton) if skeleton else (None, [])
    source = Source(
        _file(file, architecture),
        architecture,
        joints,
        _size(size) if size else None,
        _triple("mean", mean) if mean else None,
        _triple("std", std) if std else None,
        output,
        convention,
        colours,
        SHIPPED[file][0] if file in SHIPPED_ESTIMATORS and architecture is None else None,
    )
    made = supervisor.run(MakeEstimator(source, out.expanduser().absolute()), monitor)["sentences"]
    if joints and (why := why_no_prior(joints)):
        sentences.append(f"WPU will not be available, because {why}.")
    return [*sentences, *made]


def read_skeleton(given: str | Path) -> tuple[Skeleton, list[str]]:
    """One that is built in, by name, or a JSON file, and a sentence where that says less than it could.
    Raises UserError.
    """
    path = Path(given)
    if not path.suffix and not path.exists():
        return skeleton_named(str(given)), []
    try:
        data = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UserError(f"The skeleton {path} cannot be read ({error.strerror}). Check the path.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"The skeleton {path.name} is no JSON file ({error}).") from error
    try:
        skeleton = Skeleton.from_json(data)
    except UserError as error:
        raise UserError(f"{path.name}: {error}") from error
    if data.get("sigmas"):
        return skeleton, []
    return skeleton, [
        (
            f"{path.name} has no sigmas: joints named as in COCO-17 have COCO's, others {USUAL_SIGMA:g}. OKS "
            "and all advice rest on them."
        )
    ]


def describe(file: str, monitor: Monitor | None = None) -> dict:
    """What an estimator says of itself. file: as for own_file, or one that ships, which is made ready first
    where it was never used. Raises UserError, Cancelled.
    """
    path = own_file(file) or shipped_model(file, monitor or Silent())
    # a round's: the same, and how they compare
    if path.name == WEIGHTS and path.with_name(ESTIMATOR).is_file():
        path = path.with_name(ESTIMATOR)
    parity = None
    if path.suffix == ".onnx":
        session = EstimatorSession(path, "cpu")
        spec, parity = session.spec, session.parity
    else:
        spec = _spec_in(path)
    return {
        "file": str(path),
        "architecture": spec.architecture,
        "width": spec.width,
        "height": spec.height,
        "stride": spec.stride,
        "convention": spec.convention,
        "margin": spec.margin,
        "mean": list(spec.mean),
        "std": list(spec.std),
        "embedding": spec.embedding,
        "source": spec.source,
        "fine_tuning": f"no, because {spec.untrainable}" if spec.untrainable else "yes",
        "wpu": f"no, because {why}" if (why := why_no_prior(spec.skeleton)) else "yes",
        "parity": parity.sentence if parity else "not known",
        "skeleton": spec.skeleton.to_json(),
    }


def _spec_in(weights: Path) -> EstimatorSpec:
    try:
        with safe_open(weights, "np") as file:
            text = (file.metadata() or {}).get(KEY)
    except OSError as error:
        raise UserError(f"The weights {weights} cannot be read ({error}). Choose another file.") from error
    except SafetensorError as error:
        raise UserError(f"{weights.name} {what_it_is(weights, '.safetensors file')}") from error
    if text is None:
        raise UserError(
            f"{weights.name} does not say which estimator it belongs to. Choose one written by PoseTailor."
        )
    return EstimatorSpec.from_text(text, weights.name)


def _file(file: str, architecture: str | None) -> Path:
    if file in SHIPPED_ESTIMATORS and architecture is None:
        return SHIPPED[file][1]
    path = Path(file).expanduser().absolute()
    if not path.exists():
        raise UserError(f"{file} does not exist. Check the path.")
    if not (path.is_file() or path.is_dir()):
        raise UserError(f"{file} is neither a file nor a folder. Choose another.")
    return path if architecture else own_file(file) or path


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise UserError(f"A size of {text!r} is not possible. Give WIDTHxHEIGHT in pixels, e.g. 192x256.")
    return int(width), int(height)


def _triple(name: str, text: str) -> tuple[float, float, float]:
    try:
        first, second, third = (float(value) for value in text.split(","))
    except ValueError as error:
        raise UserError(
            f"A {name} of {text!r} is not possible. Give three numbers of 0 to 255, e.g. 124,116,104."
        ) from error
    if not all(-1e6 < value < 1e6 and (name == "mean" or value > 0) for value in (first, second, third)):
        raise UserError(f"A {name} of {text!r} is not possible. Give three numbers of 0 to 255, std above 0.")
    return first, second, third
