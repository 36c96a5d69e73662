"""Where the people of a video are looked for in a round."""

from collections.abc import Mapping

import numpy as np

from core.domain import Track
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.settings import GIVEN_BOXES
from core.project.store.store import Label, Video
from core.project.store.track_assignments import DRAWN, FOUND, TrackAssignments
from core.tracking.following import LEAST_JOINTS, REACH, follow_poses, pose_box, show_the_same


class RoundBoxes:
    """The people of a video's assignments with the boxes to estimate a round in, stretch by stretch.

    From round 1 on they follow the labels and the surest poses of the rounds before. Boxes that the user
    brought or drew stay. names: of everyone, by track. before: their poses of the round before, None where
    there are none.
    """

    def __init__(
        self,
        project: Project,
        video: Video,
        number: int,
        assignments: TrackAssignments,
        names: Mapping[int, str],
    ) -> None:
        self.assignments = assignments
        self._video, self._names = video, names
        known = number > 0 and project.readable(video.id, number - 1) is not None
        self.before = project.predictions(video.id, number - 1, assignments) if known else None
        self._followed = None if video.id in project.setting(GIVEN_BOXES) else self.before
        self._labelled: dict[int, dict[int, np.ndarray]] = {}
        for label in project.store.labels().values():
            self._labelled.setdefault(label.sample.track, {})[label.sample.frame] = label_box(label)

    def tracks(self, start: int = 0, stop: int | None = None) -> list[Track]:
        """Those who are in frames start to before stop, and there alone."""
        stop = self._video.frame_count if stop is None else stop
        margin = (
            0 if self._followed is None else round(REACH * self._video.fps)
        )  # what speaks for the first and the last box
        near = slice(*np.searchsorted(self.assignments.frame, (start - margin, stop + margin)))
        track = self.assignments.track[near]
        order = np.argsort(track, kind="stable")
        found = []
        for rows in np.split(order, np.flatnonzero(np.diff(track[order])) + 1):
            if not len(rows) or (number := int(track[rows[0]])) not in self._names:
                continue
            rows = rows + near.start
            frames, boxes = self.assignments.frame[rows], self.assignments.boxes[rows]
            inside = (frames >= start) & (frames < stop)
            if not inside.any():
                continue
            if self._followed is not None:
                boxes = self._following(number, frames, boxes, self.assignments.source[rows])
            found.append(Track(number, self._video.id, self._names[number], frames[inside], boxes[inside]))
        return sorted(found, key=lambda track: track.id)

    def _following(self, track: int, frames: np.ndarray, boxes: np.ndarray, source: np.ndarray) -> np.ndarray:
        assert self._followed is not None
        placed = {int(frames[i]): boxes[i] for i in np.flatnonzero(source == DRAWN)} | self._labelled.get(
            track, {}
        )
        known = np.array(sorted(placed), np.int64)
        followed = boxes.copy()
        for rows in _stretches(frames, source != FOUND, self._video.fps):
            there = frames[rows]
            inside = known[slice(*np.searchsorted(known, (there[0], there[-1] + 1)))].tolist()
            near = {frame: placed[frame] for frame in inside}
            followed[rows] = _followed(there, followed[rows], track, self._followed, near, self._video.fps)
        followed[source == DRAWN] = boxes[source == DRAWN]
        return followed


def _stretches(frames: np.ndarray, drawn: np.ndarray, fps: float) -> list[np.ndarray]:
    """Rows that may speak for one another: found or drawn alike, and without a gap of more than a second."""
    kinds = [rows for rows in (np.flatnonzero(~drawn), np.flatnonzero(drawn)) if len(rows)]
    return [
        part for rows in kinds for part in np.split(rows, np.flatnonzero(np.diff(frames[rows]) > fps) + 1)
    ]


def _followed(
    frames: np.ndarray,
    boxes: np.ndarray,
    track: int,
    before: Predictions,
    placed: dict[int, np.ndarray],
    fps: float,
) -> np.ndarray:
    """(n, 4) better boxes of one track's frames, see follow_poses."""
    first, last = np.searchsorted(before.frame, (frames[0], frames[-1] + 1))
    rows = first + np.flatnonzero(
        (before.track[first:last] == track) & np.isin(before.frame[first:last], frames)
    )
    at = np.searchsorted(frames, before.frame[rows])
    shape = (len(frames), *before.points.shape[1:])
    boxes, points, confidence = boxes.copy(), np.full(shape, np.nan), np.zeros(shape[:2])
    boxes[at], points[at], confidence[at] = before.boxes[rows], before.points[rows], before.confidence[rows]
    return follow_poses(frames, boxes, points, confidence, placed, fps)


def label_box(label: Label) -> np.ndarray:
    """(4,) where a label says the person is: about its joints, or the box it was made in where it has too
    few.
    """
    pose = label.pose
    return pose_box(pose.points, pose.labelled) if pose.labelled.sum() >= LEAST_JOINTS else np.array(pose.box)


def training_box(label: Label) -> np.ndarray:
    """(4,) where a round looks for the person in the label's frame: the box it was made in, as long as that
    is near label_box.
    """
    shown, around = np.array(label.pose.box, np.float64), label_box(label)
    return shown if show_the_same(shown[None], around[None])[0] else around
