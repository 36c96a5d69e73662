"""Refined poses of a project: what is predicted, with what is known of the same person in the frames
around.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.domain import LabelledPose, Monitor
from core.evaluation.shared_bodies import reach, shared_bodies
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.store import Video
from core.project.store.track_assignments import TrackAssignments
from core.refinement.refine import Tracklet, around, refine, usual_confidence


def refined_predictions(project: Project, video: Video, monitor: Monitor) -> Predictions | None:
    """The latest predictions of a video's people of interest with refined points (N, K, 2). Those with an
    accepted label stay as they are predicted: what a human said is not passed off as an estimate. None where
    nothing is estimated.

    Raises ShardDamaged, Cancelled.
    """
    predictions = project.predictions(video.id)
    if predictions is None:
        return None
    assignments, sigmas = project.assignments_of_interest(video.id), project.skeleton.sigmas
    labels: dict[int, dict[int, np.ndarray]] = {}
    for sample, label in project.labels().items():
        labels.setdefault(sample.track, {})[sample.frame] = placed(label.pose)
    astray, points = project.shared_bodies(video.id).astray(len(predictions)), predictions.points.copy()
    done = 0
    for track in np.unique(predictions.track).tolist():
        monitor.report("Refining the poses", done, len(predictions))
        rows, own = predictions.rows_of_track(track), labels.get(track, {})
        usual = usual_confidence(predictions.confidence[rows])
        tracklet = tracklet_of(
            predictions,
            rows,
            astray[rows],
            assignments,
            assignments.rows_of(track),
            own,
            video.fps,
            sigmas,
            usual,
        )
        frame = predictions.frame[rows]
        free = ~np.isin(frame, list(own))
        points[rows[free]] = refine(tracklet, monitor)[np.searchsorted(tracklet.frame, frame[free])]
        done += len(rows)
    return replace(predictions, points=points)


def refined_between(
    predictions: Predictions,
    assignments: TrackAssignments,
    track: int,
    first: int,
    last: int,
    labels: Mapping[int, np.ndarray],
    fps: float,
    sigmas: tuple[float, ...],
    usual: float,
) -> dict[int, np.ndarray]:
    """(K, 2) image pixels by frame, of one person in frames first to last. The work is that of these and of
    REACH on both sides, however long the video.

    labels: as of tracklet_of; usual: see usual_confidence.
    """
    own, rows = assignments.rows_of(track), predictions.rows_of_track(track)
    own = own[around(assignments.frame[own], first, last, fps)]
    rows = rows[around(predictions.frame[rows], first, last, fps)]
    if not len(own) or not len(rows):
        return {}
    stray = _astray(predictions, rows, np.array(sigmas))
    tracklet = tracklet_of(predictions, rows, stray, assignments, own, labels, fps, sigmas, usual)
    inside = (tracklet.frame >= first) & (tracklet.frame <= last)
    return dict(zip(tracklet.frame[inside].tolist(), refine(tracklet)[inside], strict=True))


def tracklet_of(
    predictions: Predictions,
    rows: np.ndarray,
    astray: np.ndarray,
    assignments: TrackAssignments,
    own: np.ndarray,
    labels: Mapping[int, np.ndarray],
    fps: float,
    sigmas: tuple[float, ...],
    usual: float,
) -> Tracklet:
    """Of one person. rows: (n,) of the predictions, own: (m,) of the assignments, both by frame,
    the former among the latter; astray: (n,) bool; labels: (K, 2) by frame, NaN where no human placed a
    joint. Where nothing is predicted, motion and labels alone count.
    """
    frame, boxes = assignments.frame[own], assignments.boxes[own].astype(np.float64)
    joints = predictions.points.shape[1]
    points = np.repeat((boxes[:, None, :2] + boxes[:, None, 2:]) / 2, joints, 1)
    confidence, unseen = np.zeros((len(own), joints)), np.ones(len(own), bool)
    place = np.searchsorted(frame, predictions.frame[rows])
    points[place], confidence[place], unseen[place] = (
        predictions.points[rows],
        predictions.confidence[rows],
        astray,
    )
    known = np.full(points.shape, np.nan)
    for number, label in labels.items():
        at = int(np.searchsorted(frame, number))
        if at < len(frame) and frame[at] == number:
            known[at] = label
    motion = None
    if predictions.motion is not None:
        motion = np.full((*confidence.shape, 3), np.nan, predictions.motion.dtype)
        motion[place] = predictions.motion[rows]
    return Tracklet(frame, boxes, points, confidence, unseen, known, fps, np.array(sigmas), usual, motion)


def placed(pose: LabelledPose) -> np.ndarray:
    """(K, 2) image pixels, NaN for joints that were not placed."""
    return np.where(pose.labelled[:, None], pose.points, np.nan)


def _astray(predictions: Predictions, rows: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """(n,) bool: SharedBodies.astray of some rows of one person, who is compared with those near him
    alone.
    """
    frame = predictions.frame[rows]
    every = np.arange(predictions.rows_at(int(frame[0])).start, predictions.rows_at(int(frame[-1])).stop)
    extent = reach(predictions.boxes[every], predictions.points[every], predictions.confidence[every])
    place = np.searchsorted(frame, predictions.frame[every]).clip(0, len(frame) - 1)
    mine = extent[rows - every[0]][place]
    near = (frame[place] == predictions.frame[every]) & (extent[:, :2] < mine[:, 2:]).all(1)
    near &= (extent[:, 2:] > mine[:, :2]).all(1)
    kept = every[near]
    boxes, points, confidence = (
        predictions.boxes[kept],
        predictions.points[kept],
        predictions.confidence[kept],
    )
    pairs = shared_bodies(predictions.frame[kept], boxes, points, confidence, sigmas)
    return np.isin(rows, kept[pairs.astray(len(kept))])
