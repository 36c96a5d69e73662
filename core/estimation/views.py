"""Other views of a crop, for test-time augmentation: mirrored and made smaller."""

import numpy as np

from core.estimation.decode import decode
from core.estimation.session import EstimatorSession
from core.video.imaging import cv2

SMALLER = 0.85


def other_views(session: EstimatorSession, crops: np.ndarray) -> np.ndarray:
    """What the estimator says of N crops when they are mirrored, and when they are smaller.

    crops: (N, side, side, 3) uint8 RGB. Returns (2, N, K, 2) cells of the crop as it was.
    """
    cells, side = session.spec.cells, session.spec.side
    mirrored, _ = decode(session.run(np.ascontiguousarray(crops[:, :, ::-1]))[0])
    mirrored = mirrored[:, session.spec.skeleton.flip_index]
    mirrored[..., 0] = cells - 1 - mirrored[..., 0]
    edge = (1 - SMALLER) * (side - 1) / 2
    affine = np.array([[SMALLER, 0, edge], [0, SMALLER, edge]])
    small, _ = decode(session.run(np.stack([cv2.warpAffine(crop, affine, (side, side)) for crop in crops]))[0])
    middle = (cells - 1) / 2
    return np.stack([mirrored, (small - middle) / SMALLER + middle])
