"""Pools for the tests of samplers, plain and degenerate."""

import numpy as np
from hypothesis import strategies as st

from core.selection.pool import Pool

FPS = 30
KINDS = ("spread", "far from zero", "repeated", "equal")


def make_pool(
    seed: int,
    count: int,
    taken: int,
    competence: float,
    scale: float = 1.0,
    gap: float = 0.0,
    kind: str = "spread",
    certain: bool = False,
    excluded: int = 0,
) -> Pool:
    """Two people, 30 frames a second. kind: of the embeddings; certain: u = 0; excluded: how many are no
    candidates.
    """
    rng = np.random.default_rng(seed)
    mask = np.zeros(count, bool)
    mask[rng.permutation(count)[:taken]] = True
    embeddings = rng.normal(size=(count, 8))
    uncertainty = rng.random(count) * (not certain)
    candidates = np.ones(count, bool)
    candidates[rng.permutation(count)[:excluded]] = False
    if kind == "far from zero":
        embeddings += 100
    if kind == "repeated":
        embeddings = embeddings[np.arange(count) % 3]
    if kind == "equal":
        embeddings[:] = embeddings[0]
    return Pool(
        embeddings=(scale * embeddings).astype(np.float32),
        uncertainty=uncertainty,
        taken=mask,
        candidates=candidates,
        competence=competence,
        track=np.arange(count) % 2,
        seconds=np.arange(count) // 2 / FPS,
        minimum_gap=gap,
    )


pools = st.builds(
    make_pool,
    seed=st.integers(0, 10_000),
    count=st.integers(1, 25),
    taken=st.sampled_from([0, 0, 1, 2, 5, 25]),
    competence=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    gap=st.sampled_from([0.0, 0.0, 0.15]),
    kind=st.sampled_from(KINDS),
    certain=st.booleans(),
    excluded=st.sampled_from([0, 0, 3]),
)
