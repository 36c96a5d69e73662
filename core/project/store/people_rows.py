"""What a human says of people, as it stands in the SQLite file."""

import json
from collections.abc import Sized
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.domain import Box, PredictedPose, SampleId


class PeopleEdit(NamedTuple):
    """The samples of a track from frame start to before stop are another's, or nobody's.

    edit: those with the same number happen at once.
    """

    id: int
    edit: int
    track: int
    start: int
    stop: int
    owner: int | None


class DrawnBox(NamedTuple):
    """A box that a human drew. track: the number of its own that it keeps, whoever it is given to later."""

    track: int
    frame: int
    box: Box


@dataclass(frozen=True)
class SingleEstimate:
    """A pose that was estimated by itself, inside a box that a human gave. Where it is stored, sample
    names the origin.
    """

    sample: SampleId
    box: Box
    pose: PredictedPose


@dataclass(frozen=True)
class Rows:
    """Rows of the tables of people that go and that come, in one transaction."""

    removed: dict[str, list[tuple]]
    added: dict[str, list[tuple]]

    @property
    def back(self) -> "Rows":
        return Rows(self.added, self.removed)


def setting_rows(key: str, before: Sized, after: Sized) -> Rows:
    """The change of a setting, lists or dictionaries; an empty one has no row."""
    removed, added = ([(key, json.dumps(value))] if value else [] for value in (before, after))
    return Rows({"meta": removed}, {"meta": added})


def predicted_pose(points: bytes, confidence: bytes, number: int) -> PredictedPose:
    return PredictedPose(
        np.frombuffer(points, "<f4").reshape(-1, 2), np.frombuffer(confidence, "<f4"), number
    )


def predicted_blobs(pose: PredictedPose) -> tuple[bytes, bytes]:
    return np.ascontiguousarray(pose.points, "<f4").tobytes(), np.ascontiguousarray(
        pose.confidence, "<f4"
    ).tobytes()


def single_row(estimate: SingleEstimate, origin: int, video: int) -> tuple:
    """As in the table of single estimates."""
    pose = estimate.pose
    return origin, estimate.sample.frame, pose.round, video, *map(float, estimate.box), *predicted_blobs(pose)


def single_estimate(row: tuple) -> SingleEstimate:
    track, frame, number, _, x0, y0, x1, y1, points, confidence = row
    return SingleEstimate(
        SampleId(track, frame), Box(x0, y0, x1, y1), predicted_pose(points, confidence, number)
    )
