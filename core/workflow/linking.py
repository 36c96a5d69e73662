"""Who the people are that were found in a segment."""

from collections.abc import Collection, Mapping

import numpy as np

from core.project.people.edits import free_names
from core.project.project import Project
from core.project.store.segments import TRACKS, NewPeople, present
from core.project.store.store import Video
from core.project.store.track_assignments import owners
from core.tracking.joining import Person
from core.tracking.linking import Ends, Linked, Links
from core.tracking.people import LOST_SECONDS
from core.workflow.found_people import as_seen, ends_of, write_found
from core.workflow.segments import Stretch


class Linking:
    """Of the videos of a project, through one run. anew: videos of whom nobody is known any more.

    late: whether somebody turned out to be of interest whose poses were left out.
    """

    def __init__(self, project: Project, anew: Collection[int]) -> None:
        self._project, self._anew = project, anew
        self._links: dict[int, Links] = {}
        self._names: dict[int, set[str]] = {}
        self.late = False

    def link(self, video: Video, people: Mapping[int, Person]) -> Linked:
        """people: by origin."""
        return self._links_of(video).add({origin: _ends(person) for origin, person in people.items()})

    def of_interest(self, wanted: frozenset[int], people: Mapping[int, Person], linked: Linked) -> set[int]:
        """The origins of those found just now who are one of the tracks that are wanted."""
        store = self._project.store
        edits, same = store.people_edits(), set(wanted)
        for pair in linked.merges:
            ours = {present(store, track) for track in pair}
            if ours & same and not ours <= same:
                same |= ours
                self.late = True
        chosen = set()
        for origin, person in people.items():
            track = np.full(len(person.frames), present(store, linked.joins.get(origin, origin)))
            if np.isin(owners(track, person.frames, edits), list(same)).any():
                chosen.add(origin)
        return chosen

    def place(
        self,
        video: Video,
        stretch: Stretch,
        people: dict[int, Person],
        columns: Mapping[str, np.ndarray],
        linked: Linked | None,
    ) -> NewPeople:
        """Those found in a segment, as far as the estimator saw somebody in their boxes, and who of those
        known they are.

        linked: that, where it is known already.
        """
        seen = {origin: as_seen(person, origin, columns) for origin, person in people.items()}
        linked = linked or self.link(video, seen)
        origin = np.concatenate(
            [np.full(len(p.frames), o) for o, p in seen.items()] or [np.empty(0, np.int64)]
        )
        frames = np.concatenate([p.frames for p in seen.values()] or [np.empty(0, np.int64)])
        boxes = np.concatenate([p.boxes for p in seen.values()] or [np.empty((0, 4), np.float32)])
        looks = [np.tile(p.appearance, (len(p.frames), 1)) for p in seen.values() if p.appearance is not None]
        appearance = np.concatenate(looks) if len(looks) == len(seen) and looks else None
        scores = [p.detected for p in seen.values() if p.detected is not None]
        detected = np.concatenate(scores) if len(scores) == len(seen) and scores else None
        cuts = np.concatenate(
            [np.empty((0, 2), np.int64), *(np.tile(p.cuts, (len(p.frames), 1)) for p in seen.values())]
        )
        path = write_found(self._project, video, origin, frames, boxes, appearance, detected, cuts)
        new = [one for one in seen if one not in linked.joins]
        if video.id not in self._names:
            known = {} if video.id in self._anew else self._project.store.track_names(video.id)
            self._names[video.id] = set(known.values())
        names = dict(zip(new, free_names(self._names[video.id], len(new)), strict=True))
        self._names[video.id].update(names.values())
        return NewPeople(path, stretch.start, stretch.stop, names, linked.joins, linked.merges)

    def _links_of(self, video: Video) -> Links:
        if video.id not in self._links:
            links = self._links[video.id] = Links(LOST_SECONDS * video.fps)
            if video.id not in self._anew and self._project.computed.segments(TRACKS, video.id):
                joined = self._project.computed.joins(video.id)
                for origin, ends in ends_of(self._project, video):
                    links.know(origin, ends, joined.get(origin, origin))
        return self._links[video.id]


def _ends(person: Person) -> Ends:
    frames, boxes = person.frames, person.boxes
    return Ends(int(frames[0]), int(frames[-1]), boxes[0], boxes[-1], person.appearance, *person.cuts)
