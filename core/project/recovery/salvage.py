"""What can still be read of a damaged SQLite file, row by row, into a new one."""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.project.store.integrity import UNREADABLE, row_checks, table_names
from core.project.store.schema import create_tables

PARENTS = ("meta", "videos", "tracks", "shards")  # tables that others refer to
NEW_IN = {  # the version from which on a table is there
    **dict.fromkeys(("people_edits", "drawn_boxes", "single_estimates"), 2),
    **dict.fromkeys(("segments", "joins"), 3),
}
MOST_FAILURES = 20_000  # reads that fail before the rest of a table is given up
KEYED = "SELECT track, frame FROM labels INDEXED BY sqlite_autoindex_labels_1"
PAGE_SIZE, VALID_FOR = slice(16, 18), slice(92, 96)  # bytes of the header of a SQLite file


@dataclass
class Salvage:
    """labels: recovered, by track and frame; filled: those that came from a backup; lost: those that are
    known to be missing; broken: tables of which something could not be read.
    """

    labels: set[tuple[int, int]] = field(default_factory=set)
    filled: set[tuple[int, int]] = field(default_factory=set)
    lost: set[tuple[int, int]] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)


def salvage(damaged: Path, new: Path, backup: Path | None) -> Salvage:
    """Fills the new file, which must not exist, with every sound row of the damaged one, which is a copy to
    work on.

    What of a table cannot be read is taken from the backup, where that has it.
    """
    found = Salvage()
    with ExitStack() as opened:
        target, source = (opened.enter_context(closing(_opened(path))) for path in (new, damaged))
        create_tables(target)
        if backup is not None and not _has_tables(source) and _lend_first_page(damaged, backup):
            source = opened.enter_context(closing(_opened(damaged)))
        earlier = opened.enter_context(closing(_opened(backup))) if backup else None
        target.execute("BEGIN")
        tables = table_names(target)
        for table in sorted(tables, key=lambda table: (table not in PARENTS, tables.index(table))):
            sound = _copy_rows(source, target, table)
            before = _labels(target)
            if not sound:
                found.broken.add(table)
                if earlier is not None:
                    _copy_rows(earlier, target, table)
            found.filled |= _labels(target) - before
        _mend(target)
        found.labels = _labels(target)
        found.filled &= found.labels
        with suppress(*UNREADABLE):
            found.lost = {key for key in source.execute(KEYED) if all(type(number) is int for number in key)}
        found.lost -= found.labels
        target.execute("COMMIT")
    return found


def _copy_rows(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> bool:
    """Those that pass the checks and are not there yet; whether these were all."""
    columns = [name for _, name, *_ in target.execute(f"PRAGMA table_info({table})")]
    check, sound = row_checks(target)[table], True
    place = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(columns))})"
    for row in _rows(source, table, columns):
        try:
            check(row or ())
            target.execute(place, row or ())
        except (ValueError, sqlite3.IntegrityError):
            sound = False
    return sound


def _rows(db: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[tuple | None]:
    """All that can be read, None once for each place where something cannot."""
    if not _is_table(db, table):  # what else has its name might compute for ever
        if not 1 <= _version(db) < NEW_IN.get(table, 0):
            yield None
        return
    names = ", ".join(columns)
    query = f"SELECT {names} FROM {table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    try:
        rows = db.execute(f"SELECT {names} FROM {table} ORDER BY rowid").fetchall()
    except UNREADABLE:
        rows = None
    if rows is not None:
        yield from rows
        return
    yield None
    failures, ranges = 0, deque([(0, _last_row(db, table))])  # the widest first, as time is short
    while ranges and failures < MOST_FAILURES:
        first, last = ranges.popleft()
        try:
            yield from db.execute(query, (first, last)).fetchall()
        except UNREADABLE:
            failures += 1
            if first < last:
                middle = (first + last) // 2
                ranges += [(first, middle), (middle + 1, last)]


def _last_row(db: sqlite3.Connection, table: str) -> int:
    """A number that no row is beyond."""
    try:
        return db.execute(f"SELECT MAX(rowid) FROM {table}").fetchone()[0] or 0
    except UNREADABLE:
        return 1 << 24


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA trusted_schema=OFF")
    return db


def _has_tables(db: sqlite3.Connection) -> bool:
    return _is_table(db, "labels") or _is_table(db, "videos")


def _is_table(db: sqlite3.Connection, table: str) -> bool:
    try:
        query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
        row = db.execute(query, (table,)).fetchone()
    except UNREADABLE:
        return False
    return row is not None and str(row[0]).upper().startswith("CREATE TABLE")


def _version(db: sqlite3.Connection) -> int:
    try:
        return db.execute("PRAGMA user_version").fetchone()[0]
    except UNREADABLE:
        return 0


def _labels(db: sqlite3.Connection) -> set[tuple[int, int]]:
    return set(db.execute("SELECT track, frame FROM labels"))


def _mend(db: sqlite3.Connection) -> None:
    """Rows that belong to nothing any more go."""
    for _ in range(2):  # without its video a track goes, and then what is of the track
        for table, row, *_ in db.execute("PRAGMA foreign_key_check").fetchall():
            db.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))


def _lend_first_page(damaged: Path, backup: Path) -> bool:
    """The first page says where the tables begin, which is the same in an earlier state of the file."""
    content, earlier = bytearray(damaged.read_bytes()), backup.read_bytes()
    size = int.from_bytes(earlier[PAGE_SIZE], "big")
    size = 1 << 16 if size == 1 else size
    if len(content) <= size or size < 512:
        return False
    content[:size] = earlier[:size]
    content[VALID_FOR] = bytes(4)  # so that the length in it is not believed
    damaged.write_bytes(content)
    return True
