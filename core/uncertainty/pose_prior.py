"""What poses people take: an autoencoder, and how far it has to change a pose."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from core.domain import UserError
from core.uncertainty.features import DIMENSIONS, JOINTS, hybrid_features

HIDDEN = {"paper": (24, 12, 7, 4, 7, 12, 24), "ours": (384, 384)}
OUTPUTS = {"paper": DIMENSIONS["paper"], "ours": 2 * JOINTS}


def layer_sizes(variant: str) -> tuple[int, ...]:
    """Width of the input, of each hidden layer and of the output."""
    return DIMENSIONS[variant], *HIDDEN[variant], OUTPUTS[variant]


@dataclass(frozen=True)
class PosePrior:
    """An autoencoder of poses, ReLU between its layers, ready to run.

    "paper": the hybrid feature through a bottleneck of 4 and a sigmoid. "ours": no bottleneck but a denoising
    autoencoder (Vincent et al. 2008): it sees a feature with joints displaced and gives the joints where they
    were. layers: weight (out, in) and bias (out,) of each; mean, scale: (d,) that standardise the feature, 0
    and 1 for "paper"; for "ours" the joints share one scale, so that a distance stays a distance.
    """

    variant: str
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    mean: np.ndarray
    scale: np.ndarray

    def standardised(self, points: np.ndarray, weights: np.ndarray, heights: np.ndarray) -> np.ndarray:
        """(N, d) float32 features of poses, see hybrid_features."""
        return (hybrid_features(points, weights, heights, self.variant) - self.mean) / self.scale

    def reproduce(self, features: np.ndarray) -> np.ndarray:
        """(N, d) standardised features -> (N, d) as the autoencoder gives them back; "ours": (N, 34), the
        joints alone.
        """
        x = features
        for i, (weight, bias) in enumerate(self.layers):
            x = x @ weight.T + bias
            if i < len(self.layers) - 1:
                x = np.maximum(x, 0)
        return (1 + np.tanh(x / 2)) / 2 if self.variant == "paper" else x

    def unnaturalness(
        self, points: np.ndarray, confidence: np.ndarray, heights: np.ndarray, known: np.ndarray | None = None
    ) -> np.ndarray:
        """WPU of N poses. "paper" (Taketsugu & Ukita 2024, sec. 4.2): mean squared error of the reproduced
        feature.

        "ours": how far the joint that fits worst lies from where the others want it, in box heights; a mean
        would drown one wrong joint in sixteen right ones. Joints that are not known are put where the others
        want them first. points: (N, 17, 2) image pixels; confidence: (N, 17); heights: (N,) box heights;
        known: (17,) bool, all by default. Returns (N,) float32.
        """
        features = self.standardised(points, confidence, heights)
        if self.variant == "paper":
            return ((self.reproduce(features) - features) ** 2).mean(1)
        known = np.ones(JOINTS, bool) if known is None else known
        scale, mean = self.scale[: 2 * JOINTS], self.mean[: 2 * JOINTS]
        if not known.all():
            wanted = (self.reproduce(features) * scale + mean).reshape(-1, 2, JOINTS).swapaxes(1, 2)
            wanted = wanted * heights[:, None, None] + points.mean(1, keepdims=True)
            features = self.standardised(np.where(known[:, None], points, wanted), confidence, heights)
        offset = (self.reproduce(features) - features[:, : 2 * JOINTS]) * scale
        return np.hypot(offset[:, :JOINTS], offset[:, JOINTS:])[:, known].max(1)


def load_prior(path: Path) -> PosePrior:
    """Raises UserError when the file is not a pose prior."""
    try:
        data = load_file(path)
        variant = "paper" if "paper" in data else "ours"
        shapes = [(size, before) for before, size in itertools.pairwise(layer_sizes(variant))]
        layers = tuple((data[f"layers.{i}.weight"], data[f"layers.{i}.bias"]) for i in range(len(shapes)))
        prior = PosePrior(variant, layers, data["mean"], data["scale"])
        fits = [weight.shape for weight, _ in layers] == shapes and len(prior.mean) == DIMENSIONS[variant]
    except (OSError, KeyError, SafetensorError) as error:
        raise UserError(
            f"The pose prior {path} cannot be read ({error}). Fine-tune again to make it anew."
        ) from error
    if not fits:
        raise UserError(
            f"The pose prior {path.name} does not fit its own description. Fine-tune again to make it anew."
        )
    return prior
