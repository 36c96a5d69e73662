"""Labels that are not trained on, to see how good the estimator is on what it has not learned by heart."""

import numpy as np
import torch
from torch import nn

from core.adaptation.training_set import TrainingSet, central_crops
from core.estimation.crops import cells_to_image
from core.estimation.decode import decode
from core.estimation.network import heatmaps_of
from core.estimation.spec import EstimatorSpec
from core.evaluation.oks import oks

SHARE, MOST, LEAST_LABELS = 0.1, 16, 20
MARGIN = 0.01  # of OKS: by so much an earlier state has to be better than the last to be kept


def held_back_rows(count: int, seed: int) -> np.ndarray:
    """(count,) bool: one label in ten, evenly over the order of the labels, others with each seed; none of a few."""
    rows = np.zeros(count, bool)
    if count >= LEAST_LABELS:
        wanted = min(MOST, round(SHARE * count))
        rows[(np.arange(wanted) * count // wanted + seed % (count // wanted)) % count] = True
    return rows


class HeldBack:
    """Mean OKS of a network on labels it is not trained on, measured in the pixels of the stored pictures."""

    def __init__(self, data: TrainingSet, spec: EstimatorSpec, device: torch.device):
        self._spec = spec
        self._crops = torch.from_numpy(central_crops(data.pictures, spec.size)).to(device)
        self._corner = (np.array(data.pictures.shape[2:0:-1]) - spec.size) // 2
        self._data = data

    def __len__(self) -> int:
        return len(self._crops)

    def oks(self, net: nn.Module, autocast: torch.autocast) -> float:
        with torch.no_grad(), autocast:
            raw = net.raw(self._crops.permute(0, 3, 1, 2).float())[0].float()
        cells, _ = decode(heatmaps_of(raw, self._spec).cpu().numpy())
        extents = np.repeat(self._spec.crop_extent, len(cells), 0)
        points = cells_to_image(cells, extents, self._spec.cells) + self._corner
        data = self._data
        return float(
            np.nanmean(oks(points, data.points, data.labelled, data.areas, np.array(self._spec.skeleton.sigmas)))
        )
