"""The joints of a skeleton while it is edited: each knows the others themselves, whatever they are called
meanwhile.
"""

import re
from dataclasses import dataclass, field

from core.domain import Skeleton, UserError
from core.domain.skeleton import SIGMAS, USUAL_SIGMA, usual_sigmas

NAME, MIRROR, LIMBS, SIGMA = range(4)


@dataclass(eq=False)
class Joint:
    """mirror, limbs: other joints, or the text of what is none yet; left: of its pair, where the names do
    not say it.
    """

    name: str = ""
    mirror: "Joint | str" = ""
    limbs: list["Joint | str"] = field(default_factory=list)
    sigma: str = ""
    left: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """What stands in its row."""
        return self.name, _text(self.mirror), ", ".join(map(_text, self.limbs)), self.sigma


class JointRows(list[Joint]):
    """In the order of the estimator's heatmaps."""

    @classmethod
    def of(cls, skeleton: Skeleton) -> "JointRows":
        rows = cls(
            # by its name the estimator knows it
            Joint(joint_name(name) if "," in name else name, sigma=f"{sigma:g}")
            for name, sigma in zip(skeleton.joints, skeleton.sigmas, strict=True)
        )
        for left, right in skeleton.flip_pairs:
            rows[left].mirror, rows[right].mirror, rows[left].left = rows[right], rows[left], True
        for a, b in skeleton.edges:
            rows[a].limbs.append(rows[b])
        return rows

    def edit(self, row: int, column: int, text: str) -> None:
        joint = self[row]
        if text == joint.texts[column]:
            return
        if column == NAME:
            joint.name = joint_name(text)
            for other in self:  # who spoke of it before it was there
                other.limbs = [joint if limb == joint.name else limb for limb in other.limbs]
                if joint.name and other.mirror == joint.name:
                    _pair(other, joint)
        elif column == MIRROR:
            _pair(joint, self._named(text))
        elif column == LIMBS:
            joint.limbs = [self._named(limb) for limb in text.split(",") if limb.strip()]
        else:
            joint.sigma = text.strip()

    def remove(self, row: int) -> None:
        """Also from the mirror images and limbs of the others."""
        gone = self.pop(row)
        _pair(gone, "")
        for other in self:
            other.limbs = [limb for limb in other.limbs if limb is not gone]

    def move(self, row: int, by: int) -> None:
        self.insert(row + by, self.pop(row))

    def _named(self, text: str) -> Joint | str:
        name = joint_name(text)
        return next((joint for joint in self if name and joint_name(joint.name) == name), name)

    def skeleton(self, name: str) -> Skeleton:
        """Raises UserError for the first thing that is wrong."""
        names = [joint.name for joint in self]
        places = {joint: place for place, joint in enumerate(self)}
        pairs: list[list[Joint]] = []
        edges: dict[frozenset[Joint], tuple[Joint, Joint]] = {}
        sigmas: list[float] = []
        for joint, usual in zip(self, usual_sigmas(names), strict=True):
            for other in (joint.mirror, *joint.limbs):
                if other and other not in places:
                    raise UserError(
                        f"{_whose(joint)} names {other!r}, which is none of the joints. "
                        "Choose one of the list."
                    )
            if joint.mirror is joint:
                raise UserError(
                    f"{_whose(joint)} is its own mirror image; leave that empty for a joint of the middle."
                )
            if joint in joint.limbs:
                raise UserError(f"{_whose(joint)} has a limb to itself; name another joint there.")
            if isinstance(joint.mirror, Joint) and places[joint] < places[joint.mirror]:
                pairs.append(sorted((joint, joint.mirror), key=_side))
            edges |= {
                frozenset((joint, limb)): (joint, limb) for limb in joint.limbs if isinstance(limb, Joint)
            }
            sigmas.append(_number(joint) if joint.sigma else usual)
        return Skeleton.from_json(
            {
                "name": name,
                "joints": names,
                "edges": [[places[a], places[b]] for a, b in edges.values()],
                "flip_pairs": [[places[a], places[b]] for a, b in pairs],
                "sigmas": sigmas,
            }
        )


def joint_name(text: str) -> str:
    """As COCO writes names, and without the commas that stand between them."""
    return re.sub(r"[\s,]+", "_", text.strip())


def _pair(joint: Joint, other: Joint | str) -> None:
    """Each the mirror image of the other, and of none else."""
    for one in (joint, other):
        if isinstance(one, Joint) and isinstance(one.mirror, Joint):
            one.mirror.mirror = ""
    joint.mirror = other
    if isinstance(other, Joint):
        other.mirror = joint


def _text(other: Joint | str) -> str:
    return other.name if isinstance(other, Joint) else other


def _side(joint: Joint) -> tuple[int, bool]:
    """Sorts the left one of a pair first."""
    name = joint.name.lower()
    return ("right" in name) - ("left" in name), not joint.left


def _whose(joint: Joint) -> str:
    return joint.name or "A joint without a name"


def _number(joint: Joint) -> float:
    try:
        number = float(joint.sigma.replace(",", "."))
    except ValueError as error:
        raise UserError(
            f"The σ of {_whose(joint)} is {joint.sigma[:20]!r}; give a number such as {USUAL_SIGMA:g}."
        ) from error
    if not SIGMAS[0] <= number <= SIGMAS[1]:
        raise UserError(
            f"The σ of {_whose(joint)} is {number:g}; give a number from {SIGMAS[0]:g} to {SIGMAS[1]:g}, "
            f"such as {USUAL_SIGMA:g}."
        )
    return number
