"""Which frames of a video are computed in which file: segments, registered one by one as they are done.

A shard has a row for each of its segments; one without any, as version 0.2 wrote them, is of the whole video.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from core.domain import UserError
from core.project.store.settings import LAST_TRACK
from core.project.store.store import ASIDE, Store, set_value

SAMPLES, TRACKS, CRITERIA = "samples", "tracks", "criteria"  # kinds of shards


class Segment(NamedTuple):
    """Frames start to before stop of a video that one shard tells of.

    round: None where it is of the people, whatever the round; further: names of the criteria with passes of
    their own that it has, separated by commas; whole: a part of what version 0.2 wrote of a whole video,
    which is all of these parts.
    """

    path: str
    round: int | None
    start: int
    stop: int
    further: str = ""
    whole: bool = False


@dataclass(frozen=True)
class NewPeople:
    """Who was found. path: of the shard with their boxes, which speaks of frames start to before stop; names:
    of the new tracks; joins: origins that belong to another's track; merges: tracks that turned out to be
    another, each with that one.
    """

    path: str
    start: int
    stop: int
    names: dict[int, str] = field(default_factory=dict)
    joins: dict[int, int] = field(default_factory=dict)
    merges: Sequence[tuple[int, int]] = ()


def segments(store: Store, kind: str, video: int, upto: int | None = None) -> list[Segment]:
    """In the order of rounds. upto: the last round that counts, all by default."""
    query = (
        "SELECT s.path, s.round, COALESCE(g.start, 0), COALESCE(g.stop, v.frame_count), "
        "COALESCE(g.further, ''), g.path IS NULL FROM shards s JOIN videos v ON v.id = s.video LEFT JOIN "
        "segments g ON g.path = s.path WHERE s.kind = ? AND s.video = ? AND (? IS NULL OR s.round <= ?) "
        "ORDER BY s.round, s.path, g.start"
    )
    rows = store.read(query, (kind, video, upto, upto))
    return [
        Segment(path, number, start, stop, further, bool(whole))
        for path, number, start, stop, further, whole in rows
    ]


def whole_criteria(store: Store, video: int) -> dict[int, str]:
    """By round the shard of criteria that lies beside the samples of a whole video, where version 0.2
    wrote them.
    """
    query = "SELECT round, path FROM shards WHERE kind = ? AND video = ?"
    return dict(store.read(query, (CRITERIA, video)))


def joins(store: Store, video: int) -> dict[int, int]:
    """Whose track an origin belongs to, where that is not its own; 0 for nobody's."""
    return dict(store.read("SELECT origin, track FROM joins WHERE video = ? ORDER BY origin", (video,)))


def register(
    store: Store,
    video: int,
    samples: Segment,
    people: NewPeople | None = None,
    settings: Mapping[str, object] | None = None,
    anew: bool = False,
    overlaps: bool = True,
) -> None:
    """What was computed of a segment, in the place of what its round had there; the round is the latest from
    then on.

    settings: that change with it; anew: all that was known of the video's people goes; refused where a human
    has spoken of them; overlaps: False where nothing is known of any of these frames, so that nobody has to
    look. Raises UserError.
    """
    with store.transaction() as db:
        for key, value in (settings or {}).items():
            set_value(db, key, value)
        if anew:
            if store.touched(video):
                raise UserError("The people were labelled or changed meanwhile, so they were not found anew.")
            for table in ("shards", "single_estimates", "joins", "tracks"):
                db.execute(f"DELETE FROM {table} WHERE video = ?", (video,))
        _place(store, db, SAMPLES, video, samples, overlaps)
        if people is not None:
            _place(store, db, TRACKS, video, Segment(people.path, None, people.start, people.stop), overlaps)
            _name(store, db, video, people)
        db.execute("UPDATE rounds SET estimated = 1 WHERE id = ?", (samples.round,))


def replace_shards(
    store: Store, kind: str, video: int, gone: Iterable[str], path: str, of: Iterable[Segment]
) -> None:
    """One shard in the place of several that hold the same. of: its segments. Raises UserError where they
    have changed.
    """
    of, gone = list(of), list(gone)
    with store.transaction() as db:
        found = db.executemany("DELETE FROM shards WHERE path = ?", ((one,) for one in gone))
        if found.rowcount != len(gone):
            raise UserError("What was computed has changed meanwhile. Try again.")
        db.execute("INSERT INTO shards VALUES (?, ?, ?, ?)", (path, kind, video, of[0].round if of else None))
        rows = ((path, one.start, one.stop, one.further) for one in of)
        db.executemany("INSERT INTO segments VALUES (?, ?, ?, ?)", rows)


def say_whole(store: Store, video: int) -> None:
    """Of shards without segments that they are of the whole video."""
    with store.transaction() as db:
        db.execute(
            "INSERT INTO segments SELECT s.path, 0, v.frame_count, '' FROM shards s JOIN videos v ON "
            "v.id = s.video WHERE v.id = ? AND s.kind IN (?, ?) AND s.path NOT IN (SELECT path FROM "
            "segments)",
            (video, SAMPLES, TRACKS),
        )


def forget(store: Store, paths: Iterable[str]) -> None:
    """What these shards held is to be computed again."""
    with store.transaction() as db:
        db.executemany("DELETE FROM shards WHERE path = ?", ((path,) for path in paths))


def forget_video(store: Store, video: int) -> None:
    """All that was computed of it, and its people; a round that nothing is left of counts as not
    estimated.
    """
    with store.transaction() as db:
        for table in ("shards", "joins", "tracks"):
            db.execute(f"DELETE FROM {table} WHERE video = ?", (video,))
        db.execute(
            "UPDATE rounds SET estimated = 0 WHERE id NOT IN (SELECT round FROM shards WHERE kind = "
            "'samples')"
        )


def forget_aside(store: Store) -> None:
    """What could still be taken back no longer can."""
    with store.transaction() as db:
        db.execute("DELETE FROM shards WHERE kind = ?", (ASIDE,))


class Cut(NamedTuple):
    """Rows of what gives way to a new segment. before, rest: of the table of segments, as they are and as far
    as they stay; shards: those that no frame is left of.
    """

    before: list[tuple]
    rest: list[tuple]
    shards: list[tuple]


def cut_out(store: Store, kind: str, video: int, round: int | None, spans: Sequence[tuple[int, int]]) -> Cut:
    """What had these frames before, in the same round. spans: start and stop, in order and apart."""
    cut = Cut([], [], [])
    left: dict[str, int] = Counter()
    for part in segments(store, kind, video):
        if part.round != round:
            continue
        rest, begin = [], part.start
        for start, stop in spans:
            if part.start < stop and part.stop > start:
                rest.append((begin, start))
                begin = stop
        rest = [(start, stop) for start, stop in [*rest, (begin, part.stop)] if start < stop]
        if rest != [(part.start, part.stop)]:
            cut.before.append((part.path, part.start, part.stop, part.further))
            cut.rest.extend((part.path, start, stop, part.further) for start, stop in rest)
        left[part.path] += len(rest)
    cut.shards.extend((path, kind, video, round) for path, count in left.items() if not count)
    return cut


def _place(store: Store, db: sqlite3.Connection, kind: str, video: int, new: Segment, overlaps: bool) -> None:
    """Takes its frames from the segments that had them before."""
    query = (
        "SELECT 1 FROM segments g JOIN shards s ON s.path = g.path WHERE s.kind = ? AND s.video = ? AND "
        "s.round IS ? AND g.start < ? AND g.stop > ?"
    )
    if overlaps and db.execute(query, (kind, video, new.round, new.stop, new.start)).fetchone():
        cut = cut_out(store, kind, video, new.round, [(new.start, new.stop)])
        db.executemany("DELETE FROM segments WHERE path = ? AND start = ?", (row[:2] for row in cut.before))
        db.executemany("INSERT INTO segments VALUES (?, ?, ?, ?)", cut.rest)
        db.executemany("DELETE FROM shards WHERE path = ?", (row[:1] for row in cut.shards))
    db.execute("INSERT INTO shards VALUES (?, ?, ?, ?)", (new.path, kind, video, new.round))
    db.execute("INSERT INTO segments VALUES (?, ?, ?, ?)", (new.path, new.start, new.stop, new.further))


def _name(store: Store, db: sqlite3.Connection, video: int, people: NewPeople) -> None:
    """A track that became another's meanwhile stands for that one."""
    db.executemany(
        "INSERT INTO tracks VALUES (?, ?, ?)", ((i, video, name) for i, name in people.names.items())
    )
    rows = [(origin, video, _present(db, track)) for origin, track in people.joins.items()]
    db.executemany("INSERT OR REPLACE INTO joins VALUES (?, ?, ?)", rows)
    for pair in people.merges:
        one, other = (_present(db, track) for track in pair)
        if one != other:
            _merge(db, video, one, other)
    set_value(db, LAST_TRACK, max([store.next_track() - 1, *people.names, *people.joins]))


def present(store: Store, track: int) -> int:
    """Whose a track is by now."""
    found = store.read("SELECT track FROM joins WHERE origin = ?", (track,))
    return found[0][0] if found else track


def _present(db: sqlite3.Connection, track: int) -> int:
    """The same within a transaction."""
    found = db.execute("SELECT track FROM joins WHERE origin = ?", (track,)).fetchone()
    return track if found is None else found[0]


def _merge(db: sqlite3.Connection, video: int, one: int, other: int) -> None:
    """Two tracks are one person's. Whoever a human has spoken of keeps the number; where both are, a human
    has to say.
    """
    gone = next((track for track in sorted((one, other), reverse=True) if not _spoken_of(db, track)), None)
    if gone is not None:
        into = other if gone == one else one
        db.execute("UPDATE joins SET track = ? WHERE track = ?", (into, gone))
        db.execute("INSERT OR REPLACE INTO joins VALUES (?, ?, ?)", (gone, video, into))
        db.execute("DELETE FROM tracks WHERE id = ?", (gone,))


def _spoken_of(db: sqlite3.Connection, track: int) -> bool:
    queries = [f"SELECT 1 FROM {table} WHERE track = :track" for table in ("labels", "queue", "drawn_boxes")]
    queries.append("SELECT 1 FROM people_edits WHERE track = :track OR owner = :track")
    queries.append(
        "SELECT 1 FROM meta, json_each(meta.value) AS one WHERE meta.key = 'of_interest' AND one.value = "
        ":track"
    )
    return db.execute(f"SELECT EXISTS ({' UNION ALL '.join(queries)})", {"track": track}).fetchone()[0] == 1
