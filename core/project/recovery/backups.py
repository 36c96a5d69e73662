"""Earlier states of what a human made, in a project's own folder."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.domain import UserError
from core.project.project import BACKUPS, DATABASE, check_links
from core.project.store.store import Store

HUMAN = ("meta", "videos", "tracks", "labels", "queue", "people_edits", "drawn_boxes")  # tables
LAST, HOURS, DAYS = 3, 6, 7  # so many are kept; of an hour and a day the last state
NAME = re.compile(r"project-(\d{8}-\d{6})-([0-9a-f]{12})\.sqlite")
STAMP = "%Y%m%d-%H%M%S"  # in UTC, so that the order of names is that of time


@dataclass(frozen=True)
class Backup:
    """mark: tells whether what a human made is the same."""

    path: Path
    time: datetime
    mark: str

    @property
    def in_words(self) -> str:
        return f"{self.time.astimezone():%Y-%m-%d %H:%M}"


def backups(folder: Path) -> list[Backup]:
    """Of a project's folder, the newest first."""
    found = []
    for path in (folder / BACKUPS).glob("project-*.sqlite"):
        if (match := NAME.fullmatch(path.name)) and not path.is_symlink():
            with suppress(ValueError):
                found.append(Backup(path, datetime.strptime(match[1], STAMP).replace(tzinfo=UTC), match[2]))
    return sorted(found, key=lambda backup: backup.time, reverse=True)


def back_up(folder: Path, now: datetime | None = None) -> Path | None:
    """Copies the project's file where anything that a human made changed since the last copy; returns the
    copy.

    The last few are kept, and the last state of each of some hours and days. Raises UserError.
    """
    check_links(folder)
    before = backups(folder)
    store = Store(folder / DATABASE, read_only=True)
    try:
        mark = store.mark(HUMAN)
        if before and before[0].mark == mark:
            return None
        time = (now or datetime.now(UTC)).astimezone(UTC)
        if before:
            time = max(time, before[0].time + timedelta(seconds=1))  # which the names count in
        target = folder / BACKUPS / f"project-{time:{STAMP}}-{mark}.sqlite"
        try:
            target.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise UserError(
                f"The folder {target.parent} cannot be made ({error.strerror}), so no backup is."
            ) from error
        store.copy_to(target)
    finally:
        store.close()
    _thin(backups(folder))
    return target


def _thin(newest_first: list[Backup]) -> None:
    kept = {backup.path for backup in newest_first[:LAST]}
    for form, most in (("%Y%m%d%H", HOURS), ("%Y%m%d", DAYS)):
        latest: dict[str, Path] = {}
        for backup in newest_first:
            latest.setdefault(backup.time.strftime(form), backup.path)
        kept |= set(list(latest.values())[:most])
    for backup in newest_first:
        if backup.path not in kept:
            with suppress(OSError):
                backup.path.unlink()
