"""People as they were found, on disk, and as far as they are really to be seen."""

import secrets
from collections.abc import Iterator, Mapping

import numpy as np

from core.project.project import Project
from core.project.store.shards import write_shard
from core.project.store.store import Video
from core.project.store.track_assignments import find_samples
from core.tracking.appearance import DIMENSIONS
from core.tracking.joining import UNKNOWN, Person
from core.tracking.linking import Ends
from core.tracking.presence import present


def write_found(
    project: Project,
    video: Video,
    origin: np.ndarray,
    frame: np.ndarray,
    boxes: np.ndarray,
    appearance: np.ndarray | None = None,
    detected: np.ndarray | None = None,
    cuts: np.ndarray | None = None,
) -> str:
    """A shard of people as they were found. origin, frame: (n,); boxes: (n, 4); appearance: (n, 96) of each
    box's person; detected: (n,), see core.project.store.track_assignments.TrackAssignments; cuts: (n, 2), see
    Person.
    """
    if appearance is None:
        appearance = np.zeros((len(frame), DIMENSIONS))
    if detected is None:
        detected = np.full(len(frame), np.nan)
    if cuts is None:
        cuts = np.full((len(frame), 2), UNKNOWN)
    path = f"computed/video-{video.id}/people-{secrets.token_hex(6)}.h5"
    columns: dict[str, np.ndarray] = {
        "track": origin.astype(np.int64),
        "frame": frame.astype(np.int64),
        "boxes": boxes.astype(np.float32),
        "appearance": appearance.astype(np.float16),
        "detected": detected.astype(np.float16),
        "cuts": cuts.astype(np.int64),
    }
    write_shard(project.folder / path, columns)
    return path


def where_present(
    columns: Mapping[str, np.ndarray], track: np.ndarray, origin: np.ndarray, frame: np.ndarray
) -> np.ndarray:
    """(n,) bool: false at the ends of people as far as the estimator saw nobody in their boxes.

    columns: what it saw, by origin; track, origin, frame: (n,), whose the boxes are. What was not looked at
    counts as seen.
    """
    place = find_samples(columns["track"], columns["frame"], origin, frame)
    confidence = np.full(len(frame), np.nan)
    confidence[place >= 0] = columns["confidence"][place[place >= 0]].mean(1)
    kept = np.ones(len(frame), bool)
    order = np.lexsort((frame, track))
    order = order[~np.isnan(confidence[order])]
    for rows in np.split(order, np.flatnonzero(np.diff(track[order])) + 1):
        if len(rows):
            kept[rows] = present(confidence[rows])
    return kept


def as_seen(person: Person, origin: int, columns: Mapping[str, np.ndarray]) -> Person:
    """Without the frames at both ends in which nobody is."""
    number = np.full(len(person.frames), origin)
    rows = where_present(columns, number, number, person.frames)
    return person if rows.all() else person.only(rows)


def ends_of(project: Project, video: Video) -> Iterator[tuple[int, Ends]]:
    """By origin, of all that were found in a video."""
    origin, frame, boxes = project.found(video.id)
    appearance = project.computed.appearance(video.id)
    if len(appearance) != len(frame):  # damaged, so that others stand in
        appearance = np.zeros((len(frame), 1))
    cuts = project.computed.cuts(video.id)
    order = np.lexsort((frame, origin))
    for rows in np.split(order, np.flatnonzero(np.diff(origin[order])) + 1):
        if len(rows):
            first, last = rows[0], rows[-1]
            look = appearance[first].astype(np.float32)
            yield (
                int(origin[first]),
                Ends(
                    int(frame[first]),
                    int(frame[last]),
                    boxes[first],
                    boxes[last],
                    look,
                    *cuts[first].tolist(),
                ),
            )
