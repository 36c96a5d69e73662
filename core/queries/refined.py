"""Refined poses of a project: what is predicted, with what is known of the same person in the frames around."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.store import Label, Video
from core.refinement.refine import Tracklet, refine, usual_confidence


def refined_predictions(project: Project, video: Video) -> Predictions | None:
    """The latest predictions of a video's people of interest with refined points (N, K, 2). Those with an accepted label
    stay as they are predicted: what a human said is not passed off as an estimate. None where nothing is estimated.

    Raises ShardDamaged.
    """
    predictions = project.predictions(video.id)
    if predictions is None:
        return None
    labels: dict[int, dict[int, Label]] = {}
    for sample, label in project.labels().items():
        labels.setdefault(sample.track, {})[sample.frame] = label
    astray, points = project.shared_bodies(video.id).astray(len(predictions)), predictions.points.copy()
    for track in np.unique(predictions.track).tolist():
        rows = predictions.rows_of_track(track)
        own = labels.get(track, {})
        tracklet = tracklet_of(predictions, rows, astray, own, video.fps, project.skeleton.sigmas)
        free = ~np.isin(tracklet.frame, list(own))
        points[rows[free]] = refine(tracklet)[free]
    return replace(predictions, points=points)


def tracklet_of(
    predictions: Predictions,
    rows: np.ndarray,
    astray: np.ndarray,
    labels: Mapping[int, Label],
    fps: float,
    sigmas: tuple[float, ...],
    usual: float | None = None,
) -> Tracklet:
    """Of one person. rows: (n,) of the predictions, in the order of frames; astray: (N,) bool, of all predictions; labels:
    by frame; usual: confidence, where these are only some of the person's rows.
    """
    frame, confidence = predictions.frame[rows], predictions.confidence[rows]
    placed = np.full((len(rows), *predictions.points.shape[1:]), np.nan)
    for number, label in labels.items():
        place = int(np.searchsorted(frame, number))
        if place < len(frame) and frame[place] == number:
            placed[place] = np.where(label.pose.labelled[:, None], label.pose.points, np.nan)
    columns = predictions.boxes[rows], predictions.points[rows], confidence, astray[rows], placed
    usual = usual_confidence(confidence) if usual is None else usual
    return Tracklet(frame, *columns, fps, np.array(sigmas), usual)
