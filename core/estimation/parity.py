"""Whether an exported ONNX file gives what the torch module gives."""

import numpy as np
import onnx
import onnxruntime
import torch

from core.domain import UserError
from core.estimation.decode import decode
from core.estimation.network import Estimator
from core.estimation.spec import EstimatorSpec, Parity

HEATMAP_TOLERANCE = 2e-3  # of a height of 1
CELL_TOLERANCE = 0.1
SEEN = 0.01  # a lower peak is no joint
BATCH = 2


def check_parity(model: onnx.ModelProto, estimator: Estimator, crops: np.ndarray | None = None) -> Parity:
    """Both on one batch, in float32 on the processor. crops: (N, height, width, 3) uint8 RGB, by default made up.

    Raises UserError when they differ by more than the tolerance.
    """
    crops = made_up(estimator.spec) if crops is None else crops
    found = exported_heatmaps(model, crops)
    with torch.no_grad():
        wanted = estimator(torch.from_numpy(crops))[0].numpy()
    parity = compare(wanted, found)
    if not (parity.heatmaps <= HEATMAP_TOLERANCE and parity.cells <= CELL_TOLERANCE):
        raise UserError(
            f"The exported estimator does not do what the trained one does ({parity.sentence}). It was not kept; update "
            "torch and onnxruntime, then try again."
        )
    return parity


def exported_heatmaps(model: onnx.ModelProto, crops: np.ndarray) -> np.ndarray:
    """(N, K, h, w), on the processor. crops: (N, height, width, 3) uint8 RGB."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(("heatmaps",), {"crops": crops})[0]


def compare(wanted: np.ndarray, found: np.ndarray) -> Parity:
    """Heatmaps (N, K, h, w) each. Cells are compared where there is a peak, and one that has no equal."""
    (cells, peaks), (other, _) = decode(wanted), decode(found)
    flat = wanted.reshape(*wanted.shape[:2], -1)
    there = np.take_along_axis(flat, found.reshape(flat.shape).argmax(2)[..., None], 2)[..., 0]
    alike = peaks - there <= 2 * HEATMAP_TOLERANCE
    moved = flat.argmax(2) != found.reshape(flat.shape).argmax(2)
    clear = (peaks > SEEN) & ~(moved & alike)
    distance = np.abs(cells - other).max(2)[clear]
    return Parity(float(np.abs(wanted - found).max()), float(distance.max(initial=0)))


def made_up(spec: EstimatorSpec) -> np.ndarray:
    """(BATCH, height, width, 3) uint8: blotches of light and colour with noise."""
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.uniform(0, 255, (BATCH, 3, 6, 6)))
    smooth = torch.nn.functional.interpolate(coarse, (spec.height, spec.width), mode="bicubic").permute(0, 2, 3, 1)
    return np.clip(smooth.numpy() + rng.normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)
