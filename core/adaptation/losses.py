"""How far what a network gives is from what it should: from labels, or from what another network says."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from core.estimation.maps import SHARPNESS, axis_deviation
from core.estimation.readout import axes_of
from core.estimation.spec import EstimatorSpec

LINEAR_SIGMA = 2.0  # cells; what networks that give heatmaps themselves were trained with (Xiao et al. 2018)


class Loss:
    """Of one kind of network, summed over the cells of each joint.

    'focal': cross-entropy, weighted by the squared error so that the empty background does not drown the
    joints (the idea of the focal loss, Lin et al. 2017). 'mse': half the squared error of the heatmaps, as in
    the paper. Both of logits. 'linear': half the squared error of what the network gives, where that is
    heatmaps. 'axes': the Kullback-Leibler divergence from what it says along each axis, as RTMPose was
    trained (Jiang et al. 2023, sec. 3.3). heatmaps: 'focal' or 'mse', for networks that give logits of
    heatmaps; sigma: of their targets, in cells.
    """

    def __init__(self, spec: EstimatorSpec, heatmaps: str, sigma: float) -> None:
        self._spec = spec
        self.kind = {"focal": heatmaps, "mse": "linear", "kl": "axes"}[spec.loss]
        self._sigma = LINEAR_SIGMA if self.kind == "linear" else sigma

    def counted(self, points: Tensor, labelled: Tensor) -> Tensor:
        """(N, K) bool: labelled joints that can be taught. An axis has no place for one outside of the crop;
        in a heatmap it is nowhere. points: (N, K, 2) in cells.
        """
        if self.kind != "axes":
            return labelled
        return labelled & ((points >= 0) & (points <= points.new_tensor(self._spec.cells) - 1)).all(2)

    def targets(self, points: Tensor) -> Tensor:
        """points: (N, K, 2) in cells, centre = integer -> maps as they should be."""
        if self.kind == "axes":
            return torch.cat(
                [axis_target(points[..., i], cells) for i, cells in enumerate(self._spec.cells)], 2
            )
        return gaussian_targets(points, self._spec.cells[::-1], self._sigma)

    def __call__(self, raw: Tensor, target: Tensor) -> Tensor:
        """(N, K). raw: see Net.raw; target: maps."""
        if self.kind == "axes":
            pairs = zip(axes_of(raw, self._spec), axes_of(target, self._spec), strict=True)
            return torch.stack([_divergence(SHARPNESS * one, other) for one, other in pairs]).sum(0)
        if self.kind == "linear":
            return ((target - raw) ** 2).sum((2, 3)) / 2
        weight = (target - raw.sigmoid()) ** 2
        if self.kind == "mse":
            return weight.sum((2, 3)) / 2
        return (weight * F.binary_cross_entropy_with_logits(raw, target, reduction="none")).sum((2, 3))

    def labels(self, raw: Tensor, points: Tensor, labelled: Tensor) -> Tensor:
        """Mean over labelled joints. points: (N, K, 2) in cells; labelled: (N, K) bool."""
        return (self(raw, self.targets(points)) * labelled).sum() / labelled.sum().clamp(min=1)


def _divergence(logits: Tensor, target: Tensor) -> Tensor:
    """(N, K). Both (N, K, cells), of which the target is a distribution."""
    return F.kl_div(logits.log_softmax(2), target, reduction="none").sum(2)


def gaussian_targets(points: Tensor, size: Sequence[int], sigma: float) -> Tensor:
    """points: (N, K, 2) x, y in cells -> (N, K, h, w), 1 at the point."""
    ys = torch.arange(size[0], device=points.device, dtype=torch.float32)[:, None]
    xs = torch.arange(size[1], device=points.device, dtype=torch.float32)[None, :]
    squared = (xs - points[..., 0, None, None]) ** 2 + (ys - points[..., 1, None, None]) ** 2
    return torch.exp(-squared / (2 * sigma**2))


def axis_target(places: Tensor, cells: int) -> Tensor:
    """places: (N, K) in cells of an axis -> distributions (N, K, cells), see axis_deviation."""
    off = torch.arange(cells, device=places.device, dtype=torch.float32) - places[..., None]
    return (SHARPNESS * torch.exp(-(off**2) / (2 * axis_deviation(cells) ** 2))).softmax(2)
