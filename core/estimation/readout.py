"""What networks give to the maps that are read: heatmaps, or distributions along the axes."""

import torch
from torch import Tensor

from core.estimation.maps import SHARPNESS, top_of
from core.estimation.spec import EstimatorSpec

SOFTNESS = 1.8  # cells, MoveNet's own
# cells about the expected joint in which the gate of an adapted network prefers nothing: it chooses the peak
FLAT = 5.0
# mean peak of a pose from which on it is right, by the loss; of half as much it is not
SURE = {"focal": 0.4, "mse": 0.6, "kl": 0.6}
SUREST = 0.75, 1.25  # times SURE: from where to where a pose is one of the surest
RESERVE = 0.2  # of the say of the copy, which the network as it was keeps of its surest poses


def maps_of(raw: Tensor, spec: EstimatorSpec) -> Tensor:
    """What a network gives -> heatmaps (N, K, h, w) in 0..1, or distributions along the axes (N, K, w +
    h).
    """
    if spec.along_axes:
        return torch.cat([(SHARPNESS * axis).softmax(2) for axis in axes_of(raw, spec)], 2)
    return raw.sigmoid() if spec.loss == "focal" else raw.clamp(0, 1)


def axes_of(values: Tensor, spec: EstimatorSpec) -> tuple[Tensor, ...]:
    """values: (N, K, w + h) -> (N, K, w) along x, (N, K, h) along y."""
    return values.split(spec.cells, 2)


def peaks_of(maps: Tensor, spec: EstimatorSpec) -> Tensor:
    """(N, K) confidence in 0..1, as Maps.decode reads it."""
    if not spec.along_axes:
        return maps.amax((2, 3))
    heights = [axis.amax(2) / top_of(axis.shape[2]) for axis in axes_of(maps, spec)]
    return torch.minimum(*heights).clamp(max=1)


def gate(distance: Tensor, flat: float = 0.0) -> Tensor:
    """Factor in (0, 1] on heatmaps by the distance in cells from where the own person is expected to have the
    joint; the same within `flat` cells, so that a peak there is not moved.
    """
    return SOFTNESS / ((distance - flat).clamp(min=0) + SOFTNESS)


def sureness(maps: Tensor, spec: EstimatorSpec, low: float = 0.5, high: float = 1.0) -> Tensor:
    """(N, 1, …) with as many dimensions as maps, in 0..1: how far the mean peak of a pose lies between low
    and high times SURE.
    """
    sure = between(peaks_of(maps, spec).mean(1), spec.loss, low, high)
    return sure.reshape(-1, *[1] * (maps.dim() - 1))


def between(peaks: Tensor, loss: str, low: float = 0.5, high: float = 1.0) -> Tensor:
    """In 0..1, how far mean peaks lie between low and high times SURE. loss: of the spec."""
    sure = SURE[loss]
    return ((peaks - low * sure) / ((high - low) * sure)).clamp(0, 1)


def anchored_maps(
    before: Tensor, distance: Tensor | None, after: Tensor, share: Tensor, spec: EstimatorSpec
) -> Tensor:
    """The maps of a network as it was and of its adapted copy in one, the mean with the weight `share` of the
    latter.

    Where both agree they confirm one another, and where they do not the surer one wins: what training got
    wrong the network as it was still says (the idea of ensembling a model with its fine-tuned self, Wortsman
    et al. 2022, on outputs instead of weights). Who the crop is about the first network says, as far as it is
    sure of this crop and the copy has no say yet.

    before: as it reads them itself; distance: (N, K, h, w) cells, see Net.gated, None without; after: of the
    copy; share: scalar in 0..1, which a crop of which the first network is surest gets less of.
    """
    share = share * (1 - RESERVE * sureness(before, spec, *SUREST))
    if distance is not None:
        after = after * (1 + (1 - share) * sureness(before, spec) * (gate(distance, FLAT) - 1))
    return before + share * (after - before)
