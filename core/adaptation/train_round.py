"""How much say an adapted copy gets beside the network as it was, and whether a round may be kept at all."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from core.adaptation.reading import label_oks, points_in_pictures, read_poses
from core.adaptation.trainer import Recipe, Step, Trained, fine_tune
from core.adaptation.training_set import TrainingSet, central_crops
from core.estimation.architectures.anchored import Anchored, Both
from core.estimation.network import Estimator
from core.estimation.readout import anchored_maps, between, maps_of, sureness
from core.estimation.spec import EstimatorSpec
from core.evaluation.oks import oks

LABELS = 16  # labels with which the copy gets half of the say, where the network was sure of the video
OF_THE_POOL = 0.04  # the same as a share of the poses, whichever is less
MOST = 0.7  # say of the copy where the network was sure of the video; 1 where it was not
SETTLED = 100  # steps of training from which on the copy gets all of its say; of fewer by the square less
BY_ITSELF = 0.3  # say of a copy that learned from the estimator's own poses
LEAST_SURE = 16  # poses to learn from without labels
CPU = torch.device("cpu")
BATCH = 8
FAR = 0.6  # OKS between a pose as it was and as it is: what the network was sure of may not move further
MOST_MOVED = 0.04  # share of the sure poses that may
# OKS between poses that follow one another by which these may fit less well together than before. It rose in
# every round of three rendered videos; over so few pairs it falls by more than that once in 1,000 draws
UNSTEADY = 0.03
LOST = 0.5  # mean OKS of the labels before below which poses that agree are wrong alike, and may change
LESS = 0.01  # OKS on labels by which a round may be below the one before
EXACT = 0.95  # OKS that says no more than one of 1 does, which poses have that were accepted as they were


def share_of(labels: int, pool: int, confidence: float, loss: str) -> float:
    """The say of the adapted copy, 0 to 1: the more labels taught it the more, sooner where the network was
    unsure anyway.

    labels: how many it was trained on; pool: how many poses there are; confidence: mean peak of the poses
    under the network as it was; loss: of its spec. Chosen by measurement, see benchmarks/RESULTS.md.
    """
    sure = float(between(torch.tensor(confidence), loss))
    half = max(1.0, min(LABELS, OF_THE_POOL * pool) * sure**2)
    return min(1 - (1 - MOST) * sure**2, labels**2 / (labels**2 + half**2))


@dataclass(frozen=True)
class Verdict:
    """share: the say of the copy in what is kept, 0 where the round is refused; reason: why it is, in words
    that go on from "because", '' where it is not.
    """

    share: float
    reason: str = ""


class Seen:
    """What an anchored estimator sees on some pictures, computed once for any share. device: to compute it
    on.
    """

    def __init__(self, estimator: Estimator, data: TrainingSet, device: torch.device = CPU):
        self._estimator, self._data = estimator, data
        crops = torch.from_numpy(central_crops(data.pictures, estimator.spec.size))
        net = _anchored(estimator).to(device).eval()
        with torch.no_grad():
            seen = (net.both(batch.to(device).permute(0, 3, 1, 2).float()) for batch in crops.split(BATCH))
            parts = [Both(*(None if part is None else part.cpu() for part in both)) for both in seen]  # type: ignore[arg-type]
        net.cpu()
        distances = [part.distance for part in parts if part.distance is not None]
        distance = torch.cat(distances) if distances else None
        before, after = (torch.cat([getattr(part, name) for part in parts]) for name in ("before", "after"))
        self._both = Both(before, distance, after, parts[0].embedding)
        self._before = estimator.before(self._both)

    @property
    def sure(self) -> np.ndarray:
        """(M,) bool: poses that the network as it was is sure of."""
        return (sureness(self._before, self._estimator.spec) >= 1).flatten().numpy()

    def points(self, share: float) -> np.ndarray:
        """(M, K, 2) in pixels of the pictures, with so much say of the copy."""
        spec = self._estimator.spec
        after = maps_of(self._both.after, spec)
        maps = anchored_maps(self._before, self._both.distance, after, torch.tensor(share), spec)
        return points_in_pictures(maps, self._data, spec)

    def oks(self, share: float) -> np.ndarray:
        """(M,) against the labels of the pictures."""
        return label_oks(self.points(share), self._data, self._estimator.spec)

    def kept(self, share: float) -> np.ndarray:
        """(M,) OKS between the poses as they were and with so much say of the copy."""
        before = self.points(0.0)
        as_they_were = replace(self._data, points=before, labelled=np.ones(before.shape[:2], bool))
        return label_oks(self.points(share), as_they_were, self._estimator.spec)


def only_sure(
    estimator: Estimator, data: TrainingSet | None, device: torch.device = CPU
) -> TrainingSet | None:
    """The pictures in which the network as it was is sure of the pose; None for none."""
    if data is None or not len(data.points) or not estimator.spec.anchored:
        return None
    sure = Seen(estimator, data, device).sure
    return data.rows(sure) if sure.any() else None


def judge(
    estimator: Estimator,
    share: float,
    labels: TrainingSet,
    values: np.ndarray,
    checked: TrainingSet | None,
    consecutive: TrainingSet | None = None,
    device: torch.device = CPU,
) -> Verdict:
    """How much of the wanted share a trained copy may have, and sets it. Any other estimator is kept whole or
    not at all.

    It gets less, and nothing in the end, while labels come out worse than under the estimator of before,
    while poses that the network was sure of and that were not trained on move away, or, where it was right of
    most labels, while poses that follow one another fit less well together. values: (n,) OKS of the labels
    under the estimator of before, NaN where unknown; consecutive: see Evidence, with the poses that the
    estimator of before reads in them.
    """
    known, spec = np.isfinite(values), estimator.spec
    before = float(values[known].mean()) if known.any() else None
    if before is not None and before < LOST:
        consecutive = None
    if not estimator.spec.anchored:
        after = None
        if known.any():
            here = labels.rows(known)
            after = float(np.nanmean(label_oks(read_poses(estimator, here), here, spec)))
        if reason := _worse(before, after):
            return Verdict(0.0, reason)
        points = read_poses(estimator, consecutive) if consecutive is not None else None
        reason = _unsteady(consecutive, points, spec)
        return Verdict(0.0, reason) if reason else Verdict(1.0)
    of_labels = Seen(estimator, labels, device)
    of_others = Seen(estimator, checked, device) if checked is not None else None
    of_pairs = Seen(estimator, consecutive, device) if consecutive is not None else None
    reason = ""
    for wanted in (share, share / 2, share / 4):
        after = float(np.nanmean(of_labels.oks(wanted)[known])) if known.any() else None
        moved = float((of_others.kept(wanted) < FAR).mean()) if of_others else 0.0
        if worse := _worse(before, after):
            reason = worse
        elif moved > MOST_MOVED:
            reason = f"{moved:.0%} of the poses that were sure and had no label moved away"
        elif unsteady := _unsteady(consecutive, of_pairs.points(wanted) if of_pairs else None, spec):
            reason = unsteady
        else:
            _anchored(estimator).share.data.fill_(wanted)
            return Verdict(wanted)
    _anchored(estimator).share.data.fill_(0.0)
    return Verdict(0.0, reason)


def _anchored(estimator: Estimator) -> Anchored:
    assert isinstance(estimator.net, Anchored)
    return estimator.net


def _worse(before: float | None, after: float | None) -> str:
    """Why the labels speak against the round, by their mean OKS; '' where they do not."""
    if before is None or after is None or after >= min(before, EXACT) - LESS:
        return ""
    return f"the labels themselves came out worse (mean OKS {after:.2f} instead of {before:.2f})"


def _unsteady(consecutive: TrainingSet | None, points: np.ndarray | None, spec: EstimatorSpec) -> str:
    """Why poses that follow one another speak against the round; '' where they do not. points: as they are
    read now.
    """
    if consecutive is None or points is None:
        return ""
    before, after = (steadiness(read, consecutive, spec) for read in (consecutive.points, points))
    if after >= before - UNSTEADY:
        return ""
    return (
        f"poses of frames that follow one another fit less well together (mean OKS {after:.2f} "
        f"instead of {before:.2f})"
    )


def steadiness(points: np.ndarray, pairs: TrainingSet, spec: EstimatorSpec) -> float:
    """Mean OKS between each pose and the next one, as people move in their boxes. points: (2 M, K, 2) in
    the pictures.
    """
    first = slice(0, None, 2)
    every = np.ones(points[first].shape[:2], bool)
    return float(
        oks(points[first], points[1::2], every, pairs.areas[first], np.array(spec.skeleton.sigmas)).mean()
    )


@dataclass(frozen=True)
class Evidence:
    """What is known beside the labels when a round is trained.

    values: (n,) OKS of the labels under the estimator of before, NaN where unknown; pool: how many poses
    there are; confidence: their mean peak under the network as it came; unlabelled: see
    core.adaptation.unlabelled, None without any; by_itself: the labels are the estimator's own poses, of
    which only those count that it was sure of; consecutive: the pictures of somebody in a frame and in the
    next, pair after pair; None without any.
    """

    values: np.ndarray
    pool: int
    confidence: float
    unlabelled: TrainingSet | None = None
    by_itself: bool = False
    consecutive: TrainingSet | None = None


def _read_again(
    evidence: Evidence, estimator: Estimator, labels: TrainingSet, share: float, device: torch.device
) -> Evidence:
    """Before the training, in the pictures in which it is judged afterwards: the crops that were estimated
    are not quite the same, and people half hidden are read elsewhere in them.
    """

    def points(data: TrainingSet) -> np.ndarray:
        if estimator.spec.anchored:
            return Seen(estimator, data, device).points(share)
        return read_poses(estimator, data)

    values, consecutive = evidence.values, evidence.consecutive
    if not evidence.by_itself:
        values = np.fmin(values, label_oks(points(labels), labels, estimator.spec))
    if consecutive is not None:
        consecutive = replace(consecutive, points=points(consecutive))
    return replace(evidence, values=values, consecutive=consecutive)


def train_round(
    estimator: Estimator,
    labels: TrainingSet,
    evidence: Evidence | None,
    recipe: Recipe,
    steps: int,
    device: torch.device,
    on_step: Callable[[Step], bool],
    on_trained: Callable[[], object] = lambda: None,
) -> tuple[Trained, Verdict]:
    """Fine-tunes in place and says whether the round may be kept. on_trained: called before it is looked at
    whether it may, which takes minutes with a large network.

    evidence: None where nothing is to hold or to judge the training, as in the paper.
    """
    if evidence is None:
        return fine_tune(estimator, labels, recipe, steps, device, on_step), Verdict(1.0)
    if evidence.by_itself:
        of_itself = only_sure(estimator, labels, device)
        if of_itself is None or len(of_itself.points) < LEAST_SURE:
            nothing = Trained(0, 0.0, 0.0, 0.0, device.type, recipe.batch)
            return nothing, Verdict(
                0.0, "the estimator is sure of too few poses to learn from them without labels"
            )
        labels = of_itself
        evidence = replace(evidence, values=np.full(len(labels.points), np.nan))
    sure = only_sure(estimator, evidence.unlabelled, device)
    count = len(sure.points) if sure else 0
    apart = np.arange(count) % 3 == 2  # those that tell whether it did harm
    learned, checked = (
        (sure.rows(rows) if rows.any() else None for rows in (~apart, apart)) if sure else (None, None)
    )
    share = had = 1.0
    if estimator.spec.anchored:
        had = float(_anchored(estimator).share)
        share = share_of(len(labels.points), evidence.pool, evidence.confidence, estimator.spec.loss)
        share = BY_ITSELF if evidence.by_itself else share
    evidence = _read_again(evidence, estimator, labels, had, device)
    if estimator.spec.anchored:
        _anchored(estimator).share.data.fill_(max(share, had))
    trained = fine_tune(estimator, labels, recipe, steps, device, on_step, learned)
    on_trained()
    share = max(share * min(1.0, trained.steps / SETTLED) ** 2, had)  # never less than it has
    return trained, judge(estimator, share, labels, evidence.values, checked, evidence.consecutive, device)
