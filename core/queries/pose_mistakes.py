"""Mistakes in the poses of a project that last, and what they are mended with: nothing here changes
anything.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from core.domain import SampleId
from core.project.project import Project
from core.project.store.arrays import CACHE
from core.project.store.store import Label, Video
from core.queries.refined import placed, tracklet_of
from core.refinement.mistakes import Mistake, exchanged_people, heals, leaps, mended, mistakes
from core.refinement.refine import Tracklet, around, usual_confidence

MOST_AT_ONCE = 20  # people who leap in one frame and are compared with one another; more is a cut


def pose_mistakes(project: Project, video: Video) -> list[tuple[int, Mistake]]:
    """Of the people of interest of a video, with the track of each, accepted labels in place of predictions,
    but for those that refined poses leave out. Somebody whose poses and labels are as they were is not looked
    at again.
    """
    people = _Tracklets(project, video)
    found: list[tuple[int, Mistake]] = []
    leaping: dict[int, list[int]] = defaultdict(list)
    for track in people.tracks:
        seen = people.looked_at(track)
        found += [(track, one) for one in seen.mistakes]
        for frame in seen.jumps.tolist():
            leaping[frame].append(track)
    pairs = {
        (one, other)
        for together in leaping.values()
        if len(together) <= MOST_AT_ONCE
        for place, one in enumerate(together)
        for other in together[place + 1 :]
    }
    for one, other in sorted(pairs):
        found += [(one, wrong) for wrong in exchanged_people(people[one], people[other], other)]
    return found


def mending(project: Project, video: Video, track: int, mistake: Mistake) -> dict[SampleId, np.ndarray]:
    """(K, 2) by sample, how poses are without a mistake."""
    people = _Tracklets(project, video)
    if mistake.other is None:
        near = people[track]
        near = near.rows(around(near.frame, mistake.first, mistake.last, near.fps))
        return {
            SampleId(track, frame): points
            for frame, points in mended(near, mistake, project.skeleton).items()
        }
    poses = {}
    for mine, theirs in ((track, mistake.other), (mistake.other, track)):
        other = people[theirs]
        points = np.where(np.isnan(other.labels), other.points, other.labels)
        for row in np.flatnonzero((other.frame >= mistake.first) & (other.frame <= mistake.last)).tolist():
            poses[SampleId(mine, int(other.frame[row]))] = points[row]
    return poses


@dataclass(frozen=True, eq=False)
class _LookedAt:
    """Mistakes of one person, and the frames (n,) after which the whole pose jumps."""

    mistakes: tuple[Mistake, ...]
    jumps: np.ndarray


class _Tracklets:
    """By track, those of a video that have predictions."""

    def __init__(self, project: Project, video: Video) -> None:
        self._project, self._video = project, video
        self._predictions = project.predictions(video.id)
        self._assignments, self._sigmas = project.assignments_of_interest(video.id), project.skeleton.sigmas
        self.tracks: list[int] = []
        self._labels: dict[int, dict[int, Label]] = defaultdict(dict)
        if self._predictions is not None:
            self.tracks = np.unique(self._predictions.track).tolist()
            self._astray = project.shared_bodies(video.id).astray(len(self._predictions))
            for sample, label in project.labels().items():
                self._labels[sample.track][sample.frame] = label

    def __getitem__(self, track: int) -> Tracklet:
        """Where something is predicted."""
        predictions = self._predictions
        assert predictions is not None
        rows, own = predictions.rows_of_track(track), self._assignments.rows_of(track)
        known = {frame: placed(label.pose) for frame, label in self._labels[track].items()}
        usual = usual_confidence(predictions.confidence[rows])
        whole = tracklet_of(
            predictions,
            rows,
            self._astray[rows],
            self._assignments,
            own,
            known,
            self._video.fps,
            self._sigmas,
            usual,
        )
        there = np.isin(whole.frame, predictions.frame[rows]) | np.isfinite(whole.labels).any((1, 2))
        return whole.rows(there)

    def looked_at(self, track: int) -> _LookedAt:
        marks = tuple((frame, label.fingerprint) for frame, label in sorted(self._labels[track].items()))
        serials = CACHE.serial(self._predictions), CACHE.serial(self._assignments)
        key = (str(self._project.folder.absolute()), "mistakes", self._video.id, track, *serials, marks)
        return CACHE.get(key, lambda: self._look_at(track))

    def _look_at(self, track: int) -> _LookedAt:
        tracklet = self[track]
        if len(tracklet.frame) < 2:
            return _LookedAt((), np.empty(0, np.int64))
        found = [one for one in mistakes(tracklet, self._project.skeleton) if not heals(tracklet, one)]
        return _LookedAt(tuple(found), tracklet.frame[:-1][leaps(tracklet)])
