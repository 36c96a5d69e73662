"""The same joint by the names that tools give it: LShoulder, l_shoulder and shoulder_left are
left_shoulder.
"""

import re
from collections.abc import Sequence

import numpy as np

SIDES = {"l": "left", "r": "right", "left": "left", "right": "right"}
_FACE = tuple(
    f"{part}{n + 1}"
    for part, count in {
        "jaw": 17,
        "eyebrowr": 5,
        "eyebrowl": 5,
        "nose": 9,
        "reye": 6,
        "leye": 6,
        "mouth": 20,
    }.items()
    for n in range(count)
)  # as Pose2Sim names the 68 points
MIDDLE = (
    ("hip", "midhip", "chip", "hipcentre", "hipcenter", "centrehip", "centerhip", "pelvis", "root"),
    ("neck", "midshoulder", "centreshoulder", "centershoulder"),
    ("head", "headtop", "topofhead"),
    ("c7", "c7study"),
    *((f"face{n}", pose2sim) for n, pose2sim in enumerate(_FACE)),
)
"""Names of one joint between left and right, in plain letters."""

SIDED = (
    ("ankle", "foot"),  # Human3.6M and JRDB-Pose say foot for what is the ankle
    ("smalltoe", "littletoe"),
    ("handroot", "handwrist"),
    *(
        (f"{ours}{n}", f"{other}{n}", *further)
        for ours, other, own in (
            # the knuckle that is meant where there is no number, as in MediaPipe
            ("thumb", "thumbfinger", 2),
            ("index", "forefinger", 1),
            ("middle", "middlefinger", 1),
            ("ring", "ringfinger", 1),
            ("pinky", "pinkyfinger", 1),
        )
        for n in (1, 2, 3, 4)
        for further in ((ours,) if n == own else (),)
    ),
    # the markers of OpenCap
    *((part, f"{part}study") for part in ("asis", "psis", "toe", "thigh1", "thigh2", "thigh3")),
    *((f"lateral{part}", f"{part}study") for part in ("knee", "ankle")),
    *((f"medial{part}", f"m{part}study") for part in ("knee", "ankle", "elbow", "wrist")),
    *((f"lateral{part}", f"l{part}study") for part in ("elbow", "wrist")),
    *((f"shank{n}", f"sh{n}study") for n in (1, 2, 3)),
    ("fifthmetatarsal", "5metastudy"),
    ("calcaneus", "calcstudy"),
    ("acromion", "shoulderstudy"),
    ("hipjointcentre", "hjcstudy"),
)
"""The same for joints that are there twice, without their side."""

_OTHERS = {
    side + name: [side + other for other in names if other != name]
    for sides, groups in ((("",), MIDDLE), (("left", "right"), SIDED))
    for side in sides
    for names in groups
    for name in names
}


class JointNames:
    """The joints of a skeleton, to be found by any of their names.

    Case, spaces, hyphens, underscores and dots make no difference. The very name comes before one whose side
    is spelled otherwise, and that before another word for the joint.
    """

    def __init__(self, joints: Sequence[str]) -> None:
        self._places: tuple[dict[str, int], ...] = ({}, {}, {})
        for place, joint in enumerate(joints):
            for known, spellings in zip(self._places, _spellings(joint), strict=True):
                for spelling in spellings:
                    known.setdefault(spelling, place)

    def find(self, name: str) -> int:
        """Place of the joint with this name, -1 for none."""
        return self._find(name)[0]

    def places(self, names: Sequence[str]) -> np.ndarray:
        """(n,) int64: place of each, -1 for none. Of several names of one joint the nearest counts; two
        stay if as near.
        """
        found = [self._find(name) for name in names]
        nearest: dict[int, int] = {}
        for place, distance in found:
            nearest[place] = min(distance, nearest.get(place, distance))
        return np.array([-1 if far > nearest[place] else place for place, far in found], np.int64)

    def _find(self, name: str) -> tuple[int, int]:
        """Place, and how far the two names are apart."""
        ways = [
            (asked + given, known[spelling])
            for asked, spellings in enumerate(_spellings(name))
            for spelling in spellings
            for given, known in enumerate(self._places)
            if spelling in known
        ]
        far, place = min(ways, default=(0, -1))
        return place, far


def plain(name: str) -> str:
    """Without case, spaces, hyphens, underscores and dots."""
    return re.sub(r"[\s_.-]", "", name).casefold()


def _spellings(name: str) -> tuple[list[str], list[str], list[str]]:
    """Plain names: the very one; with the side spelled out and first; other words for the same."""
    very = plain(name)
    sided = [
        side + rest
        for short, side in SIDES.items()
        for rest in (very.removeprefix(short), very.removesuffix(short))
        if rest and rest != very
    ]
    return [very], sided, [other for spelling in (very, *sided) for other in _OTHERS.get(spelling, ())]
