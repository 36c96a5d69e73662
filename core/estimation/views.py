"""Other views of a crop, for test-time augmentation: mirrored and made smaller."""

import numpy as np

from core.estimation.crops import cells_to_image, image_to_cells
from core.estimation.maps import Maps
from core.estimation.session import EstimatorSession
from core.video.imaging import cv2

SMALLER = 0.85


def other_views(session: EstimatorSession, crops: np.ndarray) -> np.ndarray:
    """What the estimator says of N crops when they are mirrored, and when they are smaller.

    crops: (N, height, width, 3) uint8 RGB. Returns (2, N, K, 2) cells of the crop as it was.
    """
    spec = session.spec
    middle = (np.array(spec.size) - 1) / 2

    def look(crops: np.ndarray) -> np.ndarray:
        return cells_to_image(Maps.of(session.run(crops)[0], spec).decode()[0], spec.crop_extent, spec.cells)

    mirrored = look(np.ascontiguousarray(crops[:, :, ::-1]))[:, spec.skeleton.flip_index]
    mirrored[..., 0] = spec.width - 1 - mirrored[..., 0]
    affine = np.column_stack([SMALLER * np.eye(2), (1 - SMALLER) * middle])
    small = look(np.stack([cv2.warpAffine(crop, affine, spec.size) for crop in crops]))
    seen = (mirrored, (small - middle) / SMALLER + middle)
    return np.stack([image_to_cells(points, spec.crop_extent, spec.cells) for points in seen])
