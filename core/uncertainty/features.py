"""The hybrid feature of a pose: where its joints are about the body's centre, how its limbs bend and how
long they are.
"""

import numpy as np

from core.domain import COCO17, Skeleton

# (a, b, c): the angle at b between the limbs to a and c, COCO order (method, section 2)
ANGLES = np.array(
    [(8, 6, 12), (6, 8, 10), (5, 7, 9), (7, 5, 11), (11, 12, 14), (12, 11, 13), (12, 14, 16), (11, 13, 15)]
)
EDGES = np.array(COCO17.edges)
JOINTS = 17
DIMENSIONS = {"paper": 2 * JOINTS + len(ANGLES), "ours": 2 * JOINTS + 2 * len(ANGLES) + len(EDGES)}

BODY = COCO17.joints[5:]  # those below the head, without which there are no angles
HEAD = 0.5  # how far above the shoulders the head is taken to be, in lengths of the trunk


def why_no_prior(skeleton: Skeleton) -> str:
    """Why the pose priors, which know COCO-17, say nothing of a skeleton; '' where they do. Joints are
    matched by name.
    """
    missing = [joint for joint, place in zip(BODY, skeleton.places_of(BODY), strict=True) if place < 0]
    if not missing:
        return ""
    return (
        f"the pose prior needs COCO-17's {len(BODY)} joints below the head by name, and {skeleton.name} "
        f"has no {', '.join(missing[:3])}{' …' if len(missing) > 3 else ''}"
    )


def as_coco(
    points: np.ndarray, weights: np.ndarray, skeleton: Skeleton
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Poses of a skeleton that has the BODY as poses of COCO-17: (N, 17, 2), weights (N, 17), and which
    joints it has (17,).

    points: (N, K, 2); weights: (N, K). A joint of the head that it lacks lies above the shoulders and weighs
    nothing.
    """
    places = skeleton.places_of(COCO17.joints)
    known = places >= 0
    shoulders, hips = (points[:, places[list(pair)]].mean(1, keepdims=True) for pair in ((5, 6), (11, 12)))
    head = shoulders + HEAD * (shoulders - hips)
    return np.where(known[:, None], points[:, places], head), np.where(known, weights[:, places], 0), known


def hybrid_features(points: np.ndarray, weights: np.ndarray, heights: np.ndarray, variant: str) -> np.ndarray:
    """Taketsugu & Ukita 2024, sec. 4.2.

    points: (N, 17, 2) image pixels, COCO order; weights: (N, 17) >= 0, confidence of the joints; heights:
    (N,) box heights. Returns (N, d) float32: joints relative to their centre in box heights, x then y, then
    the eight angles. "paper": the weighted centre, angles folded into 0..pi/2. "ours": the plain centre, for
    an unsure joint must not move all others; sine and cosine of the signed angles; then the lengths of the
    skeleton's edges in box heights.
    """
    shares = weights if variant == "paper" else np.ones_like(weights)
    total = np.maximum(shares.sum(1, keepdims=True), 1e-9)
    centre = (points * (shares / total)[..., None]).sum(1, keepdims=True)
    relative = (points - centre) / np.maximum(heights, 1e-9)[:, None, None]
    first = points[:, ANGLES[:, 0]] - points[:, ANGLES[:, 1]]
    second = points[:, ANGLES[:, 2]] - points[:, ANGLES[:, 1]]
    dot = (first * second).sum(-1)
    cross = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    angle = np.arctan2(cross, dot)
    if variant == "paper":
        unsigned = np.abs(angle)
        shape = [np.minimum(unsigned, np.pi - unsigned)]
    else:
        lengths = np.linalg.norm(relative[:, EDGES[:, 0]] - relative[:, EDGES[:, 1]], axis=2)
        shape = [np.sin(angle), np.cos(angle), lengths]
    return np.concatenate([relative[..., 0], relative[..., 1], *shape], 1).astype(np.float32)
