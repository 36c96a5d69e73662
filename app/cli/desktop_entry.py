"""main.py desktop: PoseTailor among the programs of a Linux desktop."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.domain import UserError

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
ENTRY = """[Desktop Entry]
Type=Application
Name=PoseTailor
Comment=Tailor a pose estimator to your own video
Exec={command} %f
Icon=posetailor
Terminal=false
Categories=Science;AudioVideo;
MimeType=video/mp4;video/quicktime;video/x-matroska;video/x-msvideo;
StartupWMClass=PoseTailor
"""


def places(data: Path) -> tuple[Path, Path]:
    """The entry and the icon, below the user's folder for data."""
    return data / "applications" / "posetailor.desktop", data / "icons/hicolor/scalable/apps/posetailor.svg"


def install(data: Path, command: str) -> str:
    """Writes both; returns what was done. Raises UserError where the system has no such entries."""
    _check()
    entry, icon = places(data)
    for place in (entry, icon):
        place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(RESOURCES / "icons" / "posetailor.svg", icon)
    entry.write_text(ENTRY.format(command=command), encoding="utf-8")
    return f"PoseTailor is among your programs now ({entry})."


def remove(data: Path) -> str:
    _check()
    for place in places(data):
        place.unlink(missing_ok=True)
    return "PoseTailor is no longer among your programs."


def own_command() -> str:
    """What starts PoseTailor as it was started now."""
    program = Path(sys.argv[0]).resolve()
    return str(program) if program.suffix != ".py" else f'"{sys.executable}" "{program}"'


def _check() -> None:
    if not sys.platform.startswith("linux"):
        raise UserError(
            "Entries among the programs are made on Linux only; elsewhere start posetailor itself."
        )


def desktop(
    remove_it: Annotated[bool, typer.Option("--remove", help="Remove the entry again.")] = False,
) -> None:
    """Put PoseTailor among the programs of a Linux desktop."""
    import platformdirs

    data = Path(platformdirs.user_data_dir())
    print(remove(data) if remove_it else install(data, own_command()))
