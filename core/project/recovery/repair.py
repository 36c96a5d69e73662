"""A damaged project made whole again, as far as it can be."""

import shutil
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from core.domain import UserError
from core.domain.atomic import atomic_write
from core.project.project import BACKUPS, COMPUTED, COMPUTING, DATABASE, EDITING, ESTIMATORS, check_links
from core.project.recovery.backups import STAMP, Backup, backups
from core.project.recovery.salvage import Salvage, salvage
from core.project.store.lock import Lock
from core.project.store.store import Store

BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside its file


def repair(folder: Path, source: str | None = None, out: Path | None = None) -> str:
    """Puts a sound file in the place of a damaged one, which stays beside it; says what was recovered and
    what is lost.

    source: name or path of a backup to go back to, by default everything that can still be read; out: a new
    folder for the repaired project, which leaves this one as it is. Raises UserError, having changed nothing.
    """
    path = folder / DATABASE
    if not path.exists() and not backups(folder):
        raise UserError(f"There is no project in {folder}: it has no {DATABASE}. Choose a project's folder.")
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} exists already. Give a new folder.")
    check_links(folder)
    known = _known(folder, source) if source else None
    try:
        with ExitStack() as held:
            busy = f"The project {folder} is open in another PoseTailor. Close it there first."
            for name in (EDITING, COMPUTING):
                held.enter_context(Lock(folder / name, busy))
            if known is None and out is None and _is_sound(path):
                return f"{folder} is sound, nothing was changed. {_listed(folder)}"
            place = folder if out is None else out.absolute().parent
            with tempfile.TemporaryDirectory(prefix=".repair-", dir=place) as aside:
                new = Path(aside) / "new.sqlite"
                sentence = _go_back(known, new) if known else _recover(folder, Path(aside), new)
                if out is not None:
                    return f"{sentence} {_place_elsewhere(folder, new, out)}"
                return f"{sentence} {_place(path, new)}"
    except OSError as error:
        raise UserError(
            f"The project could not be repaired ({error.strerror or error}). Free disk space, or make the "
            "folder writable."
        ) from error


def _known(folder: Path, source: str) -> Path:
    for path in (folder / BACKUPS / source, Path(source).expanduser(), folder / source):
        if path.is_file():
            return path
    raise UserError(f"There is no backup {source}. {_listed(folder)}")


def _listed(folder: Path) -> str:
    known = backups(folder)
    if not known:
        return "There are no backups yet."
    return (
        "Backups, the newest first: "
        + ", ".join(f"{backup.path.name} ({backup.in_words})" for backup in known)
        + "."
    )


def _is_sound(path: Path) -> bool:
    try:
        store = Store(path)
    except UserError:
        return False
    try:
        store.check(fully=True)
    except UserError:
        return False
    finally:
        store.close()
    return True


def _go_back(backup: Path, new: Path) -> str:
    shutil.copyfile(backup, new)
    return f"The project is as it was in {backup.name}: {_count(_labels_in(new))}."


def _recover(folder: Path, aside: Path, new: Path) -> str:
    damaged = aside / DATABASE
    for ending in ("", "-wal"):
        if (file := folder / (DATABASE + ending)).exists():
            shutil.copyfile(file, aside / file.name)
    damaged.touch()
    latest = next((backup for backup in backups(folder) if _is_sound_copy(backup.path, aside)), None)
    found = salvage(damaged, new, latest.path if latest else None)
    _labels_in(new)
    return _in_words(found, latest)


def _is_sound_copy(path: Path, aside: Path) -> bool:
    """Looks at a copy, since SQLite writes beside what it opens."""
    copy = aside / "backup.sqlite"
    shutil.copyfile(path, copy)
    return _is_sound(copy)


def _labels_in(path: Path) -> int:
    """Raises UserError unless it can be opened and has a video."""
    store = Store(path)
    try:
        store.check()
        if not store.videos():
            raise UserError(
                "Nothing of the project can be read any more, and no backup has it. It was left as it "
                "is; open the video to start anew."
            )
        return len(store.labels(accepted_only=False))
    finally:
        store.close()


def _in_words(found: Salvage, latest: Backup | None) -> str:
    sentence = f"Recovered {_count(len(found.labels))}"
    if found.filled and latest is not None:
        sentence += f", {len(found.filled)} of them from the backup of {latest.in_words}"
    if found.lost:
        some = ", ".join(f"person {track} in frame {frame}" for track, frame in sorted(found.lost)[:5])
        sentence += (
            f"; {_count(len(found.lost))} could not be read ({some}{' …' if len(found.lost) > 5 else ''})"
        )
    others = sorted(found.broken - {"labels"})
    if others:
        sentence += f"; of {', '.join(others)} not everything could be read"
    return f"{sentence}."


def _count(labels: int) -> str:
    return f"{labels} {'label' if labels == 1 else 'labels'}"


def _place(path: Path, new: Path) -> str:
    """The new file in place of the damaged one, which is copied first."""
    kept = path.with_name(f"project-damaged-{datetime.now(UTC):{STAMP}}.sqlite")
    for ending in ("", *BESIDE):
        if (file := Path(f"{path}{ending}")).exists():
            shutil.copyfile(file, f"{kept}{ending}")
    with atomic_write(path) as aside:
        shutil.move(new, aside)
        for ending in BESIDE:  # they would be taken for the new one's
            Path(f"{path}{ending}").unlink(missing_ok=True)
    return f"The damaged file is kept as {kept.name}." if kept.exists() else ""


def _place_elsewhere(folder: Path, new: Path, out: Path) -> str:
    out.mkdir(parents=True, exist_ok=True)
    for name in (COMPUTED, ESTIMATORS):
        if (folder / name).is_dir():
            shutil.copytree(folder / name, out / name, dirs_exist_ok=True)
    with atomic_write(out / DATABASE) as aside:
        shutil.move(new, aside)
    return f"The repaired project is in {out}; the damaged one was left as it is."
