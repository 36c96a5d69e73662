"""Where a project stands, round by round."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from zlib import crc32

import numpy as np

from core.domain import SampleId
from core.estimation.spec import Parity
from core.evaluation.competence import blended, expected_oks
from core.evaluation.joint_error import joint_distances
from core.evaluation.oks import oks
from core.evaluation.stopping import Audit, StopAdvice, advise, audit
from core.project.project import AGAIN, Project
from core.project.store.settings import CONFIRMED, LOOKED
from core.project.store.shards import ShardDamaged
from core.project.store.store import Label, Round
from core.queries.stray_poses import (
    Strays,
    doubtful_labels,
    in_doubt,
    shared_stretches,
    strays,
    unchanged,
    unsure_labels,
)

AUDIT = "audit"  # marks a sample in the queue's reasons that was drawn at random
ON_NEIGHBOUR = "on_neighbour"  # marks one whose pose lies on another's body
TRAINED = (
    "epochs",
    "steps",
    "loss",
    "seconds",
    "device",
    "batch",
    "unlabelled",
    "wanted",
    "adapted",
)
ADDED = "added"  # marks one that a human put there
LEARNED = "learned"  # in a round's summary: fingerprints of the labels its estimator was trained with
MEASURED = "measured"  # what the labels said of the round when the next one was made of it
REFUSED = "refused"  # why what was last fine-tuned from this round was not kept, in a sentence
GIVEN_STAY = "given_stay"  # whether it was not since poses from a file are nearer to the labels


@dataclass(frozen=True)
class RoundStatus:
    """One round.

    queried, labelled: samples proposed and labelled in it; of_batch: of those proposed in it, the ones that
    have labels now; g: mean OKS of the predictions before annotation, None without labels; share: of all
    labels up to this round, those with OKS >= tau; advice: whether to stop, and why; audit: what its randomly
    drawn labels say of the rest, None without any. doubtful: labels up to this round that lie on a neighbour
    or on nobody, or of which hardly a joint was sure, and were not accepted a second time: they count as OKS
    0; strays: poses like these, not put right. refused: why what was last fine-tuned from this round was not
    kept, '' where nothing was refused; given_stay: since poses from a file are nearer to the labels. epochs,
    steps, loss, seconds, device, batch: of the fine-tuning that made this round's estimator, None in round 0;
    again: the earlier round whose estimator it is, None where it is a new one; unlabelled: sure poses mixed
    in; wanted: steps, where there was no time for all; adapted: say of what was learned beside the estimator
    as it came, 0 to 1; parity: of its ONNX file with what was trained, None where it was not kept;
    untrainable: why it is for estimation only, '' where it can be fine-tuned.
    """

    round: int
    queried: int
    labelled: int
    g: float | None
    share: float | None
    advice: StopAdvice
    audit: Audit | None = None
    doubtful: tuple[SampleId, ...] = ()
    strays: Strays = field(default_factory=Strays)
    refused: str = ""
    given_stay: bool = False
    epochs: int | None = None
    steps: int | None = None
    loss: float | None = None
    seconds: float | None = None
    device: str | None = None
    batch: int | None = None
    unlabelled: int | None = None
    wanted: int | None = None
    adapted: float | None = None
    parity: Parity | None = None
    untrainable: str = ""
    again: int | None = None
    of_batch: int = 0

    @property
    def training(self) -> str:
        """How this round's estimator came about, '' for the first."""
        if self.again is not None:
            return f"The estimator of round {self.again} again"
        if self.device is None:
            return ""
        text = f"{self.epochs} epochs, {self.steps} steps on {self.device}"
        if self.adapted is not None and self.adapted < 1:
            text += f"; what it learned counts for {self.adapted:.0%}, the estimator as it came for the rest"
        return text

    def to_json(self) -> dict:
        return asdict(self)


def learned(labels: Iterable[Label], present: Round | None) -> set[SampleId]:
    """Of the labels those the round was trained on as they are now; by their age where older versions did not
    write it down.
    """
    if present is None:
        return set()
    if LEARNED not in present.summary:
        return {label.sample for label in labels if label.pose.round < present.id}
    known = set(present.summary[LEARNED])
    return {label.sample for label in labels if label.fingerprint in known}


def label_oks(project: Project, labels: list[Label], number: int) -> np.ndarray:
    """(n,) OKS_i of each label against what round `number` predicts for its sample; NaN where it predicts
    nothing.

    For the samples queried in that round this is the prediction before annotation, as method and paper want
    it; for earlier ones it tells whether the present estimator has learned them.
    """
    video_of = project.video_of_track()
    videos = {video_of[label.sample.track] for label in labels}
    of_video = {video: project.predictions(video, number) for video in videos}
    predicted, known = [], []
    for label in labels:
        predictions = of_video[video_of[label.sample.track]]
        row = None if predictions is None else predictions.row(label.sample)
        reached = predictions is not None and row is not None and predictions.rounds[row] == number
        predicted.append(
            predictions.points[row] if predictions is not None and reached else label.pose.points
        )
        known.append(reached)
    if not labels:
        return np.empty(0)
    return oks(
        np.stack(predicted),
        np.stack([label.pose.points for label in labels]),
        np.stack([label.pose.labelled for label in labels]) & np.array(known)[:, None],
        np.array([label.pose.box.area for label in labels]),
        np.array(project.skeleton.sigmas),
    )


def measure(project: Project, number: int) -> dict:
    """What the labels say of round `number` now: g, share and the stop advice's inputs, as numbers for its
    summary.
    """
    everything = project.labels()
    labels = [label for label in everything.values() if label.pose.round <= number]
    queue = [item for item in project.queue() if item.round <= number]
    drawn = {item.sample for item in queue if item.round == number and AUDIT in item.reason}
    doubtful = doubtful_labels(project, labels, number, everything)
    values = label_oks(project, labels, number)
    unsure = unsure_labels(project, labels, number)
    uncompared = [label.sample in unsure or label.pose.prediction is None for label in labels]
    values[uncompared] = np.nan  # nobody compared them with what was estimated
    values[[label.sample in doubtful for label in labels]] = 0
    latest = np.array([label.pose.round == number for label in labels], bool)
    # before the first batch of a round, what is left of earlier ones counts: it is offered before a new one
    # is
    batch = [item for item in queue if item.round == number] or queue
    waiting = {item.sample for item in batch if not item.skipped} - {label.sample for label in labels}
    known = ~np.isnan(values)
    tau = project.setting("tau")
    so_far, of_round = values[known], values[known & latest]
    random = np.array([label.sample in drawn for label in labels], bool)
    checked = audit(values[known & random], tau)
    wrong = strays(project, number, everything.keys() - doubtful)
    looked = set(project.setting(LOOKED) or ())
    unseen = sum(
        unchanged(label) and label.fingerprint not in looked
        for label, is_latest in zip(labels, latest, strict=True)
        if is_latest
    )
    return {
        "labelled": int(latest.sum()),
        "g": float(of_round.mean()) if len(of_round) else None,
        "share": float((so_far >= tau).mean()) if len(so_far) else None,
        "advice": asdict(
            advise(
                of_round,
                so_far,
                tau,
                waiting=len(waiting),
                wrong=_wrong(wrong, len(doubtful)),
                unseen=unseen,
                off=_off([label for label, is_latest in zip(labels, latest, strict=True) if is_latest]),
                unchecked=_unchecked(project, number, everything),
                doubtful=len(doubtful),
            )
        ),
        "audit": checked and asdict(checked),
        "doubtful": sorted(doubtful),
        "strays": asdict(wrong),
        "mark": _mark(project, labels),
    }


def _off(labels: list[Label]) -> float | None:
    """How far the joints were from where the labels put them, in heights of the box, mean; None where
    nothing is known.
    """
    known = [(label.pose, label.pose.prediction) for label in labels if label.pose.prediction is not None]
    shares = [
        joint_distances(before.points[None], pose.points[None], pose.labelled[None])[0]
        / max(pose.box.height, 1e-6)
        for pose, before in known
    ]
    return float(np.nanmean(shares)) if np.isfinite(shares).any() else None


def _unchecked(project: Project, number: int, labels: Mapping[SampleId, Label]) -> int:
    """Poses of a round that have no label."""
    rounds = (project.predictions(video.id, number) for video in project.videos())
    known = [predictions for predictions in rounds if predictions is not None]
    samples = [sum(predictions.row(sample) is not None for sample in labels) for predictions in known]
    return sum(map(len, known)) - sum(samples)


def _wrong(wrong: Strays, doubtful: int) -> str:
    if doubtful and not wrong.sentence:
        return in_doubt(doubtful)
    return wrong.sentence


def _mark(project: Project, labels: Iterable[Label]) -> int:
    """Another one for other labels, or where they count differently."""
    confirmed = set(project.setting(CONFIRMED) or ())
    prints = sorted((*label.sample, label.pose.round, label.fingerprint) for label in labels)
    return crc32(repr((project.setting("tau"), [(one, one[-1] in confirmed) for one in prints])).encode())


def _measured(project: Project, entry: Round, labels: list[Label]) -> dict:
    """Of an earlier round: as its labels are now, or what they said then where they are the same or its
    estimates are gone.
    """
    kept = entry.summary.get(MEASURED)
    mark = _mark(project, [label for label in labels if label.pose.round <= entry.id])
    if kept and kept.get("mark", mark) == mark:
        return kept
    try:
        if all(project.predictions(video.id, entry.id) is None for video in project.videos()):
            return kept or measure(project, entry.id)
        return project.remembered((entry.id, mark), lambda: measure(project, entry.id))
    except ShardDamaged:
        if kept:
            return kept
        raise


def status(project: Project) -> list[RoundStatus]:
    """One entry per estimated round, in order; empty before the first estimation.

    Each follows its labels: one of them corrected later changes what its round says.
    """
    queue, latest = project.queue(), project.latest_round()
    done = project.labels().keys()
    labels = list(project.labels().values()) if latest else []
    result = []
    for entry in project.store.rounds():
        if not entry.estimated:
            continue
        measured = measure(project, entry.id) if entry.id == latest else _measured(project, entry, labels)
        result.append(
            RoundStatus(
                round=entry.id,
                queried=sum(item.round == entry.id for item in queue),
                labelled=measured["labelled"],
                of_batch=sum(item.round == entry.id and item.sample in done for item in queue),
                g=measured["g"],
                share=measured["share"],
                advice=StopAdvice(**measured["advice"]),
                audit=Audit(**measured["audit"]) if measured.get("audit") else None,
                doubtful=tuple(SampleId(*sample) for sample in measured.get("doubtful", ())),
                strays=Strays(**measured.get("strays", {})),
                refused=entry.summary.get(REFUSED) or "",
                given_stay=bool(entry.summary.get(GIVEN_STAY)),
                parity=Parity(**entry.summary["parity"]) if entry.summary.get("parity") else None,
                untrainable=entry.summary.get("untrainable", ""),
                again=entry.summary.get(AGAIN),
                **{name: entry.summary.get(name) for name in TRAINED},
            )
        )
    return result


def learning_curve(rounds: Iterable[RoundStatus]) -> list[tuple[int, float]]:
    """(labels that a round's estimator came from, its G) of the rounds that have a G."""
    found, so_far = [], 0
    for entry in rounds:
        if entry.g is not None:
            found.append((so_far, entry.g))
        so_far += entry.labelled
    return found


def competence(project: Project, variant: str = "ours") -> float:
    """G: mean OKS over the samples of the latest round that has labels, 0 before the first (method, section
    1).

    Where the project's setting `prior` is above 0, in the variant "ours": before the first label that share
    of what the confidence of the estimates lets expect, and where labels were drawn at random what these say,
    with what is expected.
    """
    rounds = status(project)
    known = [(entry.g, entry.audit) for entry in rounds if entry.g is not None]
    prior = project.setting("prior") if variant == "ours" else 0
    if not known:
        return prior * _expected(project, rounds[-1].round) if prior and rounds else 0.0
    g, checked = known[-1]
    if not prior or checked is None or checked.mean is None:
        return g
    return blended(_expected(project, rounds[-1].round), checked.mean, checked.count)


def _expected(project: Project, number: int) -> float:
    """Mean OKS of a round's poses, as far as can be told without labels."""
    values = []
    for video in project.videos():
        predictions = project.predictions(video.id, number)
        if predictions is not None:
            stolen = np.zeros(len(predictions), bool)
            for stretch in shared_stretches(predictions, project.shared_bodies(video.id, number), video.fps):
                stolen[stretch.rows] = True
            values.append(expected_oks(predictions.confidence, stolen))
    return float(np.concatenate(values).mean()) if values else 0.0
