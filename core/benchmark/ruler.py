"""What a round is measured by: predictions alone (raw), and what would be exported (labelled samples as
annotated), with the others as predicted or as refined.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from core.benchmark.dataset import Dataset
from core.benchmark.stretches import GROUPS
from core.evaluation.annotation_effort import joints_to_move
from core.evaluation.average_precision import average_precision
from core.evaluation.neighbours import lies_on_another
from core.evaluation.oks import oks
from core.evaluation.pck import near_enough, pck

VERSION = 2  # of what the figures mean; a new one makes finished runs be run again
AP_THRESHOLDS = (0.6, 0.75)
THRESHOLDS = (0.6, 0.75, 0.9)  # OKS from which a pose counts as right
WORSE = 0.003  # share of the poses by which a round must fall to be called worse
ROUNDING = 1e-9
KEYS = 1  # for each labelled pose, to accept it


@dataclass(frozen=True)
class Round:
    """A round, before and after its batch was labelled. Shares are in 0..1.

    Before: labelled: samples; ap60, ap75: of raw predictions; ann60, ann75: as exported; oks: mean, raw;
    right60, right75, right90: raw share of samples at that OKS or above; exported60 and so on: the same as
    exported; refined60 and so on, refined_ap75: as exported with refined poses; pck, exported_pck: share of
    labelled joints within 2 % of the box's height; moved_so_far: joints moved for all labels; moved_per_1000,
    touches_per_1000: these, and these with a key for each label, per 1,000 samples; labels_per_minute of
    video; on_another: raw poses that lie on somebody else, newly_on_another: that did not in the round
    before; worse, below_start: right75 or right90 fell by more than WORSE below the round before, below round
    0; groups: of each group its samples and their right60, right75, right90.

    After: queried: the batch; moved: its joints that were moved; g, proposed, min_error, advised, oracle:
    what the stopping rules say with the batch labelled, final60: ann60 then; steps, loss: of the fine-tuning
    that follows; seconds by step.
    """

    labelled: int
    ap60: float
    ap75: float
    ann60: float
    ann75: float
    oks: float
    right60: float
    right75: float
    right90: float
    exported60: float
    exported75: float
    exported90: float
    refined60: float
    refined75: float
    refined90: float
    refined_ap75: float
    pck: float
    exported_pck: float
    moved_so_far: int
    moved_per_1000: float
    touches_per_1000: float
    labels_per_minute: float
    on_another: int
    newly_on_another: int
    worse: bool
    below_start: bool
    groups: dict[str, dict[str, float]] = field(default_factory=dict)
    queried: list[int] = field(default_factory=list)
    g: float | None = None
    moved: int = 0
    proposed: bool = False
    min_error: bool = False
    advised: bool = False
    oracle: bool = False
    final60: float | None = None
    steps: int = 0
    loss: float = 0.0
    share: float = 0.0
    refused: bool = False
    estimating: float = 0.0
    selecting: float = 0.0
    training: float = 0.0

    def to_json(self) -> dict:
        return asdict(self)


class Ruler:
    """Holds the rounds of one run against the reference, in their order.

    moved: joints moved so far. sigmas: (K,) of the estimator's joints.
    """

    def __init__(self, dataset: Dataset, sigmas: np.ndarray):
        self.moved = 0
        self._data, self._sigmas = dataset, np.asarray(sigmas)
        self._first: Round | None = None
        self._before: Round | None = None
        self._on_another = np.zeros(len(dataset), bool)

    def oks(self, points: np.ndarray) -> np.ndarray:
        """(N,) of poses (N, K, 2) in image pixels."""
        data = self._data
        return oks(points, data.points, data.labelled, data.areas, self._sigmas)

    def moves(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(n, K) bool, what an annotator moves in these rows, shown points (n, K, 2)."""
        data = self._data
        return joints_to_move(points, data.points[rows], data.labelled[rows], data.areas[rows], self._sigmas)

    def precision(self, points: np.ndarray, scores: np.ndarray, annotated: np.ndarray) -> np.ndarray:
        """AP at AP_THRESHOLDS with the annotated samples as their annotation. scores: (N,); annotated:
        (N,) bool.
        """
        data = self._data
        return average_precision(
            np.where(annotated[:, None, None], data.points, points),
            np.where(annotated, 2.0, scores),
            data.points,
            data.labelled,
            data.boxes,
            data.image,
            self._sigmas,
            AP_THRESHOLDS,
            data.areas,
        )

    def measure(
        self, points: np.ndarray, refined: np.ndarray, scores: np.ndarray, annotated: np.ndarray
    ) -> Round:
        """points: (N, K, 2) raw predictions in image pixels; refined: the same, refined; scores: (N,) that
        rank them; annotated: (N,) bool.
        """
        data, labels, thousands = self._data, int(annotated.sum()), len(self._data) / 1000
        values = self.oks(points)
        correct = near_enough(points, data.points, data.boxes[:, 3] - data.boxes[:, 1])
        on_another = lies_on_another(points, data.points, data.labelled, data.areas, data.image, self._sigmas)
        new = on_another & ~self._on_another if self._before else np.zeros_like(on_another)
        ap60, ap75 = self.precision(points, scores, np.zeros_like(annotated))
        ann60, ann75 = self.precision(points, scores, annotated)
        raw: dict[str, Any] = _right("right", values)
        exported: dict[str, Any] = _right("exported", np.where(annotated, 1.0, values))
        exported |= _right("refined", np.where(annotated, 1.0, self.oks(refined)))
        entry = Round(
            labelled=labels,
            ap60=float(ap60),
            ap75=float(ap75),
            ann60=float(ann60),
            ann75=float(ann75),
            oks=float(np.nanmean(values)),
            **raw,
            **exported,
            refined_ap75=float(self.precision(refined, scores, annotated)[1]),
            pck=pck(correct, data.labelled),
            exported_pck=pck(correct | annotated[:, None], data.labelled),
            moved_so_far=self.moved,
            moved_per_1000=self.moved / thousands,
            touches_per_1000=(self.moved + KEYS * labels) / thousands,
            labels_per_minute=labels / data.minutes,
            on_another=int(on_another.sum()),
            newly_on_another=int(new.sum()),
            worse=_fell(raw, self._before),
            below_start=_fell(raw, self._first),
            groups=self._groups(values),
        )
        self._first, self._before, self._on_another = self._first or entry, entry, on_another
        return entry

    def _groups(self, values: np.ndarray) -> dict[str, dict[str, float]]:
        """Of the groups that somebody is in."""
        groups = {name: rows for name, rows in zip(GROUPS, self._data.groups.T, strict=True) if rows.any()}
        return {
            name: {"samples": int(rows.sum()), **_right("right", values[rows])}
            for name, rows in groups.items()
        }


def _right(name: str, values: np.ndarray) -> dict[str, float]:
    """Share of the OKS values that reach each of THRESHOLDS, as name60 and so on."""
    return {
        f"{name}{round(100 * threshold)}": float((values >= threshold).mean()) for threshold in THRESHOLDS
    }


def _fell(raw: dict[str, float], before: Round | None) -> bool:
    """Whether the share at OKS 0.75 or 0.9 is lower by more than WORSE, and not by rounding."""
    return before is not None and any(
        getattr(before, name) - raw[name] > WORSE + ROUNDING for name in ("right75", "right90")
    )
