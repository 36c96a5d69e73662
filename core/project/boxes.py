"""Where the people of a video are looked for in a round."""

import numpy as np

from core.domain import Track
from core.project.project import Project
from core.project.store import Label, Video
from core.tracking.following import LEAST_JOINTS, follow_poses, pose_box


def tracks_for_round(project: Project, video: Video, number: int) -> list[Track]:
    """The people with the boxes to estimate round `number` in.

    From round 1 on they follow the labels and the surest poses of the round before. Boxes that the user brought stay.
    """
    tracks = project.tracks(video.id)
    before = project.predictions(video.id, number - 1) if number > 0 else None
    if before is None or video.id in project.setting("given_boxes"):
        return tracks
    labels = project.store.labels().values()
    followed = []
    for track in tracks:
        rows = before.rows_of_track(track.id)
        at = np.searchsorted(track.frames, before.frame[rows])
        shape = (len(track.frames), *before.points.shape[1:])
        boxes = track.boxes.copy()
        points, confidence = np.full(shape, np.nan), np.zeros(shape[:2])
        boxes[at], points[at], confidence[at] = before.boxes[rows], before.points[rows], before.confidence[rows]
        placed = {label.sample.frame: label_box(label) for label in labels if label.sample.track == track.id}
        better = follow_poses(track.frames, boxes, points, confidence, placed, video.fps)
        followed.append(Track(track.id, track.video, track.name, track.frames, better))
    return followed


def label_box(label: Label) -> np.ndarray:
    """(4,) where a label says the person is: about its joints, or the box it was made in where it has too few."""
    pose = label.pose
    return pose_box(pose.points, pose.labelled) if pose.labelled.sum() >= LEAST_JOINTS else np.array(pose.box)
