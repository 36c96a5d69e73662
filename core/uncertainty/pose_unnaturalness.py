"""WPU: how unlike a body a pose is, by what an autoencoder of poses cannot reproduce."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from core.domain import UserError
from core.uncertainty.features import DIMENSIONS, hybrid_features

HIDDEN = (24, 12, 7, 4, 7, 12, 24)


@dataclass(frozen=True)
class PosePrior:
    """The autoencoder d-24-12-7-4-7-12-24-d with ReLU between its layers, ready to run.

    layers: weight (out, in) and bias (out,) of each; mean, scale: (d,) that standardise the feature ("ours"; 0 and 1 for
    "paper", whose last layer is followed by a sigmoid).
    """

    variant: str
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    mean: np.ndarray
    scale: np.ndarray

    def reproduce(self, features: np.ndarray) -> np.ndarray:
        """(N, d) standardised features as the autoencoder gives them back."""
        x = features
        for i, (weight, bias) in enumerate(self.layers):
            x = x @ weight.T + bias
            if i < len(self.layers) - 1:
                x = np.maximum(x, 0)
        return (1 + np.tanh(x / 2)) / 2 if self.variant == "paper" else x

    def unnaturalness(self, points: np.ndarray, confidence: np.ndarray, heights: np.ndarray) -> np.ndarray:
        """WPU of N poses (Taketsugu & Ukita 2024, sec. 4.2): mean squared error of the reproduced feature.

        points: (N, 17, 2) image pixels; confidence: (N, 17); heights: (N,) box heights. Returns (N,) float32.
        """
        features = (hybrid_features(points, confidence, heights, self.variant) - self.mean) / self.scale
        return ((self.reproduce(features) - features) ** 2).mean(1)


def load_prior(path: Path) -> PosePrior:
    """Raises UserError when the file is not a pose prior."""
    try:
        data = load_file(path)
        variant = "paper" if "paper" in data else "ours"
        count = len(HIDDEN) + 1
        layers = tuple((data[f"layers.{i}.weight"], data[f"layers.{i}.bias"]) for i in range(count))
        prior = PosePrior(variant, layers, data["mean"], data["scale"])
        fits = len(prior.mean) == DIMENSIONS[variant] == layers[-1][0].shape[0]
    except (OSError, KeyError, SafetensorError) as error:
        raise UserError(f"The pose prior {path} cannot be read ({error}). Fine-tune again to make it anew.") from error
    if not fits:
        raise UserError(
            f"The pose prior {path.name} does not fit its own description. Fine-tune again to make it anew."
        )
    return prior
