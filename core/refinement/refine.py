"""Refined poses: one person's predictions, smoothed and drawn to what a human said of the frames around.

A network errs in two ways: by noise, another in each frame, and by a bias that lasts for about half a second.
Both are larger where it is less sure. A label tells the bias of the frames around it, and the pictures how
far a joint moved from one frame to the next (optical flow). The constants were chosen on MoveNet Lightning
with a rendered walker, three people who cross, and one run on shots of two, each at several rounds; those of
optical flow on the latter two and four paddle-boarders. See benchmarks/RESULTS.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.domain import Monitor, raise_if_cancelled
from core.domain.overlap import paired_iou
from core.evaluation.oks import similarity
from core.refinement.smoother import Seen, smooth

# of a joint as sure as usual; with what power of its unsureness
NOISE, NOISE_RANGE, NOISE_GROWS = 0.25, (0.2, 4.0), 1.25
# both in units of a joint's OKS constant times the root of the person's area
BIAS, BIAS_RANGE = 0.2, (0.06, 3.0)
ASTRAY = 100.0  # times as much noise where somebody's pose lies on another's body
NEAR_LABELS, NEAR_SECONDS = 1.0, 1.0  # so much more bias at a label, and how far from it that lasts
BIAS_SECONDS = 0.5  # how long a bias lasts
ACCELERATION = 50**-0.5  # per frame squared at RATE, in the same units
SLIP, SLIP_RANGE = 0.1, (0.03, 1.0)  # of a step as the pictures show it, at RATE, in the same units
SLIP_MISSED = 4.0  # times what the way back misses comes to that
MOST_MISSED = 0.5  # units by which the way back may miss
RATE = 30.0  # frames a second of what this was measured on
USUAL, USUAL_OF = 0.9, 0.75  # a usual confidence is so much of this quantile
ENOUGH = 2000  # poses to tell it from
LEAST_SURE = 0.02
AREA = 0.53  # of a person, as a share of the box (COCO's people)
SAME_SHOT_BOXES, SAME_SHOT_POSES = (
    0.3,
    0.15,
)  # overlap and OKS of one frame and the next, below which a cut lies between
LONGEST_GAP = 0.5  # seconds without a sample within one path
REACH = 2.0  # seconds beyond which a change is not felt
BLOCK = 1024  # frames solved at once, beside what reaches into them


@dataclass(frozen=True, eq=False)
class Tracklet:
    """What is known of one person in n frames.

    frame: (n,) int64, ascending; boxes: (n, 4); points: (n, K, 2) predictions, image pixels; confidence: (n,
    K) in 0..1; astray: (n,) bool, predictions that lie on another's body; labels: (n, K, 2) image pixels, NaN
    where no human placed a joint; fps: frames a second; sigmas: (K,) of OKS; usual: confidence of a joint of
    usual sureness, see usual_confidence; motion: (n, K, 3) since the frame before, see
    core.estimation.pipeline.Estimates, None where nothing was measured.
    """

    frame: np.ndarray
    boxes: np.ndarray
    points: np.ndarray
    confidence: np.ndarray
    astray: np.ndarray
    labels: np.ndarray
    fps: float
    sigmas: np.ndarray
    usual: float
    motion: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        seconds: np.ndarray,
        boxes: np.ndarray,
        points: np.ndarray,
        confidence: np.ndarray,
        astray: np.ndarray,
        sigmas: np.ndarray,
        frame: np.ndarray | None = None,
        labels: np.ndarray | None = None,
        motion: np.ndarray | None = None,
    ) -> "Tracklet":
        """seconds: (n,) ascending, which tell frames a second; frame: by default told by them, too; labels:
        by default none.
        """
        fps = frame_rate(seconds, frame)
        frame = np.rint(seconds * fps).astype(np.int64) if frame is None else frame
        labels = np.full(points.shape, np.nan) if labels is None else labels
        usual = usual_confidence(confidence)
        return cls(frame, boxes, points, confidence, astray, labels, fps, sigmas, usual, motion)

    def rows(self, wanted: slice | np.ndarray) -> "Tracklet":
        names = ("frame", "boxes", "points", "confidence", "astray", "labels")
        motion = None if self.motion is None else self.motion[wanted]
        return replace(self, motion=motion, **{name: getattr(self, name)[wanted] for name in names})


def usual_confidence(confidence: np.ndarray) -> float:
    """By which unsureness is measured, of some poses (n, K) of one estimator."""
    some = confidence[:: len(confidence) // ENOUGH + 1]
    return float(np.quantile(some, USUAL)) * USUAL_OF if some.size else 1.0


def frame_rate(seconds: np.ndarray, frame: np.ndarray | None = None) -> float:
    """Frames a second of one person. seconds: (n,) ascending; frame: (n,) their numbers, by default one
    after the other.
    """
    steps = np.diff(seconds)
    frames = np.ones(len(steps)) if frame is None else np.diff(frame)
    later = steps > 0
    return 1 / float(np.median(steps[later] / frames[later])) if later.any() else RATE


def refine(tracklet: Tracklet, monitor: Monitor | None = None) -> np.ndarray:
    """(n, K, 2) image pixels. Labelled joints are where the human placed them. Linear in n, memory of BLOCK
    frames.

    monitor: may cancel it. Raises Cancelled.
    """
    refined = np.array(tracklet.points, np.float64)
    reach = round(REACH * tracklet.fps)
    for run in runs(tracklet):
        frame = tracklet.frame[run]
        for first in range(int(frame[0]), int(frame[-1]) + 1, BLOCK):
            around = np.searchsorted(frame, (first - reach, first + BLOCK + reach))
            inside = np.searchsorted(frame, (first, first + BLOCK))
            here = slice(run.start + int(around[0]), run.start + int(around[1]))
            kept = slice(int(inside[0] - around[0]), int(inside[1] - around[0]))
            if monitor is not None:
                raise_if_cancelled(monitor)
            if kept.start < kept.stop:
                found = _refine_run(tracklet.rows(here))
                refined[run.start + int(inside[0]) : run.start + int(inside[1])] = found[kept]
    return refined


def around(frame: np.ndarray, first: int, last: int, fps: float) -> slice:
    """The rows that refined poses of the frames first to last depend on. frame: (n,) ascending."""
    reach = round(REACH * fps)
    return slice(*map(int, np.searchsorted(frame, (first - reach, last + reach + 1))))


def runs(tracklet: Tracklet, flip: np.ndarray | None = None) -> Iterator[slice]:
    """Stretches in which somebody moves on: no long gap, no cut. flip: (K,) Skeleton.flip_index, where left
    and right that are exchanged are no cut either.
    """
    n = len(tracklet.frame)
    boxes, points, confidence = tracklet.boxes.astype(np.float64), tracklet.points, tracklet.confidence
    sureness = np.minimum(confidence[1:], confidence[:-1]).astype(np.float64)
    every = [points[1:]] if flip is None else [points[1:], points[1:][:, flip]]
    near = (similarity(after, points[:-1], areas_of(boxes[1:]), tracklet.sigmas) for after in every)
    alike = np.max([(one * sureness).sum(1) / np.maximum(sureness.sum(1), 1e-9) for one in near], axis=0)
    alike[tracklet.astray[1:] | tracklet.astray[:-1]] = 1.0  # a pose that leaves for another's body is no cut
    new = np.diff(tracklet.frame) > max(1.0, LONGEST_GAP * tracklet.fps)
    new |= (paired_iou(boxes[1:], boxes[:-1]) < SAME_SHOT_BOXES) | (alike < SAME_SHOT_POSES)
    starts = [0, *(np.flatnonzero(new) + 1).tolist(), n]
    yield from (slice(start, stop) for start, stop in pairwise(starts) if start < stop)


def _refine_run(tracklet: Tracklet) -> np.ndarray:
    """Of one stretch, in which frames may be missing."""
    place = tracklet.frame - tracklet.frame[0]
    count = int(place[-1]) + 1
    if count < 3:
        return np.where(np.isnan(tracklet.labels), tracklet.points, tracklet.labels)
    unit = units(tracklet)
    unsureness = tracklet.usual / np.maximum(tracklet.confidence, LEAST_SURE)
    rate = max(tracklet.fps, 1e-3) / RATE
    # frames that follow one another faster than those measured show the same error more often
    noise = np.clip(NOISE * unsureness**NOISE_GROWS, *NOISE_RANGE) * unit * np.sqrt(max(1.0, rate))
    noise[tracklet.astray] *= ASTRAY
    bias = np.clip(BIAS * unsureness, *BIAS_RANGE) * unit * _near_labels(tracklet)

    def on_grid(values: np.ndarray, empty: float) -> np.ndarray:
        grid = np.full((count, *values.shape[1:]), empty)
        grid[place] = values
        return grid

    acceleration = np.broadcast_to(ACCELERATION / rate**2 * unit, (count, len(unit)))
    lasting = float(np.exp(-1 / (BIAS_SECONDS * tracklet.fps)))
    steps, slip = _steps(tracklet, unit, unsureness)
    seen = Seen(
        points=on_grid(tracklet.points, 0.0),
        noise=on_grid(noise, np.inf),
        bias=on_grid(bias, 0.0),
        lasting=lasting,
        acceleration=acceleration,
        known=on_grid(tracklet.labels, np.nan),
        steps=on_grid(steps, 0.0),
        slip=on_grid(slip, np.inf),
    )
    return smooth(seen)[place]


def _steps(tracklet: Tracklet, unit: np.ndarray, unsureness: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, K, 2) how far each joint moved since the row before, and (n, K) standard deviation of that, inf
    where the pictures do not tell. unit: (K,); unsureness: (n, K).
    """
    n, joints = unsureness.shape
    steps, slip = np.zeros((n, joints, 2)), np.full((n, joints), np.inf)
    if tracklet.motion is None:
        return steps, slip
    motion = tracklet.motion[1:].astype(np.float64)
    missed = motion[..., 2] / unit
    told = np.isfinite(motion).all(2) & (missed >= 0) & (missed < MOST_MISSED)
    # the start was where somebody else's joint is, or the row before is not the frame before
    told[(np.diff(tracklet.frame) != 1) | tracklet.astray[1:] | tracklet.astray[:-1]] = False
    steps[1:][told] = motion[..., :2][told]
    # what slips does so steadily: by as much in a second however many frames that has
    usual = np.clip(SLIP * unsureness[:-1], *SLIP_RANGE) * np.sqrt(RATE / max(tracklet.fps, 1e-3))
    slip[1:][told] = ((usual + SLIP_MISSED * missed) * unit)[told]
    return steps, slip


def units(tracklet: Tracklet) -> np.ndarray:
    """(K,) pixels at which OKS counts a joint as .61 right, of the person's mean size."""
    unit = np.sqrt(areas_of(tracklet.boxes.astype(np.float64)))[:, None] * 2 * np.asarray(tracklet.sigmas)
    return np.exp(np.log(np.maximum(unit, 1e-3)).mean(0))


def _near_labels(tracklet: Tracklet) -> np.ndarray:
    """(n, K) factor on the bias: near a label of the joint it is told, so it may be believed to be larger."""
    placed = np.isfinite(tracklet.labels[..., 0])
    factor = np.ones(placed.shape)
    for joint in np.flatnonzero(placed.any(0)):
        labelled = tracklet.frame[placed[:, joint]]
        after = np.searchsorted(labelled, tracklet.frame).clip(0, len(labelled) - 1)
        distance = np.abs(np.stack([labelled[after], labelled[(after - 1).clip(0)]]) - tracklet.frame).min(0)
        factor[:, joint] += NEAR_LABELS * np.exp(-distance / tracklet.fps / NEAR_SECONDS)
    return factor


def areas_of(boxes: np.ndarray) -> np.ndarray:
    """(n,) square pixels that OKS counts with, of people in boxes (n, 4)."""
    return AREA * np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(1), 1.0)
