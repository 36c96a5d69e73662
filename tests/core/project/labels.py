"""Labels at a known distance from the predictions."""

import numpy as np

from core.domain import LabelledPose, SampleId, Visibility
from core.project.project import Project
from core.project.store import Label


def label(project: Project, *samples: tuple[int, int], off: float = 0.0, accepted: bool = True) -> None:
    """Labels the samples (track, frame) in the latest round, every joint `off` pixels right of its prediction."""
    number = project.latest_round()
    labels = []
    for sample in map(SampleId._make, samples):
        predictions = project.predictions(project.video_of_track()[sample.track], number)
        row = predictions.row(sample)
        pose = LabelledPose(
            predictions.points[row].astype(np.float64) + np.array([off, 0]),
            np.full(17, Visibility.VISIBLE, np.int8),
            predictions.box(row),
            predictions.pose(row),
            number,
        )
        labels.append(Label(sample, pose, accepted))
    project.store.set_labels(labels)
