"""The people of a video anew, where the computed file that says where they are is lost."""

import secrets

import numpy as np

from core.project.project import COMPUTED, Project
from core.project.store.shards import ShardDamaged, read_shard, write_shard
from core.project.store.store import Video


def rebuild_people(project: Project, video: Video) -> None:
    """Nothing where they can be read. Else from what any round estimated, or where they were labelled; without either they
    are to be found anew. What a human said of them stays. Raises UserError.
    """
    shards = project.store.shards("tracks", video.id)
    if not shards:
        return
    try:
        read_shard(project.folder / shards[-1], ("track", "frame", "boxes"))
        return
    except ShardDamaged:
        pass
    known = _estimated(project, video) or _labelled(project, video)
    if known is None:
        project.store.replace_people(video.id, None)
        return
    path = f"{COMPUTED}/video-{video.id}/people-{secrets.token_hex(4)}.h5"
    write_shard(project.folder / path, known)
    project.store.replace_people(video.id, path)


def _estimated(project: Project, video: Video) -> dict[str, np.ndarray] | None:
    for entry in reversed(project.store.rounds()):
        found = project.readable(video.id, entry.id)
        if found is not None:
            return {"track": found.track, "frame": found.frame, "boxes": found.boxes}
    return None


def _labelled(project: Project, video: Video) -> dict[str, np.ndarray] | None:
    own = project.store.track_names(video.id)
    labels = [label for label in project.store.labels(accepted_only=False).values() if label.sample.track in own]
    if not labels:
        return None
    return {
        "track": np.array([label.sample.track for label in labels], np.int64),
        "frame": np.array([label.sample.frame for label in labels], np.int64),
        "boxes": np.array([label.pose.box for label in labels], np.float32),
    }
