"""What the videos of a project are called."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.project.store.store import Video


def export_names(videos: list["Video"]) -> dict["Video", str]:
    """What exports call them, and imports find them by: the file's name without its ending, each its own."""
    names: dict[Video, str] = {}
    for video in videos:
        stem = video.path.stem
        names[video] = f"{stem}-{video.id}" if stem in names.values() else stem
    return names


def shown_names(videos: Sequence["Video"]) -> dict[int, str]:
    """What users are told they are called, by number: the file's name, after as many of its folders as tell
    it from others of that name.
    """
    names = {}
    for video in videos:
        parts, others = video.path.parts, [one.path.parts for one in videos if one.id != video.id]
        count = next((n for n in range(1, len(parts)) if parts[-n:] not in [o[-n:] for o in others]), 1)
        names[video.id] = "/".join(parts[-count:])
    return names
