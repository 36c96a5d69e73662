"""What networks give to the heatmaps that are read."""

from torch import Tensor

from core.estimation.spec import EstimatorSpec

SOFTNESS = 1.8  # cells, MoveNet's own
# cells about the expected joint in which the gate of an adapted network prefers nothing: it chooses the peak
FLAT = 5.0
# mean peak of a pose from which on it is right, by the loss; of half as much it is not
SURE = {"focal": 0.4, "mse": 0.6}
SUREST = 0.75, 1.25  # times SURE: from where to where a pose is one of the surest
RESERVE = 0.2  # of the say of the copy, which the network as it was keeps of its surest poses


def heatmaps_of(raw: Tensor, spec: EstimatorSpec) -> Tensor:
    """What a network gives -> heatmaps in 0..1."""
    return raw.sigmoid() if spec.loss == "focal" else raw.clamp(0, 1)


def gate(distance: Tensor, flat: float = 0.0) -> Tensor:
    """Factor in (0, 1] on heatmaps by the distance in cells from where the own person is expected to have the joint; the
    same within `flat` cells, so that a peak there is not moved.
    """
    return SOFTNESS / ((distance - flat).clamp(min=0) + SOFTNESS)


def sureness(heatmaps: Tensor, spec: EstimatorSpec, low: float = 0.5, high: float = 1.0) -> Tensor:
    """(N, 1, 1, 1) in 0..1, how far the mean peak of a pose lies between low and high times SURE. heatmaps: (N, K, h, w)."""
    return between(heatmaps.amax((2, 3)).mean(1), spec.loss, low, high)[:, None, None, None]


def between(peaks: Tensor, loss: str, low: float = 0.5, high: float = 1.0) -> Tensor:
    """In 0..1, how far mean peaks lie between low and high times SURE. loss: of the spec."""
    sure = SURE[loss]
    return ((peaks - low * sure) / ((high - low) * sure)).clamp(0, 1)


def anchored_heatmaps(
    before: Tensor, distance: Tensor | None, after: Tensor, share: Tensor, spec: EstimatorSpec
) -> Tensor:
    """The heatmaps of a network as it was and of its adapted copy in one, the mean with the weight `share` of the latter.

    Where both agree they confirm one another, and where they do not the surer one wins: what training got wrong the network
    as it was still says (the idea of ensembling a model with its fine-tuned self, Wortsman et al. 2022, on outputs instead
    of weights). Who the crop is about the first network says, as far as it is sure of this crop and the copy has no say yet.

    before: (N, K, h, w) in 0..1, as it reads them itself; distance: (N, K, h, w) cells, see Net.gated, None without;
    after: (N, K, h, w) in 0..1; share: scalar in 0..1, which a crop of which the first network is surest gets less of.
    """
    share = share * (1 - RESERVE * sureness(before, spec, *SUREST))
    if distance is not None:
        after = after * (1 + (1 - share) * sureness(before, spec) * (gate(distance, FLAT) - 1))
    return before + share * (after - before)
