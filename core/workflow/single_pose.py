"""One pose, estimated by itself: in a box that a human drew or moved, without waiting for the next round."""

from dataclasses import dataclass

import numpy as np

from core.domain import Box, Monitor, PredictedPose, SampleId, Silent, Track, UserError
from core.estimation import pipeline
from core.estimation.crops import cells_to_image
from core.estimation.maps import Maps
from core.estimation.pipeline import Estimates
from core.evaluation.neighbour_guard import in_own_place
from core.project.estimators.models import open_estimator
from core.project.project import Project
from core.project.store.people_rows import SingleEstimate, single_estimate
from core.project.store.store import Video
from core.project.store.track_assignments import BETWEEN, DRAWN, FOUND, TrackAssignments, find_samples
from core.project.videos import open_located
from core.uncertainty.peaks import peak_cells


@dataclass(frozen=True, eq=False)
class BoxMaps:
    """What an estimator sees in a box. maps: of the one sample; extent: (4,) left, top, width, height of what
    they cover, image pixels.
    """

    sample: SampleId
    box: Box
    round: int
    maps: Maps
    extent: np.ndarray

    def peaks(self, joint: int) -> np.ndarray:
        """(m, 2) image pixels of the places where the joint may be, the most likely first, at most 5."""
        picture = self.picture(joint)
        cells = peak_cells(picture, self.maps.apart)
        return cells_to_image(cells[None], self.extent[None], picture.shape[::-1])[0]

    def picture(self, joint: int) -> np.ndarray:
        """(h, w) in 0..1: where the joint may be."""
        return self.maps.picture(0, joint)


class SingleEstimator:
    """The latest round's estimator at one video, for one pose after the other. Raises UserError.

    On the CPU, where a single crop takes less time than it takes to wake a GPU that may be busy training.
    """

    def __init__(self, project: Project, video: Video):
        latest = project.latest_round()
        if latest is None:
            raise UserError("There is no estimator yet. Estimate the poses first.")
        self.round = latest
        self.video = video
        self._estimator = open_estimator(project, self.round, "cpu")
        self._source = open_located(project, video)

    def __enter__(self) -> "SingleEstimator":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._source.close()

    def estimate(self, sample: SampleId, box: Box, monitor: Monitor) -> SingleEstimate:
        estimates = self._look(sample, box, monitor)
        pose = PredictedPose(estimates.points[0], estimates.confidence[0], self.round)
        return SingleEstimate(sample, box, pose)

    def maps(self, sample: SampleId, box: Box) -> BoxMaps:
        estimates = self._look(sample, box, Silent())
        return BoxMaps(sample, box, self.round, estimates.maps, estimates.extents[0])

    def _look(self, sample: SampleId, box: Box, monitor: Monitor) -> Estimates:
        person = Track(sample.track, self.video.id, "", np.array([sample.frame]), np.array([box], np.float32))
        batches = pipeline.estimate(self._source, [person], self._estimator, monitor)
        estimates = list(in_own_place(batches, np.array(self._estimator.spec.skeleton.sigmas)))
        if not estimates:
            name = self.video.path.name
            raise UserError(
                f"Frame {sample.frame} of {name} cannot be decoded, so no pose is estimated in it."
            )
        return estimates[0]


def estimate_single(project: Project, sample: SampleId, box: Box, monitor: Monitor) -> SingleEstimate:
    """Writes nothing. Raises UserError, Cancelled."""
    video = next(v for v in project.videos() if v.id == project.video_of_track()[sample.track])
    with SingleEstimator(project, video) as estimator:
        return estimator.estimate(sample, box, monitor)


def drawn_without_pose(project: Project, video: Video) -> list[tuple[SampleId, Box]]:
    """The drawn boxes in which the latest round's estimator has not looked yet."""
    predictions = project.predictions(video.id)
    if predictions is None:
        return []
    assignments, number = project.assignments_of_interest(video.id), predictions.round
    single = {
        one.sample
        for row in project.store.single_rows(video.id, number)
        if (one := single_estimate(row)).pose.round == number
    }
    waiting = []
    for at in np.flatnonzero(assignments.source == DRAWN):
        sample = SampleId(int(assignments.track[at]), int(assignments.frame[at]))
        row = predictions.row(sample)
        looked_at = row is not None and predictions.rounds[row] == number
        looked_at = looked_at and np.array_equal(predictions.boxes[row], assignments.boxes[at])
        if not looked_at and (assignments.origin[at], sample.frame) not in single:
            waiting.append((sample, Box(*map(float, assignments.boxes[at]))))
    return waiting


def found_without_pose(project: Project, video: Video) -> dict[int, int]:
    """In how many frames each person has a box that was found but no pose, where there could be one: of those
    who were deleted when everything was estimated and came back since.
    """
    assignments, missing = _without_pose(project, video)
    tracks, counts = np.unique(assignments.track[missing], return_counts=True)
    return dict(zip(tracks.tolist(), counts.tolist(), strict=True))


def frames_without_pose(project: Project, video: Video) -> np.ndarray:
    """(n,) those in which somebody has a box, found or drawn, but no pose, where there could be one."""
    assignments, missing = _without_pose(project, video)
    drawn = [sample.frame for sample, _ in drawn_without_pose(project, video)]
    between = assignments.frame[_unknown(project, video, assignments) & (assignments.source == BETWEEN)]
    return np.unique(np.concatenate([assignments.frame[missing], between, np.array(drawn, np.int64)]))


def _without_pose(project: Project, video: Video) -> tuple[TrackAssignments, np.ndarray]:
    """The people, and which of the boxes that were found have no pose, in frames that can be decoded."""
    assignments = project.assignments_of_interest(video.id)
    missing = _unknown(project, video, assignments) & (assignments.source == FOUND)
    # else nobody may have been looked at in a frame
    if missing.any() and project.of_interest(video.id) is None:
        latest = project.known_round()
        rounds = [project.readable(video.id, number) for number in (latest, latest - 1)]
        decoded = np.concatenate([known.frame for known in rounds if known is not None])  # others are damaged
        missing &= np.isin(assignments.frame, decoded)
    return assignments, missing


def _unknown(project: Project, video: Video, assignments: TrackAssignments) -> np.ndarray:
    """(n,) bool, of the samples of some assignments: without a pose of any round."""
    predictions = project.predictions(video.id)
    if predictions is None:
        return np.zeros(len(assignments.frame), bool)
    return find_samples(predictions.track, predictions.frame, assignments.track, assignments.frame) < 0
