"""Estimates of a whole video that nobody had to compute."""

import secrets
from collections.abc import Mapping

import numpy as np

from core.project.project import Project
from core.project.store.segments import NewPeople, Segment, register
from core.project.store.shards import CRITERION, write_shard


def place_estimates(
    project: Project,
    video: int,
    number: int,
    columns: Mapping[str, np.ndarray],
    criteria: Mapping[str, np.ndarray],
    names: Mapping[int, str] | None = None,
    detected: np.ndarray | None = None,
) -> str:
    """As round `number` estimated them, in the place of what it had; returns the path of the shard.

    columns: (n, ...) of the samples, ordered by frame, then track; names: of new people by track, whose boxes
    are these; detected: (n,) the scores of their detections, 0 for none.
    """
    frames = next(one.frame_count for one in project.videos() if one.id == video)
    path = f"computed/video-{video}/round-{number}/samples-{secrets.token_hex(4)}.h5"
    write_shard(
        project.folder / path, {**columns, **{f"{CRITERION}{name}": v for name, v in criteria.items()}}
    )
    people = None
    if names is not None:
        found = f"computed/video-{video}/people-{secrets.token_hex(4)}.h5"
        boxes = {name: columns[name] for name in ("track", "frame", "boxes")}
        boxes |= {} if detected is None else {"detected": detected.astype(np.float16)}
        write_shard(project.folder / found, boxes)
        people = NewPeople(found, 0, frames, dict(names))
    if number not in [entry.id for entry in project.store.rounds()]:
        project.store.add_round(number, {})
    register(project.store, video, Segment(path, number, 0, frames), people, anew=names is not None)
    return path
