"""A human's pose of a sample, and as it stands in the SQLite file."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from core.domain import Box, LabelledPose, SampleId
from core.project.store.people_rows import predicted_blobs, predicted_pose


@dataclass(frozen=True)
class Label:
    """A human's pose of a sample. accepted is False while it is still being corrected."""

    sample: SampleId
    pose: LabelledPose
    accepted: bool

    @property
    def fingerprint(self) -> int:
        """Another one for another pose."""
        return crc32(self.pose.visibility.tobytes(), crc32(self.pose.points.tobytes()))


def label_of_row(row: tuple) -> Label:
    track, frame, number, accepted, x0, y0, x1, y1, points, visibility, *predicted = row
    pose = LabelledPose(
        np.frombuffer(points, "<f8").reshape(-1, 2),
        np.frombuffer(visibility, "i1"),
        Box(x0, y0, x1, y1),
        None if predicted[0] is None else predicted_pose(*predicted),
        number,
    )
    return Label(SampleId(track, frame), pose, bool(accepted))


def row_of_label(label: Label) -> tuple:
    pose, prediction = label.pose, label.pose.prediction
    return (
        *label.sample,
        pose.round,
        label.accepted,
        *map(float, pose.box),
        np.ascontiguousarray(pose.points, "<f8").tobytes(),
        np.ascontiguousarray(pose.visibility, "i1").tobytes(),
        *((None, None, None) if prediction is None else (*predicted_blobs(prediction), prediction.round)),
    )
