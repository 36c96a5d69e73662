"""One adaptation with an annotator who answers from the reference: estimate, choose, label, fine-tune,
again and again.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.adaptation.pose_prior import adapt
from core.adaptation.train_round import Evidence, train_round
from core.adaptation.trainer import planned_steps, recipe_of
from core.adaptation.training_set import choose_samples
from core.adaptation.unlabelled import Poses, consecutive_rows, sure_rows
from core.benchmark.dataset import Dataset
from core.benchmark.plan import Protocol, Run
from core.benchmark.ruler import Round, Ruler
from core.domain import Skeleton
from core.estimation import pipeline
from core.estimation.export import update_onnx
from core.estimation.motion import with_motion
from core.estimation.network import Estimator, anchored
from core.estimation.session import EstimatorSession
from core.evaluation.neighbour_guard import in_own_place
from core.evaluation.shared_bodies import shared_bodies
from core.evaluation.stopping import advise
from core.refinement.refine import Tracklet, refine
from core.selection.pool import Pool
from core.selection.projection import projected
from core.selection.registry import sampler
from core.torch_process.device import training_device
from core.uncertainty.collect import CriteriaCollector
from core.uncertainty.combine import combine
from core.uncertainty.criteria import further_passes, parse
from core.uncertainty.ensemble import SNAPSHOTS
from core.uncertainty.features import as_coco, why_no_prior
from core.uncertainty.pose_prior import PosePrior
from core.workflow.segments import SECONDS, spread

if TYPE_CHECKING:
    from core.adaptation.train_round import Verdict
    from core.adaptation.trainer import Trained

BATCH = 8


@dataclass(frozen=True)
class Estimates:
    """points: (N, K, 2) image pixels; confidence: (N, K); embedding: (N, D); motion: (N, K, 3), see
    core.estimation.pipeline.Estimates; criteria: (N,) by name; oks: (N,).
    """

    points: np.ndarray
    confidence: np.ndarray
    embedding: np.ndarray
    motion: np.ndarray
    criteria: dict[str, np.ndarray]
    oks: np.ndarray


def simulate(
    dataset: Dataset,
    run: Run,
    protocol: Protocol,
    estimator: Estimator,
    first: Path,
    later: Path,
    folder: Path,
    priors: dict[str, PosePrior],
    device: str = "auto",
) -> Iterator[Round]:
    """Yields each round as it ends.

    estimator: of round 0, trained in place; first: its ONNX file; later: one with the graph of trained
    ones, which takes their weights; folder: for the ONNX file of each round; priors: the pretrained ones by
    variant.
    """
    simulation = _Simulation(dataset, run, protocol, estimator, folder, priors)
    session = EstimatorSession(first, device)
    targets = protocol.ends(len(dataset))
    solved = 0
    for number, target in enumerate([*targets, len(dataset)]):
        started = time.perf_counter()
        estimates = simulation.estimate(session)
        entry = replace(simulation.measure(estimates), estimating=time.perf_counter() - started)
        solved = solved + 1 if entry.right75 == 1 else 0
        ended = number == len(targets) or (protocol.until_solved and solved == 2)
        if ended:
            yield entry
            return
        started = time.perf_counter()
        rows = simulation.select(estimates, target - entry.labelled, first=number == 0)
        entry = replace(entry, selecting=time.perf_counter() - started, queried=[int(row) for row in rows])
        entry = simulation.annotate(entry, estimates, np.array(rows))
        if not simulation.labelled.all():
            started = time.perf_counter()
            assert entry.g is not None
            trained, verdict = simulation.train(estimates, entry.g, device)
            entry = replace(
                entry,
                training=time.perf_counter() - started,
                steps=trained.steps,
                loss=round(trained.loss, 4),
                share=round(verdict.share, 3),
                refused=bool(verdict.reason),
            )
            if not verdict.reason:
                simulation.export(later)
                session = EstimatorSession(simulation.onnx, device)
        yield entry


class _Simulation:
    """labelled: (N,) bool; latest: (N,) bool, the last batch; what else a project would remember."""

    def __init__(
        self,
        dataset: Dataset,
        run: Run,
        protocol: Protocol,
        estimator: Estimator,
        folder: Path,
        priors: dict[str, PosePrior],
    ):
        self.labelled = np.zeros(len(dataset), bool)
        self.latest = np.zeros(len(dataset), bool)
        self.onnx = folder / "estimator.onnx"
        self._dataset, self._run, self._protocol = dataset, run, protocol
        self._estimator = anchored(estimator) if run.variant == "ours" else estimator
        self._pretrained, self._priors = priors, priors
        self._confidence: float | None = None  # mean over the video, of the estimator as it came
        self._columns, self._further = parse(run.criterion, run.variant), further_passes(run.criterion)
        self._earlier: list[tuple[np.ndarray, np.ndarray]] = []  # points and confidence of the rounds before
        samples = zip(dataset.track.tolist(), dataset.image.tolist(), strict=True)
        self._rows = {sample: row for row, sample in enumerate(samples)}
        self._g: float | None = None
        self._ruler = Ruler(dataset, np.array(self._skeleton.sigmas))

    def estimate(self, session: EstimatorSession) -> Estimates:
        """One pass over all samples, and all criteria."""
        self._pool = pool_of(self._dataset.seconds, self._protocol.pool, len(self._earlier))
        data, collector = self._dataset, CriteriaCollector(self._further, self._skeleton)
        parts, done = [], 0
        sigmas, before = np.array(self._skeleton.sigmas), self._poses_before if self._earlier else None
        for batch in with_motion(in_own_place(self._batches(session, collector), sigmas, before)):
            assert batch.motion is not None
            collector.add(batch, data.seconds[done : done + len(batch)])
            parts.append((batch.points, batch.confidence, batch.embedding, batch.motion))
            done += len(batch)
        points, confidence, embedding, motion = (
            np.concatenate(values) for values in zip(*parts, strict=True)
        )
        snapshots = [earlier for earlier, _ in self._earlier[-SNAPSHOTS:]]
        criteria = collector.criteria(self._priors, lambda: [embedding], snapshots)
        self._earlier.append((points, confidence))
        return Estimates(points, confidence, embedding, motion, criteria, self._ruler.oks(points))

    def _poses_before(self, track: np.ndarray, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points and confidence of some samples in the round before."""
        points, confidence = self._earlier[-1]
        rows = [self._rows[sample] for sample in zip(track.tolist(), frame.tolist(), strict=True)]
        return points[rows], confidence[rows]

    def _batches(
        self, session: EstimatorSession, collector: CriteriaCollector
    ) -> Iterator[pipeline.Estimates]:
        data = self._dataset
        columns = {
            "track": data.track,
            "frame": data.image,
            "boxes": data.boxes,
            "rectangles": data.rectangles,
        }
        for start in range(0, len(data), BATCH):
            rows = slice(start, start + BATCH)
            here = {name: values[rows] for name, values in columns.items()}
            crops = np.ascontiguousarray(data.crops[rows])
            yield pipeline.estimate_crops(session, crops, here, collector.measure, collector.with_views)

    def measure(self, estimates: Estimates) -> Round:
        refined = self._refined(estimates)
        return self._ruler.measure(estimates.points, refined, estimates.confidence.mean(1), self.labelled)

    def _refined(self, estimates: Estimates) -> np.ndarray:
        """(N, K, 2) image pixels, with the labels there are."""
        data, sigmas = self._dataset, np.array(self._skeleton.sigmas)
        columns = (data.boxes, estimates.points, estimates.confidence)
        astray = shared_bodies(data.image, *columns, sigmas).astray(len(data))
        known = self.labelled[:, None] & data.labelled
        labels = np.where(known[..., None], data.points, np.nan)
        refined = np.array(estimates.points, np.float64)
        for track in np.unique(data.track):
            rows = np.flatnonzero(data.track == track)
            rows = rows[np.argsort(data.seconds[rows], kind="stable")]
            seconds, (boxes, points, confidence) = data.seconds[rows], (values[rows] for values in columns)
            seen = (seconds, boxes, points, confidence, astray[rows], sigmas)
            tracklet = Tracklet.of(*seen, labels=labels[rows], motion=estimates.motion[rows])
            refined[rows] = refine(tracklet)
        return refined

    @property
    def _skeleton(self) -> Skeleton:
        return self._estimator.spec.skeleton

    def select(self, estimates: Estimates, size: int, first: bool) -> list[int]:
        run, data = self._run, self._dataset
        inside = np.flatnonzero(self._pool | self.labelled)
        raw = [estimates.criteria[column][inside] for column in self._columns]
        name = self._protocol.first if first and self._protocol.first else run.sampler
        pool = Pool(
            embeddings=projected(estimates.embedding[inside]).astype(np.float16),  # as a project keeps them
            uncertainty=combine(raw, ~self.labelled[inside]),
            taken=self.labelled[inside],
            candidates=np.ones(len(inside), bool),
            competence=self._g or 0.0,
            track=data.track[inside],
            seconds=data.seconds[inside],
            minimum_gap=self._protocol.gap if run.variant == "ours" else 0.0,
        )
        rows, _ = sampler(name, run.variant)(pool, size, run.seed)
        missing = size - len(rows)
        if missing > 0:  # the minimum gap leaves too few: without it
            taken = pool.taken.copy()
            taken[rows] = True
            rows += sampler(name, run.variant)(
                replace(pool, taken=taken, minimum_gap=0.0), missing, run.seed
            )[0]
        return inside[rows].tolist()

    def annotate(self, entry: Round, estimates: Estimates, rows: np.ndarray) -> Round:
        """Labels the rows, and says what the stopping rules make of it."""
        tau, values = self._protocol.tau, estimates.oks
        moved = int(self._ruler.moves(estimates.points[rows], rows).sum())
        self._ruler.moved += moved
        self.labelled[rows] = True
        self.latest[:] = False
        self.latest[rows] = True
        advice = advise(values[rows], values[self.labelled], tau)
        self._g = float(values[rows].mean())
        return replace(
            entry,
            g=self._g,
            moved=moved,
            proposed=advice.proposed,
            min_error=advice.min_error,
            advised=advice.stop,
            oracle=bool((values >= tau).all()),
            final60=float(
                self._ruler.precision(estimates.points, estimates.confidence.mean(1), self.labelled)[0]
            ),
        )

    def train(self, estimates: Estimates, g: float, device: str) -> "tuple[Trained, Verdict]":
        run, data = self._run, self._dataset
        rows = np.flatnonzero(self.labelled)
        # tau = 1 replays everything: the paper's setting for its benchmark
        chosen = rows[choose_samples(estimates.oks[rows], self.latest[rows], 1.0, run.variant)]
        recipe = replace(recipe_of(run.variant), seed=run.seed, seconds=None)
        steps = self._protocol.steps or planned_steps(len(chosen), g, recipe, run.variant)
        before = {name: value.clone() for name, value in self._estimator.net.state_dict().items()}
        labels, evidence = data.training_set(chosen), self._evidence(estimates, chosen)
        on = training_device(device)
        trained, verdict = train_round(self._estimator, labels, evidence, recipe, steps, on, lambda *_: True)
        if verdict.reason:
            self._estimator.net.load_state_dict(before)
        seen = data.labelled[rows]
        points = np.where(seen[..., None], data.points[rows], estimates.points[rows])
        weights = np.where(seen, 1.0, estimates.confidence[rows])
        heights = data.boxes[rows, 3] - data.boxes[rows, 1]
        if not why_no_prior(self._skeleton):
            points, weights, _ = as_coco(points, weights, self._skeleton)
            self._priors = {
                name: adapt(prior, points, weights, heights, run.seed)
                for name, prior in self._pretrained.items()
            }
        return trained, verdict

    def _evidence(self, estimates: Estimates, chosen: np.ndarray) -> Evidence | None:
        data, run = self._dataset, self._run
        if run.variant == "paper":
            return None
        if self._confidence is None:
            self._confidence = float(estimates.confidence.mean())
        poses = Poses(data.track, data.image, estimates.points, data.boxes, estimates.confidence)
        rows = sure_rows(poses, self.labelled | ~self._pool, run.seed)
        unlabelled = data.training_set(rows).without_labels() if len(rows) else None
        pairs = consecutive_rows(poses, self.labelled | ~self._pool, run.seed).flatten()
        consecutive = data.training_set(pairs).without_labels() if len(pairs) else None
        return Evidence(
            estimates.oks[chosen], len(data), self._confidence, unlabelled, consecutive=consecutive
        )

    def export(self, later: Path) -> None:
        update_onnx(later, self._estimator, self.onnx)


def pool_of(seconds: np.ndarray, share: float, number: int) -> np.ndarray:
    """(N,) bool: the samples that round `number` reaches, that share of the segments: it begins with those
    that the rounds before did not reach. seconds: (N,) time in the video.
    """
    segment = (seconds / SECONDS).astype(int)
    order = spread(int(segment.max(initial=0)) + 1)
    reached = max(1, round(share * len(order)))
    return np.isin(segment, np.roll(order, -number * reached)[:reached])
