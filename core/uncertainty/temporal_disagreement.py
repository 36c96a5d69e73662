"""TD: how far a pose lies off the path that the frames around make likely."""

from typing import TYPE_CHECKING

import numpy as np

from core.evaluation.oks import oks
from core.evaluation.shared_bodies import shared_bodies
from core.uncertainty.criterion import Criterion, Estimated

if TYPE_CHECKING:
    from core.refinement.refine import Tracklet


class TemporalDisagreement(Criterion):
    name = "td"
    short = "off its path"
    title = "Temporal disagreement (TD): the pose lies off the path that the frames around make likely"
    of_poses = True

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        """1 - OKS of the pose and the refined one, in 0..1, without any label. NaN for somebody seen in
        one frame.
        """
        from core.refinement.refine import Tracklet  # brings SciPy, which a list of names does not need

        sigmas = np.array(estimated.skeleton.sigmas)
        columns = (estimated.seconds, estimated.boxes, estimated.points, estimated.confidence)
        astray = _astray(estimated, sigmas)
        result = np.full(len(estimated.track), np.nan)
        for rows in estimated.rows_of_tracks.values():
            if len(rows) > 1:
                seconds, boxes, points, confidence = (values[rows] for values in columns)
                frame = estimated.frame[rows]
                motion = None if estimated.motion is None else estimated.motion[rows]
                result[rows] = temporal_disagreement(
                    Tracklet.of(
                        seconds, boxes, points, confidence, astray[rows], sigmas, frame, motion=motion
                    )
                )
        return result


def temporal_disagreement(tracklet: "Tracklet") -> np.ndarray:
    """(n,) in 0..1 of one person, 0 where the refined pose is the predicted one."""
    from core.refinement.refine import areas_of, refine

    areas = areas_of(tracklet.boxes.astype(np.float64))
    every = np.ones(tracklet.confidence.shape, bool)
    return 1 - oks(tracklet.points, refine(tracklet), every, areas, tracklet.sigmas)


def _astray(estimated: Estimated, sigmas: np.ndarray) -> np.ndarray:
    """(N,) bool: poses that lie on another's body."""
    order = np.argsort(estimated.frame, kind="stable")
    boxes, points, confidence = (v[order] for v in (estimated.boxes, estimated.points, estimated.confidence))
    found = np.zeros(len(order), bool)
    found[order] = shared_bodies(estimated.frame[order], boxes, points, confidence, sigmas).astray(len(order))
    return found
