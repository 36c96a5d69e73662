"""Influence: how far a sample is from the rest of the pool."""

import numpy as np

from core.uncertainty.criterion import Criterion, Estimated


class Influence(Criterion):
    name = "influence"
    short = "rarity"
    title = "Influence: unlike most poses of the video"

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        return np.concatenate([influence(estimated.mean_direction, part) for part in estimated.embeddings()])


def influence(mean_direction: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """Mean cosine distance to the pool.

    mean_direction: (D,) mean over the pool of the embeddings at length 1, which is all the pool contributes
    to the mean of the cosines; embeddings: (n, D). Returns (n,) in 0..2.
    """
    return 1 - directions(embeddings) @ mean_direction


def directions(embeddings: np.ndarray) -> np.ndarray:
    """(n, D) at length 1."""
    values = embeddings.astype(np.float32)
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
