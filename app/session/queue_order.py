"""The orders in which proposed samples can be gone through."""

from collections.abc import Iterable, Mapping
from enum import Enum

from core.project.store.store import QueueItem, Video
from core.uncertainty.criteria import CRITERIA


class Order(Enum):
    """value: what the user reads."""

    PROPOSED = "As proposed"
    FRAME = "By frame"
    UNCERTAINTY = "Most uncertain first"
    PERSON = "By person"


def in_order(items: Iterable[QueueItem], order: Order, video_of: Mapping[int, Video]) -> list[QueueItem]:
    """items: as proposed; those that are alike stay so. video_of: of each track. One video after the other,
    in the order in which they come first among the items: nobody is sent from video to video.
    """
    items = list(items)
    videos: dict[int, int] = {}
    for item in items:
        videos.setdefault(_video(item, video_of), len(videos))
    keys = {
        Order.PROPOSED: lambda item: 0,
        Order.FRAME: lambda item: (item.sample.frame, item.sample.track),
        Order.UNCERTAINTY: lambda item: -uncertainty(item.reason),
        Order.PERSON: lambda item: item.sample,
    }
    return sorted(items, key=lambda item: (videos[_video(item, video_of)], keys[order](item)))


def _video(item: QueueItem, video_of: Mapping[int, Video]) -> int:
    video = video_of.get(item.sample.track)
    return video.id if video else 0


def uncertainty(reason: Mapping[str, float]) -> float:
    """The mean of the criteria it was proposed by, as far as they are told; 0 where none is."""
    told = [value for name, value in reason.items() if name in CRITERIA]
    told = told or [value for name, value in reason.items() if "+" in name]
    return sum(told) / len(told) if told else 0.0
