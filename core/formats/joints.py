"""Joints of a file found among those of a skeleton by their names."""

from collections.abc import Sequence

import numpy as np

from core.domain import Skeleton
from core.domain.joint_names import plain
from core.formats.records import Record


def joint_places(names: list[str], skeleton: Skeleton, record: Record) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n,) int64: where each is in the skeleton, -1 for nowhere, and the names of those. record: what names
    them.

    Names are taken as in core.domain.joint_names. Raises UserError for names that repeat, and where none or
    so few are known that a pose would be left with hardly a joint.
    """
    if len({plain(name) for name in names}) < len(names):
        record.fail("two of its keypoints have the same name")
    found = skeleton.places_of(names)
    known = found[found >= 0]
    if len(np.unique(known)) < len(known):
        record.fail("two of its keypoints are the same joint")
    if not len(known):
        record.fail(
            f"none of its {len(names)} keypoints is a joint of {skeleton.name}, e.g. {skeleton.joints[0]}"
        )
    unknown = tuple(name for name, place in zip(names, found, strict=True) if place < 0)
    if 2 * len(known) < min(len(names), len(skeleton)):
        record.fail(
            f"only {len(known)} of its {len(names)} keypoints are joints of {skeleton.name}, "
            f"{few_of(unknown)} are not; name them as {skeleton.joints[-1]}, or leave them out "
            "if the few are all that is wanted"
        )
    return found, unknown


def few_of(names: Sequence[str]) -> str:
    """The first three, and how many more."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(name[:40] for name in names[:3])}{more}"
