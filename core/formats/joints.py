"""Joints of a file found among those of a skeleton by their names."""

import re

import numpy as np

from core.domain import Skeleton
from core.formats.records import Record

SIDES = {"l": "left", "r": "right", "left": "left", "right": "right"}


def joint_places(names: list[str], skeleton: Skeleton, record: Record) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n,) int64: where each is in the skeleton, -1 for nowhere, and the names of those. record: what names them.

    Case, spaces, hyphens, underscores and dots make no difference; LShoulder and shoulder_l are left_shoulder, too.
    Raises UserError for names that repeat, and where none or so few are known that a pose would be left with hardly a joint.
    """
    plain = [_plain(name) for name in names]
    if len(set(plain)) < len(plain):
        record.fail("two of its keypoints have the same name")
    places = {_plain(name): place for place, name in enumerate(skeleton.joints)}
    found = np.array([_place(name, places) for name in plain], np.int64)
    known = found[found >= 0]
    if len(set(known.tolist())) < len(known):
        exact = np.array([name in places for name in plain])
        found[~exact & np.isin(found, found[exact])] = -1
        known = found[found >= 0]
        if len(set(known.tolist())) < len(known):
            record.fail("two of its keypoints are the same joint")
    if not len(known):
        record.fail(f"none of its {len(names)} keypoints is a joint of {skeleton.name}, e.g. {skeleton.joints[0]}")
    unknown = tuple(name for name, place in zip(names, found, strict=True) if place < 0)
    if 2 * len(known) < min(len(names), len(skeleton)):
        record.fail(
            f"only {len(known)} of its {len(names)} keypoints are joints of {skeleton.name}, {', '.join(unknown)[:120]} are "
            f"not; name them as {skeleton.joints[-1]}, or leave them out if the few are all that is wanted"
        )
    return found, unknown


def _place(name: str, places: dict[str, int]) -> int:
    """Where a plain name is, with its side spelled out and put first where that is needed; -1 for nowhere."""
    spellings = [name]
    for short, side in SIDES.items():
        spellings += [side + name[len(short) :]] if name.startswith(short) else []
        spellings += [side + name[: -len(short)]] if name.endswith(short) else []
    return next((places[spelling] for spelling in spellings if spelling in places), -1)


def _plain(name: str) -> str:
    return re.sub(r"[\s_.-]", "", name).casefold()
