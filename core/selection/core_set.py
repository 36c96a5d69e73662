"""Core-Set: cover the pool, whatever the uncertainty (Sener & Savarese 2018)."""

from dataclasses import replace

from core.selection.duw_core_set import duw_ours
from core.selection.pool import Pool


def core_set(pool: Pool, size: int, seed: int) -> tuple[list[int], list[float]]:
    """Greedy k-centre: each pick is the sample farthest from all centres; DUW with G = 0."""
    return duw_ours(replace(pool, competence=0.0), size, seed)
