"""Whether joints are where their names say, by limbs and sides: a file can list them in another order than it
tells.

Lengths are told without units, by the mean distance of all pairs of the body's twelve joints in a pose.
"""

from itertools import combinations

import numpy as np

from core.domain import Skeleton
from core.domain.skeletons import SKELETONS

MOST_POSES = 2000  # that are looked at
FEWEST_POSES = 8  # that tell anything
FEWEST_JOINTS = 8  # of the twelve, for a pose to be one of them
ODD = 4.0  # misfit of an order that no body has; see misfit
CLEARLY = 0.5  # another order fits better where its misfit is below this share
SHORTER = 0.9  # limbs with their sides exchanged are that much shorter where they were exchanged
MOSTLY = 0.8  # share of poses that have to say so
# width of the shoulders over the length of the trunk, from which on a body is not seen from the side
TURNED = 0.25

PARTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
BODY = tuple(f"{side}_{part}" for side in ("left", "right") for part in PARTS)
SHOULDER, ELBOW, WRIST, HIP, KNEE, ANKLE = range(6)
BONES = ((SHOULDER, ELBOW), (ELBOW, WRIST), (SHOULDER, HIP), (HIP, KNEE), (KNEE, ANKLE))
LIMBS = np.array(
    [(a + side, b + side) for side in (0, 6) for a, b in BONES] + [(SHOULDER, SHOULDER + 6), (HIP, HIP + 6)]
)
PAIRS = np.array(list(combinations(range(len(BODY)), 2)))
# of LIMBS, over 7,000 poses of people who move
LENGTHS = np.array([*[0.43, 0.41, 0.79, 0.69, 0.67] * 2, 0.48, 0.22])
SPREADS = np.array([*[0.13, 0.12, 0.17, 0.16, 0.16] * 2, 0.19, 0.09])  # their standard deviations
FURTHEST = 9.0  # what a single limb may add to the misfit


def order_warnings(points: np.ndarray, seen: np.ndarray, skeleton: Skeleton) -> list[str]:
    """Sentences on what speaks against the order of joints; none where they are in order, are few, or no
    human's.

    points: (N, K, 2) image pixels, NaN where a joint is not placed; seen: (N, K) whether it is visible.
    """
    if len(points) > MOST_POSES:  # by chance, for every n-th may fall in step with a movement
        some = np.random.default_rng(0).choice(len(points), MOST_POSES, replace=False)
        points, seen = points[some], seen[some]
    points = points.astype(np.float64)
    own = _body(points, skeleton)
    if own is None or (fit := _median(misfit(own))) is None:
        return []
    others = {}
    for other in SKELETONS.values():
        if len(other) == len(skeleton) and other.joints != skeleton.joints:
            there = _body(points, other)
            if there is not None and (found := _median(misfit(there))) is not None:
                others[other.name] = found
    best = min(others, key=lambda name: others[name], default="")
    if best and others[best] < CLEARLY * fit:
        return [
            (
                f"The limbs fit the order of joints of {best} better than that of {skeleton.name}; check "
                "which the file has."
            )
        ]
    if fit > ODD:
        return [
            (
                f"The limbs are too long for a body: the joints are hardly in the order of {skeleton.name}; "
                "check it."
            )
        ]
    if crossed := _crossed(own) or _twisted(own):
        return [
            (
                f"Left and right seem to be exchanged between {' and between '.join(crossed)}; check the "
                "order of joints."
            )
        ]
    return _turned(points, seen, own, skeleton)


def misfit(body: np.ndarray) -> np.ndarray:
    """(N,) mean squared deviation of LIMBS from LENGTHS in SPREADS, none above FURTHEST; NaN where too few
    joints are known.

    0.3 to 1.7 in the median of videos with the right order, about 6 with a random one. body: (N, 12, 2), as
    BODY.
    """
    known = np.isfinite(body).all(2)
    limbs, pairs = (np.linalg.norm(body[:, one[:, 0]] - body[:, one[:, 1]], axis=2) for one in (LIMBS, PAIRS))
    scale = _mean(pairs)
    usable = (known.sum(1) >= FEWEST_JOINTS) & (scale > 0)
    relative = limbs / np.where(usable, scale, np.nan)[:, None]
    return _mean(np.minimum(((relative - LENGTHS) / SPREADS) ** 2, FURTHEST))


def _crossed(body: np.ndarray) -> list[str]:
    """Bones that are clearly shorter with one end on the other side, in most poses: 'elbow and wrist'."""
    left, right = body[:, :6], body[:, 6:]
    found = []
    for a, b in BONES:
        straight = np.linalg.norm(left[:, a] - left[:, b], axis=1) + np.linalg.norm(
            right[:, a] - right[:, b], axis=1
        )
        across = np.linalg.norm(left[:, a] - right[:, b], axis=1) + np.linalg.norm(
            right[:, a] - left[:, b], axis=1
        )
        known = np.isfinite(straight) & np.isfinite(across)
        share = across[known] / np.maximum(straight[known], 1e-9)
        if len(share) >= FEWEST_POSES and (share < 1).mean() >= MOSTLY and np.median(share) < SHORTER:
            found.append(f"{PARTS[a]} and {PARTS[b]}")
    return found


def _twisted(body: np.ndarray) -> list[str]:
    """Whether the shoulders point the other way than the hips, in most of the poses that are not seen from
    the side.
    """
    across, up = _axes(body)
    apart = (across * (body[:, HIP] - body[:, HIP + 6])).sum(1)[_wide(across, up)]
    apart = apart[np.isfinite(apart)]
    return ["shoulders and hips"] if len(apart) >= FEWEST_POSES and (apart < 0).mean() >= MOSTLY else []


def _axes(body: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) each: from the right shoulder to the left one, and from the middle of the hips to that of the
    shoulders.
    """
    up = (body[:, SHOULDER] + body[:, SHOULDER + 6] - body[:, HIP] - body[:, HIP + 6]) / 2
    return body[:, SHOULDER] - body[:, SHOULDER + 6], up


def _wide(across: np.ndarray, up: np.ndarray) -> np.ndarray:
    return np.linalg.norm(across, axis=1) > TURNED * np.linalg.norm(up, axis=1)


def _turned(points: np.ndarray, seen: np.ndarray, body: np.ndarray, skeleton: Skeleton) -> list[str]:
    """Whether bodies whose eyes are seen have their left on the side that a body has which is seen from
    behind.

    Nothing is said where all joints are visible, as in formats that do not know better.
    """
    eyes = skeleton.places_of(["left_eye", "right_eye"])
    if (eyes < 0).any() or seen.all():
        return []
    across, up = _axes(body)
    face = seen[:, eyes].all(1) & np.isfinite(points[:, eyes]).all((1, 2))
    front = (up[:, 0] * across[:, 1] - up[:, 1] * across[:, 0])[face & _wide(across, up)] > 0
    if len(front) < FEWEST_POSES or (behind := 1 - front.mean()) < MOSTLY:
        return []
    return [
        (
            f"In {behind:.0%} of the poses whose eyes are visible, left and right are as in a body seen from "
            "behind: check whether they are exchanged."
        )
    ]


def _body(points: np.ndarray, skeleton: Skeleton) -> np.ndarray | None:
    """(N, 12, 2) of BODY; None for a skeleton that lacks any of them."""
    places = skeleton.places_of(BODY)
    return None if (places < 0).any() else points[:, places]


def _mean(values: np.ndarray) -> np.ndarray:
    """(N,) of the known ones in (N, n), NaN for none."""
    known = np.isfinite(values)
    count = known.sum(1)
    return np.where(count > 0, np.where(known, values, 0).sum(1) / np.maximum(count, 1), np.nan)


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) >= FEWEST_POSES else None
