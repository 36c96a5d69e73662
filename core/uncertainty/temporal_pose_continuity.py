"""TPC: how many joints jump to the frames before and after."""

import numpy as np

from core.uncertainty.criterion import Criterion, Estimated
from core.uncertainty.temporal_heatmap_continuity import NEIGHBOUR_SECONDS

JUMP = 0.01  # of the square root of the crop's area


class TemporalPoseContinuity(Criterion):
    name = "tpc"
    short = "jumps"
    title = "Temporal pose continuity (TPC): joints move far between neighbouring frames"
    variants = ("ours", "paper")
    of_poses = True

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        result = np.empty(len(estimated.track))
        for rows in estimated.rows_of_tracks.values():
            columns = (estimated.points[rows], estimated.areas[rows], estimated.seconds[rows])
            result[rows] = temporal_pose_continuity(*columns, variant)
        return result


def temporal_pose_continuity(
    points: np.ndarray, areas: np.ndarray, seconds: np.ndarray, variant: str
) -> np.ndarray:
    """TPC of one track's samples, in the order of frames (method, section 2).

    points: (n, K, 2) image pixels; areas: (n,) of the crops, square pixels; seconds: (n,) time in the video.
    Returns (n,): joints that move more than 0.01 of the root of the crop's area to the previous plus to the
    next sample. Neighbours as in THC: "ours" within 0.2 s, NaN without one; "paper" the next in the track, 0
    without one. A single one counts double.
    """
    n = len(points)
    moved = np.linalg.norm(np.diff(points, axis=0), axis=2)
    near = np.diff(seconds) <= NEIGHBOUR_SECONDS if variant == "ours" else np.ones(n - 1, bool)
    total, count = np.zeros(n), np.zeros(n)
    for at, rows in ((np.arange(1, n), near), (np.arange(n - 1), near)):
        jumps = (moved > JUMP * np.sqrt(areas[at, None])).sum(1)
        total[at[rows]] += jumps[rows]
        count[at[rows]] += 1
    missing = np.nan if variant == "ours" else 0.0
    return np.where(count > 0, 2 * total / np.maximum(count, 1), missing)
