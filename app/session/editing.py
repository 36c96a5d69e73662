"""New labels out of old ones; nothing here knows of the window or the disk."""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.domain import Box, LabelledPose, PredictedPose, Skeleton, Visibility
from core.project.store.store import Label

if TYPE_CHECKING:
    from app.session.session import Person

LONGEST = 2.0  # seconds between two labels whose middle they still tell
CYCLE = {
    Visibility.VISIBLE: Visibility.OCCLUDED,
    Visibility.OCCLUDED: Visibility.MISSING,
    Visibility.MISSING: Visibility.VISIBLE,
}


def label_of(person: "Person", joints: int, round: int | None) -> Label:
    """The person's label, or a first one that says what the estimator says: every joint placed and visible.

    A person nobody has estimated starts with all joints missing.
    """
    if person.label:
        return person.label
    prediction = person.prediction
    if prediction is None:
        points, visibility = np.zeros((joints, 2)), np.zeros(joints, np.int8)
    else:
        points = prediction.points.astype(np.float64)
        visibility = np.full(joints, Visibility.VISIBLE, np.int8)
    return Label(
        person.sample, LabelledPose(points, visibility, person.box, prediction, round or 0), accepted=False
    )


def moved(label: Label, joint: int, x: float, y: float) -> Label:
    """A joint that was missing becomes visible by being placed."""
    points, visibility = label.pose.points.copy(), label.pose.visibility.copy()
    points[joint] = x, y
    if visibility[joint] == Visibility.MISSING:
        visibility[joint] = Visibility.VISIBLE
    return with_pose(label, points, visibility)


def redrawn(label: Label, points: np.ndarray, joints: frozenset[int], box: Box | None) -> Label:
    """Several joints at once; those that are missing stay so."""
    there = label.pose.points.copy()
    for joint in joints:
        if label.pose.visibility[joint] != Visibility.MISSING:
            there[joint] = points[joint]
    return replace(label, pose=replace(label.pose, points=there, box=box or label.pose.box))


def limb(skeleton: Skeleton, joint: int) -> frozenset[int]:
    """The joint and those further out that hang on it."""
    return frozenset({joint} | _beyond(skeleton, joint))


def next_visibility(label: Label, joint: int) -> Label:
    """visible → occluded → missing → visible again, where the estimator has it."""
    points, visibility = label.pose.points.copy(), label.pose.visibility.copy()
    visibility[joint] = CYCLE[Visibility(int(visibility[joint]))]
    if visibility[joint] == Visibility.MISSING:
        points[joint] = 0, 0
    elif visibility[joint] == Visibility.VISIBLE:
        points[joint] = home(label, joint)
    return with_pose(label, points, visibility)


def home(label: Label, joint: int) -> tuple[float, float]:
    """Where a missing joint returns to: its predicted place, else the middle of the box."""
    if label.pose.prediction is not None:
        x, y = label.pose.prediction.points[joint]
        return float(x), float(y)
    box = label.pose.box
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def mirrored(label: Label, skeleton: Skeleton, joint: int | None = None) -> Label:
    """Left and right changed over: of the whole person, or of the limb that joint belongs to."""
    order = skeleton.flip_index.copy()
    if joint is not None:
        limb = {joint, int(order[joint])} | _beyond(skeleton, joint) | _beyond(skeleton, int(order[joint]))
        order = np.array([int(order[k]) if k in limb else k for k in range(len(order))])
    return with_pose(label, label.pose.points[order], label.pose.visibility[order])


def _beyond(skeleton: Skeleton, joint: int) -> set[int]:
    """Joints of the same side further out on the limb: elbow → wrist."""
    name = skeleton.joints[joint]
    side, part = name.partition("_")[::2]
    for limb in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")):
        if part in limb:
            outer = limb[limb.index(part) :]
            return {skeleton.joints.index(f"{side}_{p}") for p in outer if f"{side}_{p}" in skeleton.joints}
    return set()


def carried(points: np.ndarray, old: Box, new: Box) -> np.ndarray:
    """(K, 2) moved and scaled as one box into the other."""
    scale = np.array([new.width / old.width, new.height / old.height])
    return (points - (old.x0, old.y0)) * scale + (new.x0, new.y0)


def only_the_box(label: Label, prediction: PredictedPose, box: Box, last: tuple[int, int]) -> bool:
    """True where an unaccepted label says no more than that the person is elsewhere or of another size.

    prediction: in its box; last: x and y of the image's last pixel, beyond which nothing was moved.
    """
    expected = carried(prediction.points, box, label.pose.box).clip(0, last)
    visible = (label.pose.visibility == Visibility.VISIBLE).all()
    return bool(not label.accepted and visible and np.abs(label.pose.points - expected).max() < 0.5)


def copied(label: Label, source: "Person", joints: int) -> Label:
    """The pose of the same person in another frame, moved and scaled from its box into this one's."""
    other = label_of(source, joints, label.pose.round).pose
    points = carried(other.points, source.box, label.pose.box)
    points[other.visibility == Visibility.MISSING] = 0
    return with_pose(label, points, other.visibility.copy())


def placed(label: Label, points: np.ndarray) -> Label:
    """All joints at other places, to be looked at; (K, 2) image pixels. Those that are missing stay so."""
    there = np.where((label.pose.visibility == Visibility.MISSING)[:, None], 0, points)
    return replace(with_pose(label, there, label.pose.visibility.copy()), accepted=False)


def refined(label: Label, points: np.ndarray, around: Collection[Label]) -> Label:
    """The label with a refined pose, (K, 2); a joint that one of the labels around it lacks is missing."""
    visibility = np.full(len(points), Visibility.VISIBLE, np.int8)
    for other in around:
        visibility = np.minimum(visibility, other.pose.visibility)
    return with_pose(label, np.where(visibility[:, None] == Visibility.MISSING, 0.0, points), visibility)


def with_pose(label: Label, points: np.ndarray, visibility: np.ndarray) -> Label:
    return replace(label, pose=replace(label.pose, points=points, visibility=visibility))


def accepted_unseen(label: Label) -> Label:
    """Accepted with many others by one key. It was not compared with the estimate, so it does not say how
    right that is.
    """
    return replace(label, accepted=True, pose=replace(label.pose, prediction=None))


def accepted(label: Label) -> Label:
    return replace(label, accepted=True)
