"""How people are looked for."""

from dataclasses import dataclass, replace

from core.domain import UserError

SIDES = (128, 1280)
TURNS = (0, 90, 180, 270)


@dataclass(frozen=True)
class FindSettings:
    """per_second: looks at the video in a second of it; score: from which on a detection is somebody by
    itself, in 0..1; size: pixels along the longer side of the picture the detector sees; shortest: seconds
    that somebody has to be there; turn: degrees, clockwise, that put the people upright, None to find out;
    detector: file of one of your own, '' for the one that ships.

    Raises UserError for values that make no sense.
    """

    per_second: float = 6.0
    score: float = 0.3
    size: int = 320
    shortest: float = 0.5
    turn: int | None = None
    detector: str = ""

    def __post_init__(self) -> None:
        low, high = SIDES
        for right, sentence in (
            (
                0.1 <= self.per_second <= 240,
                f"Looking {self.per_second:g} times a second is not possible: 0.1 to 240 is.",
            ),
            (0.02 <= self.score <= 0.95, f"A score of {self.score:g} is not possible: 0.02 to 0.95 is."),
            (
                low <= self.size <= high,
                f"A picture of {self.size} pixels is not possible: {low} to {high} is.",
            ),
            (
                0 <= self.shortest <= 60,
                f"A shortest time of {self.shortest:g} seconds is not possible: 0 to 60 is.",
            ),
            (
                self.turn in (None, *TURNS),
                f"A turn of {self.turn} degrees is not possible: 0, 90, 180 or 270 is.",
            ),
        ):
            if not right:
                raise UserError(sentence)

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
