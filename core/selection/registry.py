"""The samplers by name. A new one is a file beside this and a line here; a variant of one has its name
after a dot.
"""

from typing import NamedTuple

from core.domain import Skeleton, UserError
from core.selection.core_set import core_set
from core.selection.duw_core_set import duw_fixed, duw_jrdb, duw_ours, duw_paper
from core.selection.facility_location import facility_location
from core.selection.k_means import k_means, weighted_k_means
from core.selection.pool import Sampler
from core.selection.random_choice import random_choice
from core.selection.top_uncertainty import top_uncertainty
from core.selection.uniform_stride import uniform_stride
from core.uncertainty.criteria import USUAL, usable
from core.uncertainty.temporal_disagreement import TemporalDisagreement

DISTANCE, MENDS = "distance", "mends"


class Entry(NamedTuple):
    """title: as the settings show it; criterion: what it goes by where nobody chose; told: what it says of
    each pick, its DISTANCE to what is labelled in 0..1, or how many poses a label MENDS.
    """

    title: str
    pick: Sampler
    criterion: str = USUAL
    told: str = DISTANCE


SAMPLERS: dict[str, Entry] = {
    "facility-location": Entry(
        "Facility location — what a label changes around it",
        facility_location,
        TemporalDisagreement.name,
        MENDS,
    ),
    "duw": Entry("DUW Core-Set — uncertain and different", duw_ours),
    "duw.paper": Entry("DUW Core-Set as in the paper", duw_paper),
    "duw-jrdb": Entry("DUW with λ = 1000 — the paper’s for JRDB-Pose", duw_jrdb),
    "duw-fixed": Entry("DUW with fixed weights — half and half", duw_fixed),
    "core-set": Entry("Core-Set — different from what is labelled", core_set),
    "weighted-k-means": Entry("Weighted K-Means — the middles of uncertain groups", weighted_k_means),
    "k-means": Entry("K-Means — the middles of groups", k_means),
    "top": Entry("Most uncertain — however alike", top_uncertainty),
    "stride": Entry("Evenly spaced in time", uniform_stride),
    "random": Entry("Random — for comparison", random_choice),
}


def sampler_titles() -> dict[str, str]:
    """By name, of those that can be chosen."""
    return {name: entry.title for name, entry in SAMPLERS.items() if "." not in name}


def usual_criterion(name: str, skeleton: Skeleton) -> str:
    """What a sampler goes by where nobody chose, also one that this program does not know."""
    return usable(SAMPLERS[name].criterion if name in SAMPLERS else USUAL, skeleton)


def sampler(name: str, variant: str = "ours") -> Sampler:
    """Raises UserError for a name that is not in the table."""
    return entry(name, variant).pick


def entry(name: str, variant: str = "ours") -> Entry:
    """As sampler()."""
    found = SAMPLERS.get(f"{name}.{variant}") or SAMPLERS.get(name)
    if found is None:
        raise UserError(f"There is no sampler {name!r}. Choose one of {', '.join(sampler_titles())}.")
    return found
