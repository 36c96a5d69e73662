"""What a human made, and the list of what was computed: one SQLite file, one transaction per edit."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core.domain import Box, Outdated, SampleId, UserError
from core.project.store.connection import connect, is_protected
from core.project.store.integrity import UNREADABLE, ProjectDamaged, check_contents
from core.project.store.label_rows import Label, label_of_row, row_of_label
from core.project.store.people_rows import DrawnBox, PeopleEdit, Rows
from core.project.store.records import QueueItem, Round, Video
from core.project.store.schema import copy_database
from core.project.store.settings import LAST_TRACK

# the tables that a change of people may touch, settings among them, and how many columns from the first say
# which row it is
PEOPLE_KEYS = {
    "tracks": 1,
    "people_edits": 1,
    "drawn_boxes": 2,
    "labels": 2,
    "queue": 2,
    "single_estimates": 3,
    "joins": 1,
    "segments": 2,
    "shards": 1,
    "meta": 1,
}
ASIDE = "aside"  # kind of shards that an undo brings back


class Store:
    """The project's SQLite file. Use one per thread.

    read_only: refuses every change; always so where it is protected: the system lets nobody write. Raises
    UserError when the file is missing, damaged, or written by a newer version.
    """

    def __init__(self, path: Path, create: bool = False, read_only: bool = False):
        self.path = path
        self.protected = is_protected(path)
        self.read_only = read_only or self.protected
        if not create and not path.is_file():
            raise UserError(
                f"There is no project in {path.parent}: it has no {path.name}. Choose a project's folder."
            )
        self._db = connect(path, create)

    def close(self) -> None:
        self._db.close()

    def check(self, fully: bool = False) -> None:
        """Looks at all of it. fully: also whether the indexes agree with the tables, which takes a while.

        Raises ProjectDamaged for what SQLite cannot read, or what no PoseTailor wrote.
        """
        check_contents(self._db, self.path, fully)

    @property
    def why_read_only(self) -> str:
        """The first half of a sentence."""
        name = self.path.parent.name
        return (
            f"{name} is write-protected"
            if self.protected
            else f"{name} is open for editing in another window"
        )

    @property
    def way_out(self) -> str:
        """A sentence, for where it is read_only."""
        if self.protected:
            return "Copy the folder to where you may write, or make it writable, and open it again."
        return "Close it there and open it here again."

    def refuse_if_read_only(self) -> None:
        """Raises UserError."""
        if self.read_only:
            raise UserError(f"{self.why_read_only}, so nothing is changed from here. {self.way_out}")

    @property
    def _changed_elsewhere(self) -> str:
        return (
            f"The people of {self.path.parent} were changed by another PoseTailor meanwhile, so this was "
            "not done. Close the project and open it again."
        )

    def copy_to(self, target: Path) -> None:
        """All of it as it is now, also while others write. Raises UserError."""
        copy_database(self._db, target)

    def mark(self, tables: tuple[str, ...]) -> str:
        """12 hex digits that change with any row of the tables."""
        digest = hashlib.sha256()
        for table in tables:
            digest.update(
                repr(self.read(f"SELECT * FROM {table} ORDER BY rowid")).encode("utf-8", "backslashreplace")
            )
        return digest.hexdigest()[:12]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises UserError when the disk is full, or the file read-only or damaged."""
        self.refuse_if_read_only()
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
                f"The change could not be written to {self.path}: {error}. Free disk space or make the "
                "folder writable; what was saved before is unharmed."
            ) from error
        except sqlite3.IntegrityError:
            raise
        except UNREADABLE as error:
            raise ProjectDamaged(self.path, error) from error

    def read(self, query: str, values: tuple = ()) -> list[tuple]:
        """All rows of a query. Raises ProjectDamaged."""
        try:
            return self._db.execute(query, values).fetchall()
        except UNREADABLE as error:
            raise ProjectDamaged(self.path, error) from error

    # settings

    def settings(self) -> dict:
        return {key: json.loads(value) for key, value in self.read("SELECT key, value FROM meta")}

    def set_setting(self, key: str, value: object) -> None:
        self.set_settings({key: value})

    def set_settings(self, values: Mapping[str, object], forgotten: Iterable[str] = ()) -> None:
        """In one transaction. forgotten: those that follow the program's default again."""
        rows = [(key, json.dumps(value)) for key, value in values.items()]
        with self.transaction() as db:
            db.executemany("DELETE FROM meta WHERE key = ?", ((key,) for key in forgotten))
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    # videos and tracks

    def videos(self) -> list[Video]:
        rows = self.read(
            "SELECT id, path, content_id, width, height, frame_count, fps FROM videos ORDER BY id"
        )
        return [Video(i, Path(path), *rest) for i, path, *rest in rows]

    def add_video(
        self, path: Path, content_id: str, width: int, height: int, frame_count: int, fps: float
    ) -> Video:
        with self.transaction() as db:
            cursor = db.execute(
                "INSERT INTO videos (path, content_id, width, height, frame_count, fps) VALUES (?, ?, ?, "
                "?, ?, ?)",
                (str(path), content_id, width, height, frame_count, fps),
            )
        assert cursor.lastrowid is not None
        return Video(cursor.lastrowid, path, content_id, width, height, frame_count, fps)

    def relink_video(self, video: int, path: Path, content_id: str) -> None:
        with self.transaction() as db:
            db.execute(
                "UPDATE videos SET path = ?, content_id = ? WHERE id = ?", (str(path), content_id, video)
            )

    def track_names(self, video: int) -> dict[int, str]:
        return dict(self.read("SELECT id, name FROM tracks WHERE video = ? ORDER BY id", (video,)))

    def places(self) -> dict[int, int]:
        """By number of a person the place among all who ever were in the project, from 0."""
        return {track: place for place, (track,) in enumerate(self.read("SELECT id FROM tracks ORDER BY id"))}

    # rounds

    def rounds(self) -> list[Round]:
        rows = self.read("SELECT id, estimated, summary FROM rounds ORDER BY id")
        return [Round(i, bool(estimated), json.loads(summary)) for i, estimated, summary in rows]

    def add_round(self, number: int, summary: dict) -> None:
        with self.transaction() as db:
            db.execute("INSERT INTO rounds (id, summary) VALUES (?, ?)", (number, json.dumps(summary)))

    def start_round(self, number: int, summary: dict, before: dict | None = None) -> None:
        """Adds a round whose estimates are still to come; one left over from an interrupted try is replaced.

        before: joins the summary of the round before.
        """
        with self.transaction() as db:
            self._drop_unestimated(db)
            if before:
                self._extend_summary(db, number - 1, before)
            db.execute("INSERT INTO rounds (id, summary) VALUES (?, ?)", (number, json.dumps(summary)))

    def drop_unestimated_rounds(self) -> None:
        """Forgets rounds after the first that were begun and never finished."""
        with self.transaction() as db:
            self._drop_unestimated(db)

    @staticmethod
    def _drop_unestimated(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM shards WHERE round IN (SELECT id FROM rounds WHERE estimated = 0 AND id > 0)")
        db.execute("DELETE FROM rounds WHERE estimated = 0 AND id > 0")

    def update_round(self, number: int, summary: dict) -> None:
        """Adds to the round's summary."""
        with self.transaction() as db:
            self._extend_summary(db, number, summary)

    @staticmethod
    def _extend_summary(db: sqlite3.Connection, number: int, summary: dict) -> None:
        (text,) = db.execute("SELECT summary FROM rounds WHERE id = ?", (number,)).fetchone()
        db.execute(
            "UPDATE rounds SET summary = ? WHERE id = ?", (json.dumps(json.loads(text) | summary), number)
        )

    # labels

    def labels(self, accepted_only: bool = True) -> dict[SampleId, Label]:
        query = (
            "SELECT track, frame, round, accepted, x0, y0, x1, y1, points, visibility, predicted_points,"
            " predicted_confidence, predicted_round FROM labels"
        )
        if accepted_only:
            query += " WHERE accepted = 1"
        return {
            label.sample: label for label in map(label_of_row, self.read(query + " ORDER BY track, frame"))
        }

    def set_labels(self, labels: list[Label], gone: Iterable[SampleId] = ()) -> None:
        """Writes them all in one transaction, replacing those of the same samples. gone: whose are taken away
        with it.

        Raises Outdated where a person is not in the project any more.
        """
        try:
            with self.transaction() as db:
                db.executemany("DELETE FROM labels WHERE track = ? AND frame = ?", gone)
                insert = f"INSERT OR REPLACE INTO labels VALUES ({', '.join('?' * 13)})"
                db.executemany(insert, map(row_of_label, labels))
        except sqlite3.IntegrityError as error:
            raise Outdated(self._changed_elsewhere) from error

    def delete_labels(self, samples: list[SampleId]) -> None:
        self.set_labels([], samples)

    # queue

    def queue(self) -> list[QueueItem]:
        rows = self.read("SELECT track, frame, round, skipped, reason FROM queue ORDER BY position")
        return [
            QueueItem(SampleId(track, frame), number, bool(skipped), json.loads(reason))
            for track, frame, number, skipped, reason in rows
        ]

    def move_in_queue(self, sample: SampleId, position: int | None) -> int:
        """Puts a queued sample at a position, None for the end; returns the one it had. Raises Outdated if
        it is gone.
        """
        with self.transaction() as db:
            found = db.execute("SELECT position FROM queue WHERE track = ? AND frame = ?", sample).fetchone()
            if found is None:
                raise Outdated("Another program changed the queue: that pose is not in it any more.")
            (end,) = db.execute("SELECT MAX(position) + 1 FROM queue").fetchone()
            db.execute(
                "UPDATE queue SET position = ? WHERE track = ? AND frame = ?",
                (end if position is None else position, *sample),
            )
        return found[0]

    def append_to_queue(self, items: list[QueueItem]) -> None:
        """Appends; samples that are queued already keep their place."""
        self.change_queue(items, ())

    def remove_from_queue(self, samples: list[SampleId]) -> None:
        self.change_queue([], samples)

    def change_queue(self, added: Iterable[QueueItem], removed: Iterable[SampleId]) -> None:
        """Takes some out and appends others, in one transaction. Raises Outdated as set_labels does."""
        try:
            with self.transaction() as db:
                db.executemany("DELETE FROM queue WHERE track = ? AND frame = ?", removed)
                (position,) = db.execute("SELECT COALESCE(MAX(position) + 1, 0) FROM queue").fetchone()
                db.executemany(
                    "INSERT OR IGNORE INTO queue VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        (*item.sample, item.round, position + i, item.skipped, json.dumps(item.reason))
                        for i, item in enumerate(added)
                    ),
                )
        except sqlite3.IntegrityError as error:
            raise Outdated(self._changed_elsewhere) from error

    def set_skipped(self, sample: SampleId, skipped: bool) -> None:
        with self.transaction() as db:
            db.execute("UPDATE queue SET skipped = ? WHERE track = ? AND frame = ?", (skipped, *sample))

    # people

    def next_track(self) -> int:
        """A number nobody ever had: estimates of people who are gone may lie on disk."""
        places = (("id", "tracks"), ("track", "drawn_boxes"), ("track", "people_edits"))
        found = [self.read(f"SELECT MAX({column}) FROM {table}")[0][0] or 0 for column, table in places]
        return max(*found, self.settings().get(LAST_TRACK, 0)) + 1

    def reserve_tracks(self, count: int) -> int:
        """The first of so many numbers nobody ever had, which nobody else is given from now on."""
        with self.transaction() as db:
            first = self.next_track()
            set_value(db, LAST_TRACK, first + count - 1)
        return first

    def people_edits(self) -> list[PeopleEdit]:
        return [PeopleEdit(*row) for row in self.read("SELECT * FROM people_edits ORDER BY edit, id")]

    def drawn_boxes(self, video: int) -> list[DrawnBox]:
        rows = self.read("SELECT * FROM drawn_boxes WHERE video = ? ORDER BY track, frame", (video,))
        return [DrawnBox(track, frame, Box(*box)) for track, frame, _, *box in rows]

    def single_rows(self, video: int, number: int) -> list[tuple]:
        """The single estimates up to a round, as single_estimate() takes them, those of a sample in the
        order of rounds.
        """
        query = "SELECT * FROM single_estimates WHERE round <= ? AND video = ? ORDER BY track, frame, round"
        return self.read(query, (number, video))

    def rows_of(self, table: str, tracks: Iterable[int], start: int, stop: int) -> list[tuple]:
        """The rows as they are of some tracks' samples from frame start to before stop."""
        query = (
            f"SELECT * FROM {table} WHERE track IN (SELECT value FROM json_each(?)) AND frame >= ? "
            "AND frame < ?"
        )
        return self.read(query, (json.dumps(list(tracks)), start, stop))

    def exchange(self, rows: Rows, check: Callable[[], None] = lambda: None) -> None:
        """Takes rows out and puts others in. check: may raise while nobody else writes.

        Raises UserError, having changed nothing, also where the shards to be taken out are not there any
        more.
        """
        try:
            with self.transaction() as db:
                check()
                db.execute("PRAGMA defer_foreign_keys=ON")
                for table, gone in sorted(
                    rows.removed.items(), key=lambda item: item[0] != "segments"
                ):  # before shards
                    names = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")][
                        : PEOPLE_KEYS[table]
                    ]
                    where = " AND ".join(f"{name} = ?" for name in names)
                    found = db.executemany(
                        f"DELETE FROM {table} WHERE {where}", (row[: len(names)] for row in gone)
                    )
                    if table in ("shards", "segments") and found.rowcount != len(gone):
                        raise Outdated(
                            "Everything was estimated again since, so this can no longer be taken back."
                        )
                for table, new in rows.added.items():
                    # a pose may have been computed since the rows were put together
                    verb = "INSERT OR REPLACE" if table == "single_estimates" else "INSERT"
                    for row in new:
                        db.execute(f"{verb} INTO {table} VALUES ({', '.join('?' * len(row))})", row)
                if rows.added.keys() & {"tracks", "drawn_boxes", "people_edits"}:
                    set_value(db, LAST_TRACK, self.next_track() - 1)
        except sqlite3.IntegrityError as error:
            raise Outdated(self._changed_elsewhere) from error

    def touched(self, video: int) -> bool:
        """True where a human has begun to work on the people of a video."""
        tables = ("labels", "queue", "people_edits")
        query = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {_OF_VIDEO})" for table in tables)
        query += " OR EXISTS (SELECT 1 FROM drawn_boxes WHERE video = ?)"
        return bool(self.read(f"SELECT {query}", (video,) * 4)[0][0])

    # what was computed

    def data_version(self) -> int:
        """Another number as soon as somebody else has written."""
        return self.read("PRAGMA data_version")[0][0]

    def state(self) -> tuple[int, int]:
        """Other numbers as soon as anybody has written, here or elsewhere."""
        return self.data_version(), self._db.total_changes

    def shard_paths(self) -> set[str]:
        return {path for (path,) in self.read("SELECT path FROM shards")}

    def replace_people(self, video: int, path: str | None) -> None:
        """Registers the shard of the people in place of lost ones. None: nobody is known, nor proposed,
        any more.
        """
        with self.transaction() as db:
            db.execute("DELETE FROM shards WHERE kind = 'tracks' AND video = ?", (video,))
            if path is not None:
                db.execute("INSERT INTO shards VALUES (?, 'tracks', ?, NULL)", (path, video))
            else:
                db.execute(f"DELETE FROM queue WHERE {_OF_VIDEO}", (video,))


def set_value(db: sqlite3.Connection, key: str, value: object) -> None:
    """A setting, within a transaction."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))


_OF_VIDEO = "track IN (SELECT id FROM tracks WHERE video = ?)"
