"""Many small shards into few: a project of an hour opens as quickly as one of a minute."""

import secrets
from collections.abc import Iterable

import numpy as np

from core.project.project import Project
from core.project.store.segments import (
    SAMPLES,
    TRACKS,
    Segment,
    forget,
    replace_shards,
    say_whole,
    segments,
    whole_criteria,
)
from core.project.store.shards import CRITERION, ShardDamaged, read_shard, write_shard
from core.project.store.store import Video
from core.uncertainty.criteria import further_passes

MANY = 48  # shards of one kind that are worth putting together
LARGEST = 32_768  # rows of a shard that others may join


def join_shards(project: Project, video: Video) -> None:
    """Puts together what is small, of the people and of every round. The project is held alone. Raises
    UserError.
    """
    for number in (None, *(entry.id for entry in project.store.rounds())):
        kind = TRACKS if number is None else SAMPLES
        parts = [part for part in segments(project.store, kind, video.id) if part.round == number]
        small = [part for part in parts if not _is_block(part.path)]
        if len({part.path for part in small}) > MANY:
            _put_together(project, video, kind, small)


def bring_up_to_date(project: Project, video: Video) -> None:
    """What version 0.2 wrote of a whole video, as this one does: criteria beside their samples. Raises
    UserError.
    """
    for number, criteria in whole_criteria(project.store, video.id).items():
        parts = [part for part in segments(project.store, SAMPLES, video.id) if part.round == number]
        try:
            estimates = project.estimates(video.id, number)
            columns = [read_shard(project.folder / part.path) for part in parts]
        except ShardDamaged:
            forget(project.store, [criteria, *(part.path for part in parts)])
            continue
        if estimates is None:
            continue
        mine = estimates.rounds == number
        joined = {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}
        joined |= {f"{CRITERION}{name}": values[mine] for name, values in estimates.criteria.items()}
        path = _write(project, video, SAMPLES, number, joined)
        whole = Segment(
            path, number, 0, video.frame_count, ",".join(sorted(further_passes("+".join(estimates.criteria))))
        )
        replace_shards(
            project.store, SAMPLES, video.id, [criteria, *(part.path for part in parts)], path, [whole]
        )
    say_whole(project.store, video.id)


def _put_together(project: Project, video: Video, kind: str, parts: Iterable[Segment]) -> None:
    block: list[Segment] = []
    content: list[dict[str, np.ndarray]] = []
    rows = 0
    by_path: dict[str, list[Segment]] = {}
    for part in sorted(parts, key=lambda part: part.start):
        by_path.setdefault(part.path, []).append(part)
    for path, own in by_path.items():
        try:
            columns = read_shard(project.folder / path)
        except ShardDamaged:  # it is said where it is needed
            continue
        inside = np.zeros(len(columns["frame"]), bool)
        for part in own:
            inside |= (columns["frame"] >= part.start) & (columns["frame"] < part.stop)
        content.append({name: values[inside] for name, values in columns.items()})
        block += own
        rows += int(inside.sum())
        if rows >= LARGEST:
            _replace(project, video, kind, block, content)
            block, content, rows = [], [], 0
    if len(content) > 1:
        _replace(project, video, kind, block, content)


def _replace(
    project: Project, video: Video, kind: str, block: list[Segment], content: list[dict[str, np.ndarray]]
) -> None:
    filled = [one for one in content if len(one["frame"])] or content[:1]
    names = set.intersection(*(set(one) for one in filled))
    columns = {name: np.concatenate([one[name] for one in filled]) for name in sorted(names)}
    order = np.lexsort((columns["track"], columns["frame"]))
    number = block[0].round
    path = _write(project, video, kind, number, {name: values[order] for name, values in columns.items()})
    gone = list(dict.fromkeys(part.path for part in block))
    replace_shards(project.store, kind, video.id, gone, path, block)
    for old in gone:
        (project.folder / old).unlink(missing_ok=True)


def _write(
    project: Project, video: Video, kind: str, number: int | None, columns: dict[str, np.ndarray]
) -> str:
    folder = f"computed/video-{video.id}" + ("" if number is None else f"/round-{number}")
    path = f"{folder}/{'people' if kind == TRACKS else kind}-block-{secrets.token_hex(6)}.h5"
    write_shard(project.folder / path, columns)
    return path


def _is_block(path: str) -> bool:
    return "-block-" in path
