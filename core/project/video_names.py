"""What the videos of a project are called."""

from collections import Counter
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
    names: dict[int, str] = {}
    rest, folders = list(videos), 0
    while rest:
        called = {video.id: "/".join(video.path.parts[-folders - 1 :]) for video in rest}
        often = Counter(called.values())
        told = [v for v in rest if often[called[v.id]] == 1 or folders + 1 >= len(v.path.parts)]
        names |= {video.id: called[video.id] for video in told}
        rest, folders = [video for video in rest if video.id not in names], folders + 1
    return {video.id: names[video.id] for video in videos}
