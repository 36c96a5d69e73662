"""Who looks wrong in the project's videos, the worst first."""

from contextlib import suppress

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.background.debounced_check import DebouncedCheck
from app.session.session import Change, Session
from core.domain import Monitor
from core.project.project import Project
from core.project.store.settings import APART
from core.project.store.shards import ShardDamaged
from core.queries.reunions import appearances, as_track_checks
from core.queries.track_checks import TrackCheck, check_tracks


class TrackChecks(QObject):
    """found: as of the last look; likeness: says, when asked, what everyone in the video on screen looks
    like.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.found: list[TrackCheck] = []
        self._by_track: dict[int, list[TrackCheck]] = {}
        self._present: TrackCheck | None = None
        self._place = -1
        self.check = DebouncedCheck(session, "Checking the people", _look, self)
        self.check.ready.connect(self._show)
        self.likeness = DebouncedCheck(session, "Comparing the people", self._compare, self)
        session.changed.connect(self._look_again)
        session.labels_changed.connect(lambda _: self.check.ask_later())
        self.check.ask_later()

    def stop(self) -> None:
        self.check.stop()
        self.likeness.stop()

    def _compare(self, project: Project, _: Monitor) -> dict[int, np.ndarray]:
        """What everyone in the video on screen looks like."""
        return appearances(project, self._session.video)

    def next(self) -> TrackCheck | None:
        """The one after the last that was asked for, round again after the last of all; None without any."""
        if not self.found:
            return None
        known = self._present in self.found
        following = self.found.index(self._present) + 1 if known else max(self._place, 0)
        self._place = following % len(self.found)
        self._present = self.found[self._place]
        return self._present

    @property
    def reunions(self) -> list[TrackCheck]:
        """Those who are probably somebody else, the surest first; none that was answered since."""
        asked = [one for one in self.found if one.other is not None]
        answered = (self._session.project.setting(APART) or ()) if asked else ()
        asked = [one for one in asked if sorted((one.track, one.other)) not in answered]
        return [one for one in asked if self._is_there(one.track) and self._is_there(one.other)]

    @property
    def reunion(self) -> TrackCheck | None:
        """The one to be asked about: of the selected person, else the first."""
        listed, person = self.reunions, self._session.person
        return next(
            (one for one in listed if person in (one.track, one.other)), listed[0] if listed else None
        )

    def _is_there(self, track: int) -> bool:
        session = self._session
        video = session.video_of.get(track)
        if video is None or video == session.video:
            return track in session.tracks
        return track in session.project.assignments(video.id).rows_by_track

    def of(self, track: int) -> list[TrackCheck]:
        return self._by_track.get(track, [])

    def _look_again(self, change: Change) -> None:
        if change & (Change.TRACKS | Change.PREDICTIONS | Change.LABELS):
            self.check.ask_later()

    def _show(self, found: list[TrackCheck]) -> None:
        if found != self.found:
            self.found, self._by_track = found, {}
            for one in found:
                self._by_track.setdefault(one.track, []).append(one)
            self.changed.emit()


def _look(project: Project, _: Monitor) -> list[TrackCheck]:
    found = []
    for video in project.videos():
        with suppress(ShardDamaged):  # said when that video is shown
            found += [*check_tracks(project, video), *as_track_checks(project, video)]
    return sorted(found, key=lambda one: -one.weight)
