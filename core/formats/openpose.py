"""OpenPose's JSON, a file per frame, as OpenPose, rtmlib, Pose2Sim and Sports2D write and read it.

people: a list of {"person_id": [n], "pose_keypoints_2d": [x, y, confidence, ...]}; a joint that was not found
is 0, 0, 0 (OpenPose's documentation, "Output format").
"""

import json
from collections.abc import Iterator
from itertools import groupby

import numpy as np

from core.domain import UserError
from core.formats.poses import PoseRows

VERSION = 1.3
ABSENT = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")


def file_name(video: str, frame: int) -> str:
    """Of a frame, as Pose2Sim sorts them."""
    return f"{video}_{frame:06d}.json"


def write_frames(rows: PoseRows, frames: int) -> Iterator[tuple[int, str]]:
    """Number and text of every frame of a video, those without people too, which these tools need to count
    by.
    """
    by_frame = {frame: list(some) for frame, some in groupby(range(len(rows)), lambda i: int(rows.frame[i]))}
    for frame in range(frames):
        people = [_person(rows, i) for i in by_frame.get(frame, ())]
        yield frame, json.dumps({"version": VERSION, "people": people})


def _person(rows: PoseRows, i: int) -> dict:
    placed = np.isfinite(rows.points[i]).all(1)
    confidence = np.where(np.isnan(rows.confidence[i]), 1.0, rows.confidence[i])  # of what a human placed
    values = np.column_stack([np.nan_to_num(rows.points[i]), confidence]) * placed[:, None]
    keypoints = [round(float(value), 4) for value in values.ravel()]
    return {"person_id": [int(rows.track[i])], "pose_keypoints_2d": keypoints} | {name: [] for name in ABSENT}


def read_frame(text: str, name: str) -> dict[int, np.ndarray]:
    """(K, 3) x, y, confidence by person_id, or by place where nobody has one. name: of the file, for
    UserError.
    """
    try:
        people = json.loads(text)["people"]
        values = [np.array(person["pose_keypoints_2d"], float).reshape(-1, 3) for person in people]
        numbers = [int(person.get("person_id", [-1])[0]) for person in people]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UserError(f"{name} is not JSON as OpenPose writes it ({error}).") from error
    known = len(set(numbers)) == len(numbers) and min(numbers, default=0) >= 0
    return dict(zip(numbers if known else range(len(values)), values, strict=True))
