"""Whether an exported ONNX file gives what the torch module gives."""

import numpy as np
import onnx
import onnxruntime
import torch

from core.domain import UserError
from core.estimation.architectures.net import Net, normalised
from core.estimation.maps import Maps
from core.estimation.network import Estimator
from core.estimation.spec import EstimatorSpec, Parity

HEATMAP_TOLERANCE = 2e-3  # of a height of 1
CELL_TOLERANCE = 0.1
RAW_TOLERANCE = 1e-3  # of the largest number that a net gives
SEEN = 0.01  # a lower peak is no joint
BATCH = 2


def check_parity(model: onnx.ModelProto, estimator: Estimator, crops: np.ndarray | None = None) -> Parity:
    """Both on one batch, in float32 on the processor. crops: (N, height, width, 3) uint8 RGB, by default made
    up.

    Raises UserError when they differ by more than the tolerance.
    """
    crops = made_up(estimator.spec) if crops is None else crops
    found = exported(model, crops, estimator.spec)
    with torch.no_grad():
        wanted = estimator(torch.from_numpy(crops))[0].numpy()
    parity = compare(Maps.of(wanted, estimator.spec), found)
    if not (parity.heatmaps <= HEATMAP_TOLERANCE and parity.cells <= CELL_TOLERANCE):
        raise UserError(
            f"The exported estimator does not do what the trained one does ({parity.sentence}). It was "
            "not kept; update torch and onnxruntime, then try again."
        )
    return parity


def check_same(net: Net, model: onnx.ModelProto, spec: EstimatorSpec, file: str) -> None:
    """That a net gives what the graph does that its weights were read out of, which takes (1, 3, height,
    width).

    Raises UserError where it does not.
    """
    images = torch.from_numpy(made_up(spec)[:1]).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        wanted, given = net.raw(images)[0].numpy(), normalised(images, spec).numpy()
    try:
        session = _session(model)
        found = np.concatenate(session.run(None, {session.get_inputs()[0].name: given}), 2)
        off = float(np.abs(found - wanted).max() / max(1.0, float(np.abs(wanted).max())))
    except Exception as error:
        if not isinstance(error, ValueError) and "onnxruntime" not in type(error).__module__:
            raise
        reason = str(error).splitlines()[0][:150]
        raise UserError(
            f"{file} cannot be run on a picture of {spec.width}x{spec.height} ({reason})."
        ) from error
    if not off <= RAW_TOLERANCE:
        raise UserError(
            f"{file} computes something else than the network that its weights were read into (they "
            f"differ by {off:.2g}). Take the checkpoint it was made from."
        )


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def exported(model: onnx.ModelProto, crops: np.ndarray, spec: EstimatorSpec) -> Maps:
    """On the processor. crops: (N, height, width, 3) uint8 RGB."""
    return Maps.of(_session(model).run((spec.output,), {"crops": crops})[0], spec)


def compare(wanted: Maps, found: Maps) -> Parity:
    """Cells are compared where there is a peak, and one that has no equal."""
    (cells, peaks), (other, _) = wanted.decode(), found.decode()
    clear, heights = peaks > SEEN, 0.0
    for one, another in zip(wanted.heights, found.heights, strict=True):
        heights = max(heights, float(np.abs(one - another).max()))
        flat, best = one.reshape(*one.shape[:2], -1), another.reshape(*one.shape[:2], -1).argmax(2)
        alike = flat.max(2) - np.take_along_axis(flat, best[..., None], 2)[..., 0] <= 2 * HEATMAP_TOLERANCE
        clear = clear & ~((flat.argmax(2) != best) & alike)
    distance = np.abs(cells - other).max(2)[clear]
    return Parity(heights, float(distance.max(initial=0)))


def made_up(spec: EstimatorSpec) -> np.ndarray:
    """(BATCH, height, width, 3) uint8: blotches of light and colour with noise."""
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.uniform(0, 255, (BATCH, 3, 6, 6)))
    smooth = torch.nn.functional.interpolate(coarse, (spec.height, spec.width), mode="bicubic").permute(
        0, 2, 3, 1
    )
    return np.clip(smooth.numpy() + rng.normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)
