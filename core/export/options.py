"""What can be chosen about an export, beside its format and its place."""

from dataclasses import dataclass

import numpy as np

from core.domain import Skeleton, UserError
from core.formats.angles import VISIBLE_SIDES

REFINED, PREDICTED = "refined", "predicted"
POSES = (REFINED, PREDICTED)
IMAGE_FORMATS = ("png", "jpg")
LONGEST_SMOOTHING = 10.0  # seconds


@dataclass(frozen=True)
class ExportOptions:
    """predictions: those of the latest round too, else labels alone; poses: of POSES, whether they are
    refined by what is known of the frames around, or as the estimator predicts them; images: the labelled
    frames as pictures, in image_format, JPEG with this quality in 1..100; val_share: of the blocks of
    block_seconds that are for validation; joints: names of those to write, None for all; smoothing: seconds
    of the window over predictions, 0 for none; visible_side: of VISIBLE_SIDES, how people are seen, for
    angles.

    Raises UserError for a value that means nothing.
    """

    predictions: bool = True
    images: bool = True
    image_format: str = "png"
    quality: int = 95
    val_share: float = 0.2
    block_seconds: float = 5.0
    joints: tuple[str, ...] | None = None
    smoothing: float = 0.0
    poses: str = REFINED
    visible_side: str = "auto"

    def __post_init__(self) -> None:
        if self.poses not in POSES:
            raise UserError(f"Poses are {' or '.join(POSES)}, not {self.poses!r}.")
        if self.visible_side not in VISIBLE_SIDES:
            raise UserError(
                f"The visible side is {', '.join(VISIBLE_SIDES[:-1])} or {VISIBLE_SIDES[-1]}, "
                f"not {self.visible_side!r}."
            )
        if self.image_format not in IMAGE_FORMATS:
            raise UserError(
                f"Images are written as {' or '.join(IMAGE_FORMATS)}, not as {self.image_format!r}."
            )
        for what, value, least, most in (
            ("The quality of JPEG", self.quality, 1, 100),
            ("The share for validation", self.val_share, 0, 0.9),
            ("A block of time", self.block_seconds, 0.1, 3600),
            ("The window of smoothing", self.smoothing, 0, LONGEST_SMOOTHING),
        ):
            if not least <= value <= most:
                raise UserError(f"{what} is {value:g}; it must lie between {least:g} and {most:g}.")

    @property
    def manner(self) -> str:
        """How predictions were changed, as what follows them in a sentence; '' where they were not."""
        refined = ", refined by the labels and the motion around them" if self.poses == REFINED else ""
        return refined + (f", smoothed over {self.smoothing:g} s" if self.smoothing else "")

    def joint_places(self, skeleton: Skeleton) -> np.ndarray:
        """(n,) int64: the chosen joints in the order of the skeleton. Raises UserError for one that it
        lacks.
        """
        if self.joints is None:
            return np.arange(len(skeleton))
        unknown = [joint for joint in self.joints if joint not in skeleton.joints]
        if unknown or not self.joints:
            what = f"has no joint {unknown[0]!r}" if unknown else "needs at least one joint"
            raise UserError(f"{skeleton.name} {what}; choose among {', '.join(skeleton.joints)}.")
        return np.array([place for place, joint in enumerate(skeleton.joints) if joint in self.joints])

    def is_validation(self, seconds: float) -> bool:
        """Whether a frame at this time is for validation: whole blocks of time, since neighbouring frames
        look alike.
        """
        block = int(seconds // self.block_seconds)
        return int((block + 1) * self.val_share + 1e-9) > int(block * self.val_share + 1e-9)
