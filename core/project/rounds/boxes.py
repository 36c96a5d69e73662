"""Where the people of a video are looked for in a round."""

from collections.abc import Mapping

import numpy as np

from core.domain import Track
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.roster import DRAWN, FOUND, Roster
from core.project.store.store import Label, Video
from core.tracking.following import LEAST_JOINTS, follow_poses, pose_box


def tracks_for_round(
    project: Project, video: Video, number: int, roster: Roster, names: Mapping[int, str]
) -> list[Track]:
    """The people of the roster with the boxes to estimate round `number` in. names: of everyone, by track.

    From round 1 on they follow the labels and the surest poses of the round before. Boxes that the user brought or drew
    stay.
    """
    tracks = roster.tracks(video.id, names)
    known = number > 0 and project.readable(video.id, number - 1) is not None
    before = project.predictions(video.id, number - 1, roster) if known else None
    if before is None or video.id in project.setting("given_boxes"):
        return tracks
    labelled: dict[int, dict[int, np.ndarray]] = {}
    for label in project.store.labels().values():
        labelled.setdefault(label.sample.track, {})[label.sample.frame] = label_box(label)
    followed = []
    for track in tracks:
        source = roster.source[roster.rows_of(track.id)]
        placed = {int(track.frames[i]): track.boxes[i] for i in np.flatnonzero(source == DRAWN)}
        placed |= labelled.get(track.id, {})
        known = np.array(sorted(placed), np.int64)
        boxes = track.boxes.copy()
        for rows in _stretches(track.frames, source != FOUND, video.fps):
            frames = track.frames[rows]
            inside = known[slice(*np.searchsorted(known, (frames[0], frames[-1] + 1)))].tolist()
            near = {frame: placed[frame] for frame in inside}
            boxes[rows] = _followed(frames, boxes[rows], track.id, before, near, video.fps)
        boxes[source == DRAWN] = track.boxes[source == DRAWN]
        followed.append(Track(track.id, track.video, track.name, track.frames, boxes))
    return followed


def _stretches(frames: np.ndarray, drawn: np.ndarray, fps: float) -> list[np.ndarray]:
    """Rows that may speak for one another: found or drawn alike, and without a gap of more than a second."""
    kinds = [rows for rows in (np.flatnonzero(~drawn), np.flatnonzero(drawn)) if len(rows)]
    return [part for rows in kinds for part in np.split(rows, np.flatnonzero(np.diff(frames[rows]) > fps) + 1)]


def _followed(
    frames: np.ndarray,
    boxes: np.ndarray,
    track: int,
    before: Predictions,
    placed: dict[int, np.ndarray],
    fps: float,
) -> np.ndarray:
    """(n, 4) better boxes of one track's frames, see follow_poses."""
    rows = before.rows_of_track(track)
    rows = rows[np.isin(before.frame[rows], frames)]
    at = np.searchsorted(frames, before.frame[rows])
    shape = (len(frames), *before.points.shape[1:])
    boxes, points, confidence = boxes.copy(), np.full(shape, np.nan), np.zeros(shape[:2])
    boxes[at], points[at], confidence[at] = before.boxes[rows], before.points[rows], before.confidence[rows]
    return follow_poses(frames, boxes, points, confidence, placed, fps)


def label_box(label: Label) -> np.ndarray:
    """(4,) where a label says the person is: about its joints, or the box it was made in where it has too few."""
    pose = label.pose
    return pose_box(pose.points, pose.labelled) if pose.labelled.sum() >= LEAST_JOINTS else np.array(pose.box)
