"""Labels at a known distance from the predictions."""

import numpy as np

from core.domain import LabelledPose, SampleId, Visibility
from core.project.project import Project
from core.project.store.store import Label


def exchange_ankles(points: np.ndarray) -> None:
    points[[15, 16]] = points[[16, 15]]


def label(
    project: Project, *samples: tuple[int, int], off: float = 0.0, accepted: bool = True, change=None
) -> None:
    """Labels the samples (track, frame) in the latest round, every joint `off` pixels right of its
    prediction.

    change: called with the points (K, 2), to write into.
    """
    number = project.latest_round()
    labels = []
    for sample in map(SampleId._make, samples):
        predictions = project.predictions(project.video_of_track()[sample.track], number)
        row = predictions.row(sample)
        points = predictions.points[row].astype(np.float64) + np.array([off, 0])
        if change is not None:
            change(points)
        pose = LabelledPose(
            points,
            np.full(17, Visibility.VISIBLE, np.int8),
            predictions.box(row),
            predictions.pose(row),
            number,
        )
        labels.append(Label(sample, pose, accepted))
    project.store.set_labels(labels)
