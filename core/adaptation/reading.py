"""Labels that are not trained on, to see how good the estimator is on what it has not learned by heart."""

from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch

from core.adaptation.training_set import BATCH, TrainingSet, central_crops
from core.estimation.crops import cells_to_image
from core.estimation.maps import Maps
from core.estimation.network import Estimator
from core.estimation.spec import EstimatorSpec
from core.evaluation.oks import oks

SHARE, MOST, LEAST_LABELS = 0.1, 16, 20


def held_back_rows(count: int, seed: int) -> np.ndarray:
    """(count,) bool: one label in ten, evenly over the order of the labels, others with each seed; none of
    a few.
    """
    rows = np.zeros(count, bool)
    if count >= LEAST_LABELS:
        wanted = min(MOST, round(SHARE * count))
        rows[(np.arange(wanted) * count // wanted + seed % (count // wanted)) % count] = True
    return rows


class HeldBack:
    """Mean OKS of an estimator on labels it is not trained on, measured in the pixels of the stored
    pictures.
    """

    def __init__(self, data: TrainingSet, estimator: Estimator, device: torch.device):
        self._estimator, self._data = estimator, data
        self._crops = torch.from_numpy(central_crops(data.pictures, estimator.spec.size)).to(device)

    def oks(self, autocast: AbstractContextManager | None = None) -> float:
        return float(np.nanmean(label_oks(self.points(autocast), self._data, self._estimator.spec)))

    def points(self, autocast: AbstractContextManager | None = None) -> np.ndarray:
        """(M, K, 2) in pixels of the pictures, as the estimator reads them now."""
        estimator = self._estimator
        training = estimator.training
        estimator.eval()
        with torch.no_grad(), autocast or nullcontext():
            maps = torch.cat([estimator(crops)[0].float() for crops in self._crops.split(BATCH)])
        estimator.train(training)
        return points_in_pictures(maps, self._data, estimator.spec)


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
