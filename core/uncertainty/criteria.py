"""The criteria by name. A new one is a file beside this and a line here."""

from core.domain import Skeleton, UserError
from core.uncertainty.criterion import Criterion
from core.uncertainty.dropout import Dropout
from core.uncertainty.ensemble import Ensemble
from core.uncertainty.entropy import Entropy
from core.uncertainty.influence import Influence
from core.uncertainty.least_confidence import LeastConfidence
from core.uncertainty.margin import Margin
from core.uncertainty.multiple_peak_entropy import MultiplePeakEntropy
from core.uncertainty.pose_unnaturalness import PoseUnnaturalness
from core.uncertainty.temporal_disagreement import TemporalDisagreement
from core.uncertainty.temporal_heatmap_continuity import TemporalHeatmapContinuity
from core.uncertainty.temporal_pose_continuity import TemporalPoseContinuity

CRITERIA: dict[str, type[Criterion]] = {
    criterion.name: criterion
    for criterion in (
        TemporalHeatmapContinuity,
        PoseUnnaturalness,
        LeastConfidence,
        MultiplePeakEntropy,
        TemporalPoseContinuity,
        TemporalDisagreement,
        Entropy,
        Margin,
        Influence,
        Dropout,
        Ensemble,
    )
}
VARIANTS = ("ours", "paper")
USUAL, WITHOUT_PRIOR = "thc+wpu", "thc+lc"


def usable(criterion: str, skeleton: Skeleton) -> str:
    """The usual sum, or what takes its place for a skeleton that has no pose prior; any other as it is."""
    return WITHOUT_PRIOR if criterion == USUAL and PoseUnnaturalness.unavailable(skeleton) else criterion


def usual_of_poses(skeleton: Skeleton) -> str:
    """The same where nobody has heatmaps of the poses."""
    return f"{TemporalDisagreement.name}+" + usable(USUAL, skeleton).partition("+")[2]


def further_passes(criterion: str) -> frozenset[str]:
    """What a sum of criteria needs beyond one forward pass."""
    return frozenset(
        name
        for name in criterion.lower().replace(" ", "").split("+")
        if name in CRITERIA and CRITERIA[name].further
    )


def parse(criterion: str, variant: str) -> list[str]:
    """'thc+wpu' -> ['thc.ours', 'wpu.ours']: the stored columns that make up a sum of criteria.

    Raises UserError for an unknown name or variant.
    """
    if variant not in VARIANTS:
        raise UserError(f"There is no variant {variant!r}. Choose ours or paper.")
    columns = []
    for name in criterion.lower().split("+"):
        name = name.strip()
        if name not in CRITERIA:
            raise UserError(
                f"There is no criterion {name!r}. Choose one of {', '.join(CRITERIA)}, or a sum like thc+wpu."
            )
        columns.append(f"{name}.{variant}" if CRITERIA[name].variants else name)
    return columns
