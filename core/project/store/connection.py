"""The connection to a project's SQLite file, also where nothing may be written."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from core.domain import UserError
from core.project.store.integrity import UNREADABLE, ProjectDamaged
from core.project.store.schema import bring_up_to_date


def is_protected(path: Path) -> bool:
    """Whether the file is there and it or its folder is write-protected."""
    return path.is_file() and not (_writable(path) and _writable(path.parent))


def connect(path: Path, create: bool) -> sqlite3.Connection:
    """A file that is protected is only read. Raises UserError, ProjectDamaged."""
    protected = is_protected(path)
    new = create and not (path.is_file() and path.stat().st_size)
    db = _read_only(path) if protected else sqlite3.connect(path, timeout=10, isolation_level=None)
    try:
        bring_up_to_date(db, path, create)
        if not protected:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
    except sqlite3.OperationalError as error:
        db.close()
        if new:
            _remove(path)  # nothing is in it, and it would be taken for a project
        raise UserError(
            f"The project {path} cannot be opened: {error}. "
            "Free disk space, or check the folder's permissions, then try again."
        ) from error
    except UNREADABLE as error:
        db.close()
        raise ProjectDamaged(path, error) from error
    except UserError:
        db.close()
        raise
    return db


def _remove(path: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        with suppress(OSError):
            path.with_name(path.name + ending).unlink(missing_ok=True)


def _read_only(path: Path) -> sqlite3.Connection:
    """SQLite makes files of its own beside one that others may write; immutable promises that nobody does."""
    log = path.with_name(f"{path.name}-wal")
    pending = log.is_file() and log.stat().st_size > 0
    wanted = "mode=ro" if pending else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{wanted}", timeout=10, isolation_level=None, uri=True)


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
