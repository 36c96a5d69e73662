"""The tables of a project's SQLite file, and how a file of an earlier version comes to them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from core.domain import UserError
from core.domain.atomic import atomic_write
from core.project.store.integrity import check_tables

SCHEMA_VERSION = 3
PEOPLE_TABLES = """
CREATE TABLE people_edits (
    id INTEGER PRIMARY KEY, edit INTEGER NOT NULL, track INTEGER NOT NULL, start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    owner INTEGER);
CREATE TABLE drawn_boxes (
    track INTEGER NOT NULL, frame INTEGER NOT NULL, video INTEGER NOT NULL REFERENCES videos(id),
    x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL, PRIMARY KEY (track, frame));
CREATE TABLE single_estimates (
    track INTEGER NOT NULL, frame INTEGER NOT NULL, round INTEGER NOT NULL,
    video INTEGER NOT NULL REFERENCES videos(id),
    x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL,
    points BLOB NOT NULL, confidence BLOB NOT NULL, PRIMARY KEY (track, frame, round));
"""
SEGMENT_TABLES = """
CREATE TABLE segments (
    path TEXT NOT NULL REFERENCES shards(path) ON DELETE CASCADE, start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    further TEXT NOT NULL DEFAULT '', PRIMARY KEY (path, start));
CREATE TABLE joins (
    origin INTEGER PRIMARY KEY, video INTEGER NOT NULL REFERENCES videos(id), track INTEGER NOT NULL,
    UNIQUE (track, origin));
"""
FIRST_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE videos (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, content_id TEXT NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, frame_count INTEGER NOT NULL, fps REAL NOT NULL);
CREATE TABLE tracks (
    id INTEGER PRIMARY KEY, video INTEGER NOT NULL REFERENCES videos(id), name TEXT NOT NULL);
CREATE TABLE rounds (id INTEGER PRIMARY KEY, estimated INTEGER NOT NULL DEFAULT 0,
    summary TEXT NOT NULL DEFAULT '{}');
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
SCHEMA = FIRST_TABLES + PEOPLE_TABLES + SEGMENT_TABLES
VERSIONS = {1: FIRST_TABLES, 2: FIRST_TABLES + PEOPLE_TABLES, 3: SCHEMA}
MIGRATIONS = {1: PEOPLE_TABLES, 2: SEGMENT_TABLES}  # version -> what makes the next one of it
OURS = {"labels", "queue", "shards"}  # tables that tell a project from other SQLite files


def bring_up_to_date(db: sqlite3.Connection, path: Path, create: bool) -> None:
    """Makes the tables of a new project, or those that an older file lacks, after a copy of it was put beside
    it.

    Raises UserError for a file that is not ours or of a newer version, before anything changes it.
    """
    db.execute("PRAGMA trusted_schema=OFF")
    version = _version(db)
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables and version == 0 and create:
        create_tables(db)
    elif version < 1 or not OURS.issubset(tables):
        raise UserError(f"{path} is not a PoseTailor project. Choose a project's folder.")
    elif version > SCHEMA_VERSION:
        raise UserError(
            f"{path.parent} was written by a newer PoseTailor (project version {version}, this one reads "
            f"up to {SCHEMA_VERSION}). Update PoseTailor to open it."
        )
    else:
        check_tables(db, path, VERSIONS[version])
        if version < SCHEMA_VERSION:
            _migrate(db, path)


def create_tables(db: sqlite3.Connection) -> None:
    db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")


def backup_path(path: Path, version: int) -> Path:
    """Where the copy of a file of an earlier version is kept."""
    return path.with_name(f"{path.stem}-version-{version}{path.suffix}")


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = _version(db)
    copy_database(db, backup_path(path, version))
    db.execute("BEGIN IMMEDIATE")
    try:
        for step in range(_version(db), SCHEMA_VERSION):  # read again: another process may have been quicker
            for statement in MIGRATIONS[step].split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={step + 1}")
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def copy_database(db: sqlite3.Connection, target: Path) -> None:
    """The whole file as it is, or none. Raises UserError."""
    try:
        with atomic_write(target) as aside, closing(sqlite3.connect(aside)) as copy:
            db.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # so that it is one file
    except (OSError, sqlite3.OperationalError) as error:
        raise UserError(
            f"No copy of the project could be put into {target.parent} ({error}). Free disk space, or "
            "make the folder writable."
        ) from error


def _version(db: sqlite3.Connection) -> int:
    return db.execute("PRAGMA user_version").fetchone()[0]
