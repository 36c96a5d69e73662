"""The estimates of a video in a round: computed, written, and only then registered."""

import secrets
from dataclasses import asdict

import numpy as np

from core.domain import Monitor, Track, UserError
from core.estimation import pipeline
from core.estimation.session import EstimatorSession
from core.project.estimators.models import prior_paths
from core.project.project import Project
from core.project.rounds.boxes import tracks_for_round
from core.project.rounds.estimates_writer import EstimatesWriter, Origins
from core.project.store.roster import find_samples
from core.project.store.shards import read_shard, write_shard
from core.project.store.store import People, Video
from core.tracking.presence import present
from core.uncertainty.criteria import further_passes
from core.uncertainty.ensemble import SNAPSHOTS
from core.video.source import VideoSource


def estimate_round(
    project: Project,
    video: Video,
    source: VideoSource,
    number: int,
    session: EstimatorSession,
    monitor: Monitor,
    people: list[Track] | None = None,
    whole: bool = True,
) -> None:
    """Estimates the people of a video with this session, as the estimates of round `number`.

    people: new ones, who take the place of those known in the same moment as their estimates do; whole: all their boxes
    count, also where nobody is seen in them.
    """
    roster, names = project.roster(video.id), project.store.track_names(video.id)
    tracks = tracks_for_round(project, video, number, roster, names) if people is None else people
    origins = roster.origins if people is None else lambda track, frame: track
    try:
        samples, criteria = compute_estimates(project, video, source, number, session, monitor, tracks, origins)
        placed = None if people is None else _write_people(project, video, people, samples, whole)
        project.store.finish_estimates(number, video.id, samples, criteria, placed)
    finally:
        remove_leftovers(project)
    note_device(project, number, session)


def compute_estimates(
    project: Project,
    video: Video,
    source: VideoSource,
    number: int,
    session: EstimatorSession,
    monitor: Monitor,
    tracks: list[Track],
    origins: Origins,
) -> tuple[list[str], str]:
    """Writes the estimates of people, which are not the round's before they are registered: the paths of the samples and of
    the criteria. origins: see EstimatesWriter.
    """
    folder = f"computed/video-{video.id}/round-{number}/{secrets.token_hex(4)}"
    further = further_passes(project.setting("criterion"))
    writer = EstimatesWriter(project.folder, folder, source.times, origins, further, project.skeleton)
    for batch in pipeline.estimate(source, tracks, session, monitor, writer.measure, further):
        writer.add(batch)
    if not writer.samples:
        raise UserError(f"No frame of {video.path.name} with a person in it could be decoded. Choose another video.")
    numbers = range(max(0, number - SNAPSHOTS), number) if "ensemble" in further else ()
    earlier = [past for n in numbers if (past := project.readable(video.id, n)) is not None]
    criteria = writer.finish(prior_paths(project, number), earlier)
    return writer.shards, criteria


def note_device(project: Project, number: int, session: EstimatorSession) -> None:
    """In the round's summary."""
    summary = {"inference": session.device.name, "notice": session.device.notice}
    if session.checked:
        summary["preflight"] = session.checked.to_json()
    if session.parity:
        summary["parity"] = asdict(session.parity)
    if why := session.spec.untrainable:
        summary["untrainable"] = why
    project.store.update_round(number, summary)


def check_span(start: int, stop: int | None, source: VideoSource) -> None:
    if start < 0 or start >= len(source) or (stop is not None and not start < stop <= len(source)):
        raise UserError(
            f"Frames {start} to {'the end' if stop is None else stop} are not in {source.path.name}, which has "
            f"{len(source)} frames (0 to {len(source) - 1}). Give --start and --stop within it."
        )


def _write_people(project: Project, video: Video, people: list[Track], samples: list[str], whole: bool) -> People:
    track = np.concatenate([np.full(len(person.frames), person.id) for person in people])
    frames, boxes = (np.concatenate([getattr(person, name) for person in people]) for name in ("frames", "boxes"))
    rows = slice(None) if whole else where_present(project, samples, track, track, frames)
    path = write_found(project, video, track[rows], frames[rows], boxes[rows])
    return People({person.id: person.name for person in people}, path)


def where_present(
    project: Project, samples: list[str], track: np.ndarray, origin: np.ndarray, frame: np.ndarray
) -> np.ndarray:
    """(n,) bool: false at the ends of people as far as the estimator saw nobody in their boxes.

    samples: the shards of what it saw, by origin; track, origin, frame: (n,), whose the boxes are. What was not looked at
    counts as seen.
    """
    parts = [read_shard(project.folder / path, ("track", "frame", "confidence")) for path in samples]
    seen = {name: np.concatenate([part[name] for part in parts]) for name in ("track", "frame", "confidence")}
    place = find_samples(seen["track"], seen["frame"], origin, frame)
    confidence = np.where(place >= 0, seen["confidence"].mean(1)[place], np.nan)
    kept = np.ones(len(frame), bool)
    order = np.lexsort((frame, track))
    order = order[~np.isnan(confidence[order])]
    for rows in np.split(order, np.flatnonzero(np.diff(track[order])) + 1):
        if len(rows):
            kept[rows] = present(confidence[rows])
    return kept


def write_found(project: Project, video: Video, origin: np.ndarray, frame: np.ndarray, boxes: np.ndarray) -> str:
    """The shard of the people as they were found. origin, frame: (n,); boxes: (n, 4)."""
    path = f"computed/video-{video.id}/people-{secrets.token_hex(4)}.h5"
    columns = {"track": origin.astype(np.int64), "frame": frame.astype(np.int64), "boxes": boxes.astype(np.float32)}
    write_shard(project.folder / path, columns)
    return path


def remove_leftovers(project: Project) -> None:
    """Deletes computed files that no finished work registered, as a cancelled or killed one leaves them."""
    known = project.store.shard_paths()
    for path in sorted((project.folder / "computed").rglob("*"), reverse=True):  # what is in a folder before the folder
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(project.folder).as_posix() not in known:
            path.unlink()
