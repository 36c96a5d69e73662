"""The orders in which proposed samples can be gone through."""

from collections.abc import Iterable, Mapping
from enum import Enum

from core.project.store.store import QueueItem, Video
from core.uncertainty.criteria import CRITERIA


class Order(Enum):
    """value: what the user reads."""

    PROPOSED = "As proposed"
    FRAME = "By frame"
    DOUBT = "Most doubtful first"
    PERSON = "By person"


def in_order(items: Iterable[QueueItem], order: Order, video_of: Mapping[int, Video]) -> list[QueueItem]:
    """items: as proposed; those that are alike stay so. video_of: of each track."""

    def frame(item: QueueItem) -> tuple:
        video = video_of.get(item.sample.track)
        return video.id if video else 0, item.sample.frame, item.sample.track

    keys = {
        Order.PROPOSED: lambda item: 0,
        Order.FRAME: frame,
        Order.DOUBT: lambda item: -doubt(item.reason),
        Order.PERSON: lambda item: item.sample,
    }
    return sorted(items, key=keys[order])


def doubt(reason: Mapping[str, float]) -> float:
    """The mean of the criteria it was proposed by, as far as they are told; 0 where none is."""
    told = [value for name, value in reason.items() if name in CRITERIA]
    told = told or [value for name, value in reason.items() if "+" in name]
    return sum(told) / len(told) if told else 0.0
