"""Joints of a file found among those of a skeleton by their names."""

import re

import numpy as np

from core.domain import Skeleton
from core.formats.records import Record


def joint_places(names: list[str], skeleton: Skeleton, record: Record) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n,) int64: where each is in the skeleton, -1 for nowhere, and the names of those. record: what names them.

    Case, spaces, hyphens and underscores make no difference. Raises UserError for names that repeat, or where none is known.
    """
    plain = [_plain(name) for name in names]
    if len(set(plain)) < len(plain):
        record.fail("two of its keypoints have the same name")
    places = {_plain(name): place for place, name in enumerate(skeleton.joints)}
    found = np.array([places.get(name, -1) for name in plain], np.int64)
    if (found < 0).all():
        record.fail(f"none of its {len(names)} keypoints is a joint of {skeleton.name}, e.g. {skeleton.joints[0]}")
    return found, tuple(name for name, place in zip(names, found, strict=True) if place < 0)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()
