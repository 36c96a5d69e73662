"""All criteria of a set of samples, gathered batch by batch so that memory does not grow with maps."""

from collections.abc import Callable, Iterable, Sequence, Set

import numpy as np

from core.domain import COCO17, Skeleton
from core.estimation.maps import Maps
from core.estimation.pipeline import Estimates
from core.estimation.session import EstimatorSession
from core.uncertainty.criteria import CRITERIA
from core.uncertainty.criterion import Criterion, Estimated, Seen
from core.uncertainty.influence import Influence, directions
from core.uncertainty.pose_prior import PosePrior

KEPT = ("track", "frame", "boxes", "points", "confidence")


class CriteriaCollector:
    """Takes the estimates of each track in the order of frames, and gives one column for each criterion and
    variant.

    further: those that take passes of their own and are wanted; skeleton: of the poses; without: those that
    are left out.
    """

    def __init__(
        self, further: Set[str] = frozenset(), skeleton: Skeleton = COCO17, without: Set[str] = frozenset()
    ) -> None:
        self.samples = 0
        self._skeleton = skeleton
        self._criteria = {
            name: make()
            for name, make in CRITERIA.items()
            if (not make.further or name in further)
            and not make.unavailable(skeleton)
            and name not in without
        }
        self._following = [c for c in self._criteria.values() if type(c).follow is not Criterion.follow]
        self._parts: list[dict[str, np.ndarray]] = []
        self._direction_sum = np.zeros(1)

    @property
    def with_views(self) -> bool:
        """Whether a criterion looks at other views of the crops."""
        return any(criterion.with_views for criterion in self._criteria.values())

    def measure(self, maps: Maps, crops: np.ndarray, session: EstimatorSession) -> dict[str, np.ndarray]:
        """What criteria want of a batch, (n,) by name: of its maps, or of passes of their own over its crops
        (n, height, width, 3). May be called from several threads.
        """
        seen = Seen(maps, crops, session)
        kept = {name: criterion.measure(seen) for name, criterion in self._criteria.items()}
        return {name: values for name, values in kept.items() if values is not None}

    def add(self, batch: Estimates, seconds: np.ndarray) -> None:
        """batch: with what measure() said of it; seconds: (n,) time in the video."""
        for criterion in self._following:
            for i, track in enumerate(batch.track.tolist()):
                criterion.follow(track, float(seconds[i]), batch.maps.rows(slice(i, i + 1)), batch.extents[i])
        kept = {name: getattr(batch, name) for name in KEPT} | {
            "areas": batch.rectangles[:, 2:].prod(1),
            "seconds": seconds,
        }
        if batch.motion is not None:
            kept["motion"] = batch.motion
        if batch.views is not None:
            kept["views"] = np.moveaxis(batch.views, 0, 1)
        self._parts.append(kept | {f"measured {name}": values for name, values in batch.measured.items()})
        self._direction_sum = self._direction_sum + directions(batch.embedding).sum(0, dtype=np.float64)
        self.samples += len(batch)

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
            measured={
                name.split()[1]: columns.pop(name) for name in list(columns) if name.startswith("measured ")
            },
            mean_direction=(self._direction_sum / self.samples).astype(np.float32),
            embeddings=embeddings,
            skeleton=self._skeleton,
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


def criteria_of_poses(
    track: np.ndarray,
    frame: np.ndarray,
    seconds: np.ndarray,
    boxes: np.ndarray,
    points: np.ndarray,
    confidence: np.ndarray,
    priors: dict[str, PosePrior],
    skeleton: Skeleton,
) -> dict[str, np.ndarray]:
    """The same of poses that nobody has heatmaps of: NaN for the criteria that look at them, and for those
    that need joints which are never found. Only joints that are found somewhere, with a confidence above 0,
    count.

    The arguments are as in Estimated, in the order of frames.
    """
    there = np.flatnonzero((confidence > 0).any(0))
    points, confidence, found = points[:, there], confidence[:, there], skeleton.subset(there)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    unknown = np.full(len(track), np.nan)
    estimated = Estimated(
        track,
        frame,
        seconds,
        areas,
        boxes,
        points,
        confidence,
        {},
        np.zeros(1),
        list,
        found,
        priors=priors,
    )

    def values(make: type[Criterion], variant: str) -> np.ndarray:
        told = make.of_poses and not make.unavailable(found)
        return make().values(estimated, variant) if told else unknown

    return {
        f"{name}.{variant}" if variant else name: values(make, variant)
        for name, make in CRITERIA.items()
        if not make.unavailable(skeleton) and name != Influence.name
        for variant in make.variants or ("",)
    }
