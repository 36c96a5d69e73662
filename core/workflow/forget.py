"""What is computed and not needed any more goes."""

import numpy as np

from core.project.project import Project
from core.project.store.coverage import pieces
from core.project.store.segments import SAMPLES, forget
from core.uncertainty.ensemble import SNAPSHOTS

CONFIDENCE = "confidence"  # in the summary of round 0
KEPT = max(1, SNAPSHOTS)  # rounds before the latest: for the review, and as members of the ensemble


def first_confidence(project: Project) -> float:
    """Mean over the poses of round 0, remembered where they are deleted; of the latest round's where they
    are gone.
    """
    known = project.store.rounds()[0].summary.get(CONFIDENCE)
    if known is not None:
        return known
    latest = project.latest_round()
    found = [project.readable(one.id, 0) or project.predictions(one.id, latest) for one in project.videos()]
    values = [poses.confidence.mean(1) for poses in found if poses]
    return float(np.concatenate(values).mean()) if values else 0.0


def forget_old_rounds(project: Project) -> None:
    """Poses of rounds so long ago that nothing is read from them go, where later rounds have estimated the
    same; those from a file stay, as nothing could make them again.
    """
    latest = project.latest_round()
    if latest is None:
        return
    for video in project.videos():
        parts = project.computed.segments(SAMPLES, video.id)
        old = {part.path for part in parts if part.round is not None and part.round < latest - KEPT}
        old -= {part.path for part in parts if part.round == 0 and project.pose_file(video.id, 0)}
        if unread := old - {piece.path for piece in pieces(parts, video.frame_count)}:
            project.store.update_round(0, {CONFIDENCE: first_confidence(project)})
            forget(project.store, unread)
