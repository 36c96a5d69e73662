"""What an estimator reads in the stored pictures of a training set."""

import numpy as np
import torch

from core.adaptation.training_set import BATCH, TrainingSet, central_crops
from core.estimation.crops import cells_to_image
from core.estimation.maps import Maps
from core.estimation.network import Estimator
from core.estimation.spec import EstimatorSpec
from core.evaluation.oks import oks


def read_poses(estimator: Estimator, data: TrainingSet) -> np.ndarray:
    """(M, K, 2) in pixels of the pictures, on the CPU."""
    crops = torch.from_numpy(central_crops(data.pictures, estimator.spec.size))
    training = estimator.training
    estimator.eval()
    with torch.no_grad():
        maps = torch.cat([estimator(some)[0].float() for some in crops.split(BATCH)])
    estimator.train(training)
    return points_in_pictures(maps, data, estimator.spec)


def points_in_pictures(maps: torch.Tensor, data: TrainingSet, spec: EstimatorSpec) -> np.ndarray:
    """(M, K, 2) in pixels of the stored pictures. maps: of their central crops, as an estimator gives
    them.
    """
    cells, _ = Maps.of(maps.cpu().numpy(), spec).decode()
    corner = (np.array(data.pictures.shape[2:0:-1]) - spec.size) // 2
    return cells_to_image(cells, np.repeat(spec.crop_extent, len(cells), 0), spec.cells) + corner


def label_oks(points: np.ndarray, data: TrainingSet, spec: EstimatorSpec) -> np.ndarray:
    """(M,) OKS of poses (M, K, 2) in the pictures with their labels."""
    return oks(points, data.points, data.labelled, data.areas, np.array(spec.skeleton.sigmas))
