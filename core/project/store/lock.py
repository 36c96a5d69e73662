"""What one process holds at a time, until it lets go or ends."""

import sqlite3
from pathlib import Path

from core.domain import UserError


class LockHeld(UserError):
    """Somebody else holds it."""


class Lock:
    """Held from the moment it is made until it is closed. Raises LockHeld with the sentence, or UserError
    for a folder that cannot be written to.

    A lock of SQLite's, since those end with their process on every system.
    """

    def __init__(self, path: Path, otherwise: str):
        self._file = sqlite3.connect(path, timeout=0, check_same_thread=False)
        try:
            self._file.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            self._file.close()
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise LockHeld(otherwise) from error
            raise UserError(
                f"{path} cannot be locked ({error}). Make the folder writable, and remove this file if it "
                "is not empty."
            ) from error

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> "Lock":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
