"""Poses for training the pose prior: natural ones of other bodies and views, and ones with joints in the
wrong place.
"""

import numpy as np

from core.domain import COCO17

PROPORTION = 0.15  # standard deviation of the logarithm of each part's length
SIZE = 0.15  # the same of the whole body in its box
TURN = 0.2  # radians, standard deviation
NOISE = 0.02  # box heights: what a good estimate is off by
DISPLACEMENT = 0.5  # box heights, the most
DISPLACED_SHARES = (0.2, 0.5, 0.2, 0.1)  # of the poses: with no, one, two, three joints displaced
# (joint it hangs from, joint, part): the same part left and right has the same length
LIMBS = ((5, 7, 0), (7, 9, 1), (6, 8, 0), (8, 10, 1), (11, 13, 2), (13, 15, 3), (12, 14, 2), (14, 16, 3))
FACE, SHOULDERS, HIPS = [0, 1, 2, 3, 4], [5, 6], [11, 12]


def vary(poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same postures of other people, mirrored, turned and of other size. poses: (N, 17, 2) COCO order,
    box heights.
    """
    n = len(poses)
    mirrored = poses[:, COCO17.flip_index] * (-1, 1)
    poses = np.where(rng.random((n, 1, 1)) < 0.5, mirrored, poses)
    angle = rng.normal(0, TURN, n)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    poses = np.einsum("ijn,nkj->nki", turn, poses)
    poses = with_proportions(poses, np.exp(rng.normal(0, PROPORTION, (8, n, 1))))
    return poses * np.exp(rng.normal(0, SIZE, (n, 1, 1)))


def with_proportions(poses: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Poses (N, 17, 2) of bodies whose parts are that much longer, the limbs' directions kept.

    factors: (8, N, 1) of upper arm, forearm, thigh, shank, torso, width of the hips and of the shoulders,
    head.
    """
    *limbs, torso, hip_width, shoulder_width, head = factors
    pelvis, neck = poses[:, HIPS].mean(1), poses[:, SHOULDERS].mean(1)
    new_neck = pelvis + torso * (neck - pelvis)
    new = poses.copy()
    for joints, root, new_root, factor in (
        (HIPS, pelvis, pelvis, hip_width),
        (SHOULDERS, neck, new_neck, shoulder_width),
        (FACE, neck, new_neck, head),
    ):
        new[:, joints] = new_root[:, None] + factor[:, None] * (poses[:, joints] - root[:, None])
    for root, joint, part in LIMBS:
        new[:, joint] = new[:, root] + limbs[part] * (poses[:, joint] - poses[:, root])
    return new


def displace(poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Poses (N, 17, 2), box heights, as a bad estimate has them: up to three joints anywhere, all others a
    little off.
    """
    n, joints, _ = poses.shape
    count = rng.choice(len(DISPLACED_SHARES), (n, 1), p=DISPLACED_SHARES)
    displaced = rng.random((n, joints)).argsort(1) < count
    distance = displaced * rng.uniform(0, DISPLACEMENT, (n, joints))
    angle = rng.uniform(0, 2 * np.pi, (n, joints))
    moved = poses + distance[..., None] * np.stack([np.cos(angle), np.sin(angle)], 2)
    return moved + rng.normal(0, NOISE, poses.shape)
