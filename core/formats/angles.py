"""Joint and segment angles as Sports2D and Pose2Sim define them, in degrees, of poses in pixels.

Names, joints, offsets and factors are those of `angle_dict` in Pose2Sim 0.10, the steps those of Sports2D 0.8
(Pagnon and Kim 2024, JOSS 9(101), 6849): mirror who faces left, take the angle, apply offset and factor,
wrap, unwrap over time.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import uniform_filter1d

from core.domain import Skeleton
from core.domain.conversion import MIDDLE_OF

VISIBLE_SIDES = ("auto", "right", "left", "front", "back")


class Angle(NamedTuple):
    """joints: two for a segment against the horizontal, three for the angle at the second one, four for that
    between two segments; the result is (angle + offset) * factor.
    """

    joints: tuple[str, ...]
    offset: int
    factor: int


def _both(name: str, joints: str, offset: int, factor: int) -> dict[str, Angle]:
    """joints: '*' stands for the side."""
    return {
        f"{side} {name}": Angle(tuple(joints.replace("*", f"{side}_").split()), offset, factor)
        for side in ("right", "left")
    }


JOINT_ANGLES: dict[str, Angle] = {
    **_both("ankle", "*knee *ankle *big_toe *heel", 90, 1),
    **_both("knee", "*ankle *knee *hip", -180, 1),
    **_both("hip", "*knee *hip hip neck", 0, -1),
    **_both("shoulder", "*elbow *shoulder hip neck", 0, -1),
    **_both("elbow", "*wrist *elbow *shoulder", 180, -1),
    "right wrist": Angle(("right_elbow", "right_wrist", "right_index1"), -180, 1),
    "left wrist": Angle(
        ("left_elbow", "left_index1", "left_wrist"), -180, 1
    ),  # Sports2D has them in this order
}
SEGMENT_ANGLES: dict[str, Angle] = {
    **_both("foot", "*big_toe *heel", 0, -1),
    **_both("shank", "*ankle *knee", 0, -1),
    **_both("thigh", "*knee *hip", 0, -1),
    "pelvis": Angle(("left_hip", "right_hip"), 0, -1),
    "trunk": Angle(("neck", "hip"), 0, -1),
    "shoulders": Angle(("left_shoulder", "right_shoulder"), 0, -1),
    "head": Angle(("head", "neck"), 0, -1),
    **_both("arm", "*elbow *shoulder", 0, -1),
    **_both("forearm", "*wrist *elbow", 0, -1),
    **_both("hand", "*index1 *wrist", 0, -1),
}
ANGLES = JOINT_ANGLES | SEGMENT_ANGLES
_HALF_TURN = ("pelvis", "shoulders")  # lines without a direction
_BIG_TOES = {
    side: (f"{side}_big_toe", f"{side}_foot_index") for side in ("left", "right")
}  # also MediaPipe's


class Points:
    """(n, 2) of each joint by name, the middles of hips and shoulders too, None where a skeleton has not."""

    def __init__(self, points: np.ndarray, skeleton: Skeleton) -> None:
        """points: (n, K, 2) image pixels of one person, NaN where there is nothing."""
        self._points, self._skeleton = points, skeleton

    def __getitem__(self, joint: str) -> np.ndarray | None:
        for name in _BIG_TOES.get(joint.removesuffix("_big_toe"), (joint,)):
            if (place := int(self._skeleton.places_of([name])[0])) >= 0:
                return self._points[:, place].astype(np.float64)
        if joint not in MIDDLE_OF:
            return None
        left, right = (self[f"{side}_{MIDDLE_OF[joint]}"] for side in ("left", "right"))
        return None if left is None or right is None else (left + right) / 2


def known_angles(skeleton: Skeleton) -> tuple[str, ...]:
    """The names of those whose joints the skeleton has, in Sports2D's order."""
    has = Points(np.zeros((1, len(skeleton), 2)), skeleton)
    return tuple(
        name for name, angle in ANGLES.items() if all(has[joint] is not None for joint in angle.joints)
    )


def angles(
    points: np.ndarray, skeleton: Skeleton, visible_side: str = "auto", second: int = 25
) -> np.ndarray:
    """(n, A) degrees of known_angles, NaN where a joint is missing.

    points: (n, K, 2) image pixels of one person in successive frames, NaN where there is nothing;
    visible_side: of VISIBLE_SIDES; second: frames of it. Angles go on over the half turn (unwrapped by half
    turns, as Sports2D does), with a mean between -180 and 180 degrees.
    """
    known = Points(points, skeleton)
    left = _faces_left(known, len(points), visible_side, second)
    columns = []
    for name in known_angles(skeleton):
        angle = ANGLES[name]
        corners = [_mirrored(known[joint], joint, left, visible_side) for joint in angle.joints]
        turned = (_turned(corners) + angle.offset) * angle.factor
        turn = 180 if name in _HALF_TURN else 360
        columns.append(_unwrapped((turned + turn / 2) % turn - turn / 2))
    return np.stack(columns, 1) if columns else np.empty((len(points), 0))


def side_is_told_by(skeleton: Skeleton) -> str:
    """What tells which way somebody faces where `visible_side` is auto: 'feet', 'head', or '' for nothing,
    when everybody is taken as facing right.
    """
    has = Points(np.zeros((1, len(skeleton), 2)), skeleton)
    if all(has[f"{side}_{part}"] is not None for side in ("left", "right") for part in ("big_toe", "heel")):
        return "feet"
    return "head" if all(has[joint] is not None for joint in ("nose", "left_ear", "right_ear")) else ""


def _faces_left(known: Points, count: int, visible_side: str, second: int) -> np.ndarray:
    """(n,) bool. By the sum of toe - heel of both feet as Sports2D does; where there are no feet, by
    nose - ears over a second. Where nothing is told it is as in the frame before, else after.
    """
    if visible_side != "auto":
        return np.full(count, visible_side == "left")
    feet = [_ahead(known[f"{side}_big_toe"], known[f"{side}_heel"]) for side in ("right", "left")]
    ears = [known["left_ear"], known["right_ear"]]
    if all(foot is not None for foot in feet):
        ahead = _sum(np.stack([foot for foot in feet if foot is not None]))
    elif known["nose"] is not None and all(ear is not None for ear in ears):
        nose = [_ahead(known["nose"], ear) for ear in ears]
        ahead = _sum(np.stack([way for way in nose if way is not None]))
        there = np.isfinite(ahead)
        ahead[there] = uniform_filter1d(ahead[there], second, mode="nearest")
    else:
        return np.zeros(count, bool)
    there = np.flatnonzero(np.isfinite(ahead))
    if not len(there):
        return np.zeros(count, bool)
    before = np.maximum(np.searchsorted(there, np.arange(count), "right") - 1, 0)
    return ahead[there[before]] < 0


def _ahead(front: np.ndarray | None, back: np.ndarray | None) -> np.ndarray | None:
    return None if front is None or back is None else front[:, 0] - back[:, 0]


def _sum(parts: np.ndarray) -> np.ndarray:
    """Of what there is, NaN where there is nothing."""
    return np.where(np.isfinite(parts).any(0), np.nansum(parts, 0), np.nan)


def _mirrored(points: np.ndarray | None, joint: str, left: np.ndarray, visible_side: str) -> np.ndarray:
    """(n, 2) with x mirrored where it has to be: in all of somebody who faces left, in their right side seen
    from the front, in their left one seen from the back.
    """
    assert points is not None
    side = {"front": "right_", "back": "left_"}.get(visible_side)
    mirror = left if side is None else np.full(len(left), joint.startswith(side))
    return np.stack([np.where(mirror, -points[:, 0], points[:, 0]), points[:, 1]], 1)


def _turned(corners: list[np.ndarray]) -> np.ndarray:
    """(n,) degrees, clockwise in the picture: of a segment against the horizontal, or from the second of two
    segments to the first.
    """
    if len(corners) == 2:
        x, y = (corners[0] - corners[1]).T
        return np.degrees(np.arctan2(y, x))
    u, v = (
        (corners[0] - corners[1], corners[2] - corners[1])
        if len(corners) == 3
        else (corners[1] - corners[0], corners[3] - corners[2])
    )
    return -np.degrees(np.arctan2(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0], (u * v).sum(1)))


def _unwrapped(values: np.ndarray) -> np.ndarray:
    there = np.isfinite(values)
    if not there.any():
        return values
    whole = np.unwrap(values[there], period=180)
    mean = whole.mean()
    result = values.copy()
    result[there] = whole - 360 * (mean > 180) + 360 * (mean < -180)
    return result
