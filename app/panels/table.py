"""The panels around the picture. A new one is a file beside this, and a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.background.debounced_check import DebouncedCheck
    from app.background.track_checks import TrackChecks
    from app.frames.hover_previews import HoverPreviews
    from app.frames.thumbnails import Thumbnails
    from app.session.labelling_pace import LabellingPace
    from app.session.session import Session
    from app.shortcuts.shortcuts import Shortcuts


@dataclass(frozen=True)
class Parts:
    """What panels are built from: of the open project, all of it once. times: (N,) seconds of the frames on
    screen; curves: names of those that are shown; thumbnails, review_thumbnails, people_thumbnails: of the
    queue, the review and the people.
    """

    session: "Session"
    shortcuts: "Shortcuts"
    pace: "LabellingPace"
    track_checks: "TrackChecks"
    reviews: "DebouncedCheck"
    thumbnails: "Thumbnails"
    review_thumbnails: "Thumbnails"
    people_thumbnails: "Thumbnails"
    hover_previews: "HoverPreviews"
    times: np.ndarray
    curves: list[str]
    parent: "QWidget"


@dataclass(frozen=True)
class Entry:
    """name: by which its place is remembered; area: where it is at first; height: pixels at first; build: a
    widget with a title and a heading, by which it is dragged; behind: the panel whose place it shares, behind
    a tab.
    """

    name: str
    area: Literal["left", "right", "bottom"]
    height: int
    build: Callable[[Parts], Any]
    behind: str = ""


# Imported with the first project, not with the window.


def _people(parts: Parts) -> Any:
    from app.panels.people import PeoplePanel

    return PeoplePanel(parts.session, parts.shortcuts, parts.track_checks, parts.people_thumbnails)


def _joints(parts: Parts) -> Any:
    from app.panels.joints import JointsPanel

    return JointsPanel(parts.session)


def _queue(parts: Parts) -> Any:
    from app.panels.queue import QueuePanel

    return QueuePanel(parts.session, parts.thumbnails, parts.pace, parts.shortcuts)


def _rounds(parts: Parts) -> Any:
    from app.panels.rounds import RoundsPanel

    return RoundsPanel(parts.session)


def _review(parts: Parts) -> Any:
    from app.panels.review import ReviewPanel

    return ReviewPanel(parts.session, parts.reviews, parts.review_thumbnails)


def _timeline(parts: Parts) -> Any:
    from app.timeline.hover_preview import HoverPreview
    from app.timeline.timeline import Timeline

    preview = HoverPreview(parts.hover_previews, parts.parent)
    return Timeline(parts.session, parts.times, parts.curves, preview)


PANELS: tuple[Entry, ...] = (
    Entry("people", "left", 253, _people),
    Entry("joints", "left", 415, _joints),
    Entry("queue", "right", 350, _queue),
    Entry("rounds", "right", 330, _rounds),
    Entry("review", "right", 330, _review, behind="rounds"),
    Entry("timeline", "bottom", 236, _timeline),
)
