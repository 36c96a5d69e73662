"""Embeddings in fewer dimensions, so that a million samples fit into memory and on the disk."""

from functools import cache

import numpy as np

DIMENSIONS = 256


def projected(embeddings: np.ndarray) -> np.ndarray:
    """(n, D) -> (n, min(D, 256)) float32: onto random directions, the same for everybody, which keeps
    distances.

    The error of a distance is about 1 / sqrt(2 * 256) of it, 4 % (Johnson & Lindenstrauss 1984).
    """
    if embeddings.shape[1] <= DIMENSIONS:
        return embeddings.astype(np.float32)
    return embeddings.astype(np.float32) @ _directions(embeddings.shape[1])


@cache
def _directions(dimensions: int) -> np.ndarray:
    """(D, 256) float32, orthogonal to one another."""
    random = np.random.default_rng(0).normal(size=(dimensions, DIMENSIONS))
    directions, _ = np.linalg.qr(random)
    return (directions * np.sqrt(dimensions / DIMENSIONS)).astype(np.float32)
