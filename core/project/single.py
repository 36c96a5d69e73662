"""One pose, estimated by itself: in a box that a human drew or moved, without waiting for the next round."""

import numpy as np

from core.domain import Box, Monitor, PredictedPose, SampleId, Track, UserError
from core.estimation import pipeline
from core.project.models import open_estimator
from core.project.people import DRAWN
from core.project.people_rows import SingleEstimate, single_estimate
from core.project.project import Project
from core.project.store import Video
from core.video.source import open_video


def estimate_single(project: Project, sample: SampleId, box: Box, monitor: Monitor) -> SingleEstimate:
    """What the latest round's estimator sees in a box; writes nothing. Raises UserError, Cancelled.

    On the CPU, where a single crop takes less time than it takes to wake a GPU that may be busy training.
    """
    number = project.latest_round()
    if number is None:
        raise UserError("There is no estimator yet. Estimate the poses first.")
    video = next(v for v in project.videos() if v.id == project.video_of_track()[sample.track])
    person = Track(sample.track, video.id, "", np.array([sample.frame]), np.array([box], np.float32))
    with open_video(video.path) as source:
        estimates = list(pipeline.estimate(source, [person], open_estimator(project, number, "cpu"), monitor))
    if not estimates:
        raise UserError(f"Frame {sample.frame} of {video.path.name} cannot be decoded, so no pose is estimated in it.")
    pose = PredictedPose(estimates[0].points[0], estimates[0].confidence[0], number)
    return SingleEstimate(sample, box, pose)


def drawn_without_pose(project: Project, video: Video) -> list[tuple[SampleId, Box]]:
    """The drawn boxes in which the latest round's estimator has not looked yet."""
    predictions = project.predictions(video.id)
    if predictions is None:
        return []
    roster = project.roster(video.id)
    single = {single_estimate(row).sample for row in project.store.single_rows(video.id, predictions.round)}
    waiting = []
    for at in np.flatnonzero(roster.source == DRAWN):
        sample = SampleId(int(roster.track[at]), int(roster.frame[at]))
        row = predictions.row(sample)
        looked_at = row is not None and np.array_equal(predictions.boxes[row], roster.boxes[at])
        if not looked_at and (roster.origin[at], sample.frame) not in single:
            waiting.append((sample, roster.box(sample)))
    return waiting
