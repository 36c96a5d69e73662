"""The joints an estimator knows, and how they hang together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.domain.errors import UserError
from core.domain.joint_names import JointNames

MOST_JOINTS = 512
LONGEST_NAME = 100  # characters
SIGMAS = 1e-4, 10.0  # COCO's are 0.025 to 0.107; beyond these OKS is 0 or 1, whatever the pose
USUAL_SIGMA = 0.08  # OKS constant of a joint that none is known of: about a shoulder's


@dataclass(frozen=True)
class Skeleton:
    """Named joints with the limbs between them.

    edges: pairs of joint indices that form a limb.
    flip_pairs: (left, right) joints that change places in a mirror image.
    sigmas: per-joint OKS constants (K,), COCO's convention (https://cocodataset.org/#keypoints-eval).
    """

    name: str
    joints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    flip_pairs: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.joints)

    @cached_property
    def flip_index(self) -> np.ndarray:
        """(K,) int64: joint k of a mirrored person is joint flip_index[k] of the person."""
        index = np.arange(len(self.joints))
        for left, right in self.flip_pairs:
            index[left], index[right] = right, left
        return index

    @cached_property
    def _names(self) -> JointNames:
        return JointNames(self.joints)

    def side(self, joint: int) -> str:
        """'left', 'right' or 'middle'."""
        for left, right in self.flip_pairs:
            if joint == left:
                return "left"
            if joint == right:
                return "right"
        return "middle"

    def to_json(self) -> dict:
        return {
            "name": self.name,
            "joints": list(self.joints),
            "edges": [list(e) for e in self.edges],
            "flip_pairs": [list(p) for p in self.flip_pairs],
            "sigmas": list(self.sigmas),
        }

    def places_of(self, joints: Sequence[str]) -> np.ndarray:
        """(n,) int64: where each of the joints is in this skeleton by any of its names, -1 for nowhere;
        see JointNames.
        """
        return self._names.places(joints)

    def subset(self, joints: np.ndarray) -> "Skeleton":
        """The skeleton of some joints, (n,) int64, with what lies between them."""
        place = {int(joint): new for new, joint in enumerate(joints)}
        edges, pairs = (
            tuple((place[a], place[b]) for a, b in both if a in place and b in place)
            for both in (self.edges, self.flip_pairs)
        )
        names, sigmas = (
            tuple(self.joints[joint] for joint in place),
            tuple(self.sigmas[joint] for joint in place),
        )
        return Skeleton(self.name, names, edges, pairs, sigmas)

    @classmethod
    def from_json(cls, data: object) -> "Skeleton":
        """The way back of to_json. Without sigmas, joints named as in COCO-17 have theirs and others the
        usual one; without flip pairs, joints whose names differ in left and right are such; edges and the
        name may be left out too. Raises UserError for the first rule that is broken.
        """
        if not isinstance(data, dict):
            raise UserError("A skeleton is a JSON object with joints, edges, flip_pairs and sigmas.")
        name = data.get("name") or "Own skeleton"
        if not _is_name(name):
            raise UserError(
                f"A skeleton's name is text of 1 to {LONGEST_NAME} characters, not {repr(name)[:40]}."
            )
        joints = _listed(data, "joints", name)
        if not 1 <= len(joints) <= MOST_JOINTS:
            raise UserError(
                f"The skeleton {name!r} needs between 1 and {MOST_JOINTS} joints, each with a name."
            )
        if unnamed := [place for place, joint in enumerate(joints) if not _is_name(joint)]:
            raise UserError(
                f"The skeleton {name!r} needs joints each with a name of 1 to {LONGEST_NAME} printed "
                f"characters; number {unnamed[0] + 1} is {repr(joints[unnamed[0]])[:40]}."
            )
        repeated = [joint for joint, count in Counter(joints).items() if count > 1]
        if repeated:
            raise UserError(
                f"The skeleton {name!r} has more than one joint {repeated[0]!r}; give each its own name."
            )
        edges, pairs = (_pairs(data, key, len(joints), name) for key in ("edges", "flip_pairs"))
        if data.get("flip_pairs") is None:
            pairs = _mirrored(joints)
        paired = [
            joint for joint, count in Counter(joint for pair in pairs for joint in pair).items() if count > 1
        ]
        if paired:
            raise UserError(
                f"The skeleton {name!r} has {joints[paired[0]]!r} in more than one of its flip_pairs."
            )
        sigmas = _listed(data, "sigmas", name) or usual_sigmas(joints)
        if len(sigmas) != len(joints) or not all(_is_sigma(sigma) for sigma in sigmas):
            raise UserError(
                f"The skeleton {name!r} needs a sigma above 0 for each of its {len(joints)} joints, from "
                f"{SIGMAS[0]:g} to {SIGMAS[1]:g}, or no sigmas at all."
            )
        return cls(name, tuple(joints), edges, pairs, tuple(map(float, sigmas)))


def usual_sigmas(joints: list[str]) -> list[float]:
    """OKS constants by name: COCO-17's where it has the joint, else USUAL_SIGMA."""
    known = dict(zip(COCO17.joints, COCO17.sigmas, strict=True))
    return [known.get(joint, USUAL_SIGMA) for joint in joints]


def _mirrored(joints: list[str]) -> tuple[tuple[int, int], ...]:
    places = {joint: place for place, joint in enumerate(joints)}
    others = {
        place: places.get(joint.replace("left", "right"))
        for joint, place in places.items()
        if "left" in joint
    }
    return tuple((left, right) for left, right in others.items() if right is not None)


def _listed(data: dict, key: str, name: str) -> list:
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise UserError(f"The skeleton {name!r}: {key} must be a list.")
    return list(value)


def _pairs(data: dict, key: str, joints: int, name: str) -> tuple[tuple[int, int], ...]:
    pairs = []
    for pair in _listed(data, key, name):
        fits = isinstance(pair, list | tuple) and len(pair) == 2 and all(type(joint) is int for joint in pair)
        if not fits or not all(0 <= joint < joints for joint in pair) or pair[0] == pair[1]:
            raise UserError(
                f"The skeleton {name!r}: {key} holds {str(pair)[:40]} where two different joints from 0 "
                f"to {joints - 1} are needed."
            )
        pairs.append((pair[0], pair[1]))
    return tuple(pairs)


def _is_sigma(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and SIGMAS[0] <= value <= SIGMAS[1]


def _is_name(value: object) -> bool:
    return (
        isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value) <= LONGEST_NAME
    )


COCO17 = Skeleton(
    name="COCO-17",
    joints=(
        "nose",
        "left_eye",
        "right_eye",
        "left_ear",
        "right_ear",
        "left_shoulder",
        "right_shoulder",
        "left_elbow",
        "right_elbow",
        "left_wrist",
        "right_wrist",
        "left_hip",
        "right_hip",
        "left_knee",
        "right_knee",
        "left_ankle",
        "right_ankle",
    ),
    edges=(
        (15, 13),
        (13, 11),
        (16, 14),
        (14, 12),
        (11, 12),
        (5, 11),
        (6, 12),
        (5, 6),
        (5, 7),
        (6, 8),
        (7, 9),
        (8, 10),
        (1, 2),
        (0, 1),
        (0, 2),
        (1, 3),
        (2, 4),
        (3, 5),
        (4, 6),
    ),
    flip_pairs=((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)),
    sigmas=(
        0.026,
        0.025,
        0.025,
        0.035,
        0.035,
        0.079,
        0.079,
        0.072,
        0.072,
        0.062,
        0.062,
        0.107,
        0.107,
        0.087,
        0.087,
        0.089,
        0.089,
    ),
)
