"""What a round changed: which poses moved, which labels the estimator contradicts, joint by joint, and
what comes next.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.domain import SampleId, Skeleton, UserError
from core.evaluation.learning_curve import Forecast, forecast
from core.evaluation.oks import oks
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.store import Label, Round
from core.queries.status import RoundStatus, learned, learning_curve, status
from core.queries.status_sentences import refused_in_words

MOST = 100  # moves that are listed
BESIDE = 5  # frames
USUAL = 5  # labels: when so many and more than half were changed in one way, it is no slip of the hand
MOVED = 0.05  # of the box's height: a pose that moved further is counted
FAR = 0.1  # of the box's height: a joint further from its label is worth a look
MUCH_NEARER = 0.5  # a swapped pair lies within so much of its direct distance


@dataclass(frozen=True)
class Move:
    """distance: mean way of the joints from one round to the next, as a share of the box's height."""

    sample: SampleId
    distance: float


@dataclass(frozen=True)
class Contradiction:
    """A label that may be wrong.

    oks: of the estimate against the label; joint: the one furthest off, by so much of the box's height;
    swapped: names of pairs whose left and right look exchanged, empty where that is not the reason; by_hand:
    against the pose that the label began as, for the estimator has learned a few wrong labels by heart and
    agrees with them.
    """

    sample: SampleId
    oks: float
    joint: int
    distance: float
    swapped: tuple[str, ...]
    by_hand: bool = False

    def sentence(self, skeleton: Skeleton) -> str:
        if self.by_hand:
            return f"Left and right {', '.join(self.swapped)} were exchanged by hand: make sure"
        if self.swapped:
            return f"Left and right {', '.join(self.swapped)} look swapped"
        return f"{skeleton.joints[self.joint].replace('_', ' ')} is {self.distance:.0%} of the height away"


@dataclass(frozen=True)
class JointReview:
    """One joint over the project; each None where there is nothing to tell by.

    error: mean distance of the estimates to the labels as a share of the box's height, before and after;
    labelled: how many labels have the joint; confidence: mean peak over all poses, before and after.
    """

    joint: int
    labelled: int
    error_before: float | None
    error: float | None
    confidence_before: float | None
    confidence: float


@dataclass(frozen=True)
class Review:
    """Round `round` against `before`, the one it was trained from; None for the first, which has nothing
    before it.

    moved: share of the poses that both rounds have whose joints moved by more than MOVED of the height, None
    without any; moves: the MOST largest, largest first; contradictions: worst first; rounds: of the whole
    project; forecast: what one more batch of `batch` labels may bring, None while no two rounds have labels.
    """

    round: int
    before: int | None
    moved: float | None
    moves: tuple[Move, ...]
    contradictions: tuple[Contradiction, ...]
    joints: tuple[JointReview, ...]
    rounds: tuple[RoundStatus, ...]
    forecast: Forecast | None
    batch: int

    @property
    def sentence(self) -> str:
        """What the round changed, and what is to be expected of another."""
        refused = refused_in_words(list(self.rounds))
        changed = f"{refused} " if refused else ""
        if self.moved is not None:
            far = f"more than {MOVED:.0%} of the height"
            changed += f"{self.moved:.0%} of the poses moved by {far} since round {self.before}. "
        if self.forecast is None:
            return changed + "What another round would bring can be told once two rounds have labels."
        return changed + self.forecast.sentence(self.batch)


def review(project: Project) -> Review:
    """Of the latest round. Raises UserError before the first estimation."""
    latest = project.latest_round()
    if latest is None:
        raise UserError("There is no round to review yet. Estimate the poses first.")
    before = latest - 1 if latest else None
    videos = [video.id for video in project.videos()]
    now = [p.reached() for video in videos if (p := project.predictions(video, latest)) is not None]
    then = (
        []
        if before is None
        else [p for video in videos if (p := project.predictions(video, before)) is not None]
    )
    labels = list(project.labels().values())
    rounds = tuple(status(project))
    present = next(entry for entry in project.store.rounds() if entry.id == latest)
    batch = next((entry.queried for entry in reversed(rounds) if entry.queried), 1)
    return Review(
        latest,
        before,
        *moves(then, now),
        contradictions(now, labels, present, project.skeleton, project.setting("tau")),
        _joints(then, now, labels, len(project.skeleton)),
        rounds,
        _forecast(rounds, batch),
        batch,
    )


def moves(then: list[Predictions], now: list[Predictions]) -> tuple[float | None, tuple[Move, ...]]:
    """Over every sample that both rounds have: the share that moved, and the largest moves."""
    earlier = {predictions.video: predictions for predictions in then}
    pairs = [
        (earlier[after.video], after, *_common(earlier[after.video], after))
        for after in now
        if after.video in earlier
    ]
    shares = [
        np.hypot(*np.moveaxis(after.points[new] - before.points[old], 2, 0)).mean(1)
        / np.maximum(_heights(after.boxes[new]), 1e-6)
        for before, after, old, new in pairs
    ]
    if not sum(map(len, shares)):
        return None, ()
    found = [
        Move(after.sample(int(new[row])), float(share[row]))
        for (_, after, _, new), share in zip(pairs, shares, strict=True)
        for row in np.argsort(-share, kind="stable")[: MOST * BESIDE]
    ]
    moved = float((np.concatenate(shares) > MOVED).mean())
    return moved, tuple(_apart(sorted(found, key=lambda move: -move.distance)))[:MOST]


def _apart(ordered: list[Move]) -> Iterator[Move]:
    """Without those beside a larger one of the same person: they show the same."""
    taken: dict[int, list[int]] = defaultdict(list)
    for move in ordered:
        if all(abs(move.sample.frame - frame) > BESIDE for frame in taken[move.sample.track]):
            taken[move.sample.track].append(move.sample.frame)
            yield move


def contradictions(
    now: list[Predictions], labels: list[Label], latest: Round, skeleton: Skeleton, tau: float
) -> tuple[Contradiction, ...]:
    """Labels the latest round was trained on whose estimate has OKS < tau or a pair of joints that looks
    swapped, and those since the round before in which a human exchanged left and right. The latter only while
    they are few: where most labels are so, it was the estimator that had them wrong.
    """
    found, exchanged, known = [], _exchanged(labels, latest, skeleton), learned(labels, latest)
    for label, points in _estimates_of(now, labels):
        pose, height = label.pose, label.pose.box.height
        value = float(
            oks(
                points[None],
                pose.points[None],
                pose.labelled[None],
                np.array([pose.box.area]),
                np.array(skeleton.sigmas),
            )[0]
        )
        if np.isnan(value):
            continue
        is_known = label.sample in known
        swapped = swapped_pairs(points, pose.points, pose.labelled, height, skeleton) if is_known else ()
        by_hand = () if swapped else exchanged.get(label.sample, ())
        if swapped or by_hand or (is_known and value < tau):
            distance = np.where(pose.labelled, np.hypot(*(points - pose.points).T) / max(height, 1e-6), -1)
            joint = int(distance.argmax())
            found.append(
                Contradiction(
                    label.sample, value, joint, float(distance[joint]), swapped or by_hand, bool(by_hand)
                )
            )
    return tuple(sorted(found, key=lambda one: one.oks))


def _exchanged(labels: list[Label], latest: Round, skeleton: Skeleton) -> dict[SampleId, tuple[str, ...]]:
    """The pairs that a human exchanged, in each of the few labels in which there are any."""
    recent = [label for label in labels if label.pose.round >= latest.id - 1]
    pairs = {}
    for label in recent:
        pose = label.pose
        if pose.prediction is None:
            continue
        names = swapped_pairs(pose.prediction.points, pose.points, pose.labelled, pose.box.height, skeleton)
        if names:
            pairs[label.sample] = names
    return {} if len(pairs) >= USUAL and 2 * len(pairs) > len(recent) else pairs


def swapped_pairs(
    points: np.ndarray, truth: np.ndarray, labelled: np.ndarray, height: float, skeleton: Skeleton
) -> tuple[str, ...]:
    """Names ('wrist') of flip pairs that agree far better once left and right change places.

    points, truth: (K, 2) image pixels; labelled: (K,) bool; height: of the box. A pair counts when both of
    its joints are further off than FAR and come at least twice as near.
    """
    names = []
    for left, right in skeleton.flip_pairs:
        if not (labelled[left] and labelled[right]):
            continue
        pair, other = [left, right], [right, left]
        direct = np.hypot(*(points[pair] - truth[pair]).T)
        crossed = np.hypot(*(points[other] - truth[pair]).T)
        if (direct > FAR * height).all() and (crossed < MUCH_NEARER * direct).all():
            names.append(skeleton.joints[left].removeprefix("left_").replace("_", " "))
    return tuple(names)


def _joints(
    then: list[Predictions], now: list[Predictions], labels: list[Label], count: int
) -> tuple[JointReview, ...]:
    errors_then, errors_now = _errors(then, labels, count), _errors(now, labels, count)
    sure_then, sure_now = _confidence(then), _confidence(now)
    labelled = sum((label.pose.labelled.astype(int) for label in labels), np.zeros(count, int))
    return tuple(
        JointReview(
            joint,
            int(labelled[joint]),
            _known(errors_then[joint]),
            _known(errors_now[joint]),
            None if sure_then is None else float(sure_then[joint]),
            0.0 if sure_now is None else float(sure_now[joint]),
        )
        for joint in range(count)
    )


def _errors(estimates: list[Predictions], labels: list[Label], count: int) -> np.ndarray:
    """(K,) mean distance as a share of the box's height, NaN for joints that no label has."""
    rows = [
        np.where(
            label.pose.labelled,
            np.hypot(*(points - label.pose.points).T) / max(label.pose.box.height, 1e-6),
            np.nan,
        )
        for label, points in _estimates_of(estimates, labels)
    ]
    table = np.stack(rows) if rows else np.empty((0, count))
    known = np.isfinite(table)
    return np.where(known.any(0), np.nansum(table, 0) / np.maximum(known.sum(0), 1), np.nan)


def _confidence(estimates: list[Predictions]) -> np.ndarray | None:
    total = sum(map(len, estimates))
    return sum(p.confidence.sum(0, dtype=np.float64) for p in estimates) / total if total else None


def _estimates_of(estimates: list[Predictions], labels: list[Label]) -> Iterator[tuple[Label, np.ndarray]]:
    """Each label with what is estimated for it, (K, 2); labels of samples that were not estimated are left
    out.
    """
    for label in labels:
        for predictions in estimates:
            row = predictions.row(label.sample)
            if row is not None:
                yield label, predictions.points[row].astype(np.float64)
                break


def _common(then: Predictions, now: Predictions) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the same samples in both."""
    span = int(max(then.track.max(initial=0), now.track.max(initial=0))) + 1
    _, old, new = np.intersect1d(
        then.frame * span + then.track, now.frame * span + now.track, return_indices=True
    )
    return old, new


def _heights(boxes: np.ndarray) -> np.ndarray:
    return boxes[:, 3] - boxes[:, 1]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _forecast(rounds: tuple[RoundStatus, ...], batch: int) -> Forecast | None:
    """From each round's G, which the labels of the rounds before it made."""
    curve = learning_curve(rounds)
    if len(curve) < 2:
        return None
    so_far = sum(entry.labelled for entry in rounds)
    counts, values = np.array(curve).T
    return forecast(counts, values, so_far, so_far + batch)
