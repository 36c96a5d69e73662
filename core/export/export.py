"""What a project made, in the formats of other programs."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.domain import Monitor, UserError
from core.domain.atomic import ASIDE, atomic_write
from core.export.formats import FORMATS, format_named
from core.export.options import ExportOptions
from core.formats.yolo import MARK
from core.project.project import Project
from core.queries.coverage import FINISH, coverage_in_words

README = "README.txt"


def export(
    project: Project,
    format: str,
    out: Path,
    monitor: Monitor,
    options: ExportOptions | None = None,
    replace: bool = False,
    way: str = FINISH,
) -> str:
    """Writes the folder or file `out`, whole or not at all, in place of an earlier export; says what was
    written.

    format: a name in FORMATS; replace: also a file that is there, of which nobody can tell whose it is; way:
    to what is not estimated yet, in words. Raises UserError, Cancelled.
    """
    chosen = format_named(format)
    if why := chosen.needs():
        raise UserError(why)
    out = Path(out).expanduser().resolve()
    if chosen.ending:
        _check_file(out, chosen.ending, replace)
    else:
        _check_folder(out)
    try:
        with (atomic_write if chosen.ending else _atomic_folder)(out) as aside:
            sentence = chosen.write(project, aside, monitor, options or ExportOptions())
    except OSError as error:
        raise UserError(
            f"The export could not be written to {out} ({error.strerror or error}). "
            "Free disk space or choose a folder that is writable."
        ) from error
    left = (
        coverage_in_words(project, way)
        if "predictions" in chosen.options and (options is None or options.predictions)
        else ""
    )
    return f"{sentence} It is in {out}. {left}".rstrip()


def _check_file(out: Path, ending: str, replace: bool) -> None:
    if out.suffix.lower() != ending:
        raise UserError(f"{out} should end in {ending}, so that other programs know it; choose such a name.")
    if out.is_dir():
        raise UserError(f"{out} is a folder; choose the name of a file.")
    if out.exists() and not replace:
        raise UserError(f"{out} is there already; choose another name, or say that it may be replaced.")


def _check_folder(out: Path) -> None:
    """Raises UserError when there is anything in the folder that an earlier export did not put there."""
    if not out.exists():
        return
    if not out.is_dir():
        raise UserError(f"{out} is a file; choose a folder that is new or empty.")
    try:
        files = [path.relative_to(out) for path in out.rglob("*") if not path.is_dir()]
        if any(out.iterdir()) and not (_is_marked(out / README) and all(map(_is_ours, files))):
            raise UserError(
                f"{out} holds other files, which an export would replace; choose a new or empty folder."
            )
    except OSError as error:
        raise UserError(f"{out} cannot be looked into ({error.strerror}); choose another folder.") from error


def _is_ours(file: Path) -> bool:
    """Whether an export writes files of such a name. file: relative to the folder."""
    path = PurePosixPath(file.as_posix())
    patterns = (README, *(pattern for format in FORMATS.values() for pattern in format.files))
    return any(len(path.parts) == pattern.count("/") + 1 and path.match(pattern) for pattern in patterns)


def _is_marked(readme: Path) -> bool:
    return readme.is_file() and readme.read_bytes()[: len(MARK)] == MARK.encode()


@contextmanager
def _atomic_folder(out: Path) -> Iterator[Path]:
    """As atomic_write, for a whole folder; an earlier export waits aside until the new one has its place."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=ASIDE, dir=out.parent) as aside:
        folder, previous = Path(aside) / "export", Path(aside) / "previous"
        folder.mkdir()
        yield folder
        if not out.exists():
            os.rename(folder, out)
            return
        os.rename(out, previous)
        try:
            os.rename(folder, out)
        except OSError:
            os.rename(previous, out)
            raise
