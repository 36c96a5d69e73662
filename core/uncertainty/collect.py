"""All criteria of a set of samples, gathered batch by batch so that memory does not grow with heatmaps."""

from collections.abc import Callable, Iterable, Sequence, Set

import numpy as np

from core.uncertainty.criteria import CRITERIA
from core.uncertainty.criterion import Estimated, Heatmaps
from core.uncertainty.influence import directions
from core.uncertainty.pose_unnaturalness import PosePrior

KEPT = ("track", "boxes", "points", "confidence")


class CriteriaCollector:
    """Takes the estimates of each track in the order of frames, and gives one column for each criterion and variant.

    further: those that take passes of their own and are wanted.
    """

    def __init__(self, further: Set[str] = frozenset()) -> None:
        self.samples = 0
        self._criteria = {name: make() for name, make in CRITERIA.items() if not make.further or name in further}
        self._parts: list[dict[str, np.ndarray]] = []
        self._direction_sum: np.ndarray | float = 0.0

    def measure(self, heatmaps: np.ndarray) -> dict[str, np.ndarray]:
        """What criteria want of a batch's heatmaps (n, K, h, w), (n,) by name. May be called from several threads."""
        view = Heatmaps(heatmaps)
        kept = {name: criterion.measure(view) for name, criterion in self._criteria.items()}
        return {name: values for name, values in kept.items() if values is not None}

    def add(
        self,
        columns: dict[str, np.ndarray],
        seconds: np.ndarray,
        squares: np.ndarray,
        heatmaps: np.ndarray,
        embedding: np.ndarray,
        measured: dict[str, np.ndarray],
        views: np.ndarray | None = None,
    ) -> None:
        """columns: track (n,), boxes (n, 4), points (n, K, 2), confidence (n, K); seconds: (n,) time in the video;
        squares: (n, 3) of the crops; heatmaps: (n, K, h, w); embedding: (n, D); measured: of measure(), and 'dropout' where
        that is wanted; views: (M, n, K, 2) other estimates of the points.
        """
        for criterion in self._criteria.values():
            for i, track in enumerate(columns["track"].tolist()):
                criterion.follow(track, float(seconds[i]), heatmaps[i], squares[i])
        kept = {name: columns[name] for name in KEPT} | {"sides": squares[:, 2], "seconds": seconds}
        if views is not None:
            kept["views"] = np.moveaxis(views, 0, 1)
        self._parts.append(kept | {f"measured {name}": values for name, values in measured.items()})
        self._direction_sum = self._direction_sum + directions(embedding).sum(0, dtype=np.float64)
        self.samples += len(seconds)

    def criteria(
        self,
        priors: dict[str, PosePrior],
        embeddings: Callable[[], Iterable[np.ndarray]],
        earlier: Sequence[np.ndarray] = (),
    ) -> dict[str, np.ndarray]:
        """(N,) by name, with the variant after a dot. The arguments are as in Estimated."""
        columns = {name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]}
        views = columns.pop("views", None)
        estimated = Estimated(
            measured={name.split()[1]: columns.pop(name) for name in list(columns) if name.startswith("measured ")},
            mean_direction=(self._direction_sum / self.samples).astype(np.float32),
            embeddings=embeddings,
            views=None if views is None else np.moveaxis(views, 1, 0),
            earlier=earlier,
            priors=priors,
            **columns,
        )
        return {
            f"{name}.{variant}" if variant else name: criterion.values(estimated, variant)
            for name, criterion in self._criteria.items()
            for variant in criterion.variants or ("",)
        }
