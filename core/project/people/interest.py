"""Who the people of interest are: the others are context, see Project.of_interest."""

from collections.abc import Collection, Iterable

from core.domain import UserError
from core.project.project import Project
from core.project.store.people_rows import Rows, setting_rows
from core.project.store.settings import INTEREST
from core.project.store.store import Video


def choose(project: Project, video: Video, tracks: Collection[int]) -> Rows:
    """Only these people of a video are of interest; everyone is where that is nobody, or everyone already."""
    names = project.store.track_names(video.id).keys()
    chosen = set() if names <= set(tracks) else set(tracks) & names
    return rows_of_interest(project, (_known(project) - names) | chosen)


def switch(project: Project, video: Video, tracks: Collection[int]) -> Rows:
    """What one key does: where everyone is of interest, only these are from now on; else those of them who
    are context are of interest too, or, where none is, these are context. Raises UserError where nobody is
    given.
    """
    if not tracks:
        raise UserError("Select a person first.")
    chosen = project.of_interest(video.id) or frozenset()
    asked = frozenset(tracks)
    return choose(project, video, chosen - asked if asked <= chosen else chosen | asked)


def rows_of_interest(project: Project, chosen: Iterable[int]) -> Rows:
    """The change to these tracks, of all videos."""
    before, after = sorted(_known(project)), sorted(chosen)
    if before == after:
        return Rows({}, {})
    return setting_rows(INTEREST, before, after)


def _known(project: Project) -> set[int]:
    return set(project.setting(INTEREST) or ())


def interest_in_words(project: Project) -> str:
    """Who is of interest and how many are context; '' where everyone is of interest."""
    sentences = []
    for video in project.videos():
        names, chosen = project.store.track_names(video.id), project.of_interest(video.id)
        if chosen is None:
            continue
        there = project.assignments(video.id).rows_by_track.keys() & names.keys()
        own = [names[track] for track in sorted(chosen & there)]
        shown = ", ".join(own[:3]) + (f" and {len(own) - 3} more" if len(own) > 3 else "")
        others = len(there - chosen)
        in_video = f" in {video.path.name}" if len(project.videos()) > 1 else ""
        rest = "1 other is" if others == 1 else f"{others} others are"
        verb = "is" if len(own) == 1 else "are"
        sentences.append(f"Only {shown or 'nobody'} {verb} of interest{in_video}: {rest} context.")
    return " ".join(sentences)
