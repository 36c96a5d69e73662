"""How people are looked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from core.domain import UserError

SIDES = (128, 1280)
MULTIPOSE = "multipose"  # the detector of all projects before there was a choice
NANODET = "nanodet"
ENSEMBLE = "ensemble"  # of both
LEAST_SCORE = 0.02
TURNS = (0, 90, 180, 270)
MOST_LOOKS = 240.0  # at the video in a second


@dataclass(frozen=True)
class FindSettings:
    """per_second: looks at the video in a second of it; score: from which on a detection is somebody by
    itself, in 0..1; size: pixels along the longer side of the picture the detector sees, None for what it is
    made for; shortest: seconds that somebody has to be there; turn: degrees, clockwise, that put the people
    upright, None to find out; detector: name of one that ships, or file of one of your own.

    Raises UserError for values that make no sense.
    """

    per_second: float = 6.0
    score: float = 0.3
    size: int | None = None
    shortest: float = 0.5
    turn: int | None = None
    detector: str = ENSEMBLE

    def __post_init__(self) -> None:
        low, high = SIDES
        for right, sentence in (
            (
                0.1 <= self.per_second <= MOST_LOOKS,
                f"Looking {self.per_second:g} times a second is not possible. Give 0.1 to {MOST_LOOKS:g}.",
            ),
            (
                LEAST_SCORE <= self.score <= 0.95,
                f"A score of {self.score:g} is not possible. Give {LEAST_SCORE:g} to 0.95.",
            ),
            (
                self.size is None or low <= self.size <= high,
                f"A picture of {self.size} pixels is not possible. Give {low} to {high}.",
            ),
            (
                0 <= self.shortest <= 60,
                f"A shortest time of {self.shortest:g} seconds is not possible. Give 0 to 60.",
            ),
            (
                self.turn in (None, *TURNS),
                f"A turn of {self.turn} degrees is not possible. Give 0, 90, 180 or 270.",
            ),
        ):
            if not right:
                raise UserError(sentence)

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> Self:
        """As a project holds them, also one that was made when there was one detector, for 320 pixels."""
        detector = values.get("detector") or MULTIPOSE
        as_usual = values["size"] == 320 and (detector == MULTIPOSE or detector.endswith(".onnx"))
        size = None if as_usual else values["size"]
        return cls(**{**values, "detector": detector, "size": size})

    def go_on_from(self, before: "FindSettings") -> bool:
        """Whether they are those that people were found with before; a turn that was found out is not
        asked for again.
        """
        return replace(before, turn=None if self.turn is None else before.turn) == self

    @property
    def lowest_score(self) -> float:
        """Of a detection that goes on with somebody who is there already (ByteTrack's second association)."""
        return 0.4 * self.score

    @property
    def lowest_mean(self) -> float:
        """Of all detections of somebody."""
        return self.score / 1.2


USUAL = FindSettings()
