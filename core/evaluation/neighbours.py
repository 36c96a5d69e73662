"""Poses that lie on somebody else."""

import numpy as np

from core.evaluation.oks import oks

NEAR = 0.5  # OKS with the other person from which a pose lies on that body


def lies_on_another(
    points: np.ndarray,
    truth: np.ndarray,
    labelled: np.ndarray,
    areas: np.ndarray,
    image: np.ndarray,
    sigmas: np.ndarray,
) -> np.ndarray:
    """(N,) bool: poses whose OKS with another person of the same image is at least NEAR and above that with
    their own.

    points, truth: (N, K, 2) image pixels; labelled: (N, K) bool; areas: (N,) square pixels; image: (N,) int;
    sigmas: (K,).
    """
    own = np.nan_to_num(oks(points, truth, labelled, areas, sigmas))
    found = np.zeros(len(points), bool)
    order = np.argsort(image, kind="stable")
    together = np.split(order, np.flatnonzero(np.diff(image[order])) + 1)
    pairs = [(i, j) for rows in together if len(rows) > 1 for i in rows for j in rows if i != j]
    if not pairs:
        return found
    mine, theirs = np.array(pairs).T
    other = np.nan_to_num(oks(points[mine], truth[theirs], labelled[theirs], areas[theirs], sigmas))
    found[mine[(other >= NEAR) & (other > own[mine])]] = True
    return found
