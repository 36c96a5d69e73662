"""Poses of one skeleton as those of another, joint by joint, by name."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.domain.skeleton import Skeleton

MIDDLE_OF = {"neck": "shoulder", "hip": "hip"}  # derived alike in OpenPose, Halpe, Pose2Sim and OpenCap


@dataclass(frozen=True)
class Conversion:
    """From the joints of `source` to those of `target`, matched by any of their names
    (core.domain.joint_names).
    """

    source: Skeleton
    target: Skeleton

    @cached_property
    def parents(self) -> np.ndarray:
        """(K of the target, 2) int64: the joints of the source that each is the middle of, twice the same
        where the source has that very joint, -1 for a joint that has no source.
        """
        direct = self.source.places_of(self.target.joints)
        direct[
            np.setdiff1d(np.arange(len(direct)), np.unique(direct, return_index=True)[1])
        ] = -1  # each goes to one only
        parents = np.stack([direct, direct], 1)
        for joint, part in MIDDLE_OF.items():
            place = self.target.places_of([joint])[0]
            both = self.source.places_of([f"left_{part}", f"right_{part}"])
            if place >= 0 and direct[place] < 0 and (both >= 0).all():
                parents[place] = both
        return parents

    @property
    def derived(self) -> tuple[str, ...]:
        """Joints of the target that are the middle of two of the source."""
        return self._of_target(self.parents[:, 0] != self.parents[:, 1])

    @property
    def missing(self) -> tuple[str, ...]:
        """Joints of the target that have no source."""
        return self._of_target(self.parents[:, 0] < 0)

    @property
    def lost(self) -> tuple[str, ...]:
        """Joints of the source that the target does not have."""
        kept = set(self.parents[self.parents[:, 0] == self.parents[:, 1], 0].tolist())
        return tuple(joint for place, joint in enumerate(self.source.joints) if place not in kept)

    @property
    def sentence(self) -> str:
        """What becomes of the joints."""
        same = len(self.target) - len(self.derived) - len(self.missing)
        parts = [
            f"{same} of the {len(self.target)} joints of {self.target.name} are joints of {self.source.name}"
        ]
        if self.derived:
            parts.append(f"derived as the middle of left and right: {', '.join(self.derived)}")
        if self.missing:
            parts.append(f"without a source: {_some(self.missing)}")
        if self.lost:
            parts.append(f"lost: {_some(self.lost)}")
        return "; ".join(parts) + "."

    def points(self, points: np.ndarray) -> np.ndarray:
        """(..., K, D) coordinates of the source to (..., K of the target, D): NaN where a joint, or one that
        it is derived from, is not there.
        """
        found = (points[..., self.parents[:, 0], :] + points[..., self.parents[:, 1], :]) / 2
        return np.where((self.parents[:, 0] >= 0)[:, None], found, np.nan)

    def confidence(self, confidence: np.ndarray) -> np.ndarray:
        """(..., K) to (..., K of the target): the lesser one of what a joint is derived from, 0 for none."""
        found = np.minimum(confidence[..., self.parents[:, 0]], confidence[..., self.parents[:, 1]])
        return np.where(self.parents[:, 0] >= 0, found, 0)

    def _of_target(self, which: np.ndarray) -> tuple[str, ...]:
        return tuple(self.target.joints[place] for place in np.flatnonzero(which))


def _some(joints: tuple[str, ...], most: int = 12) -> str:
    more = len(joints) - most
    return ", ".join(joints[:most]) + (f" and {more} more" if more > 0 else "")
