"""How much of the videos is estimated, and what the project weighs."""

from dataclasses import dataclass

from core.project.project import BACKUPS, COMPUTED, ESTIMATORS, Project
from core.project.store.store import Video


@dataclass(frozen=True)
class VideoCoverage:
    """share: 0..1, of the frames that are wanted, those that the latest round has estimated; seen: those
    that any has.
    """

    video: Video
    frames: int
    share: float
    seen: float


def coverage(project: Project) -> list[VideoCoverage]:
    """Of each video that was begun."""
    found = []
    for video in project.begun():
        of = project.coverage(video.id)
        found.append(VideoCoverage(video, of.frames, of.share, of.seen / max(of.frames, 1)))
    return found


def total(videos: list[VideoCoverage]) -> float:
    """Share over all of them, 0 where there are none."""
    frames = sum(one.frames for one in videos)
    return sum(one.share * one.frames for one in videos) / frames if frames else 0.0


FINISH = "Estimate the rest with: main.py finish"


def coverage_in_words(project: Project, way: str = FINISH) -> str:
    """What is not estimated by the latest round, and the way to the rest; '' where all is."""
    videos = coverage(project)
    left = [one for one in videos if one.share < 1]
    if not left:
        return ""
    number, frames = project.latest_round(), sum(one.frames for one in videos)
    share, seen = total(videos), sum(one.seen * one.frames for one in videos) / frames
    parts = [f"Round {number} has estimated {percent(share)} of the frames"]
    if number and seen > share:
        parts.append(f"{percent(seen - share)} are as earlier rounds estimated them")
    if seen < 1:
        parts.append(f"{percent(1 - seen)} are not estimated yet")
    return f"{', '.join(parts)}. {way}".rstrip()


def reached_in_words(videos: list[VideoCoverage]) -> str:
    """'' where something of each is estimated."""
    reached = sum(one.share > 0 for one in videos)
    return "" if reached == len(videos) else f"The time allowed reached {reached} of {len(videos)} videos"


def percent(share: float) -> str:
    """Never 0 nor 100 % of what is some, or not all."""
    if 0 < share < 0.01:
        return "less than 1 %"
    return f"{min(99, round(100 * share))} %" if share < 1 else "100 %"


def weight(project: Project) -> dict[str, int]:
    """Bytes on disk by what they are: people, the poses of each round, estimators, backups, and what a
    human made.
    """
    parts: dict[str, int] = {}
    for path in project.folder.rglob("*"):
        if not path.is_symlink() and path.is_file():
            name = _part(path.relative_to(project.folder).parts)
            parts[name] = parts.get(name, 0) + path.stat().st_size
    return dict(sorted(parts.items(), key=lambda item: -item[1]))


def _part(place: tuple[str, ...]) -> str:
    if place[0] == COMPUTED:
        return f"poses of {place[2].replace('-', ' ')}" if len(place) > 3 else "people"
    return {ESTIMATORS: "estimators", BACKUPS: "backups"}.get(place[0], "labels and settings")


def weight_in_words(project: Project) -> str:
    parts = weight(project)
    named = ", ".join(f"{name} {_size(size)}" for name, size in parts.items())
    return f"On disk: {_size(sum(parts.values()))} ({named})."


def _size(count: int) -> str:
    return (
        f"{count / 1e9:.1f} GB"
        if count >= 1e9
        else f"{count / 1e6:.1f} MB"
        if count >= 1e5
        else f"{count / 1e3:.0f} kB"
    )
