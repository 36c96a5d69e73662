"""Poses that another program estimated, as columns, whatever file they came from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.domain import UserError
from core.domain.skeletons import AIC14, BODY25, COCO17, HALPE26, MEDIAPIPE33, MPII16, SPORTS2D22, WHOLE_BODY
from core.formats.records import LARGEST_FRAME, LARGEST_NUMBER

OPENPOSE18 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "right_hip",
    "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye", "right_ear",
    "left_ear",
)  # fmt: skip
"""OpenPose's COCO model, also AlphaPose's OpenPose format."""

OF_COUNT = {len(one): one.joints for one in (AIC14, MPII16, COCO17, SPORTS2D22, BODY25, HALPE26, MEDIAPIPE33)}
HALPE136 = (*HALPE26.joints, *WHOLE_BODY.joints[23:])  # body, face, left hand, right hand
OF_COUNT |= {18: OPENPOSE18, 133: WHOLE_BODY.joints, 136: HALPE136}
OTHERS = "poses of other videos"
MOST_POSES = 10_000_000
HIGHEST = 2.0  # up to which a confidence is one, as peaks of heatmaps may go beyond 1
PERCENT = 20.0  # from which on it is one in percent
MANY = 50  # joints; fewer may have the same confidence by chance


@dataclass(frozen=True)
class FoundPoses:
    """N poses of one video.

    joints: K names; image: of the frame, '' where it has none; number: (N,) int64 of the frame as the file
    counts, -1 where it gives a time; seconds: (N,) float64 from the first frame, NaN where it gives a number;
    person: what the file calls them, '' where it does not say; points: (N, K, 2) float64 image pixels, NaN
    where a joint was not found; confidence: (N, K) float64 in 0..1, 0 there; first: what the file calls the
    first frame, None where its format does not say; named: whether the file itself names the joints; passed:
    how many records are no poses, by what they are; notes: sentences on how it was read.
    """

    joints: tuple[str, ...]
    image: list[str]
    number: np.ndarray
    seconds: np.ndarray
    person: list[str]
    points: np.ndarray
    confidence: np.ndarray
    first: int | None = None
    named: bool = True
    passed: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.number)


class PoseList:
    """Takes poses one by one."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int, float, str]] = []
        self._values: list[np.ndarray] = []
        self.passed: dict[str, int] = {}

    def add(
        self,
        values: np.ndarray,
        where: str,
        *,
        number: int = -1,
        image: str = "",
        seconds: float = np.nan,
        person: str = "",
    ) -> None:
        """values: (K, 3) x, y in image pixels and confidence, NaN or 0, 0 for what was not found.

        where: what a message calls it. Raises UserError.
        """
        if len(self._rows) >= MOST_POSES:
            raise UserError(f"{where}: more than {MOST_POSES} poses are not read; give a part of them.")
        if number > LARGEST_FRAME or (number < 0 and np.isnan(seconds)):
            raise UserError(f"{where}: its frame is {number}, a number from 0 to {LARGEST_FRAME} is needed.")
        if (np.abs(values[:, :2]) > LARGEST_NUMBER).any():
            raise UserError(f"{where}: it has a coordinate beyond {LARGEST_NUMBER}.")
        if self._values and len(values) != len(self._values[0]):
            raise UserError(f"{where}: it has {len(values)} joints, others have {len(self._values[0])}.")
        self._rows.append((image, number, seconds, person))
        self._values.append(values.astype(np.float64))

    def pass_over(self, what: str, count: int = 1) -> None:
        self.passed[what] = self.passed.get(what, 0) + count

    def done(self, name: str, joints: Sequence[str] | None = None, first: int | None = None) -> FoundPoses:
        """joints: their names, None where the file has none, so that their number tells. Raises UserError
        without any pose, and where the number of joints is that of no skeleton.

        name: the file's.
        """
        if not self._values:
            other = ", ".join(f"{count} {what}" for what, count in self.passed.items())
            of = f" of this video ({other})" if other else ""
            raise UserError(f"{name} holds no poses{of}; choose another file.")
        values, named = np.stack(self._values), joints is not None
        joints = joints_of_count(values.shape[1], name) if joints is None else joints
        found = np.isfinite(values[..., :2]).all(2) & (values[..., :2] != 0).any(2)
        points = np.where(found[..., None], values[..., :2], np.nan)
        sure, note = _shares(values[..., 2], found)
        image, number, seconds, person = (list(column) for column in zip(*self._rows, strict=True))
        return FoundPoses(
            tuple(joints),
            image,
            np.array(number, np.int64),
            np.array(seconds, np.float64),
            person,
            points,
            np.where(found, sure, 0),
            first,
            named,
            self.passed,
            [note.format(name)] if note else [],
        )


def _shares(sure: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, str]:
    """(N, K) confidences in 0..1, whatever range the file has, and what is to be said of it, {} for its name.
    found: (N, K) bool.
    """
    known = sure[found & np.isfinite(sure) & (sure > 0)]
    if not len(known):
        return np.ones(sure.shape), "{} says nothing of how sure it is of a joint."
    highest, scale, note = float(known.max()), 1.0, ""
    if len(known) > MANY and known.min() == highest:
        scale, note = highest, "{} says nothing of how sure it is of a joint: all have the same confidence."
    elif highest == 2 and np.isin(known, (1, 2)).all():  # visible, and placed without being seen
        scale, note = 2.0, "The confidences of {} are visibilities (1 hidden, 2 visible): taken as 0.5 and 1."
    elif highest > HIGHEST:
        scale = 100.0 if PERCENT < highest <= 100 else highest
        note = f"The confidences of {{}} go up to {highest:.3g}: divided by {scale:.3g}."
    return np.clip(np.where(np.isfinite(sure), sure, 0) / scale, 0, 1), note


def joints_of_count(count: int, name: str) -> tuple[str, ...]:
    """The names of so many joints without names. Raises UserError where no skeleton that is known has so
    many.
    """
    if count not in OF_COUNT:
        known = ", ".join(map(str, sorted(OF_COUNT)))
        raise UserError(
            f"{name} does not name its joints, and no skeleton with {count} of them is known (there are "
            f"such of {known})."
        )
    return OF_COUNT[count]
