"""What networks give to the heatmaps that are read."""

from torch import Tensor

from core.estimation.spec import EstimatorSpec

SOFTNESS = 1.8  # cells, MoveNet's own
FLAT = (
    5.0  # cells about the expected joint in which the gate of an adapted network prefers nothing: it chooses the peak
)
SURE = {
    "focal": 0.4,
    "mse": 0.6,
}  # mean peak of a pose from which on it is right, by the loss; of half as much it is not


def heatmaps_of(raw: Tensor, spec: EstimatorSpec) -> Tensor:
    """What a network gives -> heatmaps in 0..1."""
    return raw.sigmoid() if spec.loss == "focal" else raw.clamp(0, 1)


def gate(distance: Tensor, flat: float = 0.0) -> Tensor:
    """Factor in (0, 1] on heatmaps by the distance in cells from where the own person is expected to have the joint; the
    same within `flat` cells, so that a peak there is not moved.
    """
    return SOFTNESS / ((distance - flat).clamp(min=0) + SOFTNESS)


def sureness(heatmaps: Tensor, spec: EstimatorSpec) -> Tensor:
    """(N, 1, 1, 1) in 0..1, how far the mean peak of a pose lies between half of SURE and SURE. heatmaps: (N, K, h, w)."""
    sure = SURE[spec.loss]
    return ((heatmaps.amax((2, 3)).mean(1) - sure / 2) / (sure / 2)).clamp(0, 1)[:, None, None, None]


def anchored_heatmaps(
    before: Tensor, distance: Tensor | None, after: Tensor, share: Tensor, spec: EstimatorSpec
) -> Tensor:
    """The heatmaps of a network as it was and of its adapted copy in one, the mean with the weight `share` of the latter.

    Where both agree they confirm one another, and where they do not the surer one wins: what training got wrong the network
    as it was still says (the idea of ensembling a model with its fine-tuned self, Wortsman et al. 2022, on outputs instead
    of weights). Who the crop is about the first network says, as far as it is sure of this crop and the copy has no say yet.

    before: (N, K, h, w) in 0..1, as it reads them itself; distance: (N, K, h, w) cells, see Net.gated, None without;
    after: (N, K, h, w) in 0..1; share: scalar in 0..1.
    """
    if distance is not None:
        favour = sureness(before, spec) * (gate(distance, FLAT) - 1)
        after = after * (1 + favour - share * favour)  # 1 - share would be folded into a constant on export
    return before + share * (after - before)
