"""Networks of others that give people with their joints at once, as ONNX: what they take and give is found
out on a picture whose people and joints are known.

Known are the outputs of YOLOv5-pose to YOLO26-pose, RTMO and YOLOX-Pose (mmdeploy, rtmlib), YOLO-NAS-Pose,
DETRPose, MoveNet MultiPose and torchvision's keypoint networks, and any boxes and keypoints side by side,
with and without the suppression of overlaps in the graph. A new layout is a function and a line in
POSE_LAYOUTS.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.domain import UserError
from core.domain.overlap import iou
from core.tracking.box_layouts import as_corners, unbatched
from core.tracking.detector import suppress_overlaps
from core.tracking.following import pose_boxes
from core.tracking.foreign_detector import (
    LEAST,
    MATCH,
    MOST,
    MOST_CLASSES,
    PREPARATIONS,
    Network,
    Preparation,
    fitted,
    sure_labels,
)
from core.video.frame import Frame

FEWEST = 5  # joints
NEAR = 0.1  # of the box's height: a joint that is right
USUAL_SIDE = 640  # of networks that take any size


FramePoses = tuple[np.ndarray, np.ndarray]  # see SingleStage.find


class Poses(NamedTuple):
    """xyxy: (M, 4) and keypoints: (M, K, 3) x, y, confidence, in pixels of the input or in shares of it;
    score, label: (M,).
    """

    xyxy: np.ndarray
    score: np.ndarray
    label: np.ndarray
    keypoints: np.ndarray


def _with_confidence(values: np.ndarray, score: np.ndarray) -> np.ndarray:
    """(M, K, 2 | 3) -> (M, K, 3): without confidences of their own, joints have the person's."""
    if values.shape[2] == 3:
        return values
    return np.concatenate([values, np.broadcast_to(score[:, None, None], (*values.shape[:2], 1))], 2)


def _classes_and_joints(
    values: np.ndarray, count: int, objectness: np.ndarray | float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Scores and labels (M,) and joints (M, K, 3) of rows (M, n) of a score for each class, then 3K numbers,
    else 2K; None where it is neither. count: K; objectness: (M,), which scores are shares of.
    """
    for width in (3, 2):
        classes = values.shape[1] - width * count
        if 1 <= classes <= MOST_CLASSES:
            scores, joints = values[:, :classes], values[:, classes:].reshape(len(values), count, width)
            score = scores.max(1) * objectness
            return score, scores.argmax(1), _with_confidence(joints, score)
    return None


def columns_of_poses(outputs: Sequence[np.ndarray], count: int) -> Poses | None:
    """YOLOv8-pose and later: (4 + C + 3K, A) centre, width, height, a score for each class, joints."""
    table = unbatched(outputs)[0]
    if len(outputs) != 1 or table.ndim != 2 or not 5 < len(table) < table.shape[1]:
        return None
    found = _classes_and_joints(table[4:].T, count)
    return None if found is None else Poses(as_corners(table[:4].T), *found)


def rows_of_found_poses(outputs: Sequence[np.ndarray], count: int) -> Poses | None:
    """YOLO26-pose, and others with the suppression inside: (N, 6 + 3K) corners, score, label, joints."""
    rows = unbatched(outputs)[0]
    if len(outputs) != 1 or rows.ndim != 2 or rows.shape[1] <= 6 or (rows[:, 5] % 1).any():
        return None
    width, rest = divmod(rows.shape[1] - 6, count)
    if rest or width not in (2, 3):
        return None
    joints = _with_confidence(rows[:, 6:].reshape(len(rows), count, width), rows[:, 4])
    return Poses(rows[:, :4], rows[:, 4], rows[:, 5], joints)


def rows_of_poses(outputs: Sequence[np.ndarray], count: int) -> Poses | None:
    """YOLOv5-pose, YOLOv7-pose: (A, 5 + C + 3K) centre, width, height, objectness, a score for each class,
    joints.
    """
    rows = unbatched(outputs)[0]
    if len(outputs) != 1 or rows.ndim != 2 or not 6 < rows.shape[1] < len(rows):
        return None
    found = _classes_and_joints(rows[:, 5:], count, rows[:, 4])
    return None if found is None else Poses(as_corners(rows[:, :4]), *found)


def boxes_and_keypoints(outputs: Sequence[np.ndarray], count: int) -> Poses | None:
    """RTMO and others: (N, 5) boxes with scores, or (N, 4) and (N,) scores; (N, K, 2 | 3) joints, (N, K)
    their scores where they lie apart, (N,) whole labels where there are some.
    """
    parts = unbatched(outputs)
    keypoints = [one for one in parts if one.ndim == 3 and one.shape[2] in (2, 3) and one.shape[1] >= FEWEST]
    if len(keypoints) != 1 or keypoints[0].shape[1] != count:
        return None
    people = len(keypoints[0])
    tables = [one for one in parts if one.ndim == 2 and len(one) == people]
    boxes = [one for one in tables if one.shape[1] in (4, 5) and count != one.shape[1]]
    columns = [one.reshape(-1) for one in parts if one.size == people and one.ndim < 3]
    labels = [one for one in columns if np.issubdtype(one.dtype, np.integer)]
    scores = [one for one in columns if np.issubdtype(one.dtype, np.floating)]
    if len(boxes) != 1 or (boxes[0].shape[1] == 4 and len(scores) != 1):
        return None
    score = boxes[0][:, 4] if boxes[0].shape[1] == 5 else scores[0]
    values = _with_confidence(keypoints[0], score)
    own = [one for one in tables if one.shape[1] == count and np.issubdtype(one.dtype, np.floating)]
    if len(own) == 1:
        sure = own[0]
        if sure.min(initial=0) < 0 or sure.max(initial=0) > 1:  # torchvision's are logits
            sure = 1 / (1 + np.exp(-sure))
        values = np.concatenate([values[..., :2], sure[..., None]], 2)
    return Poses(boxes[0][:, :4], score, labels[0] if labels else np.zeros(people), values)


def scored_keypoints(outputs: Sequence[np.ndarray], count: int) -> Poses | None:
    """DETRPose: (N,) scores, (N, K, 2) or (N, 2K) joints, (N,) whole labels. A box is around the joints."""
    parts = unbatched(outputs)
    joints = [one for one in parts if one.ndim > 1 and one[0:1].size == 2 * count * min(1, len(one))]
    scores = [one for one in parts if one.ndim == 1 and np.issubdtype(one.dtype, np.floating)]
    labels = [one for one in parts if one.ndim == 1 and np.issubdtype(one.dtype, np.integer)]
    if len(parts) != 1 + len(scores) + len(labels) or len(joints) != 1 or len(scores) != 1:
        return None
    (score,), points = scores, joints[0].reshape(-1, count, 2)
    if len(score) != len(points) or (labels and len(labels[0]) != len(points)):
        return None
    boxes = pose_boxes(points, np.ones(points.shape[:2], bool))
    label = labels[0] if labels else np.zeros(len(points))
    return Poses(boxes, score, label, _with_confidence(points, score))


def rows_with_batch(outputs: Sequence[np.ndarray], count: int) -> Poses | None:
    """YOLO-NAS-Pose in its flat form: (N, 6 + 3K) batch, corners, score, joints."""
    rows = unbatched(outputs)[0]
    if len(outputs) != 1 or rows.ndim != 2 or rows.shape[1] != 6 + 3 * count or rows[:, 0].any():
        return None
    return Poses(rows[:, 1:5], rows[:, 5], np.zeros(len(rows)), rows[:, 6:].reshape(-1, count, 3))


def rows_with_y_first(outputs: Sequence[np.ndarray], count: int) -> Poses | None:
    """MoveNet MultiPose: (N, 3K + 5) joints as y, x, confidence, then y0, x0, y1, x1, score, in shares."""
    rows = unbatched(outputs)[0]
    if len(outputs) != 1 or rows.ndim != 2 or rows.shape[1] != 3 * count + 5:
        return None
    joints = rows[:, :-5].reshape(-1, count, 3)[..., [1, 0, 2]]
    return Poses(rows[:, [-4, -5, -2, -3]], rows[:, -1], np.zeros(len(rows)), joints)


PoseLayout = Callable[[Sequence[np.ndarray], int], Poses | None]  # outputs, and how many joints they have
POSE_LAYOUTS: dict[str, PoseLayout] = {
    "boxes and keypoints": boxes_and_keypoints,
    "columns of poses": columns_of_poses,
    "rows of found poses": rows_of_found_poses,
    "rows of poses": rows_of_poses,
    "keypoints with scores": scored_keypoints,
    "rows of a batch's poses": rows_with_batch,
    "rows of poses with y first": rows_with_y_first,
}


@dataclass(frozen=True)
class PoseReading:
    """How such a network is fed and understood. layout: a key of POSE_LAYOUTS; label: that of people;
    joints: their number.
    """

    preparation: Preparation
    layout: str
    label: int
    joints: int

    @property
    def sentence(self) -> str:
        return (
            f"it gives {self.layout} of {self.joints} joints, people are class {self.label}, and it takes "
            f"{self.preparation.title}"
        )


@dataclass(frozen=True)
class SingleStage:
    """size: width and height of its input, None where it takes any; lowest: score of a person."""

    network: Network
    reading: PoseReading
    size: tuple[int, int] | None
    lowest: float

    def shrink(self, frame: Frame) -> "Shrunk":
        """A frame as the network sees it; the frame is not needed any more."""
        if self.size:
            scale = min(self.size[0] / frame.width, self.size[1] / frame.height)
        else:
            scale = USUAL_SIDE / max(frame.width, frame.height)
        width, height = (max(1, round(extent * scale)) for extent in (frame.width, frame.height))
        filled, _ = fitted(frame.resample(0, 0, frame.width, frame.height, width, height), self.size)
        return Shrunk(filled, (frame.width / width, frame.height / height))

    def find(self, shrunk: "Shrunk") -> FramePoses:
        """Boxes with scores (M, 5), best first, and joints (M, K, 3) x, y, confidence, in the frame's pixels.
        Threads may share it.
        """
        outputs = list(self.network(self.reading.preparation.apply(shrunk.image)).values())
        rows = people_with_poses(outputs, self.reading, shrunk.image.shape[1::-1], self.lowest)
        rows[:, :4] = rows[:, :4] * np.tile(shrunk.scale, 2) - 0.5
        joints = rows[:, 5:].reshape(len(rows), self.reading.joints, 3)
        joints[..., :2] = joints[..., :2] * shrunk.scale - 0.5
        return rows[:, :5], joints


class Shrunk(NamedTuple):
    """image: (H, W, 3) uint8 RGB; scale: pixels of the frame that one of its is, along x and y."""

    image: np.ndarray
    scale: tuple[float, float]


def people_with_poses(
    outputs: Sequence[np.ndarray], reading: PoseReading, size: tuple[int, int], lowest: float
) -> np.ndarray:
    """(M, 5 + 3K) corners, score, joints in pixels of the input, best first. size: its width, height."""
    nothing = np.empty((0, 5 + 3 * reading.joints))
    found = POSE_LAYOUTS[reading.layout](outputs, reading.joints)
    if found is None:
        return nothing
    mine = (np.asarray(found.label) == reading.label) & (found.score > lowest)
    mine &= np.isfinite(found.xyxy).all(1) & np.isfinite(found.keypoints).all((1, 2))
    order = np.flatnonzero(mine)[np.argsort(-np.asarray(found.score)[mine], kind="stable")][:MOST]
    if not len(order):
        return nothing
    boxes, keypoints = found.xyxy[order].astype(np.float64), found.keypoints[order].astype(np.float64)
    if np.abs(boxes).max() <= 2:  # shares of the input
        boxes, keypoints[..., :2] = boxes * np.tile(size, 2), keypoints[..., :2] * size
    keypoints[..., 2] = keypoints[..., 2].clip(0, 1)
    rows = np.concatenate([boxes, found.score[order, None], keypoints.reshape(len(order), -1)], 1)
    return suppress_overlaps(rows[(rows[:, 2] - rows[:, 0] > 2) & (rows[:, 3] - rows[:, 1] > 2)])


def recognise_poses(
    network: Network,
    size: tuple[int, int] | None,
    picture: np.ndarray,
    people: np.ndarray,
    joints: Mapping[int, np.ndarray],
    name: str,
) -> PoseReading:
    """How a network is to be fed and understood: as its people and joints lie best on the known ones.

    picture: (H, W, 3) uint8 RGB; people: (P, 4) x0, y0, x1, y1 in its pixels; joints: by the number of a
    skeleton's joints where they are, (P, K, 2), NaN where that is not known; name: of the file. Raises
    UserError where it finds nobody in any way.
    """
    best, most, seen = None, 0.0, ""
    filled, scale = fitted(picture, size)
    if size is None:
        side = USUAL_SIDE / max(picture.shape[:2])
        whole = tuple(max(32, round(extent * side / 32) * 32) for extent in picture.shape[1::-1])
        filled, scale = fitted(picture, (whole[0], whole[1]))
    for preparation in PREPARATIONS:
        outputs = network(preparation.apply(filled))
        seen = ", ".join(f"{title} {' x '.join(map(str, values.shape))}" for title, values in outputs.items())
        values = list(outputs.values())
        for reading in _readings(preparation, values, joints):
            rows = people_with_poses(values, reading, filled.shape[1::-1], LEAST / 2)
            worth = _worth(rows, people * scale, joints[reading.joints] * scale)
            if worth > most:
                best, most = reading, worth
    if best is None:
        known = ", ".join(map(str, sorted(joints)))
        raise UserError(
            f"{name} found nobody's joints in a picture of {len(people)} people, however its output ({seen}) "
            "was read. Choose a network that gives people with their joints at once: YOLOv8-pose or later, "
            f"RTMO, or another with boxes and keypoints, of {known} joints. One that takes the crop of a "
            "person, as RTMPose does, is given to --estimator, or to Estimators… in the window."
        )
    return best


def _readings(
    preparation: Preparation, outputs: list[np.ndarray], joints: Mapping[int, np.ndarray]
) -> Iterator[PoseReading]:
    for layout, read in POSE_LAYOUTS.items():
        for count in joints:
            if (found := read(outputs, count)) is not None:
                for label in sure_labels(found.score, found.label):
                    yield PoseReading(preparation, layout, label, count)


def _worth(rows: np.ndarray, people: np.ndarray, joints: np.ndarray) -> float:
    """Of the known people who are found: score times the share of their known joints that are right."""
    worth = 0.0
    overlap = iou(rows, people) if len(rows) else np.zeros((0, len(people)))
    for place, (box, known) in enumerate(zip(people, joints, strict=True)):
        hits = np.flatnonzero(overlap[:, place] >= MATCH)
        there = np.isfinite(known).all(1)
        if not len(hits) or not there.any():
            continue
        found = rows[hits[0], 5:].reshape(-1, 3)[there, :2]
        right = np.hypot(*(found - known[there]).T) < NEAR * (box[3] - box[1])
        if rows[hits[0], 4] >= LEAST and right.mean() >= 0.5:
            worth += float(rows[hits[0], 4] * right.mean())
    return worth
