"""The joints of COCO-WholeBody (Jin et al. 2020, https://github.com/jin-s13/COCO-WholeBody), its limbs and
sigmas.
"""

from core.domain.skeleton import COCO17

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
FACE = 68  # points, numbered as 300-W does; the first is at the right ear

FEET = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel"))
LEFT_HAND, RIGHT_HAND = (
    (f"{side}_hand_root", *(f"{side}_{finger}{knuckle}" for finger in FINGERS for knuckle in (1, 2, 3, 4)))
    for side in ("left", "right")
)
JOINTS = (*COCO17.joints, *FEET, *(f"face_{n}" for n in range(FACE)), *LEFT_HAND, *RIGHT_HAND)

_PLACE = {joint: place for place, joint in enumerate(JOINTS)}
_FOOT_LIMBS = [
    (_PLACE[f"{side}_ankle"], _PLACE[f"{side}_{part}"])
    for side in ("left", "right")
    for part in ("big_toe", "small_toe", "heel")
]
_HAND_LIMBS = [
    (
        _PLACE[f"{side}_{finger}{knuckle - 1}" if knuckle > 1 else f"{side}_hand_root"],
        _PLACE[f"{side}_{finger}{knuckle}"],
    )
    for side in ("left", "right")
    for finger in FINGERS
    for knuckle in (1, 2, 3, 4)
]
EDGES = (*COCO17.edges, *_FOOT_LIMBS, *_HAND_LIMBS)

# of the face, (left, right): jaw, eyebrows, nostrils, corners of the eyes and lids, mouth outside, mouth
# inside
_FACE_PAIRS = (
    *((16 - n, n) for n in range(8)),
    *((26 - n, 17 + n) for n in range(5)),
    *((35, 31), (34, 32)),
    *((45, 36), (44, 37), (43, 38), (42, 39), (47, 40), (46, 41)),
    *((54, 48), (53, 49), (52, 50), (55, 59), (56, 58)),
    *((64, 60), (63, 61), (65, 67)),
)
FLIP_PAIRS = (
    *COCO17.flip_pairs,
    *((_PLACE[joint], _PLACE[joint.replace("left", "right")]) for joint in (*FEET[:3], *LEFT_HAND)),
    *((_PLACE[f"face_{left}"], _PLACE[f"face_{right}"]) for left, right in _FACE_PAIRS),
)

# fmt: off
_FEET_SIGMAS = (0.068, 0.066, 0.066, 0.092, 0.094, 0.094)
_FACE_SIGMAS = (
    0.042, 0.043, 0.044, 0.043, 0.04, 0.035, 0.031, 0.025, 0.02, 0.023, 0.029, 0.032, 0.037, 0.038, 0.043,
    0.041, 0.045, 0.013, 0.012, 0.011, 0.011, 0.012, 0.012, 0.011, 0.011, 0.013, 0.015, 0.009, 0.007, 0.007,
    0.007, 0.012, 0.009, 0.008, 0.016, 0.01, 0.017, 0.011, 0.009, 0.011, 0.009, 0.007, 0.013, 0.008, 0.011,
    0.012, 0.01, 0.034, 0.008, 0.008, 0.009, 0.008, 0.008, 0.007, 0.01, 0.008, 0.009, 0.009, 0.009, 0.007,
    0.007, 0.008, 0.011, 0.008, 0.008, 0.008, 0.01, 0.008,
)
_HAND_SIGMAS = (
    0.029, 0.022, 0.035, 0.037, 0.047, 0.026, 0.025, 0.024, 0.035, 0.018, 0.024, 0.022, 0.026, 0.017, 0.021,
    0.021, 0.032, 0.02, 0.019, 0.022, 0.031,
)
# fmt: on
SIGMAS = (*COCO17.sigmas, *_FEET_SIGMAS, *_FACE_SIGMAS, *_HAND_SIGMAS, *_HAND_SIGMAS)
