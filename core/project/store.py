"""What a human made, and the list of what was computed: one SQLite file, one transaction per edit."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.domain import Box, LabelledPose, PredictedPose, SampleId, UserError

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE videos (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, content_id TEXT NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, frame_count INTEGER NOT NULL, fps REAL NOT NULL);
CREATE TABLE tracks (
    id INTEGER PRIMARY KEY, video INTEGER NOT NULL REFERENCES videos(id), name TEXT NOT NULL);
CREATE TABLE rounds (id INTEGER PRIMARY KEY, estimated INTEGER NOT NULL DEFAULT 0, summary TEXT NOT NULL DEFAULT '{}');
CREATE TABLE labels (
    track INTEGER NOT NULL REFERENCES tracks(id), frame INTEGER NOT NULL, round INTEGER NOT NULL,
    accepted INTEGER NOT NULL, x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL,
    points BLOB NOT NULL, visibility BLOB NOT NULL,
    predicted_points BLOB, predicted_confidence BLOB, predicted_round INTEGER,
    PRIMARY KEY (track, frame));
CREATE TABLE queue (
    track INTEGER NOT NULL REFERENCES tracks(id), frame INTEGER NOT NULL, round INTEGER NOT NULL,
    position INTEGER NOT NULL, skipped INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (track, frame));
CREATE TABLE shards (
    path TEXT PRIMARY KEY, kind TEXT NOT NULL, video INTEGER NOT NULL REFERENCES videos(id), round INTEGER);
"""


OURS = {"labels", "queue", "shards"}  # tables that tell a project from other SQLite files


@dataclass(frozen=True)
class Video:
    """A registered video. path may have moved since; content_id tells whether a file is still the same."""

    id: int
    path: Path
    content_id: str
    width: int
    height: int
    frame_count: int
    fps: float


@dataclass(frozen=True)
class People:
    """The people of a video: their names by track, and the shard of their boxes."""

    names: dict[int, str]
    shard: str


@dataclass(frozen=True)
class Label:
    """A human's pose of a sample. accepted is False while it is still being corrected."""

    sample: SampleId
    pose: LabelledPose
    accepted: bool


@dataclass(frozen=True)
class QueueItem:
    """A sample proposed for labelling. reason: the criteria's normalised values, and 'distance' to what is labelled."""

    sample: SampleId
    round: int
    skipped: bool
    reason: dict[str, float]


@dataclass(frozen=True)
class Round:
    """A round: its estimator's training summary (empty for round 0), and whether all samples are estimated."""

    id: int
    estimated: bool
    summary: dict = field(default_factory=dict)


class Store:
    """The project's SQLite file. Use one per thread.

    Raises UserError when the file is missing, damaged, or written by a newer version.
    """

    def __init__(self, path: Path, create: bool = False):
        self.path = path
        if not create and not path.is_file():
            raise UserError(f"There is no project in {path.parent}: it has no {path.name}. Choose a project's folder.")
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            self._check(create)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
        except sqlite3.OperationalError as error:
            self.close()
            raise UserError(
                f"The project {path} cannot be opened: {error}. "
                "Check the folder's permissions, and that the disk is not full."
            ) from error
        except sqlite3.DatabaseError as error:
            self.close()
            raise _damaged(path, error) from error
        except UserError:
            self.close()
            raise

    def _check(self, create: bool) -> None:
        """Makes the tables of a new project; raises UserError for a file that is not ours, before anything changes it."""
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables and version == 0 and create:
            self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
        elif version == 0 or not OURS.issubset(tables):
            raise UserError(f"{self.path} is not a PoseTailor project. Choose a project's folder.")
        elif version > SCHEMA_VERSION:
            raise UserError(
                f"{self.path.parent} was written by a newer PoseTailor (project version {version}, this one reads "
                f"up to {SCHEMA_VERSION}). Update PoseTailor to open it."
            )

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises UserError when the disk is full, or the file read-only or damaged."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:  # SQLite itself has rolled back when the disk was full
                    self._db.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise UserError(
                f"The change could not be written to {self.path}: {error}. Free disk space or make the folder writable; "
                "what was saved before is unharmed."
            ) from error
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, error) from error

    def _read(self, query: str, values: tuple = ()) -> list[tuple]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, error) from error

    # settings

    def settings(self) -> dict:
        return {key: json.loads(value) for key, value in self._read("SELECT key, value FROM meta")}

    def set_setting(self, key: str, value) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    # videos and tracks

    def videos(self) -> list[Video]:
        rows = self._read("SELECT id, path, content_id, width, height, frame_count, fps FROM videos ORDER BY id")
        return [Video(i, Path(path), *rest) for i, path, *rest in rows]

    def add_video(self, path: Path, content_id: str, width: int, height: int, frame_count: int, fps: float) -> Video:
        with self.transaction() as db:
            cursor = db.execute(
                "INSERT INTO videos (path, content_id, width, height, frame_count, fps) VALUES (?, ?, ?, ?, ?, ?)",
                (str(path), content_id, width, height, frame_count, fps),
            )
        return Video(cursor.lastrowid, path, content_id, width, height, frame_count, fps)

    def set_video_path(self, video: int, path: Path) -> None:
        with self.transaction() as db:
            db.execute("UPDATE videos SET path = ? WHERE id = ?", (str(path), video))

    def track_names(self, video: int) -> dict[int, str]:
        return dict(self._read("SELECT id, name FROM tracks WHERE video = ? ORDER BY id", (video,)))

    # rounds

    def rounds(self) -> list[Round]:
        rows = self._read("SELECT id, estimated, summary FROM rounds ORDER BY id")
        return [Round(i, bool(estimated), json.loads(summary)) for i, estimated, summary in rows]

    def add_round(self, number: int, summary: dict) -> None:
        with self.transaction() as db:
            db.execute("INSERT INTO rounds (id, summary) VALUES (?, ?)", (number, json.dumps(summary)))

    def start_round(self, number: int, summary: dict) -> None:
        """Adds a round whose estimates are still to come; one left over from an interrupted try is replaced."""
        self.drop_unestimated_rounds()
        self.add_round(number, summary)

    def drop_unestimated_rounds(self) -> None:
        """Forgets rounds after the first that were begun and never finished."""
        with self.transaction() as db:
            db.execute("DELETE FROM shards WHERE round IN (SELECT id FROM rounds WHERE estimated = 0 AND id > 0)")
            db.execute("DELETE FROM rounds WHERE estimated = 0 AND id > 0")

    def update_round(self, number: int, summary: dict) -> None:
        """Adds to the round's summary."""
        with self.transaction() as db:
            self._extend_summary(db, number, summary)

    @staticmethod
    def _extend_summary(db: sqlite3.Connection, number: int, summary: dict) -> None:
        (text,) = db.execute("SELECT summary FROM rounds WHERE id = ?", (number,)).fetchone()
        db.execute("UPDATE rounds SET summary = ? WHERE id = ?", (json.dumps(json.loads(text) | summary), number))

    # labels

    def labels(self, accepted_only: bool = True) -> dict[SampleId, Label]:
        query = (
            "SELECT track, frame, round, accepted, x0, y0, x1, y1, points, visibility, predicted_points,"
            " predicted_confidence, predicted_round FROM labels"
        )
        if accepted_only:
            query += " WHERE accepted = 1"
        return {label.sample: label for label in map(_label, self._read(query + " ORDER BY track, frame"))}

    def set_labels(self, labels: list[Label]) -> None:
        """Writes them all in one transaction, replacing those of the same samples."""
        with self.transaction() as db:
            db.executemany(f"INSERT OR REPLACE INTO labels VALUES ({', '.join('?' * 13)})", map(_label_row, labels))

    def delete_labels(self, samples: list[SampleId]) -> None:
        with self.transaction() as db:
            db.executemany("DELETE FROM labels WHERE track = ? AND frame = ?", samples)

    # queue

    def queue(self) -> list[QueueItem]:
        rows = self._read("SELECT track, frame, round, skipped, reason FROM queue ORDER BY position")
        return [
            QueueItem(SampleId(track, frame), number, bool(skipped), json.loads(reason))
            for track, frame, number, skipped, reason in rows
        ]

    def move_in_queue(self, sample: SampleId, position: int | None) -> int:
        """Puts a queued sample at a position, None for the end; returns the one it had."""
        with self.transaction() as db:
            (before,) = db.execute("SELECT position FROM queue WHERE track = ? AND frame = ?", sample).fetchone()
            (end,) = db.execute("SELECT MAX(position) + 1 FROM queue").fetchone()
            db.execute(
                "UPDATE queue SET position = ? WHERE track = ? AND frame = ?",
                (end if position is None else position, *sample),
            )
        return before

    def append_to_queue(self, items: list[QueueItem]) -> None:
        """Appends; samples that are queued already keep their place."""
        with self.transaction() as db:
            (position,) = db.execute("SELECT COALESCE(MAX(position) + 1, 0) FROM queue").fetchone()
            db.executemany(
                "INSERT OR IGNORE INTO queue VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (*item.sample, item.round, position + i, item.skipped, json.dumps(item.reason))
                    for i, item in enumerate(items)
                ),
            )

    def remove_from_queue(self, samples: list[SampleId]) -> None:
        with self.transaction() as db:
            db.executemany("DELETE FROM queue WHERE track = ? AND frame = ?", samples)

    def set_skipped(self, sample: SampleId, skipped: bool) -> None:
        with self.transaction() as db:
            db.execute("UPDATE queue SET skipped = ? WHERE track = ? AND frame = ?", (skipped, *sample))

    # what was computed

    def shards(self, kind: str, video: int, number: int | None = None) -> list[str]:
        """Paths relative to the project's folder, in the order they were written."""
        rows = self._read(
            "SELECT path FROM shards WHERE kind = ? AND video = ? AND round IS ? ORDER BY path", (kind, video, number)
        )
        return [path for (path,) in rows]

    def shard_paths(self) -> set[str]:
        return {path for (path,) in self._read("SELECT path FROM shards")}

    def has_labels_or_queue(self, video: int) -> bool:
        """True where a human has begun to work on the people of a video."""
        of_video = "track IN (SELECT id FROM tracks WHERE video = ?)"
        query = (
            f"SELECT EXISTS (SELECT 1 FROM labels WHERE {of_video}) OR EXISTS (SELECT 1 FROM queue WHERE {of_video})"
        )
        return bool(self._read(query, (video, video))[0][0])

    def next_track(self) -> int:
        """A number no person has."""
        return self._read("SELECT COALESCE(MAX(id), 0) + 1 FROM tracks")[0][0]

    def finish_estimates(
        self, number: int, video: int, samples: list[str], criteria: str, people: People | None = None
    ) -> None:
        """Registers the shards of a round's estimates of one video in place of earlier ones.

        people: those that were estimated, where they are new; all that is known of others in the video is dropped.
        """
        with self.transaction() as db:
            if people is not None:
                db.execute("DELETE FROM shards WHERE video = ?", (video,))
                db.execute("DELETE FROM tracks WHERE video = ?", (video,))
                db.executemany("INSERT INTO tracks VALUES (?, ?, ?)", ((i, video, n) for i, n in people.names.items()))
                db.execute("INSERT INTO shards VALUES (?, 'tracks', ?, NULL)", (people.shard, video))
            where = "kind IN ('samples', 'criteria') AND video = ? AND round = ?"
            db.execute(f"DELETE FROM shards WHERE {where}", (video, number))
            db.executemany("INSERT INTO shards VALUES (?, 'samples', ?, ?)", ((p, video, number) for p in samples))
            db.execute("INSERT INTO shards VALUES (?, 'criteria', ?, ?)", (criteria, video, number))

    def mark_estimated(self, number: int, before: dict | None = None) -> None:
        """The round's estimates are complete: it becomes the latest. before: joins the summary of the round before."""
        with self.transaction() as db:
            if before:
                self._extend_summary(db, number - 1, before)
            db.execute("UPDATE rounds SET estimated = 1 WHERE id = ?", (number,))


def _damaged(path: Path, error: sqlite3.DatabaseError) -> UserError:
    return UserError(f"{path} is damaged or not a PoseTailor project ({error}). Restore it from a copy.")


def _label(row: tuple) -> Label:
    track, frame, number, accepted, x0, y0, x1, y1, points, visibility, p_points, p_confidence, p_round = row
    prediction = None
    if p_points is not None:
        prediction = PredictedPose(
            np.frombuffer(p_points, "<f4").reshape(-1, 2), np.frombuffer(p_confidence, "<f4"), p_round
        )
    pose = LabelledPose(
        np.frombuffer(points, "<f8").reshape(-1, 2),
        np.frombuffer(visibility, "i1"),
        Box(x0, y0, x1, y1),
        prediction,
        number,
    )
    return Label(SampleId(track, frame), pose, bool(accepted))


def _label_row(label: Label) -> tuple:
    pose, prediction = label.pose, label.pose.prediction
    return (
        *label.sample,
        pose.round,
        label.accepted,
        *map(float, pose.box),
        np.ascontiguousarray(pose.points, "<f8").tobytes(),
        np.ascontiguousarray(pose.visibility, "i1").tobytes(),
        None if prediction is None else np.ascontiguousarray(prediction.points, "<f4").tobytes(),
        None if prediction is None else np.ascontiguousarray(prediction.confidence, "<f4").tobytes(),
        None if prediction is None else prediction.round,
    )
