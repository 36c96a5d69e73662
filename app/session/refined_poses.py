"""Refined poses of the people on screen, computed where they are looked at and kept until something near
changes.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.domain import SampleId

if TYPE_CHECKING:
    from app.session.session import Session
    from core.project.store.store import Label

# frames computed together; with what reaches into them they take less than a hundredth of a second
BLOCK = 32
MOVED = 0.5  # pixels from the prediction, from which on a joint of a label in the making is the human's


class RefinedPoses:
    """Of the video on screen. A label that is not accepted yet counts by the joints that were moved."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._blocks: dict[tuple[int, int], dict[int, np.ndarray]] = {}
        self._usual: dict[int, float] = {}
        session.labels_changed.connect(self._forget_near)
        session.changed.connect(lambda _: self._forget())
        session.video_changed.connect(self._forget)

    def points_at(self, sample: SampleId) -> np.ndarray | None:
        """(K, 2) image pixels; None where nothing is estimated of this person."""
        number = sample.frame // BLOCK
        key = (sample.track, number)
        if key not in self._blocks:
            self._blocks[key] = self._compute(sample.track, number * BLOCK, number * BLOCK + BLOCK - 1, {})
        return self._blocks[key].get(sample.frame)

    def beside(self, sample: SampleId, points: np.ndarray, joints: frozenset[int]) -> dict[int, np.ndarray]:
        """(K, 2) by frame, the frames before and after a pose in the hand. points: (K, 2) of it; joints:
        those that move.
        """
        known = self._known(sample.track, sample.frame, sample.frame).get(sample.frame)
        known = np.full(points.shape, np.nan) if known is None else known.copy()
        known[list(joints)] = points[list(joints)]
        found = self._compute(sample.track, sample.frame - 1, sample.frame + 1, {sample.frame: known})
        return {frame: pose for frame, pose in found.items() if frame != sample.frame}

    @property
    def _reach(self) -> int:
        """Frames."""
        from core.refinement.refine import REACH  # brings SciPy, which a window without poses does not need

        return round(REACH * self._session.video.fps)

    def _compute(
        self, track: int, first: int, last: int, further: Mapping[int, np.ndarray]
    ) -> dict[int, np.ndarray]:
        """further: (K, 2) by frame, what is known beside the labels."""
        from core.queries.refined import refined_between
        from core.refinement.refine import usual_confidence

        session = self._session
        predictions, assignments = session.predictions_of(track), session.assignments
        if predictions is None or assignments is None:
            return {}
        if track not in self._usual:
            self._usual[track] = usual_confidence(predictions.confidence[predictions.rows_of_track(track)])
        labels = self._known(track, first - self._reach, last + self._reach) | dict(further)
        sigmas, usual = session.skeleton.sigmas, self._usual[track]
        return refined_between(
            predictions, assignments, track, first, last, labels, session.video.fps, sigmas, usual
        )

    def _known(self, track: int, first: int, last: int) -> dict[int, np.ndarray]:
        """(K, 2) by frame, NaN where no human placed a joint."""
        there = (self._session.labels.get(SampleId(track, frame)) for frame in range(first, last + 1))
        return {label.sample.frame: _placed(label) for label in there if label is not None}

    def _forget(self) -> None:
        self._blocks.clear()
        self._usual.clear()

    def _forget_near(self, samples: set[SampleId]) -> None:
        if not self._blocks:
            return
        for track, frame in samples:
            for number in range((frame - self._reach) // BLOCK, (frame + self._reach) // BLOCK + 1):
                self._blocks.pop((track, number), None)


def _placed(label: "Label") -> np.ndarray:
    from core.queries.refined import placed

    points = placed(label.pose)
    if not label.accepted and label.pose.prediction is not None:
        moved = np.linalg.norm(points - label.pose.prediction.points, axis=1) > MOVED
        points[~moved] = np.nan
    return points
