"""The joints an estimator knows, and how they hang together."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


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

    @classmethod
    def from_json(cls, data: dict) -> "Skeleton":
        return cls(
            name=str(data["name"]),
            joints=tuple(str(j) for j in data["joints"]),
            edges=tuple((int(a), int(b)) for a, b in data["edges"]),
            flip_pairs=tuple((int(a), int(b)) for a, b in data["flip_pairs"]),
            sigmas=tuple(float(s) for s in data["sigmas"]),
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
