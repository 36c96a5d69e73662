"""Where nobody is, though the program followed somebody: a human saw it in one frame."""

import numpy as np

from core.domain import SampleId, UserError
from core.project.people.edits import delete_in, delete_people
from core.project.project import Project
from core.project.store.people_rows import Rows
from core.project.store.store import Video
from core.queries.stray_poses import UNSURE_SECONDS

GAP_SECONDS = 0.5  # a longer one ends a stretch


def nobody_here(project: Project, video: Video, sample: SampleId) -> tuple[Rows, range]:
    """Takes somebody out of the stretch of frames about one in which a human saw nobody, with what was
    proposed there; and those frames. Raises UserError where they are not in that frame.
    """
    frames = project.assignments(video.id).frames_of(sample.track)
    place = int(np.searchsorted(frames, sample.frame))
    if place == len(frames) or frames[place] != sample.frame:
        raise UserError("Nobody is in this frame, so there is nothing to delete.")
    gone = _like(project, video, sample, frames)
    first, last = place, place
    most = round(UNSURE_SECONDS * video.fps)  # frames that may look like somebody between two that do not
    gap = GAP_SECONDS * video.fps
    for step in (-1, 1):
        at = place
        while (
            0 <= at + step < len(frames)
            and abs(frames[at + step] - frames[at]) <= gap
            and gone[at + step] >= 0
        ):
            at += step
            if gone[at]:
                first, last = min(first, at), max(last, at)
            elif abs(at - (first if step < 0 else last)) > most:
                break
    start, stop = int(frames[first]), int(frames[last]) + 1
    if first == 0 and last == len(frames) - 1:
        return delete_people(project, video, [sample.track]), range(start, stop)
    return delete_in(project, video, sample.track, start, stop), range(start, stop)


def _like(project: Project, video: Video, sample: SampleId, frames: np.ndarray) -> np.ndarray:
    """(n,) of a person's frames: 1 where the estimator is not much surer than in the one of the sample, or
    has not looked, 0 where it is, -1 where a human placed joints.
    """
    like = np.ones(len(frames), np.int8)
    predictions = project.predictions(video.id)
    row = None if predictions is None else predictions.row(sample)
    if predictions is not None and row is not None:
        confidence = predictions.confidence.mean(1)
        usual, own = float(np.median(confidence)), float(confidence[row])
        rows = predictions.rows_of_track(sample.track)
        sure = predictions.frame[rows][confidence[rows] > (own + usual) / 2] if own < usual else ()
        like[np.isin(frames, sure)] = 0
    placed = [s.frame for s in project.store.labels() if s.track == sample.track and s != sample]
    like[np.isin(frames, placed)] = -1
    return like
